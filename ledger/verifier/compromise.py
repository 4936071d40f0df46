"""Statements that a key of the operator's was stolen, and what it still proves: what others had dated before.

A statement is a C2SP signed note of four lines under the log's name: label, origin, key id, first minute in doubt. It
is signed by another key of that log, never by the one that it is about. One that is not is believed to say "always".
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .findings import NotTrue, require
from .logformat import Doubt, LogKey, note_of, signers_of
from .policy import Policy

LABEL = "countenance/compromise/v1"
LINES = 5  # the last is empty
MINUTE = "%Y-%m-%dT%H:%MZ"
ALWAYS = -math.inf
PURPOSES = ("receipt", "statement", "status", "credential")  # beside `log`, whose key ids are those of its notes


@dataclass(frozen=True)
class Statement:
    """What one says: from the second `since` on (1970), signatures of the key `key_id` of this log prove nothing."""

    origin: str
    key_id: str
    since: float


def parse(text: str, keys: Sequence[LogKey]) -> Statement:
    """Return what the statement says; raise `NotTrue` if it is none, so that nobody knows which key is meant."""
    body, _ = note_of(text)
    lines = body.split("\n")
    require(len(lines) == LINES and not lines[4] and lines[0] == LABEL, "it is no statement of compromise")
    origin, key_id, minute = lines[1:4]
    try:
        at = datetime.strptime(minute, MINUTE).replace(tzinfo=UTC)
    except ValueError as error:
        raise NotTrue("its minute is malformed") from error
    require(at.strftime(MINUTE) == minute, "its minute is malformed")
    believed = _testified(text, [key for key in keys if key.name == origin and key.hint.hex() != key_id])
    return Statement(origin, key_id, at.timestamp() if believed else ALWAYS)


def _testified(text: str, keys: Sequence[LogKey]) -> bool:
    try:
        return bool(signers_of(text, keys))
    except NotTrue:
        return False


def doubted(keys: Sequence[LogKey], statements: Collection[Statement], policies: Sequence[Policy]) -> list[LogKey]:
    """Return the keys, those that a statement is about with what they still prove; the earliest minute counts."""
    return [_doubted(key, statements, policies) for key in keys]


def _doubted(key: LogKey, statements: Collection[Statement], policies: Sequence[Policy]) -> LogKey:
    about = [one.since for one in statements if (one.origin, one.key_id) == (key.name, key.hint.hex())]
    if not about:
        return key

    def complete_at(text: str) -> float:
        return max((policy.complete_at(text) for policy in policies), default=math.inf)

    return replace(key, doubt=Doubt(min(about), complete_at))


def refuse_stolen(key: Ed25519PublicKey, statements: Collection[Statement]) -> None:
    """Return unless a statement is about this key of receipts, statements or status lists: nothing here dates those."""
    public = key.public_bytes_raw()
    ids = {sha256(f"countenance/{purpose}-key/v1\0".encode() + public).hexdigest()[:16] for purpose in PURPOSES}
    stolen = any(one.key_id in ids for one in statements)
    require(not stolen, "the key is compromised, and nothing shows that it signed this before")
