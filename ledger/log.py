"""The log as other apps see it: append an entry, open its commitment, prove its place."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import psycopg
from django.conf import settings
from django.db import connection

from ledger import dbclock, keyring, merkle, published, subjectkeys, vault
from ledger.canonical import canonical
from ledger.checkpoint import Checkpoint
from ledger.commitment import SALT_BYTES, commit, new_salt
from ledger.entry import encode
from ledger.models import Entry
from ledger.problem import Problem
from ledger.proof import Proof

GENESIS = "log.opened"
STATE = "state.recorded"
OURS = {GENESIS: "once", STATE: "at the end of each batch"}
TRIES = 5  # the first with what is remembered, the others with what was just asked
FIELDS = ("id", "kind", "body", "sealed_id", "created_at")
INSERT = """
WITH key AS (
    SELECT id FROM ledger_subjectkey
    WHERE id = %s AND wrapped = %s AND abs(extract(epoch FROM statement_timestamp() - %s)) < extract(epoch FROM %s)
    FOR SHARE
), sealed AS (
    INSERT INTO ledger_sealed (id, subject_key_id, context, ciphertext)
    SELECT %s, key.id, %s, %s FROM key RETURNING id
)
INSERT INTO ledger_entry (id, kind, body, sealed_id, created_at)
SELECT %s, %s, %s, sealed.id, %s FROM sealed RETURNING statement_timestamp()
"""


class NotYetPublished(Problem):
    """The entry is on record, but no published checkpoint covers it yet."""

    code: ClassVar[str] = "not-yet-published"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The entry is not published yet"


class LogUnverifiable(Problem):
    """The published files do not lead to a root that the log's key signed. Nothing of them is shown."""

    code: ClassVar[str] = "log-unverifiable"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The published log does not verify"


@dataclass(frozen=True, slots=True)
class Opening:
    """What an entry's commitment covers: `payload` is the canonical bytes of {"actor", "payload"}."""

    salt: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a published checkpoint has an entry: `path` leads from it to the checkpoint's root."""

    index: int
    path: tuple[bytes, ...]
    text: str
    checkpoint: Checkpoint


def append(
    kind: str, payload: Mapping[str, object], *, actor: str, subject: str, public: Mapping[str, object] | None = None
) -> Entry:
    """Put one entry on record, in the caller's transaction: it is in the log if and only if that commits.

    Payload and actor are sealed under `subject`; the leaf holds only their salted commitment and the `public` fields
    of the kind. Nothing here takes a lock that two writers share: the sequencer numbers entries later.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("log.append outside transaction.atomic: the act and its entry would not stand together")
    if kind in OURS:
        raise ValueError(f"{kind} is recorded by the sequencer only, {OURS[kind]}")
    return _record(kind, payload, actor=actor, subject=subject, public=public)


def open_log() -> Entry:
    """Put the genesis entry on record; the sequencer calls this once, for the empty tree."""
    payload = {"origin": settings.LEDGER_ORIGIN}
    return _record(GENESIS, payload, actor="system:sequencer", subject="system:log", public=None)


def record_state(as_of: int, public: Mapping[str, object]) -> Entry:
    """Put the state after the first `as_of` entries on record; the sequencer calls this at the end of each batch."""
    return _record(STATE, {"as_of": as_of}, actor="system:sequencer", subject="system:log", public=public)


def _record(
    kind: str, payload: Mapping[str, object], *, actor: str, subject: str, public: Mapping[str, object] | None
) -> Entry:
    """Seal and insert in one statement, which also confirms the two things that this process merely remembers.

    They are the subject's key and the time. If the database does not confirm them both are asked for; a key that is
    read again raises `Erased` by itself. The time may be old once more, if this process was stopped in between.
    """
    opened = canonical({"actor": actor, "payload": dict(payload)})
    for _ in range(TRIES):
        entry = _inserted(kind, opened, subject, public)
        if entry is not None:
            return entry
        subjectkeys.forget(subject)
        dbclock.ask()
    raise RuntimeError("the database confirms neither key nor time, however often both are asked for")


def _inserted(kind: str, opened: bytes, subject: str, public: Mapping[str, object] | None) -> Entry | None:
    """Insert the entry and what opens it; `None` if the database confirms neither key nor time."""
    salt, key = new_salt(), subjectkeys.secret_of(subject)
    at = dbclock.guess()  # after the key, for which it may have had to wait
    body = encode(kind, commit(salt, opened), at, public)
    entry, sealed = uuid.uuid4(), uuid.uuid4()
    context = f"entry:{entry}"
    ciphertext = vault.sealed_bytes(key.secret, subject, context, salt + opened)
    tolerance = timedelta(seconds=dbclock.TOLERANCE_SECONDS)
    values = [key.row, key.wrapped, at, tolerance, sealed, context, ciphertext, entry, kind, body, at]
    with connection.wrap_database_errors:
        connection.ensure_connection()
        # Django's own cursor would have the statement parsed and planned anew each time: three times the cost.
        row = psycopg.Cursor(connection.connection).execute(INSERT, values, prepare=True).fetchone()
    if row is None:
        return None
    dbclock.heard(row[0])
    return Entry.from_db(connection.alias, FIELDS, (entry, kind, body, sealed, at))


def opening(entry: Entry) -> Opening:
    """Return salt and payload of the entry's commitment; raise `subjectkeys.Erased` once they are destroyed."""
    return opened(vault.unseal(entry.sealed))


def opened(secret: bytes) -> Opening:
    """Read what is sealed with an entry."""
    return Opening(salt=secret[:SALT_BYTES], payload=secret[SALT_BYTES:])


def proof(entry: Entry) -> str:
    """Return the tlog-proof text of the entry under the newest published checkpoint.

    It is built from what is published and checked against the entry before it is handed out: a proof that does not
    hold is never given to anybody. Raises `NotYetPublished` while no published checkpoint covers the entry.
    """
    found = place(entry)
    return Proof(found.index, found.path, found.text).text()


def place(entry: Entry) -> Place:
    """Return where the newest published checkpoint has the entry, checked; raise `NotYetPublished` if it has not."""
    index, text = entry.index, published.checkpoint_text()
    if index is None or text is None:
        raise _not_yet(entry)
    signed = verified(text)
    if index >= signed.size:
        raise _not_yet(entry)
    with verifying():
        path = published.tree(signed.size).inclusion_proof(index)
        merkle.verify_inclusion(index, signed.size, merkle.leaf_hash(bytes(entry.body)), path, signed.root)
    return Place(index, tuple(path), text, signed)


def verified(text: str) -> Checkpoint:
    """Return the checkpoint in `text` if one of our log keys signed it; raise `LogUnverifiable` otherwise."""
    with verifying():
        return keyring.verified_checkpoint(text)


@contextmanager
def verifying() -> Iterator[None]:
    """Turn whatever goes wrong with a published file into the one refusal that says so: it is ours, not the asker's."""
    try:
        yield
    except (Problem, OSError, ValueError, IndexError) as error:
        why = error.detail if isinstance(error, Problem) else type(error).__name__
        raise LogUnverifiable(
            f"The published files do not hold together: {why}", remedy="Keep what you saw, and tell the operator"
        ) from error


def _not_yet(entry: Entry) -> NotYetPublished:
    return NotYetPublished(f"No published checkpoint covers entry {entry.pk} yet", remedy="Ask again in a second")
