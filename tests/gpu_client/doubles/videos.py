"""The three dialects of `/v1/videos`: one shape, three ways to fail, to forget and to be too early."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from tests.gpu_client.doubles.house import Handler


class Videos(Handler):
    """What they share."""

    def answer(self) -> None:
        _, _, name, *rest = urlsplit(self.path).path.strip("/").split("/") + [""] * 3
        rest = [one for one in rest if one]
        if self.house.mode == "busy":
            self.say(503, {"detail": "overloaded"})
        elif self.command == "POST" and not name:
            job = f"video_{secrets.token_hex(8)}"
            self.house.take(job)
            self.accepted(self.video(job, "queued"))
        elif self.house.mode == "forget" or name not in self.house.jobs:
            self.say(404, {"detail": "Video not found"})
        elif self.command == "DELETE":
            self.delete(name)
        elif rest == ["content"]:
            self.content(name)
        else:
            self.tell(name, self.house.stage(name))

    def video(self, job: str, status: str, **more: object) -> dict[str, Any]:
        shown = "video_other" if self.house.mode == "other" else job
        return {"id": shown, "object": "video", "model": "m", "status": status, "progress": 0, "seconds": "1"} | more

    def tell(self, job: str, stage: str | None) -> None:
        words = {"running": "in_progress", "done": "completed", "strange": "denoising", "stopped": "cancelled"}
        if stage == "failed":
            self.failed(job)
        else:
            self.say(200, self.video(job, words.get(str(stage), str(stage)), progress=100 * (stage == "done")))

    def content(self, job: str) -> None:
        if self.house.mode == "fail":
            self.send(*self.no_content)
        elif self.house.jobs[job]["polls"] < 3:
            self.say(404, {"detail": "Generation is still in-progress"})
        else:
            self.show()

    no_content: tuple[int, bytes] = (500, b'{"detail": "Video generation failed"}')

    def failed(self, job: str) -> None:
        self.say(200, self.video(job, "failed", error={"message": "CUDA out of memory"}))

    def delete(self, job: str) -> None:
        self.house.counts["forgotten"] += 1
        del self.house.jobs[job]
        self.say(200, self.video(job, "deleted"))


class VllmOmni(Videos):
    """A failed job is an error; DELETE stops, at the second asking while it is busy."""

    no_content = (422, b'{"detail": "Video generation failed. Check job status."}')

    def failed(self, job: str) -> None:
        self.say(500, self.video(job, "failed", error={"code": "RuntimeError", "message": "CUDA out of memory"}))

    def delete(self, job: str) -> None:
        record = self.house.jobs[job]
        if self.house.mode == "never" and not record["stopped"]:
            record["stopped"] = True
            self.say(409, {"detail": "Cancellation in progress. Please try again later."})
            return
        self.house.counts["stopped"] += 1
        del self.house.jobs[job]
        self.say(200, {"id": job, "object": "video.deleted", "deleted": True})


class SGLang(Videos):
    """Asks for nothing, forgets on DELETE."""


class FastVideo(Videos):
    """The same, from the same ancestor."""
