"""Replicate's predictions and fal's queue."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from tests.gpu_client.doubles.house import Handler


class Hosted(Handler):
    """Results lie at an address that the answer names."""

    @property
    def address(self) -> str:
        if self.house.mode == "other":
            return "http://169.254.169.254/latest/meta-data"
        return f"http://{self.headers['Host']}/files/out.mp4"

    def answer(self) -> None:
        path = urlsplit(self.path).path.strip("/")
        if path == "files/out.mp4":
            self.show()
        elif self.house.mode == "busy":
            self.say(429, {"detail": "slow down"})
        else:
            self.route(path.split("/"))

    def route(self, path: list[str]) -> None:
        raise NotImplementedError


class Replicate(Hosted):
    """`/v1/predictions`."""

    def route(self, path: list[str]) -> None:
        match self.command, path:
            case "POST", ["v1", "models", _, _, "predictions"] | ["v1", "predictions"]:
                job = secrets.token_hex(13)
                self.house.take(job)
                self.accepted(self.prediction(job, "starting"), 201)
            case "POST", ["v1", "predictions", job, "cancel"] if job in self.house.jobs:
                self.house.jobs[job]["stopped"] = True
                self.house.counts["stopped"] += 1
                self.say(200, self.prediction(job, "canceled"))
            case "GET", ["v1", "predictions", job]:
                stage = self.house.stage(job)
                words = {"queued": "starting", "running": "processing", "done": "succeeded", "stopped": "canceled"}
                word = words.get(str(stage), str(stage))
                self.say(200, self.prediction(job, word)) if stage else self.say(404, {"detail": "Not found"})
            case _:
                self.say(404, {"detail": "Not found"})

    def prediction(self, job: str, status: str) -> dict[str, Any]:
        error = "CUDA out of memory" if status == "failed" else None
        output = self.address if status == "succeeded" else None
        return {"id": job, "status": status, "output": output, "error": error, "urls": {"get": "http://127.0.0.1:9/"}}


class Fal(Hosted):
    """`/{model}`, then `/{owner}/{name}/requests/{id}`."""

    def route(self, path: list[str]) -> None:
        match self.command, path:
            case "GET", [_, _, "requests", job, "status"]:
                stage = self.house.stage(job)
                words = {"queued": "IN_QUEUE", "running": "IN_PROGRESS", "strange": "WARMING_UP"}
                error = {"error": "CUDA out of memory"} if stage == "failed" else {}
                self.say(200, {"status": words.get(stage, "COMPLETED")} | error) if stage else self.say(404, {})
            case "GET", [_, _, "requests", job] if job in self.house.jobs:
                self.say(200, {"video": {"url": self.address, "content_type": "video/mp4"}})
            case "PUT", [_, _, "requests", job, "cancel"] if job in self.house.jobs:
                self.house.jobs[job]["stopped"] = True
                self.house.counts["stopped"] += 1
                self.say(202, {"status": "CANCELLATION_REQUESTED"})
            case "POST", [_, _, *_]:
                job = secrets.token_hex(16)
                self.house.take(job)
                elsewhere = dict.fromkeys(("status_url", "response_url", "cancel_url"), "http://127.0.0.1:9/")
                self.accepted({"request_id": job, "status": "IN_QUEUE"} | elsewhere)
            case _:
                self.say(404, {})
