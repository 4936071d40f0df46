"""A log that has something in every table, and what the owner of the database can do to each column of it."""
# ruff: noqa: S608 - every statement here is of our own words and the names of our own tables

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.apps import apps
from django.db import connection, transaction

from ledger import erasure, log, vault
from ledger.follower import visit
from ledger.models import Entry
from ledger.sequencer import sequence
from tests.ledger.conftest import PARTY, appended, publish

ERASED, OTHER = "party:0b6b2b64-9c8d-4c0e-8a57-5f7b0f6f0a12", "party:0b6b2b64-9c8d-4c0e-8a57-5f7b0f6f0a13"
GRANTS = 34  # two complete nodes of 16 in the state tree, and a rest
TRIGGERED = ("entry", "leaf", "head", "pending")
TABLES = {model._meta.db_table: model for model in apps.get_app_config("ledger").get_models()}

# Which two rows are changed, by their primary keys; else the first two of the table.
CHOSEN = {
    "ledger_entry": "SELECT entry_id FROM ledger_leaf WHERE index IN (2, 3) ORDER BY index",
    "ledger_leaf": "SELECT index FROM ledger_leaf WHERE index IN (2, 3) ORDER BY index",
    "ledger_sealed": "SELECT sealed_id FROM ledger_entry JOIN ledger_leaf l ON entry_id = ledger_entry.id "
    "WHERE l.index IN (2, 3) ORDER BY l.index",
    "ledger_subjectkey": f"SELECT id FROM ledger_subjectkey WHERE subject IN ('{PARTY}', '{OTHER}') ORDER BY subject",
    "ledger_blob": "SELECT id FROM ledger_blob WHERE erased_at IS NULL ORDER BY context",
    "ledger_subjectkey.erased_at": "SELECT id FROM ledger_subjectkey ORDER BY erased_at NULLS LAST",
    "ledger_subjectkey.wrapped": "SELECT id FROM ledger_subjectkey ORDER BY erased_at NULLS FIRST, id",
    "ledger_blob.erased_at": "SELECT id FROM ledger_blob ORDER BY erased_at NULLS LAST",
    "ledger_grantstate.status": "SELECT number FROM ledger_grantstate WHERE number IN (3, 4) ORDER BY number",
}
INSERTED = {
    "ledger_entry": "INSERT INTO ledger_entry SELECT gen_random_uuid(), kind, body, created_at, gen_random_uuid() "
    "FROM ledger_entry WHERE id = '{0}'",
    "ledger_leaf": "INSERT INTO ledger_leaf (index, leaf_hash, entry_id) "
    "SELECT (SELECT max(index) + 1 FROM ledger_leaf), leaf_hash, gen_random_uuid() FROM ledger_leaf WHERE index = {0}",
    "ledger_head": "INSERT INTO ledger_head (size, root, edge) SELECT 1, root, edge FROM ledger_head LIMIT 1",
    "ledger_pending": "INSERT INTO ledger_pending (entry_id) SELECT entry_id FROM ledger_leaf WHERE index = 2",
    "ledger_sealed": "INSERT INTO ledger_sealed SELECT gen_random_uuid(), context, ciphertext, subject_key_id "
    "FROM ledger_sealed WHERE id = '{0}'",
    "ledger_subjectkey": "INSERT INTO ledger_subjectkey (subject, root_key_id, wrapped) "
    "SELECT 'party:forged', root_key_id, wrapped FROM ledger_subjectkey WHERE id = {0}",
    "ledger_blob": "INSERT INTO ledger_blob (id, context, size, subject_key_id) "
    "SELECT gen_random_uuid(), context, size, subject_key_id FROM ledger_blob WHERE id = '{0}'",
    "ledger_fence": "INSERT INTO ledger_fence (id, epoch) VALUES (99, 99)",
    "ledger_grantstate": "INSERT INTO ledger_grantstate VALUES (99, 'x', 0, 2, 0)",
    "ledger_statenode": "INSERT INTO ledger_statenode (level, number, hash) "
    "SELECT 1, 99, hash FROM ledger_statenode LIMIT 1",
    "ledger_statuschunk": "INSERT INTO ledger_statuschunk VALUES (1, '\\x00')",
    "ledger_followercursor": "INSERT INTO ledger_followercursor VALUES ('forged', 1)",
}


def grown() -> None:
    """Make a log with something in every table, published, and two entries more that wait for their place."""
    recorded("party.registered", {"n": 0})
    recorded("party.registered", {"n": 1}, subject=OTHER)
    grants = [recorded("grant.recorded", {"n": n}, public={"expires": f"2037-01-01T00:{n:02}Z"}) for n in range(GRANTS)]
    recorded("consent.withdrawn", {}, public={"ends": [grants[3].commit_text, grants[20].commit_text]})
    for subject in (ERASED, PARTY, OTHER):
        vault.seal(subject, subject.encode(), context="grant:1")
        vault.store_blob(subject, io.BytesIO(bytes(len(str(subject)) + int(subject[-1]))), context=f"clip of {subject}")
    erasure.erase(ERASED, actor=PARTY, reason="asked")
    sequence()
    for name, limit in (("first", 3), ("second", 5)):
        visit(name, lambda _: None, limit)
    appended(1)
    sequence()
    publish()
    appended(2)


