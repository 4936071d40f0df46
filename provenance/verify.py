"""Check a video file: what was signed, by whom, with whose permission, and whether that still stands.

    report = verify(path, anchors_pem=pem, log=LogTrust.from_vkey(vkey))

(1) guard: the container is walked before any decoder or C2PA engine sees it
(2) child: the engine reads the file in a sandboxed process, without network
(3) the child's answer is read strictly
(4) `checklist` judges every manifest of the tree
(5) if the file has no intact credential of ours: its content is looked for by fingerprint, if there is a way to ask

Needs no database and no server; with them, `standing` and `stamps` are asked as well. `anchors_pem` is the
root under which nobody but this service signs. What goes wrong in (1) to (3) is "could not check", never "tampered".

From the command line: python -m provenance.verify FILE --anchors claim-root.pem --log-vkey VKEY
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import ClassVar

from cryptography import x509

from consent.media import guard, sandbox
from ledger.problem import Problem
from provenance import checklist, facts, filekind, remarks
from provenance.checklist import Basis, StampRecord, Stamps
from provenance.consent_proof import LogTrust, ProvenPermit, Standing
from provenance.report import Consent, Integrity, Lineage, Recovered, Report, Signer, Since

__all__ = [
    "AnchorsUnusable",
    "Consent",
    "FileUnreadable",
    "Integrity",
    "Lineage",
    "LogTrust",
    "ProvenPermit",
    "Recover",
    "Recovered",
    "Report",
    "Signer",
    "Since",
    "StampRecord",
    "Stamps",
    "Standing",
    "verify",
]

CHILD = "provenance.verify_child"
NONE_REVOKED: Mapping[str, datetime] = {}
MEBIBYTE = 1 << 20
LIMITS = sandbox.Limits(
    memory=1024 * MEBIBYTE,  # a file of 700 MB still reads, at 550 MB
    cpu_seconds=10,
    wall_seconds=20.0,
    reply_bytes=8 * MEBIBYTE,
    threads=True,
    alone=True,  # FFmpeg's libraries would take a third of the memory
)
Recover = Callable[[Path], Recovered]


class AnchorsUnusable(Problem):
    """Without a root certificate there is nobody to trust."""

    code: ClassVar[str] = "anchors-unusable"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The trust anchors cannot be used"


class FileUnreadable(Problem):
    """There is no file to check."""

    code: ClassVar[str] = "file-unreadable"
    title: ClassVar[str] = "The file cannot be read"


def verify(
    path: Path,
    *,
    anchors_pem: str,
    log: LogTrust | None = None,
    standing: Standing | None = None,
    stamps: Stamps | None = None,
    other_anchors_pem: str = "",
    time_anchors_pem: str = "",
    revoked_serials: Mapping[str, datetime] = NONE_REVOKED,
    recover: Recover | None = None,
    watched: Callable[[BufferedReader], AbstractContextManager[object]] = nullcontext,
) -> Report:
    """Return the answers about the file at `path`.

    `log` `None`: consent cannot be proven. `standing` or `stamps` `None`: not asked, and the report says so.
    `recover` `None`: fingerprints are not asked, `recovered` in the report is `None`.
    `other_anchors_pem`: authorities whose signers are named as trusted, though nothing of theirs counts as consent.
    `time_anchors_pem`: who is believed about the time of signing; empty: nobody, and a signer whose certificate has
    ended is not trusted. `revoked_serials`: our own certificates that are revoked (decimal serial), and since when.
    `watched` is given the open file for as long as it is being read: its position tells how far the child has come.
    Raises only for what is the caller's own: `AnchorsUnusable`, `FileUnreadable`, `ledger.note.NoteInvalid`.
    """
    arguments = {
        "anchors": _certificates(anchors_pem),
        "others": other_anchors_pem and _certificates(other_anchors_pem),
        "time": time_anchors_pem and _certificates(time_anchors_pem),
    }
    basis = Basis(log, standing, stamps, revoked_serials)
    try:
        with path.open("rb") as source, watched(source):
            report = _verify(source, arguments, basis)
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror}.", remedy="Name a file that exists.") from error
    if recover is None or (report.signer.verdict is Signer.OURS and report.integrity.verdict is Integrity.INTACT):
        return report
    return replace(report, recovered=recover(path))  # (5)


def _verify(source: BufferedReader, arguments: dict[str, str], basis: Basis) -> Report:
    try:
        boxes = guard.inspect(source)  # (1)
        answer = sandbox.run(CHILD, source, limits=LIMITS, arguments=arguments)  # (2)
        found = facts.parse(answer)  # (3)
    except guard.UnsafeContainer as refusal:
        return checklist.could_not_check(filekind.why(source) or refusal.detail, refusal.code)
    except sandbox.SandboxFailed as refusal:
        return checklist.could_not_check(refusal.detail, refusal.code)
    except facts.FactsGarbled:
        return checklist.could_not_check("Reading the file gave an answer that makes no sense.", "garbled")
    source.seek(0)
    report = checklist.judge(found, basis, hashlib.file_digest(source, "sha256").hexdigest())  # (4)
    said = remarks.of(boxes, answer, signed=report.manifest_label is not None)
    return replace(report, unchecked=(*report.unchecked, *said))


def _certificates(pem: str) -> str:
    """Return `pem` if it holds certificates: the engine takes an anchor that is none for a trust in nobody."""
    try:
        x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise AnchorsUnusable(
            "The trust anchors are not certificates in PEM.", remedy="Give the file claim-root.pem."
        ) from error
    return pem


if __name__ == "__main__":
    from provenance.verify_cli import main

    sys.exit(main())
