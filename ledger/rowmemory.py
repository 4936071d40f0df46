"""What the rows of the database were when they were last seen, every column: the monitor's memory of the inside.

The tree fixes the bytes of an entry, `ledger.fsck` what follows from them. A column that nothing else fixes (when a row
was made, which sealed record opens an entry) is only fixed by having been seen. So digests of the rows are kept outside
the database, and compared each round. What was changed before the first look, no memory can know.

Nothing is learned in a round that found something, and if we crash before COMMIT the round is done again. Memory does
not grow with the log; the file holds a digest for each 4,096 leaves and one for each subject, blob and loose sealed
record.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from ledger.walk import Check

CHUNK = 4096  # leaves for one digest
FETCH = 1000
SCHEMA = """
CREATE TABLE IF NOT EXISTS extent (name TEXT PRIMARY KEY, size INTEGER NOT NULL, columns TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chunk (
    name TEXT, number INTEGER, digest BLOB NOT NULL, PRIMARY KEY (name, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (
    name TEXT, key TEXT, fixed BLOB NOT NULL, last BLOB NOT NULL, ended INTEGER NOT NULL, PRIMARY KEY (name, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mark (name TEXT, key TEXT, value INTEGER NOT NULL, PRIMARY KEY (name, key)) WITHOUT ROWID;
"""
SPELLING = "SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'; SET LOCAL datestyle = 'ISO, YMD'"
LEAF = "ledger_leaf"
# Where the rows of an append-only table stand in the order of the log: the alias `r`, and the place.
ORDERED = {
    "ledger_entry": """
        ledger_leaf l LEFT JOIN ledger_entry r ON r.id = l.entry_id LEFT JOIN ledger_sealed s ON s.id = r.sealed_id
    """,
    LEAF: "ledger_leaf r",
    "ledger_head": "ledger_head r",
}
PLACE = {"ledger_entry": "l.index", LEAF: "r.index", "ledger_head": "r.size"}
BESIDE = {
    "ledger_entry": ", s.subject_key_id, s.context"
}  # what opens an entry, but for the bytes, which may be erased
# Rows that may end once, and never change else: key, what is fixed for ever, what is fixed by being as it is, ended?
ENDING = {
    "ledger_subjectkey": """
        SELECT id::text, row(id, subject, created_at)::text, coalesce(erased_at::text, ''), wrapped IS NULL
        FROM ledger_subjectkey
    """,
    "ledger_blob": """
        SELECT id::text, row(id, subject_key_id, context, size, created_at)::text, coalesce(erased_at::text, ''),
            erased_at IS NOT NULL
        FROM ledger_blob
    """,
    "ledger_sealed": """
        SELECT s.id::text, row(s.id, s.subject_key_id, s.context)::text,
            encode(sha256(coalesce(s.ciphertext, '')), 'hex'), s.ciphertext IS NULL
        FROM ledger_sealed s LEFT JOIN ledger_entry e ON e.sealed_id = s.id WHERE e.id IS NULL
    """,
}
GROWING = {
    "ledger_followercursor": "SELECT name, next_index FROM ledger_followercursor",
    "ledger_fence": "SELECT id::text, epoch FROM ledger_fence",
}


@dataclass
class RowMemory:
    """The state file. One process at a time: a second one waits for the first one's round."""

    path: Path

    def look(self) -> list[Check]:
        """Compare the rows of now with those remembered, and remember what is new if nothing was wrong."""
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=20)) as memory:
            memory.executescript(SCHEMA)
            memory.execute("BEGIN IMMEDIATE")
            checks = _looked(memory)
            memory.execute("ROLLBACK" if any(check.faults for check in checks) else "COMMIT")
            return checks


def _looked(memory: sqlite3.Connection) -> list[Check]:
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(SPELLING)
        cursor.execute("SELECT coalesce(max(index) + 1, 0) FROM ledger_leaf")
        leaves = int(cursor.fetchone()[0])
        return [_ordered(memory, leaves), _ending(memory), _growing(memory, leaves)]


def _ordered(memory: sqlite3.Connection, leaves: int) -> Check:
    check = Check("the rows of entries, leaves and heads are those of before, in every column")
    for table in ORDERED:
        size = leaves + 1 if table == "ledger_head" else leaves  # a head of size n stands at n
        known = memory.execute("SELECT size, columns FROM extent WHERE name = ?", [table]).fetchone()
        columns = _columns(table)
        if known is not None:
            _compare(check, memory, table, *known)
        if known is None or known[1] != columns:
            memory.execute("DELETE FROM chunk WHERE name = ?", [table])
            known = (0, columns)
        for number in range(known[0] // CHUNK, -(-size // CHUNK)):
            digest = _digest(table, columns, number * CHUNK, min(size, (number + 1) * CHUNK))
            memory.execute("INSERT OR REPLACE INTO chunk VALUES (?, ?, ?)", [table, number, digest])
        memory.execute("INSERT OR REPLACE INTO extent VALUES (?, ?, ?)", [table, max(size, known[0]), columns])
    return check


def _compare(check: Check, memory: sqlite3.Connection, table: str, size: int, columns: str) -> None:
    """Compare the rows up to `size`, in the columns that there were then: a migration may have added others."""
    gone = set(columns.split(", ")) - set(_columns(table).split(", "))
    if gone:
        check.fault(f"{table} has lost its columns {', '.join(sorted(gone))}")
        return
    for number, digest in memory.execute("SELECT number, digest FROM chunk WHERE name = ?", [table]):
        end = min(size, (number + 1) * CHUNK)
        if _digest(table, columns, number * CHUNK, end) != digest:
            check.fault(f"{table} is not what it was between places {number * CHUNK} and {end - 1}")


def _columns(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg('r.' || quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        return f"{cursor.fetchone()[0]}{BESIDE.get(table, '')}"


def _digest(table: str, columns: str, start: int, end: int) -> bytes:
    """Return the digest of the rows from `start` to before `end`, computed by the server."""
    place = PLACE[table]
    statement = f"""
        SELECT sha256(coalesce(string_agg(sha256(convert_to(row({place}, {columns})::text, 'UTF8')), ''::bytea
            ORDER BY {place}), ''::bytea))
        FROM {ORDERED[table]} WHERE {place} >= %s AND {place} < %s
    """  # noqa: S608 - names of our own tables and columns, quoted by the server
    with connection.cursor() as cursor:
        cursor.execute(statement, [start, end])
        return bytes(cursor.fetchone()[0])


def _ending(memory: sqlite3.Connection) -> Check:
    check = Check(
        "subjects' keys, blobs and sealed records are those of before; they end once, and change in nothing else"
    )
    for table, statement in ENDING.items():
        (before,) = memory.execute("SELECT count(*) FROM kept WHERE name = ?", [table]).fetchone()
        met = 0
        for key, *text, ended in _rows(statement):
            fixed, last = (hashlib.sha256(one.encode()).digest() for one in text)
            find = "SELECT fixed, last, ended FROM kept WHERE name = ? AND key = ?"
            old = memory.execute(find, [table, key]).fetchone()
            met += old is not None
            if old == (fixed, last, ended):
                continue
            if old is not None and (old[0] != fixed or old[2] or not ended):
                check.fault(f"{table} {key} is not what it was")
            memory.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?)", [table, key, fixed, last, ended])
        if met != before:
            check.fault(f"{before - met} rows of {table} are gone")
    return check


def _growing(memory: sqlite3.Connection, leaves: int) -> Check:
    check = Check("followers read on, never back and never beyond the log; the sequencers' epoch only grows")
    for table, statement in GROWING.items():
        now = dict(_rows(statement))
        known = memory.execute("SELECT key, value FROM mark WHERE name = ?", [table])
        for key, value in known.fetchall():
            if now.get(key, -1) < value:
                check.fault(f"{table} {key} was {value} and is {now.get(key, 'gone')}")
        if table == "ledger_followercursor":
            _within(check, now, leaves)
        marks = ((table, key, value) for key, value in now.items())
        memory.executemany("INSERT OR REPLACE INTO mark VALUES (?, ?, ?)", marks)
    return check


def _within(check: Check, cursors: dict[str, int], leaves: int) -> None:
    for name, reached in cursors.items():
        if not 0 <= reached <= leaves:
            check.fault(f"the follower {name} is at {reached}, the log at {leaves}")


def _rows(statement: str) -> Iterator[Any]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement)
        while found := cursor.fetchmany(FETCH):
            yield from found
