"""The triggers outlast a replication role, and their migration goes both ways."""

import os

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from ledger.models import Entry, Head
from tests.ledger.conftest import appended, sequenced
from tests.ledger.test_append_only import CHANGES


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


def test_the_triggers_can_be_taken_back_and_made_again(fresh_database: str) -> None:
    call_command("migrate", "ledger", "0001", verbosity=0)
    sequenced(1)
    Head.objects.all().delete()
    call_command("migrate", "ledger", verbosity=0)
    appended(1)
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"):
        cursor.execute("DELETE FROM ledger_entry")
    assert Entry.objects.count() == 3
