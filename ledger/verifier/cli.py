"""The command `countenance-verify`.

Exit codes: 0 all true, 1 something false (a given witness that has not cosigned is that too), 2 unreadable, 3 not
everything could be checked.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from . import bundle, checkpoint, compromise, publishedlog, receipt, statuslist, tlogproof
from .findings import UNREADABLE, Findings, NotTrue, Unreadable
from .inputs import bytes_of, data_of, demanded, key_of, root_of, statements_of, text_of
from .logformat import hashes, verified_checkpoint
from .tiles import reader


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; `None` takes the arguments of the process. Never raises for what it reads."""
    options = _parser().parse_args(arguments)
    try:
        findings: Findings = options.check(options)
    except Unreadable as why:
        print(f"unreadable: {why}")  # noqa: T201 - a command line program speaks
        return UNREADABLE
    except Exception as why:  # noqa: BLE001 - hostile input must not end in a traceback, nor pass
        print(f"unreadable: {type(why).__name__}")  # noqa: T201
        return UNREADABLE
    for number, (verdict, text) in enumerate(findings.lines, start=1):
        print(f"{number:3}. {verdict.value:11} {_printable(text)}")  # noqa: T201
    print(findings.summary())  # noqa: T201
    return findings.code()


def _printable(text: str) -> str:
    """Escape what would move the cursor or break the line: the input must not write the report."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="countenance-verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    _add_log_commands(commands)
    _add_cose_commands(commands)
    return parser


def _add_log_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = commands.add_parser("bundle", help="check an export bundle, offline")
    one.add_argument("file", type=Path)
    _demands(one, "--log-vkey")
    one.add_argument("--rp-id", help="the relying party whose passkeys sign grants, such as example.com")
    one.add_argument("--origin", action="append", default=[], help="where they sign, such as https://example.com")
    one.set_defaults(check=_bundle)
    whole = commands.add_parser("log", help="check a whole published log, its recorded states too")
    whole.add_argument("location", help="a folder, or an http(s) address")
    _demands(whole, "--vkey")
    whole.set_defaults(check=_log)
    point = commands.add_parser("checkpoint", help="check a checkpoint, its witnesses, and that it extends another")
    point.add_argument("file", type=Path)
    _demands(point, "--vkey")
    point.add_argument("--older", type=Path, metavar="FILE", help="an older checkpoint that it must extend")
    shown = point.add_mutually_exclusive_group()
    shown.add_argument("--consistency", type=Path, metavar="FILE", help="the proof of that, a base64 hash a line")
    shown.add_argument("--log", metavar="LOCATION", help="the published log, to make the proof from its tiles")
    point.add_argument("--max-age", type=float, metavar="SECONDS", help="how old the needed cosignatures may be")
    point.set_defaults(check=_checkpoint)
    proof = commands.add_parser("proof", help="check a tlog-proof of one entry")
    proof.add_argument("file", type=Path)
    proof.add_argument("--entry", required=True, help="the entry: a file, or hexadecimal digits")
    _demands(proof, "--vkey")
    proof.set_defaults(check=_proof)


def _add_cose_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "an Ed25519 public key: PEM, base64url, or a file with either"
    one = commands.add_parser(
        "receipt", help="check a COSE receipt: of one entry, or that the log extends an older tree"
    )
    one.add_argument("file", type=Path)
    one.add_argument("--key", required=True, help=text)
    about = one.add_mutually_exclusive_group(required=True)
    about.add_argument("--entry", help="the entry: a file, or hexadecimal digits")
    about.add_argument("--older-root", metavar="ROOT", help="the root of the older tree: base64, or hexadecimal digits")
    about.add_argument("--older", type=Path, metavar="FILE", help="the older tree's checkpoint; needs --vkey")
    one.add_argument("--issuer", help="the log's origin that the receipt must name")
    one.add_argument("--subject", help="the subject that the receipt must name")
    _demands(one, "--vkey")
    one.set_defaults(check=_receipt)
    statement = commands.add_parser("statement", help="check a SCITT transparent statement and its receipts")
    statement.add_argument("file", type=Path)
    statement.add_argument("--key", required=True, help=f"what signs receipts: {text}")
    statement.add_argument("--statement-key", help=f"what signs the statement: {text}")
    statement.add_argument("--entry", help="the entry that it must carry: a file, or hexadecimal digits")
    _demands(statement, "--vkey")
    statement.set_defaults(check=_statement)
    status = commands.add_parser("status", help="check a status list token, alone or against a published log")
    status.add_argument("file", type=Path)
    status.add_argument("--key", required=True, help=text)
    status.add_argument("--uri", help="where the list is, as the reference to it says")
    status.add_argument("--index", type=int, help="a grant; the check is false unless it is VALID")
    status.add_argument("--at", type=float, default=None, metavar="SECONDS", help="judge times as of then, not now")
    status.add_argument("--log", metavar="LOCATION", help="recompute the list from this log; needs --vkey")
    _demands(status, "--vkey")
    status.set_defaults(check=_status)


def _demands(command: argparse.ArgumentParser, vkey: str) -> None:
    """Add the options that say which log and which witnesses are trusted."""
    text = "the log's verifier key, from where you trust it; each of several may sign"
    command.add_argument(vkey, dest="vkey", action="append", default=[], metavar="VKEY", help=text)
    text = "a witness' verifier key; may be repeated, and each given must have cosigned"
    command.add_argument("--witness-vkey", action="append", default=[], help=text)
    command.add_argument("--quorum", type=int, metavar="K", help="so many of the given witnesses are enough")
    text = "a C2SP tlog-policy: its quorum must be met; its logs are the log's keys unless given"
    command.add_argument("--policy", type=Path, metavar="FILE", help=text)
    text = "a statement that a key was stolen, as published under compromised/; may be repeated"
    command.add_argument("--compromised", type=Path, action="append", default=[], metavar="FILE", help=text)


def _bundle(options: argparse.Namespace) -> Findings:
    keys, policies = demanded(options)
    place = bundle.Place(options.rp_id, tuple(options.origin))
    return bundle.check(bundle.read(data_of(options.file)), keys, policies, place)


def _log(options: argparse.Namespace) -> Findings:
    return publishedlog.check(reader(options.location), *demanded(options))


def _checkpoint(options: argparse.Namespace) -> Findings:
    keys, policies = demanded(options)
    older = None
    if options.older is not None:
        path = None if options.consistency is None else _path(options.consistency)
        older = checkpoint.Older(text_of(options.older), path, None if options.log is None else reader(options.log))
    text = text_of(options.file)
    return checkpoint.check(text, keys, policies, older=older, max_age=options.max_age, now=time.time())


def _path(file: Path) -> list[bytes]:
    try:
        return hashes(text_of(file).split())
    except (NotTrue, ValueError) as error:
        raise Unreadable(f"the consistency proof: {error}") from error


def _proof(options: argparse.Namespace) -> Findings:
    return tlogproof.check(text_of(options.file), bytes_of(options.entry), *demanded(options))


def _receipt(options: argparse.Namespace) -> Findings:
    data, key = data_of(options.file), key_of(options.key)
    findings = _stolen(options, key)
    if options.entry is not None:
        findings.lines += receipt.check(data, bytes_of(options.entry), key, options.issuer, options.subject).lines
    elif (older := _older(options, findings)) is not None:
        findings.lines += receipt.check_consistency(data, older, key, options.issuer, options.subject).lines
    return findings


def _older(options: argparse.Namespace, findings: Findings) -> receipt.Older | None:
    """Return the tree that the reader knows; `None` if the checkpoint that should tell it does not hold."""
    if options.older_root is not None:
        return receipt.Older(root_of(options.older_root))
    text, (keys, policies) = text_of(options.older), demanded(options)
    older: receipt.Older | None = None
    with findings.check("the older checkpoint is signed by the given key and of its log"):
        known = verified_checkpoint(text, *keys)
        older = receipt.Older(known.root, known.size)
    checkpoint.check_policies(text, policies, findings)
    return older


def _stolen(options: argparse.Namespace, *keys: Ed25519PublicKey) -> Findings:
    """Begin with a line for each key of receipts, statements or lists, if anything is said to be stolen at all."""
    findings = Findings()
    statements = statements_of(options)
    for number, key in enumerate(keys if statements else (), start=1):
        with findings.check(f"no statement of compromise is about key {number} of the message"):
            compromise.refuse_stolen(key, statements)
    return findings


def _statement(options: argparse.Namespace) -> Findings:
    key = key_of(options.key)
    own = None if options.statement_key is None else key_of(options.statement_key)
    entry = None if options.entry is None else bytes_of(options.entry)
    findings = _stolen(options, key, *([] if own is None else [own]))
    findings.lines += receipt.check_statement(data_of(options.file), key, own, entry).lines
    return findings


def _status(options: argparse.Namespace) -> Findings:
    now = time.time() if options.at is None else options.at
    asked = {"uri": options.uri, "index": options.index}
    key = key_of(options.key)
    findings, token, statuses = statuslist.check(data_of(options.file), key, now=now, **asked)
    findings.lines += _stolen(options, key).lines
    if options.log is None or token is None:
        return findings
    keys, policies = demanded(options)
    place: int | None = None
    with findings.check("it names the recorded state for which it stands"):
        place = statuslist.place_of(token)
    of_log = Findings()
    grants = publishedlog.recomputed(reader(options.log), keys, policies, of_log, keep=place)
    findings.lines += of_log.lines
    statuslist.check_log(statuses, grants, options.index, findings)
    return findings


if __name__ == "__main__":
    sys.exit(main())
