"""`countenance-check FILE … --anchors claim-root.pem [--log-vkey VKEY] [--json]`; also `python -m provenance.verify`.

Needs neither our database nor our server. Exit status, the first that applies to any of the files:

    2  it was asked wrongly, or a name leads to no file
    1  something speaks against a file, or it proves nothing
    3  a file could not be checked, which is not the same
    0  nothing speaks against any of them
"""

from __future__ import annotations

import argparse
import json
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from io import BufferedReader
from pathlib import Path
from typing import Any

from ledger.problem import Problem
from provenance import progress
from provenance.foreign import defused
from provenance.report import Integrity, Report, Verdicts
from provenance.stamp_receipt import StampNotProven
from provenance.verify import FileUnreadable, verify
from provenance.verify_trust import Trust

SOUND, NOT_SOUND, ASKED_WRONGLY, NOT_CHECKED = 0, 1, 2, 3
GRAVITY = (SOUND, NOT_CHECKED, NOT_SOUND, ASKED_WRONGLY)  # of several files the gravest is the exit status
LABEL = 120  # characters of a manifest's label or of a title; labels of ours have 58


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the files one after the other and print the answers. `None`: the arguments of this process."""
    asked = _parser().parse_args(arguments)
    try:
        trust = Trust.of(asked)
        found = [(path, _checked(path, trust)) for path in asked.files]
    except StampNotProven as problem:
        return _complain(f"The receipt does not count: {problem.detail}", NOT_SOUND)
    except Problem as problem:
        return _complain(_said(problem))
    except OSError as error:
        return _complain(f"{error.filename} cannot be read: {error.strerror}.")
    except UnicodeDecodeError:
        return _complain("The trust anchors are not certificates in PEM.")
    for path, wrong in found:
        if isinstance(wrong, Problem):
            _complain(_said(wrong))
        elif not trust.names(wrong):
            _complain(f"None of the receipts is of the stamp of {path}.")
    sys.stdout.write("".join(f"{part}\n" for part in (_json(found) if asked.json else _text(found))))
    return max((_status(each, trust) for _, each in found), key=GRAVITY.index)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="countenance-check",
        description="Check video files: what was signed, by whom, and with whose permission.",
        epilog="Exit status: 0 nothing speaks against any file; 1 something does, or it proves nothing; "
        "2 asked wrongly; 3 a file could not be checked.",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="an mp4, mov or m4v")
    parser.add_argument("--anchors", type=Path, required=True, help="root certificates of the service (PEM)")
    parser.add_argument("--log-vkey", help="verifier key of the service's log, or a file that holds it")
    parser.add_argument("--log-keys", type=Path, help="the log's list of keys (/log/keys), for signatures of receipts")
    parser.add_argument(
        "--receipt",
        type=Path,
        action="append",
        default=[],
        help="the receipt of the file's stamp (/v1/videos/<id>/receipt); again for each parent; needs --log-vkey",
    )
    parser.add_argument("--other-anchors", type=Path, help="root certificates of other authorities (PEM)")
    text = "root certificates (PEM) of who is believed about the time of signing"
    parser.add_argument("--time-anchors", type=Path, help=text)
    text = "list of revoked certificates of the service, signed (GET /v1/claim-revocations)"
    parser.add_argument("--claim-revocations", type=Path, help=text)
    parser.add_argument("--status-keys", type=Path, help="the keys that sign it (GET /issuers/status)")
    parser.add_argument("--json", action="store_true", help="print the whole report as JSON; of several files, a list")
    return parser


def _checked(path: Path, trust: Trust) -> Report | FileUnreadable:
    """Return the report; a file that is none is returned as the problem, so that the others are checked all the same.

    Only regular files are opened: opening a pipe would wait for whoever writes into it.
    """

    def told(source: BufferedReader) -> AbstractContextManager[None]:
        return progress.told(source, defused(path.name), sys.stderr)

    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return FileUnreadable(f"{path} is a folder.", remedy="Name the files in it.")
        if not stat.S_ISREG(mode):
            return FileUnreadable(f"{path} is a device or a pipe, not a file.", remedy="Save it as a file first.")
        return verify(
            path,
            anchors_pem=trust.anchors_pem,
            log=trust.log,
            other_anchors_pem=trust.others_pem,
            time_anchors_pem=trust.clocks_pem,
            revoked_serials=trust.revoked,
            stamps=trust.stamps,
            watched=told,
        )
    except FileUnreadable as problem:
        return problem
    except OSError as error:
        return FileUnreadable(f"{path} cannot be read: {error.strerror}.", remedy="Name a file that exists.")


def _status(found: Report | FileUnreadable, trust: Trust) -> int:
    if isinstance(found, Problem):
        return ASKED_WRONGLY
    if not trust.names(found):
        return NOT_SOUND
    if found.ok:
        return SOUND
    return NOT_CHECKED if found.integrity.verdict is Integrity.COULD_NOT_CHECK else NOT_SOUND


def _json(found: list[tuple[Path, Report | FileUnreadable]]) -> Iterator[str]:
    reports = [each.as_dict() for _, each in found if isinstance(each, Report)]
    if len(found) == 1:
        yield from (json.dumps(report, indent=2) for report in reports)
        return
    members = [{"file": str(path)} | _members(each) for path, each in found]
    yield json.dumps(members, indent=2)


def _members(found: Report | FileUnreadable) -> dict[str, Any]:
    return found.as_dict() if isinstance(found, Report) else {"error": _said(found)}


def _text(found: list[tuple[Path, Report | FileUnreadable]]) -> Iterator[str]:
    for path, report in found:
        if isinstance(report, Report):
            if len(found) > 1:
                yield f"== {defused(str(path), LABEL)}"
            yield from _lines(report)


def _lines(report: Report) -> Iterator[str]:
    yield from _answers(report.own, "")
    if report.signed_at is not None:
        yield f"Time of signing: {report.signed_at:%Y-%m-%d %H:%M:%S} UTC"
    yield f"Made from: {report.ancestry.sentence}"
    for ancestor in report.lineage:
        yield f"  {defused(ancestor.manifest_label or ancestor.title, LABEL)} ({defused(ancestor.relationship)})"
        yield from _answers(ancestor.verdicts, "    ")
    if report.recovered is not None:
        yield f"Content: {report.recovered.answer.sentence}"
    for each in report.unchecked:
        yield f"Not checked: {each.what}. {defused(each.why, 400)}"
    yield _closing(report)


def _closing(report: Report) -> str:
    if report.ok:
        return "Nothing speaks against this file."
    if report.integrity.verdict is Integrity.COULD_NOT_CHECK:
        return "This file could not be checked, which says nothing for or against it. Do not rely on this file."
    return "Do not rely on this file."


def _answers(verdicts: Verdicts, indent: str) -> Iterator[str]:
    yield f"{indent}File: {verdicts.integrity.sentence}"
    yield f"{indent}Signer: {verdicts.signer.sentence}"
    yield f"{indent}Permission when made: {verdicts.consent.sentence}"
    yield f"{indent}Permission since: {verdicts.since.sentence}"


def _said(problem: Problem) -> str:
    return f"{problem.detail} {problem.remedy}".strip()


def _complain(what: str, status: int = ASKED_WRONGLY) -> int:
    sys.stderr.write(f"{defused(what, 1000)}\n")
    return status
