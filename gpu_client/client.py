"""The `/v1/videos` dialect: vLLM-Omni, SGLang, FastVideo, compatible vendors, and our reference renderer.

Outgoing fields are an allow-list written out in `_parts`: those servers know fields that read files and fetch
addresses. What comes back is a closed set of values or an error. A GET that answers 4xx or 5xx with a video in its
body is a failed job (vLLM-Omni). No Django here, and no clock but the deadlines.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from gpu_client.protocol import (
    AlreadySubmitted,
    AmbiguousSubmit,
    Attachment,
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
NOT_FOUND, CONFLICT = 404, 409
TRY_LATER = {408, 425, 429, 503}  # all four say that nothing was accepted
SERVER_ERROR = 500
FULL = 100  # per cent

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
            return _identifier(_document(answer).get("id"))
        if answer.status in TRY_LATER:
            raise RendererUnavailable("busy", f"The render service answered {answer.status}.")
        if answer.status >= SERVER_ERROR:
            raise AmbiguousSubmit("server-error", f"The render service answered {answer.status}.")
        code, detail = _complaint(answer)
        if answer.status == CONFLICT and code == "permit_used":
            raise AlreadySubmitted(_identifier(_document(answer).get("video_id")))
        raise RendererRefused(code or "refused", detail or f"The render service answered {answer.status}.")

    def find(self, permit_id: str) -> str | None:
        """Ask for the render of a permit. Every item must name our permit: a service may ignore the filter."""
        answer = self._ask("GET", f"/v1/videos?permit={quote(permit_id, safe='')}")
        _insist_on_success(answer)
        found = _document(answer).get("data")
        if not isinstance(found, list) or any(not isinstance(v, dict) or v.get("permit") != permit_id for v in found):
            raise RendererLied("not-found-by-permit", "The render service listed renders of other permits.")
        return _identifier(found[0].get("id")) if found else None

    def status(self, upstream_id: str) -> RenderStatus:
        """Ask how far it is. RendererLied: a word nobody knows. RendererRefused `not-found`: it has no such render."""
        answer = self._ask("GET", f"/v1/videos/{_identifier(upstream_id)}")
        document = _document(answer, lenient=answer.status >= REDIRECT)
        if answer.status >= REDIRECT and document.get("object") == "video":
            return RenderStatus(State.FAILED, 0, *_error_of(document))
        _insist_on_success(answer)
        word = document.get("status")
        state = STATES.get(word) if isinstance(word, str) else None
        if state is None:
            raise RendererLied("unknown-status", f"The render service reports a status we do not know: {_clean(word)}.")
        return RenderStatus(state, _progress(document.get("progress")), *_error_of(document))

    def fetch(self, upstream_id: str, sink: ResultSink, limit: int) -> tuple[str, int]:
        """Copy the video to `sink` under a limit and a total deadline."""
        digest, size = hashlib.sha256(), 0

        def take(chunk: bytes) -> None:
            nonlocal size
            digest.update(chunk)
            size += len(chunk)
            sink.write(chunk)

        path = f"/v1/videos/{_identifier(upstream_id)}/content"
        answer = _retryable(lambda: self.wire.download(path, take, limit=limit, seconds=FETCH_SECONDS))
        _insist_on_success(answer)
        return digest.hexdigest(), size

    def cancel(self, upstream_id: str) -> None:
        """Make it stop; a 404 means that there is nothing to stop."""
        answer = self._ask("DELETE", f"/v1/videos/{_identifier(upstream_id)}")
        if answer.status != NOT_FOUND:
            _insist_on_success(answer)

    def _ask(self, method: str, path: str) -> Answer:
        return _retryable(lambda: self.wire.call(method, path, seconds=SHORT_SECONDS))

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


def _retryable(call: Callable[[], Answer]) -> Answer:
    """Make a call that may be repeated freely: a broken exchange is only an unavailable service."""
    try:
        return call()
    except Cut as error:
        raise RendererUnavailable(error.code, error.detail) from error


def _insist_on_success(answer: Answer) -> None:
    if OK <= answer.status < REDIRECT:
        return
    code, detail = _complaint(answer)
    detail = detail or f"The render service answered {answer.status}."
    if answer.status in TRY_LATER or answer.status >= SERVER_ERROR:
        raise RendererUnavailable(code or "busy", detail)
    raise RendererRefused("not-found" if answer.status == NOT_FOUND else code or "refused", detail)


def _document(answer: Answer, *, lenient: bool = False) -> dict[str, Any]:
    """Read a JSON object. `lenient`: what is none counts as an empty one (the body of an error may be anything)."""
    try:
        document = json.loads(answer.unverified_body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    if lenient:
        return {}
    raise RendererLied("not-json", "The render service answered with something that is not a JSON object.")


def _complaint(answer: Answer) -> tuple[str, str]:
    return _error_of(_document(answer, lenient=True))


def _error_of(document: dict[str, Any]) -> tuple[str, str]:
    """Read the error envelope as (code, message), both cleaned and bounded; empty texts where there is none."""
    error = document.get("error")
    if not isinstance(error, dict):
        return "", ""
    code = error.get("code")
    known = code if isinstance(code, str) and re.fullmatch(r"[a-z0-9_.-]{1,64}", code) else ""
    return known, _clean(error.get("message"))


def _identifier(unverified: object) -> str:
    """Accept an upstream id only if it is one plain path segment: it becomes part of the next address."""
    if isinstance(unverified, str) and re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,127}", unverified):
        return unverified
    raise RendererLied("bad-id", "The render service gave its render an id that we cannot use.")


def _progress(unverified: object) -> int:
    """Best effort in every dialect, so nonsense is nought, not an error."""
    number = isinstance(unverified, int | float) and not isinstance(unverified, bool)
    return int(unverified) if number and 0 <= unverified <= FULL else 0  # type: ignore[operator, call-overload] # checked


def _clean(unverified: object) -> str:
    """Printable, on one line, at most 300 characters."""
    text = unverified if isinstance(unverified, str) else ""
    return "".join(c if c.isprintable() else " " for c in text[:300]).strip()