def recorded(kind: str, payload: dict[str, object], *, subject: str = PARTY, public: object = None) -> Entry:
    with transaction.atomic():
        return log.append(kind, payload, actor=PARTY, subject=subject, public=public)  # type: ignore[arg-type]  # a mapping


@contextmanager
def superuser() -> Iterator[None]:
    """Connect as the server's superuser where we started it ourselves, else as the owner of the tables."""
    before = connection.settings_dict["USER"]
    if "SUPERUSER_URL" in os.environ:
        connection.close()
        connection.settings_dict["USER"] = psycopg.conninfo.conninfo_to_dict(os.environ["SUPERUSER_URL"])["user"]
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["USER"] = before


@contextmanager
def tampered(*statements: str) -> Iterator[None]:
    """Do this with every trigger and constraint off, put the triggers back as they were, and undo all in the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if "SUPERUSER_URL" in os.environ:
            cursor.execute("SET LOCAL session_replication_role = replica")
        for table in TRIGGERED:
            cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE ledger_subjectkey DROP CONSTRAINT ledger_key_gone_means_erased")
        for statement in statements:
            cursor.execute(statement)
        for name, table in triggers():
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        yield
        transaction.set_rollback(True)


def triggers() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal "
            "AND tgrelid::regclass::text = ANY(%s)",
            [[f"ledger_{table}" for table in TRIGGERED]],
        )
        return list(cursor.fetchall())


@dataclass(frozen=True)
class Column:
    """A column, the primary key beside it, and two rows of it."""

    table: str
    name: str
    kind: str
    null: bool
    unique: bool
    keys: tuple[str, ...]
    key: str

    def acts(self) -> dict[str, list[str]]:
        """Return what can be done to the column: the statements of each act."""
        acts = {"change": [self._set(self._other())]}
        if self.null:
            acts["NULL or not"] = [self._set(f"CASE WHEN {self.quoted} IS NULL THEN {self._value()} END::{self.kind}")]
        if len(self.keys) > 1:
            acts["swap"] = self._swap()
        return acts

    @property
    def quoted(self) -> str:
        return f'"{self.name}"'

    def _set(self, value: str) -> str:
        return f"UPDATE {self.table} SET {self.quoted} = {value} WHERE {self._is(0)}"

    def _is(self, row: int) -> str:
        return f"\"{self.key}\" = '{self.keys[row]}'"

    def _other(self) -> str:
        """Return the smallest change that the type has."""
        return {
            "bytea": f"set_byte({self.quoted}, 0, get_byte({self.quoted}, 0) # 1)",
            "uuid": "gen_random_uuid()",
            "timestamp with time zone": f"coalesce({self.quoted}, now()) + interval '1 microsecond'",
        }.get(self.kind, f"{self.quoted} || 'x'" if self.kind.startswith("varchar") else self._next())

    def _next(self) -> str:
        return f"(SELECT max({self.quoted}) + 1 FROM {self.table})" if self.unique else f"{self.quoted} + 1"

    def _value(self) -> str:
        return {"bytea": "'\\x00'", "timestamp with time zone": "now()"}[self.kind]

    def _swap(self) -> list[str]:
        one, two = (f"(SELECT {self.quoted} FROM swapped WHERE n = {n})" for n in (0, 1))
        rows = " UNION ALL ".join(
            f'SELECT {n} AS n, {self.quoted}, "{self.key}" AS k FROM {self.table} WHERE {self._is(n)}' for n in (0, 1)
        )
        if self.name == self.key:
            uuid = self.kind == "uuid"
            hidden = "'00000000-0000-0000-0000-000000000000'" if uuid else "-1" if "int" in self.kind else "'-'"
            first, second = (f"'{key}'" for key in self.keys[:2])
            steps = ((first, hidden), (second, first), (hidden, second))
            return [f"UPDATE {self.table} SET {self.quoted} = {new} WHERE {self.quoted} = {old}" for old, new in steps]
        swapped = f"CREATE TEMP TABLE swapped ON COMMIT DROP AS {rows}"
        hide = [self._set(self._hidden())] if self.unique else []
        return [
            swapped,
            *hide,
            f"UPDATE {self.table} SET {self.quoted} = {one} WHERE {self._is(1)}",
            f"UPDATE {self.table} SET {self.quoted} = {two} WHERE {self._is(0)}",
        ]

    def _hidden(self) -> str:
        return {"uuid": "gen_random_uuid()", "bytea": "'\\x'"}.get(
            self.kind, "'hidden'" if self.kind.startswith("varchar") else "-1"
        )


def columns() -> list[tuple[str, str]]:
    """Return every column of every table of the app, as the models have them now."""
    return [(table, str(field.column)) for table, model in TABLES.items() for field in model._meta.concrete_fields]


def column(table: str, name: str) -> Column:
    """Return a column with two of its rows."""
    (field,) = (one for one in TABLES[table]._meta.concrete_fields if one.column == name)
    kind, key = str(field.db_type(connection)), str(TABLES[table]._meta.pk.column)
    together = {one for constraint in TABLES[table]._meta.constraints for one in getattr(constraint, "fields", ())}
    unique = bool(field.primary_key or field.unique or field.name in together)
    return Column(table, name, kind, field.null, unique, chosen(table, name), key)


def chosen(table: str, name: str = "") -> tuple[str, ...]:
    """Return the keys of two rows; of one, if there are no two, or if they hold the same in the column `name`."""
    key = TABLES[table]._meta.pk.column
    with connection.cursor() as cursor:
        some = CHOSEN.get(f"{table}.{name}", CHOSEN.get(table, f'SELECT "{key}" FROM {table} ORDER BY 1 LIMIT 2'))
        cursor.execute(some)
        keys = tuple(str(found) for (found,) in cursor.fetchall())[:2]
        if name and len(keys) > 1:
            cursor.execute(
                f'SELECT count(*) FROM (SELECT DISTINCT "{name}" FROM {table} WHERE "{key}"::text = ANY(%s)) AS held',
                [list(keys)],
            )
            return keys[: cursor.fetchone()[0]]
    return keys


def whole_row_acts(table: str) -> dict[str, list[str]]:
    """Return what can be done to rows: delete one, insert one like another, remove all."""
    key, keys = TABLES[table]._meta.pk.column, chosen(table)
    return {
        "delete": [f"DELETE FROM {table} WHERE \"{key}\" = '{keys[0]}'"],
        "insert": [INSERTED[table].format(*keys)],
        "truncate": [f"TRUNCATE {table} CASCADE" if table == "ledger_leaf" else f"DELETE FROM {table}"],
    }


WAITING = "(SELECT entry_id FROM ledger_pending ORDER BY id LIMIT 1)"
LOOSE = "(SELECT id FROM ledger_sealed WHERE context = 'grant:1' AND ciphertext IS NOT NULL ORDER BY id LIMIT 1)"
LAST = "(SELECT max(size) FROM ledger_head)"
BEFORE = "(SELECT max(size) FROM ledger_head WHERE size < (SELECT max(size) FROM ledger_head))"
# What takes more than one column or table. The log at the end: a batch of 2, then two entries that wait.
TOGETHER = {
    "an entry that waits, with all that is of it": [
        f"CREATE TEMP TABLE lost ON COMMIT DROP AS SELECT id, sealed_id FROM ledger_entry WHERE id = {WAITING}",
        *(
            f"DELETE FROM ledger_{table} WHERE {key} IN (SELECT {of} FROM lost)"
            for table, key, of in (("pending", "entry_id", "id"), ("entry", "id", "id"), ("sealed", "id", "sealed_id"))
        ),
    ],
    "a change of a sealed record that no entry has": [
        f"UPDATE ledger_sealed SET ciphertext = set_byte(ciphertext, 20, 1 # get_byte(ciphertext, 20)) WHERE id={LOOSE}"
    ],
    "the loss of a sealed record that no entry has": [f"DELETE FROM ledger_sealed WHERE id = {LOOSE}"],
    "a roll-back of the newest batch": [
        f"CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT entry_id FROM ledger_leaf WHERE index >= {BEFORE}",
        f"DELETE FROM ledger_leaf WHERE index >= {BEFORE}",
        f"DELETE FROM ledger_head WHERE size = {LAST}",
        "INSERT INTO ledger_pending (entry_id) SELECT entry_id FROM ledger_entry JOIN gone ON entry_id = id",
    ],
    "an entry rewritten, with its leaf hash": [
        "UPDATE ledger_entry SET body = replace(convert_from(body, 'UTF8'), 'v', 'w')::bytea WHERE kind = 'log.opened'",
        "UPDATE ledger_leaf l SET leaf_hash = sha256('\\x00'::bytea || body) FROM ledger_entry e WHERE e.id = entry_id",
    ],
    "a trigger left off": [
        "ALTER TABLE ledger_leaf DROP CONSTRAINT IF EXISTS none",
        "DROP TRIGGER ledger_leaf_rows ON ledger_leaf",
    ],
    "a follower led back": ["UPDATE ledger_followercursor SET next_index = next_index - 1 WHERE name = 'first'"],
    "a follower led beyond the log": ["UPDATE ledger_followercursor SET next_index = 9999 WHERE name = 'first'"],
    "the epoch set back": ["UPDATE ledger_fence SET epoch = epoch - 1"],
}
