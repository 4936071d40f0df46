"""Figures: each of them, from rows that were filed as anybody files; in one statement; and only those of the period."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from consent.models import Appeal, Ruling
from consent.transparency import figures, periods
from consent.transparency.figures import TABLES
from ledger import log, vault
from ledger.models import Entry
from tests.consent.people import register
from tests.consent.transparency.happenings import HOUR, START, quarter, table

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

QUARTER = periods.read("2026-Q4")


@pytest.fixture
def happened(db: None) -> None:
    quarter(register("uploader").party)


@pytest.mark.django_db
def test_an_empty_period_has_no_figures(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):  # the clock, and all the figures
        assert figures.counted(QUARTER) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("happened")
def test_every_table_counts_what_happened() -> None:
    found = figures.counted(QUARTER)
    assert table(found, "notices") == {("all",): (1, None)}
    assert {of[0] for of in table(found, "notices-by-regime")} == {"dsa-16", "no-fakes", "ordinary"}
    assert {of[1:] for of in table(found, "notices-by-regime")} == {("ours", "remove")}
    assert table(found, "clock") == {("ours",): (1, 1), ("order",): (1, 0)}
    assert table(found, "provisional-blocks") == {("standing",): (1, None)}
    assert table(found, "rulings") == {("remove", "likeness"): (1, None)}
    assert table(found, "appeals") == {("notifier", "pending"): (1, None)}
    assert table(found, "counter-notices") == {("authorised", "standing"): (1, None)}
    assert table(found, "orders") == {("DE", "court", "video"): (1, None)}
    assert table(found, "strikes") == {("notifier", "false-statement"): (1, 0)}
    assert table(found, "automation") == {("AUTOMATED_DECISION_NOT_AUTOMATED", "reported"): (1, None)}
    assert table(found, "renders") == {("deny",): (1, None)}
    assert table(found, "refused-renders") == {("no_grant",): (1, None), ("blocked",): (1, None)}


@pytest.mark.django_db
@pytest.mark.usefixtures("happened")
def test_times_run_from_validity_to_the_first_act_and_to_the_first_ruling() -> None:
    found = {(each.table, each.of): (each.median, each.p90) for each in figures.counted(QUARTER)}
    assert found["first-action", ("ours",)] == (60.0, 60.0)
    assert found["decision", ("ours",)] == (7200.0, 7200.0)


@pytest.mark.django_db
@pytest.mark.usefixtures("happened")
def test_a_reversal_is_counted_and_moves_no_time_to_decision() -> None:
    first = Ruling.objects.get()
    Appeal.objects.update(
        state="overturned", decided_at=START + 48 * HOUR, decided_by="staff:9", decided_entry=Entry.objects.first()
    )
    Ruling.objects.filter(pk=first.pk).update(state="reversed")
    second = Ruling.objects.get()
    second.pk, second.action, second.reverses, second.state = None, "restore", first, "proposed"
    second.settled_entry, second.confirmed_by, second.in_force_at = None, "", None
    second.entry = log.append("ruling.proposed", {}, actor="staff:9", subject=first.case.subject)
    second.facts = vault.seal(first.case.subject, b"{}", context="ruling:2")
    second.save(force_insert=True)
    second.settled_entry = log.append("ruling.confirmed", {}, actor="staff:10", subject=first.case.subject)
    second.state, second.confirmed_by, second.in_force_at = "in_force", "staff:10", START + 48 * HOUR
    second.save()
    found = figures.counted(QUARTER)
    assert table(found, "reversals") == {("remove", "restore"): (1, None)}
    assert table(found, "overturned") == {("notifier",): (1, 1)}
    assert table(found, "decision") == {("ours",): (1, None)}
    assert {of[2] for of in table(found, "notices-by-regime")} == {"restore"}
    assert next(each.median for each in found if each.table == "decision") == 7200.0


@pytest.mark.django_db
@pytest.mark.usefixtures("happened")
def test_what_happened_in_another_quarter_is_not_counted() -> None:
    assert figures.counted(periods.read("2026-Q3")) == []
    assert figures.counted(periods.read("2026")) == figures.counted(QUARTER)
    assert figures.counted_between(START - 96 * HOUR, START) == []
    assert table(figures.counted_between(START, START + timedelta(microseconds=1)), "notices")


@pytest.mark.django_db
@pytest.mark.usefixtures("happened")
def test_the_number_of_statements_does_not_grow(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        figures.counted(QUARTER)


def test_a_table_without_exactly_one_date_is_a_fault() -> None:
    for query in ("SELECT 1", "SELECT {a} AND {b}"):
        with pytest.raises(ValueError, match="one date"):
            figures._dated(query)
    assert all(figures._dated(query) for query in TABLES.values())
