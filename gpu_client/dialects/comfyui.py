"""ComfyUI: a graph of the operator's, filled in by us at marked places and nowhere else.

The render's id is ours (`prompt_id` is the job's), so a lost answer is found again in queue or history. A server that
restarts has forgotten both, and has stopped rendering: what is not found does not run. It asks for no token. A file
that was uploaded stays in its input folder, for which it has no way to remove: only a graph with a mark for the
reference gets one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from gpu_client import answers
from gpu_client.client import SHORT_SECONDS, SUBMIT_SECONDS
from gpu_client.dialects.videos_shape import EXTENSIONS, copied, reference, sent
from gpu_client.protocol import (
    Cancel,
    Capabilities,
    Progress,
    RendererLied,
    RendererRefused,
    RenderOrder,
    RenderStatus,
    ResultSink,
    State,
)
from gpu_client.wire import Answer, Part, Wire

MARK = "$order"  # {"$order": "prompt"} in the graph
FRAMES_A_SECOND = 24
FOLDER = "countenance"
UPLOAD_SECONDS = 15.0
FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. ()-]{0,150}\.mp4")
SUBFOLDER = re.compile(r"(?:[A-Za-z0-9_-]{1,64}/?){0,4}")


class GraphInvalid(ValueError):  # noqa: N818 - what the graph is
    """The graph has no place for the prompt, or a mark that we do not know."""


@dataclass(frozen=True, slots=True)
class ComfyUI:
    """One server and the graph that it runs for us, in the format of its "Export (API)"."""

    wire: Wire
    graph: Mapping[str, Any]

    capabilities: ClassVar[Capabilities] = Capabilities(
        Cancel.STOPS, Progress.NONE, sound=True, references=1, finds=True
    )

    @property
    def remembers_permits(self) -> bool:
        """It is asked by our own id."""
        return True

    def submit(self, order: RenderOrder, permit_token: str) -> str:
        """Upload the reference, then queue the graph under the job's id."""
        del permit_token
        marks = marks_of(self.graph)
        file = reference(order, self.wire)
        if (file is not None) != ("reference" in marks):
            raise RendererRefused("attachments", "The graph and the order do not agree about a reference file.")
        name = ""
        if file is not None:
            name = f"{order.job}.{EXTENSIONS.get(file.media_type, 'bin')}"
            self._upload(name, file.data, file.media_type)
        body = {"prompt": fill(self.graph, values(order, f"{FOLDER}/{name}")), "prompt_id": order.job}
        answer = sent(lambda: self.wire.call("POST", "/prompt", seconds=SUBMIT_SECONDS, document=body))
        named = answers.identifier(answers.document_of(answer).get("prompt_id"))
        if named != order.job:
            self.cancel(named)  # a server of before 2025 gives ids of its own, and no lost answer could be found again
            raise RendererRefused("too-old", "The render service does not take our id for the render.")
        return named

    def find(self, permit_id: str, job: str) -> str | None:
        """Look for the job in the queue and in the history."""
        del permit_id
        try:
            self.status(job)
        except RendererRefused as error:
            if error.code == "not-found":
                return None
            raise
        return job

    def status(self, upstream_id: str) -> RenderStatus:
        """Ask the history, the queue, and the history again: it may have moved between the two."""
        found = self._past(upstream_id) or self._waiting(upstream_id) or self._past(upstream_id)
        if found is None:
            raise RendererRefused("not-found", "The render service knows no such render.")
        return found

    def fetch(self, upstream_id: str, sink: ResultSink, limit: int) -> tuple[str, int]:
        """Copy the first mp4 among the outputs."""
        query = urlencode(_output(self._history(upstream_id)))
        answer, digest, size = copied(self.wire, f"/view?{query}", sink, limit)
        answers.insist_on_success(answer)
        return digest, size

    def cancel(self, upstream_id: str) -> None:
        """Take it from the queue, stop it if it is the one that runs, and forget it.

        A server of before 2025 stops whatever runs when it is told to interrupt, so it is told only while ours does.
        """
        name = answers.identifier(upstream_id)
        self._tell("/queue", {"delete": [name]})
        waiting = self._waiting(name)
        if waiting is not None and waiting.state is State.IN_PROGRESS:
            self._tell("/interrupt", {"prompt_id": name})
        self._tell("/history", {"delete": [name]})

    def _past(self, upstream_id: str) -> RenderStatus | None:
        entry = self._history(upstream_id)
        if entry is None:
            return None
        status = entry.get("status")
        if not isinstance(status, dict):
            return RenderStatus(State.IN_PROGRESS)
        word = status.get("status_str")
        if word == "success":
            return RenderStatus(State.COMPLETED, 100)
        if word != "error":
            return RenderStatus(State.IN_PROGRESS)
        # The messages hold tracebacks and the prompt: only whether somebody stopped it is read.
        stopped = "execution_interrupted" in json.dumps(status.get("messages"))[: 1 << 16]
        return RenderStatus(State.CANCELLED if stopped else State.FAILED, 0, "", "The graph did not run to its end.")

    def _history(self, upstream_id: str) -> dict[str, Any] | None:
        name = answers.identifier(upstream_id)
        entry = answers.document_of(self._ask("GET", f"/history/{name}")).get(name)
        return entry if isinstance(entry, dict) else None

    def _waiting(self, upstream_id: str) -> RenderStatus | None:
        queue = answers.document_of(self._ask("GET", "/queue"))
        for place, state in (("queue_running", State.IN_PROGRESS), ("queue_pending", State.QUEUED)):
            items = queue.get(place)
            if isinstance(items, list) and any(isinstance(i, list) and upstream_id in i[1:2] for i in items):
                return RenderStatus(state)
        return None

    def _upload(self, name: str, data: bytes, media_type: str) -> None:
        fields = {"type": b"input", "subfolder": FOLDER.encode(), "overwrite": b"true"}
        parts: list[Part] = [("image", (name, data, media_type))]
        parts += [(key, (None, value, "text/plain")) for key, value in fields.items()]
        answer = answers.retryable(lambda: self.wire.call("POST", "/upload/image", seconds=UPLOAD_SECONDS, parts=parts))
        answers.insist_on_success(answer)
        if answers.document_of(answer).get("name") != name:
            raise RendererRefused("upload", "The render service stored the reference under another name.")

    def _ask(self, method: str, path: str) -> Answer:
        answer = answers.retryable(lambda: self.wire.call(method, path, seconds=SHORT_SECONDS))
        answers.insist_on_success(answer)
        return answer

    def _tell(self, path: str, body: object) -> None:
        answers.insist_on_success(
            answers.retryable(lambda: self.wire.call("POST", path, seconds=SHORT_SECONDS, document=body))
        )


