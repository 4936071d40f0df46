"""The database itself refuses to change the log, whoever asks."""

import uuid

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from ledger import log, merkle, vault
from ledger.fsck import TRIGGERS
from ledger.models import Head, Leaf, Pending
from ledger.sequencer import sequence
from tests.ledger.conftest import PARTY, sequenced

pytestmark = pytest.mark.django_db


def run(statement: str, *parameters: str | uuid.UUID) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


CHANGES = [
    "UPDATE ledger_entry SET body = body",
    "UPDATE ledger_entry SET kind = 'key.revoked'",
    "DELETE FROM ledger_entry",
    "TRUNCATE ledger_entry CASCADE",
    "UPDATE ledger_leaf SET leaf_hash = leaf_hash",
    "DELETE FROM ledger_leaf",
    "TRUNCATE ledger_leaf",
    "UPDATE ledger_head SET root = root",
    "DELETE FROM ledger_head",
    "TRUNCATE ledger_head",
    "UPDATE ledger_pending SET entry_id = entry_id",
    "DELETE FROM ledger_pending",
    "TRUNCATE ledger_pending",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_nothing_is_changed_or_removed(statement: str) -> None:
    sequenced(2)
    log.append("party.registered", {}, actor=PARTY, subject=PARTY)
    run("SET CONSTRAINTS ALL IMMEDIATE")  # else TRUNCATE is refused for the foreign keys that wait, before any trigger
    with pytest.raises(DatabaseError, match=r"append-only|no place in the log"):
        run(statement)


def test_every_trigger_is_always_on() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'")
        on = {name for (name,) in cursor.fetchall()}
    assert set(TRIGGERS) <= on
    assert len(TRIGGERS) == 12


def test_no_entry_escapes_the_sequencer_however_it_is_inserted() -> None:
    sealed = vault.seal(PARTY, b"", context="test")
    key = uuid.uuid4()
    run("INSERT INTO ledger_entry (id, kind, body, sealed_id) VALUES (%s, 'party.registered', 'x', %s)", key, sealed.pk)
    assert list(Pending.objects.values_list("entry_id", flat=True)) == [key]


@pytest.mark.parametrize("index", [0, 1, 2, 3, 5, -1])
def test_a_leaf_follows_the_last_one(index: int) -> None:
    sequenced(2)  # places 0 to 3
    entry = log.append("party.registered", {}, actor=PARTY, subject=PARTY)
    with pytest.raises(DatabaseError, match=r"does not follow|already exists"), transaction.atomic():
        Leaf.objects.create(index=index, entry=entry, leaf_hash=merkle.leaf_hash(bytes(entry.body)))


def test_a_leaf_is_the_hash_of_its_entry() -> None:
    sequenced(1)
    entry = log.append("party.registered", {}, actor=PARTY, subject=PARTY)
    with pytest.raises(DatabaseError, match="not the hash"), transaction.atomic():
        Leaf.objects.create(index=3, entry=entry, leaf_hash=merkle.leaf_hash(b"another"))


def test_no_log_begins_without_its_opening() -> None:
    entry = log.append("party.registered", {}, actor=PARTY, subject=PARTY)
    with pytest.raises(DatabaseError, match=r"log\.opened"), transaction.atomic():
        Leaf.objects.create(index=0, entry=entry, leaf_hash=merkle.leaf_hash(bytes(entry.body)))


def test_a_log_is_opened_once() -> None:
    sequence()
    with pytest.raises(IntegrityError), transaction.atomic():
        log.open_log()
    with pytest.raises(ValueError, match="sequencer"):
        log.append("log.opened", {}, actor=PARTY, subject=PARTY)


@pytest.mark.parametrize("size", [1, 3, 4, 0])
def test_a_head_grows_to_the_number_of_leaves(size: int) -> None:
    sequenced(2)
    with pytest.raises(DatabaseError, match="does not grow"), transaction.atomic():
        Head.objects.create(size=size, root=merkle.EMPTY_ROOT, edge=b"")
