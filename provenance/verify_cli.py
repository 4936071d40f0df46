"""`python -m provenance.verify FILE --anchors claim-root.pem [--log-vkey VKEY] [--json]`.

Needs neither our database nor our server. Exit status: 0 nothing speaks against the file, 1 something does or it
could not be checked, 2 it was asked wrongly.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ledger.problem import Problem
from provenance import revocation_list
from provenance.report import Report, Verdicts
from provenance.verify import LogTrust, verify

SOUND, NOT_SOUND, ASKED_WRONGLY = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one file and print the answers. `None`: the arguments of this process."""
    asked = _parser().parse_args(arguments)
    try:
        log = LogTrust.from_vkey(_text(asked.log_vkey)) if asked.log_vkey else None
        others = asked.other_anchors.read_text() if asked.other_anchors else ""
        clocks = asked.time_anchors.read_text() if asked.time_anchors else ""
        anchors = asked.anchors.read_text()
        report = verify(
            asked.file,
            anchors_pem=anchors,
            log=log,
            other_anchors_pem=others,
            time_anchors_pem=clocks,
            revoked_serials=_revoked(asked.claim_revocations, asked.status_keys),
        )
    except Problem as problem:
        return _complain(f"{problem.detail} {problem.remedy}".strip())
    except OSError as error:
        return _complain(f"{error.filename} cannot be read: {error.strerror}.")
    except UnicodeDecodeError:
        return _complain("The trust anchors are not certificates in PEM.")
    text = json.dumps(report.as_dict(), indent=2) if asked.json else "\n".join(_lines(report))
    sys.stdout.write(text + "\n")
    return SOUND if report.ok else NOT_SOUND


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m provenance.verify", description="Check a video file.")
    parser.add_argument("file", type=Path, help="the mp4")
    parser.add_argument("--anchors", type=Path, required=True, help="root certificates of the service (PEM)")
    parser.add_argument("--log-vkey", help="verifier key of the service's log, or a file that holds it")
    parser.add_argument("--other-anchors", type=Path, help="root certificates of other authorities (PEM)")
    text = "root certificates (PEM) of who is believed about the time of signing"
    parser.add_argument("--time-anchors", type=Path, help=text)
    text = "list of revoked certificates of the service, signed (GET /v1/claim-revocations)"
    parser.add_argument("--claim-revocations", type=Path, help=text)
    parser.add_argument("--status-keys", type=Path, help="the keys that sign it (GET /issuers/status)")
    parser.add_argument("--json", action="store_true", help="print the whole report as JSON")
    return parser


def _revoked(file: Path | None, keys: Path | None) -> dict[str, datetime]:
    """Return our revoked certificates as a signed list says; without one nobody is taken for revoked."""
    if file is None:
        return {}
    if keys is None:
        raise revocation_list.RevocationListUnusable("Its keys are not given.", remedy="Name them with --status-keys.")
    known = revocation_list.keys_of(keys.read_text())
    return revocation_list.read(file.read_text(), known, at=datetime.now(UTC))


def _text(vkey: str) -> str:
    """Return the key itself. A key has two plus signs, and a name with them is no file of ours."""
    return vkey if vkey.count("+") > 1 else Path(vkey).read_text().strip()


def _lines(report: Report) -> Iterator[str]:
    yield from _answers(report.own, "")
    if report.signed_at is not None:
        yield f"Time of signing: {report.signed_at:%Y-%m-%d %H:%M:%S} UTC"
    yield f"Made from: {report.ancestry.sentence}"
    for ancestor in report.lineage:
        yield f"  {_printable(ancestor.manifest_label or ancestor.title)} ({_printable(ancestor.relationship)})"
        yield from _answers(ancestor.verdicts, "    ")
    for each in report.unchecked:
        yield f"Not checked: {each.what}. {_printable(each.why)}"
    yield "Nothing speaks against this file." if report.ok else "Do not rely on this file."


def _answers(verdicts: Verdicts, indent: str) -> Iterator[str]:
    yield f"{indent}File: {verdicts.integrity.sentence}"
    yield f"{indent}Signer: {verdicts.signer.sentence}"
    yield f"{indent}Permission when made: {verdicts.consent.sentence}"
    yield f"{indent}Permission since: {verdicts.since.sentence}"


def _printable(text: str) -> str:
    """Keep a stranger's text from moving the cursor or forging lines."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _complain(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return ASKED_WRONGLY
