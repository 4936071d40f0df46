"""What vLLM-Omni, SGLang and FastVideo have in common: `/v1/videos`, jobs in memory, polling, no permits.

Their servers know fields that read files (`video_path`), write them (`output_path`), fetch addresses (`reference_url`)
and load code (`lora`): an order is made field by field from an allow-list, never passed through. All give the render an
id of their own and tell nothing of ours back, so an order whose answer was lost cannot be found again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from gpu_client import answers
from gpu_client.client import FETCH_SECONDS, SHORT_SECONDS, SUBMIT_SECONDS, ClipWouldTravelOpen
from gpu_client.protocol import (
    AmbiguousSubmit,
    Attachment,
    Cancel,
    Capabilities,
    Progress,
    RendererLied,
    RendererRefused,
    RendererUnavailable,
    RenderFailed,
    RenderOrder,
    RenderStatus,
    ResultSink,
    State,
)
from gpu_client.wire import OK, REDIRECT, Answer, Cut, Part, Wire

WORDS = {
    "queued": State.QUEUED,
    "in_progress": State.IN_PROGRESS,
    "completed": State.COMPLETED,
    "failed": State.FAILED,
    "cancelling": State.CANCELLED,
    "cancelled": State.CANCELLED,
    "deleted": State.CANCELLED,
}
EXTENSIONS = {"video/mp4": "mp4", "image/png": "png", "image/jpeg": "jpg"}
CONFLICT, UNPROCESSABLE = 409, 422


@dataclass(frozen=True, slots=True)
class VideosShape:
    """One service of this shape. Its dialects say what differs."""

    wire: Wire

    capabilities: ClassVar[Capabilities] = Capabilities(Cancel.FORGETS, Progress.PERCENT, sound=False, references=1)

    @property
    def remembers_permits(self) -> bool:
        """Never: what is lost on the way cannot be found again."""
        return self.capabilities.finds

    def fields(self, order: RenderOrder) -> dict[str, str]:
        """Return every field that leaves, files apart."""
        return {"prompt": order.prompt, "model": order.model, "seconds": str(order.seconds), "size": order.size}

    def submit(self, order: RenderOrder, permit_token: str) -> str:
        """Send the order. The permit stays here: nobody there could check it."""
        del permit_token
        file = reference(order, self.wire)
        parts: list[Part] = [(name, (None, v.encode(), "text/plain")) for name, v in self.fields(order).items()]
        if file is not None:
            # The servers build a path out of the file's name: it is ours, and always the same.
            name = f"reference.{EXTENSIONS.get(file.media_type, 'bin')}"
            parts.append(("input_reference", (name, file.data, file.media_type)))
        answer = sent(lambda: self.wire.call("POST", "/v1/videos", seconds=SUBMIT_SECONDS, parts=parts))
        return answers.identifier(answers.document_of(answer).get("id"))

    def find(self, permit_id: str, job: str) -> str | None:
        """Nothing can be looked for."""
        raise RendererLied("cannot-find", f"This render service cannot be asked for {job} or {permit_id}.")

    def status(self, upstream_id: str) -> RenderStatus:
        """Ask how far it is. A word that nobody knows counts as still running: the deadline decides."""
        answer = self.ask("GET", f"/v1/videos/{answers.identifier(upstream_id)}")
        document = answers.document_of(answer, lenient=answer.status >= REDIRECT)
        failed = RenderStatus(State.FAILED, 0, *answers.error_of(document))
        if answer.status >= REDIRECT and document.get("object") == "video" and document.get("status") == "failed":
            return failed
        answers.insist_on_success(answer)
        if document.get("id") != upstream_id:
            raise RendererLied("another-render", "The render service told of another render than was asked for.")
        state = state_of(document.get("status"), WORDS)
        return failed if state is State.FAILED else RenderStatus(state, answers.progress_of(document.get("progress")))

    def fetch(self, upstream_id: str, sink: ResultSink, limit: int) -> tuple[str, int]:
        """Copy the video. 404 while the service calls it completed: the file is not there yet."""
        path = f"/v1/videos/{answers.identifier(upstream_id)}/content"
        answer, digest, size = copied(self.wire, path, sink, limit)
        if answer.status == UNPROCESSABLE:
            raise RenderFailed("failed", "The render service has no video of this render: it failed.")
        if answer.status == answers.NOT_FOUND and self.status(upstream_id).state is State.COMPLETED:
            raise RendererUnavailable("not-yet", "The render service has not written the video yet.")
        answers.insist_on_success(answer)
        return digest, size

    def cancel(self, upstream_id: str) -> None:
        """Make it stop, or at least forget. 409: it is still stopping, and is asked again."""
        answer = self.ask("DELETE", f"/v1/videos/{answers.identifier(upstream_id)}")
        if answer.status == CONFLICT:
            raise RendererUnavailable("stopping", "The render service is still stopping the render.")
        if answer.status != answers.NOT_FOUND:
            answers.insist_on_success(answer)

    def ask(self, method: str, path: str) -> Answer:
        """Make a short call that may be repeated."""
        return answers.retryable(lambda: self.wire.call(method, path, seconds=SHORT_SECONDS))


def sent(call: Callable[[], Answer]) -> Answer:
    """Make the one call that starts a render; return its success, or say what is known of it."""
    try:
        answer = call()
    except Cut as error:
        raise AmbiguousSubmit(error.code, error.detail) from error
    if OK <= answer.status < REDIRECT:
        return answer
    said = f"The render service answered {answer.status}."
    if answer.status in answers.TRY_LATER:
        raise RendererUnavailable("busy", said)
    if answer.status >= answers.SERVER_ERROR:
        raise AmbiguousSubmit("server-error", said)
    code, detail = answers.complaint_of(answer)
    raise RendererRefused(code or "refused", detail or said)


def reference(order: RenderOrder, wire: Wire) -> Attachment | None:
    """Return the one file that may go; raise if there are more, or if it would be readable on the way."""
    if not order.attachments:
        return None
    if len(order.attachments) > 1:
        raise RendererRefused("attachments", "This render service takes one reference file, the order has more.")
    if not wire.is_private:
        raise ClipWouldTravelOpen("This render service is not reached over https, so no clip was sent to it.")
    return order.attachments[0]


def state_of(unverified_word: object, words: dict[str, State]) -> State:
    """Read a status: a word that is not known means that it goes on, never that it is done."""
    if not isinstance(unverified_word, str):
        raise RendererLied("no-status", "The render service reports no status.")
    return words.get(unverified_word, State.IN_PROGRESS)


def copied(wire: Wire, address: str, sink: ResultSink, limit: int) -> tuple[Answer, str, int]:
    """Stream a body to the sink; return the answer, the digest (hex) and the size of what came."""
    digest, size = hashlib.sha256(), 0

    def take(chunk: bytes) -> None:
        nonlocal size
        digest.update(chunk)
        size += len(chunk)
        sink.write(chunk)

    answer = answers.retryable(lambda: wire.download(address, take, limit=limit, seconds=FETCH_SECONDS))
    return answer, digest.hexdigest(), size
