"""The files that go with an order: clips from the vault, the parent from MEDIA_ROOT. In memory only, read late."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from gpu_client.protocol import Attachment, Role
from ledger import vault
from ledger.aead import Undecipherable
from ledger.models import Blob
from ledger.subjectkeys import Erased

MAX_PARENT = 128 << 20  # bytes
PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class ClipGone(LookupError):  # noqa: N818 - what it is
    """The clip was erased, or its sealed file is not readable."""


class ParentGone(LookupError):  # noqa: N818 - what it is
    """The parent's file is missing, or is not the one that the permit names."""


def check(attachments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the references in the form that is stored; raise ValueError for any other (a fault of the caller)."""
    return [_checked(reference) for reference in attachments]


def parent_sha256(attachments: list[dict[str, Any]]) -> str | None:
    """Return the digest of the parent, hex; `None` for a video that is no remix."""
    return next((str(one["sha256"]) for one in attachments if one["role"] == Role.PARENT), None)


def load(attachments: list[dict[str, Any]]) -> tuple[Attachment, ...]:
    """Read every file whole; raise ClipGone or ParentGone."""
    return tuple(_clip(one) if one["role"] == Role.CALIBRATION else _parent(one) for one in attachments)


def _checked(reference: dict[str, Any]) -> dict[str, Any]:
    match reference:
        case {"role": "calibration", "blob": str(blob), **rest} if not rest:
            return {"role": "calibration", "blob": str(UUID(blob))}
        case {"role": "parent", "path": str(path), "sha256": str(digest), **rest} if not rest:
            _inside(path)
            return {"role": "parent", "path": path, "sha256": digest}
    raise ValueError("an attachment is a calibration blob or a parent's path and digest")


def _clip(reference: dict[str, Any]) -> Attachment:
    try:
        blob = Blob.objects.select_related("subject_key").get(pk=reference["blob"])
        data = vault.read_blob(blob)
        return Attachment(Role.CALIBRATION, _media_type(data), data)
    except (Blob.DoesNotExist, Erased, Undecipherable) as error:
        raise ClipGone(reference["blob"]) from error


def _media_type(data: bytes) -> str:
    """Say what was sealed, by its first bytes: a clip, or the picture of a character."""
    return next((kind for magic, kind in PICTURES.items() if data.startswith(magic)), "video/mp4")


def _parent(reference: dict[str, Any]) -> Attachment:
    path = _inside(reference["path"])
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PARENT + 1)
    except OSError as error:
        raise ParentGone(reference["path"]) from error
    if len(data) > MAX_PARENT or hashlib.sha256(data).hexdigest() != reference["sha256"]:
        raise ParentGone(reference["path"])
    return Attachment(Role.PARENT, "video/mp4", data)


def _inside(path: str) -> Path:
    """Resolve a path below MEDIA_ROOT; ValueError for one that leads out of it."""
    root = Path(settings.MEDIA_ROOT).resolve()
    resolved = (root / path).resolve()
    if not resolved.is_relative_to(root):
        raise ValueError("a parent lies under MEDIA_ROOT")
    return resolved
