"""A queue of entries for the sequencer, put in place by COPY: what appending costs is measured elsewhere."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection, transaction

from ledger import dbclock, entry, subjectkeys, vault
from ledger.canonical import canonical
from ledger.commitment import commit, new_salt

SUBJECT = "system:benchmark"
KIND = "permit.redeemed"
AT_ONCE = 20_000
ENTRY = "COPY ledger_entry (id, kind, body, sealed_id, created_at) FROM STDIN (FORMAT BINARY)"
SEALED = "COPY ledger_sealed (id, subject_key_id, context, ciphertext) FROM STDIN (FORMAT BINARY)"

Made = tuple[uuid.UUID, uuid.UUID, bytes, bytes]  # entry, sealed, body, ciphertext


def fill(count: int) -> None:
    """Put `count` entries on record, each with a payload that opens; they wait for the sequencer."""
    for first in range(0, count, AT_ONCE):
        put(min(AT_ONCE, count - first))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def put(count: int) -> None:
    """Put some on record in one transaction."""
    with transaction.atomic():
        at, key = dbclock.ask(), subjectkeys.read(SUBJECT)
        insert(list(made(count, at, key.secret)), key.row, at)


def insert(rows: Sequence[Made], owner: int, at: datetime) -> None:
    """Write what `made` gave, in the caller's transaction."""
    with connection.cursor() as cursor:
        with cursor.copy(SEALED) as copy:
            copy.set_types(["uuid", "int8", "text", "bytea"])
            for number, sealed, _, ciphertext in rows:
                copy.write_row((sealed, owner, f"entry:{number}", ciphertext))
        with cursor.copy(ENTRY) as copy:
            copy.set_types(["uuid", "varchar", "bytea", "uuid", "timestamptz"])
            for number, sealed, body, _ in rows:
                copy.write_row((number, KIND, body, sealed, at))


def made(count: int, at: datetime, secret: bytes) -> Iterator[Made]:
    """Yield entries as `log.append` makes them."""
    for number in range(count):
        salt, entry_id, sealed = new_salt(), uuid.uuid4(), uuid.uuid4()
        opened = canonical({"actor": SUBJECT, "payload": {"permit": str(number)}})
        ciphertext = vault.sealed_bytes(secret, SUBJECT, f"entry:{entry_id}", salt + opened)
        yield entry_id, sealed, entry.encode(KIND, commit(salt, opened), at), ciphertext