def values(order: RenderOrder, name: str) -> dict[str, object]:
    """Return what a mark may stand for: the closed list of what leaves."""
    width, _, height = order.size.partition("x")
    return {
        "prompt": order.prompt,
        "width": int(width),
        "height": int(height),
        "seconds": order.seconds,
        "frames": order.seconds * FRAMES_A_SECOND,
        "job": order.job,
        "reference": name,
    }


KNOWN = frozenset({"prompt", "width", "height", "seconds", "frames", "job", "reference"})


def marks_of(graph: object) -> frozenset[str]:
    """Return the marks in a graph; raise GraphInvalid for an unknown one, or if there is none for the prompt."""
    found = frozenset(_marks(graph))
    if not found <= KNOWN or "prompt" not in found:
        raise GraphInvalid(f"The graph needs a mark for the prompt, and knows only {', '.join(sorted(KNOWN))}.")
    return found


def fill(part: Any, given: Mapping[str, object]) -> Any:  # noqa: ANN401 - any JSON
    """Return the graph with each mark replaced by its value; the rest is the operator's, untouched."""
    match part:
        case {"$order": str(name), **rest} if not rest:
            return given[name]
        case dict():
            return {key: fill(value, given) for key, value in part.items()}
        case list():
            return [fill(value, given) for value in part]
    return part


def _marks(part: object) -> list[str]:
    match part:
        case {"$order": str(name), **rest} if not rest:
            return [name]
        case dict():
            return [name for value in part.values() for name in _marks(value)]
        case list():
            return [name for value in part for name in _marks(value)]
    return []


def _output(entry: dict[str, Any] | None) -> dict[str, str]:
    """Find the video among the outputs. Names come from the service and go into an address: plain ones only."""
    outputs = (entry or {}).get("outputs")
    nodes = outputs.values() if isinstance(outputs, dict) else ()
    lists = [files for node in nodes if isinstance(node, dict) for files in node.values() if isinstance(files, list)]
    for file in [one for files in lists for one in files if isinstance(one, dict)]:
        name, folder = file.get("filename"), file.get("subfolder", "")
        plain = (
            isinstance(name, str) and FILE.fullmatch(name) and isinstance(folder, str) and SUBFOLDER.fullmatch(folder)
        )
        if plain and file.get("type") == "output":
            return {"filename": name, "subfolder": folder, "type": "output"}
    raise RendererLied("no-output", "The render service names no video that we can fetch.")
