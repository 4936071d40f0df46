"""The triggers outlast a replication role, and their migration goes both ways."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from pytest_django.plugin import DjangoDbBlocker

from ledger import merkle
from ledger.fsck import TRIGGERS
from ledger.models import Entry, Head, Pending
from ledger.sequencer import sequence
from tests.conftest import cloned
from tests.ledger.conftest import appended, sequenced
from tests.ledger.test_append_only import CHANGES


@pytest.fixture
def ledger_alone(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Make a database in which only the ledger is migrated: to go back, no other app has to be taken back first."""
    with django_db_blocker.unblock(), cloned("template1"):
        call_command("migrate", "ledger", verbosity=0)
        yield


@pytest.mark.django_db
def test_the_models_are_what_the_migrations_make() -> None:
    call_command("makemigrations", "ledger", check=True, dry_run=True, verbosity=0)


@pytest.mark.skipif("SUPERUSER_URL" not in os.environ, reason="SUPERUSER_URL names no superuser of the test server")
def test_a_replication_role_does_not_pass_the_triggers_by(fresh_database: str) -> None:
    """A superuser's `session_replication_role` silences ordinary triggers, foreign keys included: not ours."""
    sequenced(2)
    appended(1)
    database = psycopg.conninfo.conninfo_to_dict(fresh_database)["dbname"]
    address = psycopg.conninfo.make_conninfo(os.environ["SUPERUSER_URL"], dbname=database)
    with psycopg.connect(address, autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        for statement in CHANGES:
            with pytest.raises(psycopg.Error, match=r"append-only|no place in the log"):
                session.execute(statement)


def test_the_triggers_can_be_taken_back_and_made_again(ledger_alone: None) -> None:
    sequenced(1)
    call_command("migrate", "ledger", "0001", verbosity=0)
    Head.objects.all().delete()
    appended(1)
    assert not Pending.objects.exists()
    call_command("migrate", "ledger", verbosity=0)
    appended(1)
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"):
        cursor.execute("DELETE FROM ledger_entry")
    assert Entry.objects.count() == 5


def test_before_states_were_recorded_the_triggers_looked_at_every_row(ledger_alone: None) -> None:
    """The undo of 0003 gives back what 0002 made, and no less of it refuses."""
    sequenced(2)
    made = triggers()
    call_command("migrate", "ledger", "0002", verbosity=0)
    (entry,) = appended(1)
    before = triggers()
    assert before.keys() == made.keys() == set(TRIGGERS)
    changed = {name for name, kind in before.items() if kind != made[name]}
    assert changed == {"ledger_leaf_follows", "ledger_pending_ends"}
    for statement in CHANGES:
        with pytest.raises(DatabaseError, match=r"append-only|no place in the log"), connection.cursor() as cursor:
            cursor.execute(statement)
    place = "INSERT INTO ledger_leaf (index, entry_id, leaf_hash) VALUES (%s, %s, %s)"
    for index, leaf_hash, refusal in (
        (5, merkle.leaf_hash(bytes(entry.body)), "does not follow"),
        (4, merkle.leaf_hash(b"another"), "is not the hash"),
    ):
        with pytest.raises(DatabaseError, match=refusal), connection.cursor() as cursor:
            cursor.execute(place, [index, entry.pk, leaf_hash])
    call_command("migrate", "ledger", verbosity=0)
    assert triggers() == made
    assert sequence() == 2
    assert entry.index == 4


def triggers() -> dict[str, int]:
    """Return the log's triggers that are always on, and the bits that say whether for rows, when, for which acts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgtype FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT tgisinternal AND tgenabled = 'A' AND starts_with(relname, 'ledger_')"
        )
        return dict(cursor.fetchall())
