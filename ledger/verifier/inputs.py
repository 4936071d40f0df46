"""What the command line names: keys, files, hexadecimal bytes. Each function raises `Unreadable` for what it is not."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from . import compromise
from . import policy as policies
from .compromise import Statement
from .cose import parse_key
from .findings import NotTrue, Unreadable
from .logformat import LogKey, WitnessKey
from .policy import Policy
from .strict import from_base64
from .tree import HASH

MAX_FILE = 256 * 1024 * 1024
MAX_TEXT = 1024 * 1024


def data_of(path: Path, limit: int = MAX_FILE) -> bytes:
    """Return the bytes of a file of at most `limit` bytes."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(str(error)) from error
    if len(data) > limit:
        raise Unreadable(f"{path} is larger than {limit} bytes")
    return data


def text_of(path: Path) -> str:
    """Return the text of a file."""
    try:
        return data_of(path, MAX_TEXT).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is no text") from error


def bytes_of(argument: str) -> bytes:
    """Return the content of the named file, or the bytes that the argument spells in hexadecimal digits."""
    try:
        return bytes.fromhex(argument)
    except ValueError:
        return data_of(Path(argument))


def root_of(argument: str) -> bytes:
    """Return the root hash that the argument spells, in base64 as checkpoints do or in hexadecimal digits."""
    try:
        data = bytes.fromhex(argument) if len(argument) == 2 * HASH else from_base64(argument)
    except ValueError as error:
        raise Unreadable(f"the root: {error}") from error
    if len(data) != HASH:
        raise Unreadable(f"a root has {HASH} bytes")
    return data


def statements_of(options: argparse.Namespace) -> list[Statement]:
    """Return the given statements of compromise."""
    keys = [_key(vkey) for vkey in options.vkey]
    if options.policy is not None:
        keys += policies.parse(data_of(options.policy, MAX_TEXT)).logs
    try:
        return [compromise.parse(text_of(path), keys) for path in options.compromised]
    except (NotTrue, ValueError) as error:
        raise Unreadable(f"a statement of compromise: {error}") from error


def key_of(argument: str) -> Ed25519PublicKey:
    """Return the Ed25519 key that the argument is (PEM or base64url), or that the named file holds."""
    try:
        return parse_key(argument)
    except Unreadable:
        return parse_key(text_of(Path(argument)))


def demanded(options: argparse.Namespace) -> tuple[Sequence[LogKey], Sequence[Policy]]:
    """Return the log's keys, and the policies that its checkpoints must meet: of witnesses, of a file, or both.

    Without `--quorum` each given witness is a policy of its own, so that each gets its line.
    """
    witnesses = [_witness(vkey) for vkey in options.witness_vkey]
    if options.quorum is None:
        found = [Policy(one, (one,)) for one in witnesses]
    else:
        found = [policies.of_witnesses(witnesses, options.quorum)]
    keys = [_key(vkey) for vkey in options.vkey]
    if options.policy is not None:
        policy = policies.parse(data_of(options.policy, MAX_TEXT))
        found += [policy] if policy.rule is not None else []
        keys = [key for key in keys if not policy.logs or key in policy.logs] or ([] if keys else list(policy.logs))
    if not keys:
        raise Unreadable("no verifier key of the log is given that the policy knows, if there is one")
    return compromise.doubted(keys, statements_of(options), found), found


def _witness(vkey: str) -> WitnessKey:
    try:
        return WitnessKey.parse(vkey)
    except (NotTrue, ValueError) as error:
        raise Unreadable(f"the verifier key of a witness: {error}") from error


def _key(vkey: str) -> LogKey:
    try:
        return LogKey.parse(vkey)
    except (NotTrue, ValueError) as error:
        raise Unreadable(f"the verifier key: {error}") from error
