"""The command `countenance-verify`.

Exit codes: 0 all true, 1 something false (a given witness that has not cosigned is that too), 2 unreadable, 3 not
everything could be checked.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import bundle, publishedlog
from .findings import UNREADABLE, Findings, NotTrue, Unreadable
from .logformat import LogKey, WitnessKey

MAX_BUNDLE = 256 * 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; `None` takes the arguments of the process. Never raises for what it reads."""
    options = _parser().parse_args(arguments)
    try:
        findings: Findings = options.check(options, _key(options.vkey), _witnesses(options.witness_vkey))
    except Unreadable as why:
        print(f"unreadable: {why}")  # noqa: T201 - a command line program speaks
        return UNREADABLE
    except Exception as why:  # noqa: BLE001 - hostile input must not end in a traceback, nor pass
        print(f"unreadable: {type(why).__name__}")  # noqa: T201
        return UNREADABLE
    for number, (verdict, text) in enumerate(findings.lines, start=1):
        print(f"{number:3}. {verdict.value:11} {text}")  # noqa: T201
    print(findings.summary())  # noqa: T201
    return findings.code()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="countenance-verify", description=__doc__)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("bundle", help="check an export bundle, offline")
    one.add_argument("file", type=Path)
    one.add_argument("--log-vkey", dest="vkey", required=True, help="the log's verifier key, from where you trust it")
    one.set_defaults(check=_bundle)
    whole = commands.add_parser("log", help="check a whole published log")
    whole.add_argument("location", help="a folder, or an http(s) address")
    whole.add_argument("--vkey", required=True, help="the log's verifier key, from where you trust it")
    whole.set_defaults(check=_log)
    for command in (one, whole):
        text = "a witness' verifier key; may be repeated, and each given must have cosigned"
        command.add_argument("--witness-vkey", action="append", default=[], help=text)
    return parser


def _witnesses(vkeys: Sequence[str]) -> list[WitnessKey]:
    try:
        return [WitnessKey.parse(vkey) for vkey in vkeys]
    except (NotTrue, ValueError) as error:
        raise Unreadable(f"the verifier key of a witness: {error}") from error


def _key(vkey: str) -> LogKey:
    try:
        return LogKey.parse(vkey)
    except (NotTrue, ValueError) as error:
        raise Unreadable(f"the verifier key: {error}") from error


def _bundle(options: argparse.Namespace, key: LogKey, witnesses: Sequence[WitnessKey]) -> Findings:
    try:
        if options.file.stat().st_size > MAX_BUNDLE:
            raise Unreadable(f"larger than {MAX_BUNDLE} bytes")
        data = options.file.read_bytes()
    except OSError as error:
        raise Unreadable(str(error)) from error
    return bundle.check(bundle.read(data), key, witnesses)


def _log(options: argparse.Namespace, key: LogKey, witnesses: Sequence[WitnessKey]) -> Findings:
    return publishedlog.check(publishedlog.reader(options.location), key, witnesses)


if __name__ == "__main__":
    sys.exit(main())
