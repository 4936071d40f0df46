"""ComfyUI: /prompt, /queue, /history, /view, /interrupt, /upload/image."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gpu_client.reference_renderer.multipart import parse
from tests.gpu_client.doubles.house import Handler


class ComfyUI(Handler):
    """One graph at a time; the id is the caller's."""

    def answer(self) -> None:
        parts = urlsplit(self.path)
        match self.command, parts.path.strip("/").split("/"):
            case _ if self.house.mode == "busy":
                self.say(503, {"error": "busy"})
            case "POST", ["upload", "image"]:
                fields = {part.name: part for part in parse(self.headers["Content-Type"], self.body)}
                self.say(
                    200, {"name": fields["image"].filename, "subfolder": fields["subfolder"].text, "type": "input"}
                )
            case "POST", ["prompt"]:
                self.house.take(json.loads(self.body)["prompt_id"])
                self.accepted({"prompt_id": json.loads(self.body)["prompt_id"], "number": 1, "node_errors": {}})
            case "GET", ["queue"]:
                self.say(200, self.queue())
            case "GET", ["history", job]:
                self.say(200, self.history(job))
            case "GET", ["view"]:
                named = parse_qs(parts.query) == {
                    "filename": ["out_00001.mp4"],
                    "subfolder": ["video"],
                    "type": ["output"],
                }
                self.show() if named else self.say(404, {})
            case "POST", ["queue" | "history" | "interrupt" as what]:
                self.stop(what, json.loads(self.body))
            case _:
                self.say(404, {})

    def queue(self) -> dict[str, Any]:
        found: dict[str, list[Any]] = {"queue_running": [], "queue_pending": []}
        for job, record in self.house.jobs.items():
            if self.house.mode != "forget" and not self.over(job):
                found["queue_running" if record["polls"] > 1 else "queue_pending"].append([1, job, {}, {}, []])
        return found

    def over(self, job: str) -> bool:
        record = self.house.jobs[job]
        return bool(record["stopped"]) or (record["polls"] >= 3 and self.house.mode != "never")

    def history(self, job: str) -> dict[str, Any]:
        stage = self.house.stage(job)
        if stage in {"failed", "stopped"}:
            kind = "execution_interrupted" if stage == "stopped" else "execution_error"
            return {job: {"outputs": {}, "status": {"status_str": "error", "messages": [[kind, {"traceback": "…"}]]}}}
        if stage != "done":
            return {}
        name = "../../etc/passwd" if self.house.mode == "other" else "out_00001.mp4"
        files = [{"filename": name, "subfolder": "video", "type": "output"}]
        return {job: {"outputs": {"9": {"images": files}}, "status": {"status_str": "success", "completed": True}}}

    def stop(self, what: str, body: dict[str, Any]) -> None:
        for job in [body["prompt_id"]] if what == "interrupt" else body["delete"]:
            if job in self.house.jobs and what == "interrupt":
                self.house.jobs[job]["stopped"] = True
                self.house.counts["stopped"] += 1
            elif job in self.house.jobs and what == "history":
                self.house.counts["forgotten"] += 1
                del self.house.jobs[job]
        self.send(200, b"")
