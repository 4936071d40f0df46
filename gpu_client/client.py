"""The `/v1/videos` dialect with permits: our reference renderer, and services that verify and redeem as it does.

Services that know nothing of permits are in `gpu_client.dialects`.

Outgoing fields are an allow-list written out in `_parts`: those servers know fields that read files and fetch
addresses. What comes back is a closed set of values or an error. A GET that answers 4xx or 5xx with a video in its
body is a failed job (vLLM-Omni). No Django here, and no clock but the deadlines.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, urlsplit

from gpu_client.answers import (
    NOT_FOUND,
    SERVER_ERROR,
    TRY_LATER,
    clean,
    complaint_of,
    document_of,
    error_of,
    identifier,
    insist_on_success,
    progress_of,
    retryable,
)
from gpu_client.protocol import (
    AlreadySubmitted,
    AmbiguousSubmit,
    Attachment,
    Cancel,
    Capabilities,
    Progress,
    RendererLied,
    RendererRefused,
    RendererUnavailable,
    RenderOrder,
    RenderStatus,
    ResultSink,
    Role,
    State,
)
from gpu_client.sealing import MEDIA_TYPE, seal
from gpu_client.wire import OK, REDIRECT, Answer, Cut, Part, Wire
from ledger.problem import Problem

SUBMIT_SECONDS, FETCH_SECONDS, SHORT_SECONDS = 30.0, 60.0, 5.0
CONFLICT = 409

# Words of every dialect we know. A word that is not here is an error, never a guess.
STATES = {
    "queued": State.QUEUED,
    "pending": State.QUEUED,
    "in_progress": State.IN_PROGRESS,
    "processing": State.IN_PROGRESS,
    "running": State.IN_PROGRESS,
    "completed": State.COMPLETED,
    "succeeded": State.COMPLETED,
    "failed": State.FAILED,
    "error": State.FAILED,
    "cancelling": State.CANCELLED,  # somebody else is stopping it: it will not become a video
    "cancelled": State.CANCELLED,
    "canceled": State.CANCELLED,
    "deleted": State.CANCELLED,
}


class ClipWouldTravelOpen(Problem):
    """A face and a voice do not leave this house readable by those in between."""

    code: ClassVar[str] = "clip-would-travel-open"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The render service has no sealing key"


@dataclass(frozen=True, slots=True)
class VideosBackend:
    """One service. `sealing_key` is its X25519 public key (32 bytes); `None`: it cannot open sealed attachments."""

    wire: Wire
    sealing_key: bytes | None = None

    @property
    def capabilities(self) -> Capabilities:
        """Redeems by itself where it speaks the permit protocol."""
        known = self.remembers_permits
        return Capabilities(Cancel.STOPS, Progress.PERCENT, sound=True, references=9, redeems=True, finds=known)

    @property
    def remembers_permits(self) -> bool:
        """Only services that speak the permit protocol publish a sealing key, and those remember every permit."""
        return self.sealing_key is not None

    def submit(self, order: RenderOrder, permit_token: str) -> str:
        """Send the order. See `gpu_client.protocol` for what each error means about the other side."""
        headers = {"Countenance-Permit": permit_token, "Idempotency-Key": order.job}
        parts = self._parts(order)
        try:
            answer = self.wire.call("POST", "/v1/videos", seconds=SUBMIT_SECONDS, headers=headers, parts=parts)
        except Cut as error:
            raise AmbiguousSubmit(error.code, error.detail) from error
        if OK <= answer.status < REDIRECT:
            return identifier(document_of(answer).get("id"))
        if answer.status in TRY_LATER:
            raise RendererUnavailable("busy", f"The render service answered {answer.status}.")
        if answer.status >= SERVER_ERROR:
            raise AmbiguousSubmit("server-error", f"The render service answered {answer.status}.")
        code, detail = complaint_of(answer)
        if answer.status == CONFLICT and code == "permit_used":
            raise AlreadySubmitted(identifier(document_of(answer).get("video_id")))
        raise RendererRefused(code or "refused", detail or f"The render service answered {answer.status}.")

    def find(self, permit_id: str, job: str) -> str | None:
        """Ask for the render of a permit. Every item must name our permit: a service may ignore the filter."""
        del job
        answer = self._ask("GET", f"/v1/videos?permit={quote(permit_id, safe='')}")
        insist_on_success(answer)
        found = document_of(answer).get("data")
        if not isinstance(found, list) or any(not isinstance(v, dict) or v.get("permit") != permit_id for v in found):
            raise RendererLied("not-found-by-permit", "The render service listed renders of other permits.")
        return identifier(found[0].get("id")) if found else None

    def status(self, upstream_id: str) -> RenderStatus:
        """Ask how far it is. RendererLied: a word nobody knows. RendererRefused `not-found`: it has no such render."""
        answer = self._ask("GET", f"/v1/videos/{identifier(upstream_id)}")
        document = document_of(answer, lenient=answer.status >= REDIRECT)
        if answer.status >= REDIRECT and document.get("object") == "video":
            return RenderStatus(State.FAILED, 0, *error_of(document))
        insist_on_success(answer)
        word = document.get("status")
        state = STATES.get(word) if isinstance(word, str) else None
        if state is None:
            raise RendererLied("unknown-status", f"The render service reports a status we do not know: {clean(word)}.")
        return RenderStatus(state, progress_of(document.get("progress")), *error_of(document))

    def fetch(self, upstream_id: str, sink: ResultSink, limit: int) -> tuple[str, int]:
        """Copy the video to `sink` under a limit and a total deadline."""
        digest, size = hashlib.sha256(), 0

        def take(chunk: bytes) -> None:
            nonlocal size
            digest.update(chunk)
            size += len(chunk)
            sink.write(chunk)

        path = f"/v1/videos/{identifier(upstream_id)}/content"
        answer = retryable(lambda: self.wire.download(path, take, limit=limit, seconds=FETCH_SECONDS))
        insist_on_success(answer)
        return digest.hexdigest(), size

    def cancel(self, upstream_id: str) -> None:
        """Make it stop; a 404 means that there is nothing to stop."""
        answer = self._ask("DELETE", f"/v1/videos/{identifier(upstream_id)}")
        if answer.status != NOT_FOUND:
            insist_on_success(answer)

    def _ask(self, method: str, path: str) -> Answer:
        return retryable(lambda: self.wire.call(method, path, seconds=SHORT_SECONDS))

    def _parts(self, order: RenderOrder) -> list[Part]:
        fields = {"prompt": order.prompt, "model": order.model, "seconds": str(order.seconds), "size": order.size}
        parts: list[Part] = [(name, (None, value.encode(), "text/plain")) for name, value in fields.items()]
        if self.sealing_key is None:
            return parts + self._open_parts(order.attachments)
        return parts + [
            (a.role.value, (f"{number}.sealed", seal(a.data, public=self.sealing_key, job=order.job), MEDIA_TYPE))
            for number, a in enumerate(order.attachments)
        ]

    def _open_parts(self, attachments: tuple[Attachment, ...]) -> list[Part]:
        """Attachments for a service that cannot open seals: one reference file at most, and clips only over TLS."""
        if not self.wire.is_private and any(a.role is Role.CALIBRATION for a in attachments):
            raise ClipWouldTravelOpen(
                "This render service has no sealing key and is not reached over https, so no clip was sent to it.",
                pointer="GPU_RENDERERS",
                remedy="Configure the service's X25519 sealing key, or an https address.",
            )
        if len(attachments) > 1:
            raise RendererRefused("attachments", "This render service takes one reference file, the order has more.")
        return [("input_reference", (f"reference.{a.role}", a.data, a.media_type)) for a in attachments]


def videos_backend(url: str, token: str | None = None, sealing_key: bytes | None = None) -> VideosBackend:
    """Build the backend for a service at `url` (with or without a trailing `/v1`). ValueError: not an http address."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"A render service needs an http or https address without query: {url!r}")
    return VideosBackend(Wire(url.rstrip("/").removesuffix("/v1"), token), sealing_key)
