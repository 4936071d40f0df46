"""Entries have the database's minute, whatever this process believes the time to be."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
from django.db import connection

from ledger import dbclock, log
from ledger.entry import decode, to_minute
from ledger.models import Entry
from tests.ledger.conftest import PARTY, appended

pytestmark = pytest.mark.django_db


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]  # a timestamptz


def assert_of_the_database(entry: Entry, before: datetime) -> None:
    stored = Entry.objects.get(pk=entry.pk)
    tolerance = timedelta(seconds=dbclock.TOLERANCE_SECONDS)
    assert before - tolerance <= stored.created_at <= database_now() + tolerance
    assert decode(bytes(stored.body))["time"] == to_minute(stored.created_at)
    assert entry.created_at == stored.created_at


@pytest.mark.parametrize("hours", [1, -1, 72, -72])
def test_a_guess_that_is_off_is_corrected(hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    appended(1)  # from here on the key is known: what is refused now is refused for the time
    before = database_now()
    monkeypatch.setattr(dbclock, "_anchor", (time.monotonic(), before + timedelta(hours=hours)))
    (entry,) = appended(1)
    assert_of_the_database(entry, before)
    assert abs(dbclock.guess() - database_now()) < timedelta(seconds=1)


def test_a_monotonic_clock_that_stood_still_is_corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some do while the machine sleeps."""
    appended(1)  # from here on the key is known: what is refused now is refused for the time
    before = database_now()
    monkeypatch.setattr(dbclock, "_anchor", (time.monotonic() + 600, before))
    (entry,) = appended(1)
    assert_of_the_database(entry, before)


def test_a_clock_that_was_never_heard_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    before = database_now()
    monkeypatch.setattr(dbclock, "_anchor", None)
    (entry,) = appended(1)
    assert_of_the_database(entry, before)


def test_a_good_guess_is_carried_forward_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    before = database_now()
    appended(1)
    monkeypatch.setattr(dbclock, "ask", lambda: pytest.fail("asked"))
    (entry,) = appended(1)
    assert_of_the_database(entry, before)


@pytest.mark.parametrize("stalls", [1, 2, 3])
def test_a_process_that_stalls_before_its_statement_is_not_told_that_data_was_erased(
    stalls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped, swapped out, or on a frozen machine: the guess is old by the time that it is judged."""
    appended(1)
    before, guess, left = database_now(), dbclock.guess, [None] * stalls

    def late() -> datetime:
        return guess() - timedelta(seconds=5 if left and left.pop() is None else 0)

    monkeypatch.setattr(dbclock, "guess", late)
    entry = log.append("party.registered", {}, actor=PARTY, subject=PARTY)
    assert_of_the_database(entry, before)
