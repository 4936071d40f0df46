"""Add files to a notice: sealed as they came, and never decoded. What a file is, its first bytes say."""

from __future__ import annotations

import hashlib
import hmac
import io
import uuid
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Final

from django.db import transaction

from consent.media import guard
from consent.models import Notice, NoticeEvidence
from ledger import log, subjectkeys, vault
from ledger.problem import Problem

if TYPE_CHECKING:
    from consent.models import Party

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_FILES: Final = 10
MAGIC: Final = {"application/pdf": b"%PDF-", "image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
CLIP: Final = "video/mp4"


class EvidenceRefused(Problem):
    """The file is of no kind that is taken, larger than is read, or one too many."""

    code: ClassVar[str] = "notice-evidence-refused"
    title: ClassVar[str] = "The file cannot be taken"


def add_evidence(notice: Notice, source: BinaryIO, *, actor: Party | None) -> NoticeEvidence:
    """Seal one file with a notice. The same file twice is once. Raises `EvidenceRefused`, `Erased`."""
    data, media_type = checked(source)
    with transaction.atomic():
        held = Notice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
        digest = _digest(held, data)
        twin = held.evidence.filter(sha256=digest).first()
        if twin is not None:
            return twin
        if held.evidence.count() >= MAX_FILES:
            remedy = "Put several pages into one PDF."
            raise EvidenceRefused(f"The notice has {MAX_FILES} files.", pointer="/evidence", remedy=remedy)
        row = NoticeEvidence(id=uuid.uuid4(), notice=held, media_type=media_type, sha256=digest)
        row.blob = vault.store_blob(held.subject, io.BytesIO(data), context=f"notice-evidence:{row.pk}")
        payload = {"notice": str(held.pk), "evidence": str(row.pk), "sha256": hashlib.sha256(data).hexdigest()}
        name = held.subject if actor is None else actor.actor
        row.entry = log.append("notice.documented", payload, actor=name, subject=held.subject)
        row.save(force_insert=True)
    return row


def checked(source: BinaryIO) -> tuple[bytes, str]:
    """Return the bytes of a file that is taken, and of which kind it is. Raises `EvidenceRefused`."""
    data = source.read(MAX_BYTES + 1)
    return data, _media_type(data)


def _media_type(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        remedy = f"Send at most {MAX_BYTES // 1024 // 1024} MB; a picture of the screen is enough."
        raise EvidenceRefused("The file is larger than any that is read.", pointer="/evidence", remedy=remedy)
    if data[4:8] == b"ftyp":
        guard.inspect(io.BytesIO(data), max_bytes=MAX_BYTES, pointer="/evidence")
        return CLIP
    found = next((name for name, magic in MAGIC.items() if data.startswith(magic)), None)
    if found is None:
        remedy = "Send a PDF, a JPEG or PNG picture, or an MP4 video."
        raise EvidenceRefused("The file is of no kind that is taken.", pointer="/evidence", remedy=remedy)
    return found


def _digest(notice: Notice, data: bytes) -> bytes:
    """Return a digest keyed by the notice's own key: after an erasure it fits no file any more. Raises `Erased`."""
    secret = subjectkeys.read(notice.subject).secret
    return hmac.new(secret, b"countenance/notice-evidence/v1\0" + data, hashlib.sha256).digest()
