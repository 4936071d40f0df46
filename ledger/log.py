"""The log as other apps see it: append an entry, open its commitment, prove its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import connection

from ledger import checkpoint, keyring, merkle, published, vault
from ledger.canonical import canonical
from ledger.commitment import SALT_BYTES, commit, new_salt
from ledger.entry import encode
from ledger.models import Entry
from ledger.problem import Problem
from ledger.proof import Proof

GENESIS = "log.opened"


class NotYetPublished(Problem):
    """The entry is on record, but no published checkpoint covers it yet."""

    code: ClassVar[str] = "not-yet-published"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The entry is not published yet"


@dataclass(frozen=True, slots=True)
class Opening:
    """What an entry's commitment covers: `payload` is the canonical bytes of {"actor", "payload"}."""

    salt: bytes
    payload: bytes


def append(
    kind: str, payload: Mapping[str, object], *, actor: str, subject: str, public: Mapping[str, object] | None = None
) -> Entry:
    """Put one entry on record, in the caller's transaction: it is in the log if and only if that commits.

    Payload and actor are sealed under `subject`; the leaf holds only their salted commitment and the `public` fields
    of the kind. Nothing here takes a lock that two writers share: the sequencer numbers entries later.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("log.append outside transaction.atomic: the act and its entry would not stand together")
    if kind == GENESIS:
        raise ValueError(f"{GENESIS} is recorded by the sequencer only, once")
    return _record(kind, payload, actor=actor, subject=subject, public=public)


def open_log() -> Entry:
    """Put the genesis entry on record; the sequencer calls this once, for the empty tree."""
    payload = {"origin": settings.LEDGER_ORIGIN}
    return _record(GENESIS, payload, actor="system:sequencer", subject="system:log", public=None)


def _record(
    kind: str, payload: Mapping[str, object], *, actor: str, subject: str, public: Mapping[str, object] | None
) -> Entry:
    opened = canonical({"actor": actor, "payload": dict(payload)})
    salt = new_salt()
    body = encode(kind, commit(salt, opened), _database_time(), public)
    entry = Entry(kind=kind, body=body)
    entry.sealed = vault.seal(subject, salt + opened, context=f"entry:{entry.pk}")
    entry.save(force_insert=True)
    return entry


def opening(entry: Entry) -> Opening:
    """Return salt and payload of the entry's commitment; raise `vault.Erased` once they are destroyed."""
    secret = vault.unseal(entry.sealed)
    return Opening(salt=secret[:SALT_BYTES], payload=secret[SALT_BYTES:])


def proof(entry: Entry) -> str:
    """Return the tlog-proof text of the entry under the newest published checkpoint.

    It is built from what is published and checked against the entry before it is handed out: a proof that does not
    hold is never given to anybody. Raises `NotYetPublished` while no published checkpoint covers the entry.
    """
    index = entry.index
    text = published.checkpoint_text()
    if index is None or text is None:
        raise _not_yet(entry)
    signed = checkpoint.verify(
        text, origin=settings.LEDGER_ORIGIN, keys=[key.public for key in keyring.public_keys("log")]
    )
    if index >= signed.size:
        raise _not_yet(entry)
    hashes = published.tree(signed.size).inclusion_proof(index)
    merkle.verify_inclusion(index, signed.size, merkle.leaf_hash(bytes(entry.body)), hashes, signed.root)
    return Proof(index, tuple(hashes), text).text()


def _not_yet(entry: Entry) -> NotYetPublished:
    return NotYetPublished(f"No published checkpoint covers entry {entry.pk} yet", remedy="Ask again in a second")


def _database_time() -> datetime:
    """Ask the one clock that all workers share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
