"""One check of one uploaded file, for whoever asks: the door for machines and the public page do the same.

Nothing of the file is kept: it is read in memory, and when the answer is there it is gone. No name, no digest and no
answer is stored or logged.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, ClassVar

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from rest_framework.request import Request

from ledger import keyring, receipts
from ledger.problem import Problem
from provenance import authorities, certificates, claim_signers, recovery, standing
from provenance.report import Report
from provenance.verify import LogTrust, verify

TURNS = BoundedSemaphore(2)  # in each web process; a check is a child process with memory and time of its own
PATIENCE_SECONDS = 5.0
OFFLINE = "python -m provenance.verify"


class UploadMissing(Problem):
    """There is no file to check."""

    code: ClassVar[str] = "upload-missing"
    title: ClassVar[str] = "A file is needed"


class UploadTooLarge(Problem):
    """The file is larger than what is checked here."""

    code: ClassVar[str] = "upload-too-large"
    status: ClassVar[int] = 413
    title: ClassVar[str] = "The file is too large"


class VerificationBusy(Problem):
    """As many files are being checked as this machine takes at once."""

    code: ClassVar[str] = "verification-busy"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "Too many files are being checked"


def examine(request: HttpRequest | Request) -> Report:
    """Return the answers about the file that came as the part `file`.

    Raises `UploadMissing`, `UploadTooLarge`, `VerificationBusy`; `ClaimChainUnusable` where we could judge nobody.
    """
    upload = unverified_upload(request)
    anchors = certificates.anchors_pem(Path(settings.PROVENANCE_CLAIM_DIR))
    with a_turn(), in_memory(upload) as path:  # a copy for each place, not for each who waits
        return verify(
            path,
            anchors_pem=anchors,
            time_anchors_pem=authorities.time_anchors_pem(),
            log=LogTrust.from_vkey(keyring.log_vkey(), receipts.keys("receipt")),
            standing=standing.since,
            stamps=standing.stamp_of,
            revoked_serials=claim_signers.revoked(),
            recover=recovery.answer,
        )


def unverified_upload(request: HttpRequest | Request) -> UploadedFile[Any]:
    """Return the uploaded bytes, of which nothing is known but that they are not too many."""
    found = request.FILES.getlist("file")
    if getattr(request, "upload_too_large", False):  # set by our upload handler, which knows the request below
        most = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
        remedy = f"Send at most {most} bytes, or check it offline: {OFFLINE}."
        raise UploadTooLarge("The file is larger than is taken here.", pointer="/file", remedy=remedy)
    if len(found) != 1:
        detail = "There is no file." if not found else "There are several files."
        raise UploadMissing(detail, pointer="/file", remedy="Send one as the part `file` of a form.")
    upload: UploadedFile[Any] = found[0]
    return upload


@contextmanager
def a_turn() -> Iterator[None]:
    """Hold one of the places for checks, or raise `VerificationBusy`: whoever withdraws does not queue behind them."""
    if not TURNS.acquire(timeout=PATIENCE_SECONDS):
        remedy = f"Try again in a minute, or check it offline: {OFFLINE}."
        raise VerificationBusy("Too many files are being checked at this moment.", remedy=remedy)
    try:
        yield
    finally:
        TURNS.release()


@contextmanager
def in_memory(upload: UploadedFile[Any]) -> Iterator[Path]:
    """Give the bytes a path without putting them on a disk; where the system cannot, the file has no name for long."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("upload"), "w+b") as memory:
            memory.writelines(upload.chunks())
            memory.flush()
            yield Path(f"/proc/self/fd/{memory.fileno()}")
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.writelines(upload.chunks())
            file.flush()
            yield Path(file.name)
