"""Read an order as it arrived, and hold it against its permit. What the permit does not cover is not rendered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from consent import permit
from gpu_client.reference_renderer.multipart import FormUnreadable, Part, parse
from gpu_client.sealing import MEDIA_TYPE, SealBroken, unseal

FIELDS = {"prompt", "model", "seconds", "size"}
FILES = {"calibration", "parent"}
SIZES = {"1280x720", "720x1280", "640x360", "360x640", "1024x1792", "1792x1024", "1920x1080", "1080x1920"}
MAX_SECONDS, MAX_PROMPT, MAX_CAST = 20, 4000, 8


class Refused(Exception):  # noqa: N818 - what happened, in one word
    """A request that is answered with an error envelope. `more` is added beside the envelope."""

    def __init__(self, status: int, code: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.more = status, code, message, more


@dataclass(frozen=True, slots=True)
class Order:
    """An order whose permit has been verified offline. The clips are in the clear, in memory only."""

    claims: permit.PermitClaims
    token: str = field(repr=False)
    prompt: str
    seconds: int
    size: tuple[int, int]
    model: str
    cast: tuple[bytes, ...] = field(repr=False)
    parent: bytes | None = field(repr=False)


def read(
    content_type: str,
    body: bytes,
    unverified_token: str,
    *,
    keys: Mapping[str, bytes],
    sealing_key: X25519PrivateKey,
    refuse_reuse: Callable[[str], None],
) -> Order:
    """Verify an order in six steps. Raises Refused; a permit used before is told so even after it has expired."""
    # (1) Our issuer signed this permit.
    if not unverified_token:
        raise Refused(403, "permit_missing", "Send the permit in the header Countenance-Permit.")
    try:
        claims = permit.read(unverified_token, keys=keys)
    except permit.PermitInvalid as error:
        raise _refusal(error) from error
    # (2) It has not been used before. Here so that a lost answer can be asked for again after the permit's minute.
    refuse_reuse(claims.permit)
    # (3) The form holds exactly the fields of an order.
    try:
        parts = parse(content_type, body)
        fields = {part.name: part.text for part in parts if part.filename is None}
    except FormUnreadable as error:
        raise Refused(400, "form", str(error)) from error
    prompt, seconds, size = _fields(fields)
    # (4) Its attachments open with our key for the permit's job.
    cast, parent = _attachments(parts, sealing_key, claims.job)
    # (5) The permit is valid now, and for this very order.
    order = permit.Order(
        prompt_sha256=hashlib.sha256(prompt.encode()).hexdigest(),
        model=fields["model"],
        seconds=seconds,
        size=fields["size"],
        parent_sha256=None if parent is None else hashlib.sha256(parent).hexdigest(),
    )
    try:
        claims = permit.verify(unverified_token, keys=keys, order=order, at=datetime.now(UTC))
    except permit.PermitInvalid as error:
        raise _refusal(error) from error
    # (6) There is somebody to show: an empty cast needs no permit and gets no video.
    if not cast:
        raise Refused(400, "calibration", "Attach at least one calibration clip.")
    return Order(claims, unverified_token, prompt, seconds, size, fields["model"], cast, parent)


def _fields(fields: dict[str, str]) -> tuple[str, int, tuple[int, int]]:
    if set(fields) != FIELDS:
        raise Refused(400, "fields", f"The fields must be {', '.join(sorted(FIELDS))}.")
    if not 0 < len(fields["prompt"]) <= MAX_PROMPT:
        raise Refused(400, "prompt", f"The prompt has 1 to {MAX_PROMPT} characters.")
    seconds = int(fields["seconds"]) if fields["seconds"].isascii() and fields["seconds"].isdigit() else 0
    if not 1 <= seconds <= MAX_SECONDS:
        raise Refused(400, "seconds", f"The length is 1 to {MAX_SECONDS} whole seconds.")
    if fields["size"] not in SIZES:
        raise Refused(400, "size", f"The size is one of {', '.join(sorted(SIZES))}.")
    width, _, height = fields["size"].partition("x")
    return fields["prompt"], seconds, (int(width), int(height))


def _attachments(parts: list[Part], key: X25519PrivateKey, job: str) -> tuple[tuple[bytes, ...], bytes | None]:
    files = [part for part in parts if part.filename is not None]
    if any(part.name not in FILES or part.media_type != MEDIA_TYPE for part in files):
        raise Refused(
            400, "attachment_not_sealed", "Attachments are named calibration or parent and sealed to our key."
        )
    try:
        opened = [(part.name, unseal(part.data, key=key, job=job)) for part in files]
    except SealBroken as error:
        raise Refused(400, "seal_broken", str(error)) from error
    cast = tuple(data for name, data in opened if name == "calibration")
    parents = [data for name, data in opened if name == "parent"]
    if len(cast) > MAX_CAST or len(parents) > 1:
        raise Refused(400, "attachments", f"At most {MAX_CAST} calibration clips and one parent.")
    return cast, parents[0] if parents else None


def _refusal(error: permit.PermitInvalid) -> Refused:
    return Refused(403, "permit_" + error.reason.replace("-", "_"), error.detail)
