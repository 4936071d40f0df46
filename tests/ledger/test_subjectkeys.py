"""A key that a process remembers is good only while the database holds the same."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from ledger import aead, erasure, keyring, log, subjectkeys
from ledger.fsck import examine
from ledger.models import Entry, Pending, Sealed, SubjectKey
from ledger.subjectkeys import Erased, SubjectSecret
from tests.ledger.conftest import PARTY, appended

OTHER = "party:11111111-1111-4111-8111-111111111111"
ERASE = """
import django, sys
django.setup()
from ledger import erasure
erasure.erase(sys.argv[1], actor="system:test", reason="asked for")
"""


def kept() -> SubjectSecret | None:
    """Return what this process remembers of the party's key."""
    _, secret = subjectkeys._kept.get(PARTY, (0.0, None))
    return secret


def recorded() -> tuple[int, int, int]:
    return Entry.objects.count(), Sealed.objects.count(), Pending.objects.count()


def rewrap(secret: bytes) -> bytes:
    """Wrap a secret again as the party's key, as another process would; return the bytes."""
    root_id, root = keyring.vault_root()
    wrapped = subjectkeys.wrapped(root, PARTY, secret)
    SubjectKey.objects.filter(subject=PARTY).update(wrapped=wrapped, root_key_id=root_id)
    return wrapped


def payload_of(entry: Entry) -> bytes:
    return log.opening(Entry.objects.get(pk=entry.pk)).payload


@pytest.mark.django_db
def test_a_kept_key_spares_the_reading(django_assert_num_queries: object) -> None:
    appended(1)
    with django_assert_num_queries(2):  # type: ignore[operator]  # the savepoint of `appended`; one statement is no query of Django's
        appended(1)


def test_a_subject_erased_by_another_process_is_not_written_to_with_a_kept_key(environment: dict[str, str]) -> None:
    appended(1)
    subprocess.run([sys.executable, "-c", ERASE, PARTY], env=environment, check=True, timeout=60)
    assert kept() is not None
    before = recorded()
    with pytest.raises(Erased):
        appended(1)
    assert recorded() == before
    assert kept() is None
    with pytest.raises(Erased):
        appended(1)
    assert list(SubjectKey.objects.filter(subject=PARTY).values_list("wrapped", flat=True)) == [None]


@pytest.mark.django_db
def test_the_refusal_leaves_the_transaction_of_the_caller_alone() -> None:
    appended(1)
    SubjectKey.objects.filter(subject=PARTY).update(wrapped=None, erased_at=Now())
    with transaction.atomic():
        with pytest.raises(Erased):
            log.append("party.registered", {}, actor=PARTY, subject=PARTY)
        entry = log.append("party.registered", {}, actor=PARTY, subject=OTHER)
    assert Pending.objects.filter(entry=entry).exists()


class ChangedMind(Exception):  # noqa: N818 - what happened
    """The erasure is rolled back."""


@pytest.mark.parametrize("erased", [True, False], ids=["erased", "rolled back"])
def test_an_append_waits_for_the_erasure_under_way(
    fresh_database: str,
    erased: bool,  # noqa: FBT001 - pytest names it
) -> None:
    appended(1)
    inside, go_on = threading.Event(), threading.Event()

    def erase() -> None:
        try:
            with suppress(ChangedMind), erasure.erasing(PARTY, actor="system:test", reason="asked for"):
                inside.set()
                assert go_on.wait(30)
                decide()
        finally:
            connection.close()

    def decide() -> None:
        if not erased:
            raise ChangedMind

    def let_go() -> None:
        try:
            wait_for_a_lock()
        finally:
            connection.close()
            go_on.set()

    threads = [threading.Thread(target=target) for target in (erase, let_go)]
    threads[0].start()
    assert inside.wait(30)
    threads[1].start()
    if erased:
        with pytest.raises(Erased):
            appended(1)
    else:
        appended(1)
    for thread in threads:
        thread.join(30)
    kinds = ["party.registered", "subject.erased"] if erased else ["party.registered"] * 2
    assert sorted(Entry.objects.values_list("kind", flat=True)) == kinds


def wait_for_a_lock() -> None:
    """Return once some session of this database waits for another."""
    statement = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    end = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            if cursor.execute(statement).fetchone()[0]:
                return
            time.sleep(0.02)
    pytest.fail("nobody waits")


@pytest.mark.django_db
def test_a_kept_key_that_was_wrapped_again_is_read_again() -> None:
    appended(1)
    before = kept()
    assert before is not None
    wrapped = rewrap(before.secret)
    (entry,) = appended(1)
    now = kept()
    assert now is not None
    assert (now.wrapped, now.secret) == (wrapped, before.secret)
    assert b"number" in payload_of(entry)


@pytest.mark.django_db
def test_nothing_is_sealed_under_a_kept_key_that_is_not_the_subject_s() -> None:
    """What would be sealed under it could never be opened again."""
    (before,) = appended(1)
    row = SubjectKey.objects.get(subject=PARTY)
    subjectkeys._kept[PARTY] = (time.monotonic() + 60, SubjectSecret(row.pk, b"another", aead.new_key()))
    (entry,) = appended(1)
    assert payload_of(entry) == payload_of(before)
    subjectkeys._kept[PARTY] = (time.monotonic() + 60, SubjectSecret(row.pk + 1, bytes(row.wrapped or b""), bytes(32)))
    (entry,) = appended(1)
    assert payload_of(entry) == payload_of(before)
    assert [fault for check in examine() for fault in check.faults] == []


@pytest.mark.django_db
def test_a_key_whose_making_was_rolled_back_is_made_again() -> None:
    with transaction.atomic():
        log.append("party.registered", {}, actor=OTHER, subject=OTHER)
        transaction.set_rollback(True)
    assert OTHER in subjectkeys._kept
    entry = log.append("party.registered", {}, actor=OTHER, subject=OTHER)
    assert b"payload" in payload_of(entry)


@pytest.mark.django_db
def test_a_key_is_kept_for_a_minute_and_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    appended(1)
    first = kept()
    monkeypatch.setattr(subjectkeys, "KEPT_SECONDS", 0.0)
    subjectkeys._kept[PARTY] = (time.monotonic() - 0.001, subjectkeys._kept[PARTY][1])
    appended(1)
    assert kept() is not first
    monkeypatch.setattr(subjectkeys, "KEPT_SECONDS", 60.0)
    monkeypatch.setattr(subjectkeys, "KEPT_MOST", 2)
    for number in range(3):
        log.append("party.registered", {}, actor=OTHER, subject=f"system:{number}")
    assert list(subjectkeys._kept) == ["system:1", "system:2"]


@pytest.mark.django_db
def test_a_key_that_has_run_out_goes_with_the_next_use_of_any() -> None:
    """So none of an erased subject lies in a process that is still at work."""
    subjectkeys._kept.clear()
    appended(1)
    subjectkeys._kept[PARTY] = (time.monotonic() - 0.001, subjectkeys._kept[PARTY][1])
    with transaction.atomic():
        log.append("party.registered", {}, actor=OTHER, subject=OTHER)
    assert list(subjectkeys._kept) == [OTHER]


def test_a_secret_is_not_shown() -> None:
    assert "secret" not in repr(SubjectSecret(1, b"wrapped", b"secret"))
