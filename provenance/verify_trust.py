"""Whom somebody believes who checks files by themselves: read from the arguments of the command.

Everything comes from files that they hold: certificates, the log's keys, a list of revoked certificates, receipts.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Self

from ledger.problem import Problem
from provenance import log_keys, revocation_list, stamp_receipt
from provenance.checklist import Stamps
from provenance.report import Report
from provenance.stamp_receipt import ProvenStamp, StampReceipt
from provenance.verify import LogTrust


class LogKeyNeeded(Problem):
    """There is no key to check a receipt with."""

    code: ClassVar[str] = "log-key-needed"
    title: ClassVar[str] = "The key of the log is needed"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the caller believes. `log` and `stamps` `None`: not given, and the report says what was not checked."""

    anchors_pem: str
    others_pem: str
    clocks_pem: str  # about the time of signing
    log: LogTrust | None
    revoked: dict[str, datetime]  # our certificates (decimal serial), and since when
    stamps: Stamps | None
    receipts: frozenset[str]  # labels of the stamps whose receipts were given

    @classmethod
    def of(cls, asked: argparse.Namespace) -> Self:
        """Read what the arguments name; raises `OSError`, a Problem, or `UnicodeDecodeError` for certificates."""
        keys = log_keys.read(asked.log_keys.read_bytes()) if asked.log_keys else None
        log = LogTrust.from_vkey(_vkey(asked.log_vkey), keys) if asked.log_vkey else None
        proven = [_proven(path, log) for path in asked.receipt]
        return cls(
            anchors_pem=asked.anchors.read_text(),
            others_pem=asked.other_anchors.read_text() if asked.other_anchors else "",
            clocks_pem=asked.time_anchors.read_text() if asked.time_anchors else "",
            log=log,
            revoked=_revoked(asked.claim_revocations, asked.status_keys),
            stamps=stamp_receipt.record_of(proven) if proven else None,
            receipts=frozenset(one.manifest_label for one in proven),
        )

    def names(self, report: Report) -> bool:
        """Tell whether one of the receipts is of this file's stamp; without receipts there is nothing to compare."""
        return not self.receipts or report.manifest_label in self.receipts


def _revoked(file: Path | None, keys: Path | None) -> dict[str, datetime]:
    """Return our revoked certificates as a signed list says; without one nobody is taken for revoked."""
    if file is None:
        return {}
    if keys is None:
        raise revocation_list.RevocationListUnusable("Its keys are not given.", remedy="Name them with --status-keys.")
    known = revocation_list.keys_of(keys.read_text())
    return revocation_list.read(file.read_text(), known, at=datetime.now(UTC))


def _proven(path: Path, log: LogTrust | None) -> ProvenStamp:
    found = StampReceipt.parse(path.read_bytes())
    if log is None:
        raise LogKeyNeeded("A receipt is checked with the key of its log.", remedy="Give --log-vkey.")
    return stamp_receipt.prove(found, log)


def _vkey(given: str) -> str:
    """Return the key itself. A key has two plus signs, and a name with them is no file of ours."""
    return given if given.count("+") > 1 else Path(given).read_text().strip()
