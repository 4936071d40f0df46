"""What other apps rely on when they put an act on record."""

import pytest
from django.db import connection, transaction

from ledger import log
from ledger.canonical import NotCanonical, canonical
from ledger.commitment import commit
from ledger.entry import EntryInvalid, decode
from ledger.models import Entry, Pending

PARTY = "party:0b6b2b64-9c8d-4c0e-8a57-5f7b0f6f0a11"


def appended(**payload: object) -> Entry:
    return log.append("party.registered", payload, actor=PARTY, subject=PARTY)


@pytest.mark.django_db
def test_an_entry_commits_to_actor_and_payload() -> None:
    entry = appended(name="Ada")
    opened = log.opening(Entry.objects.get(pk=entry.pk))
    assert opened.payload == canonical({"actor": PARTY, "payload": {"name": "Ada"}})
    assert commit(opened.salt, opened.payload) == entry.commit


@pytest.mark.django_db
def test_the_leaf_says_nothing_about_who() -> None:
    entry = appended(name="Ada")
    assert set(decode(bytes(entry.body))) == {"v", "kind", "time", "commit"}
    assert b"Ada" not in entry.body


@pytest.mark.django_db
def test_two_entries_of_the_same_act_commit_differently() -> None:
    assert appended(name="Ada").commit != appended(name="Ada").commit


@pytest.mark.django_db
def test_an_entry_waits_for_its_place() -> None:
    entry = appended()
    assert entry.index is None
    assert Pending.objects.filter(entry=entry).count() == 1


@pytest.mark.django_db
def test_the_statement_is_planned_once_for_a_session() -> None:
    for _ in range(3):
        appended()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%INSERT INTO ledger_sealed%'")
        assert cursor.fetchone() == (1,)


def test_an_append_outside_a_transaction_is_refused(fresh_database: str) -> None:
    with pytest.raises(RuntimeError, match=r"transaction\.atomic"):
        appended()
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_an_act_that_is_rolled_back_leaves_no_entry() -> None:
    with transaction.atomic():
        appended()
        transaction.set_rollback(True)
    assert not Entry.objects.exists()
    assert not Pending.objects.exists()


@pytest.mark.django_db
def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(EntryInvalid):
        log.append("party.forgotten", {}, actor=PARTY, subject=PARTY)


@pytest.mark.django_db
def test_a_payload_without_a_canonical_form_is_refused() -> None:
    with pytest.raises(NotCanonical) as refused:
        appended(share=0.5)
    assert refused.value.pointer == "/payload/share"
