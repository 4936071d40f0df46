"""Reports: released by two, frozen, and newest first."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from consent import clock
from consent.models import TransparencyReport
from consent.staff import SecondPersonNeeded, Staff
from consent.transparency import periods, reports, small
from consent.transparency.reports import ReportRefused
from ledger.models import Entry
from tests.consent.people import register
from tests.consent.transparency.happenings import quarter

FIRST, SECOND = Staff(7), Staff(8)


@pytest.fixture
def over(monkeypatch: pytest.MonkeyPatch, db: None) -> periods.Period:
    """Let the quarter be over."""
    period = periods.read("2026-Q4")
    monkeypatch.setattr(clock, "now", lambda: period.ends)
    return period


@pytest.mark.django_db
def test_a_period_that_runs_is_not_reported() -> None:
    with pytest.raises(ReportRefused):
        reports.propose(periods.read("2099"), actor=FIRST)
    assert not Entry.objects.filter(kind__startswith="transparency").exists()


def test_one_proposes_and_another_releases(over: periods.Period) -> None:
    quarter(register("uploader").party)
    report = reports.propose(over, actor=FIRST)
    with pytest.raises(SecondPersonNeeded):
        reports.release(report, actor=FIRST)
    assert reports.shown(over) is None
    released = reports.release(report, actor=SECOND)
    assert reports.release(report, actor=SECOND) == released == reports.shown(over)
    assert [each.kind for each in (report.entry, released.released_entry) if each] == [
        "transparency.proposed",
        "transparency.released",
    ]
    assert {each.count for each in reports.lines(released)} == {None}


def test_no_exact_figure_is_stored(over: periods.Period) -> None:
    quarter(register("uploader").party)
    report = reports.propose(over, actor=FIRST)
    counts = [each["count"] for each in report.figures]
    assert counts
    assert all(count is None or count % small.LEAST == 0 for count in counts)


def test_a_correction_is_another_revision_and_an_older_one_is_released_no_more(over: periods.Period) -> None:
    first, second = reports.propose(over, actor=FIRST), reports.propose(over, actor=FIRST)
    with pytest.raises(ReportRefused):
        reports.release(first, actor=SECOND)
    reports.release(second, actor=SECOND)
    third = reports.release(reports.propose(over, actor=SECOND), actor=FIRST)
    assert (third.revision, reports.shown(over), reports.every()) == (3, third, [third])


def test_the_database_refuses_one_person_for_both(over: periods.Period) -> None:
    report = reports.propose(over, actor=FIRST)
    entry = Entry.objects.exclude(pk=report.entry_id).first() or report.entry
    with pytest.raises(IntegrityError, match="released_by_another"), transaction.atomic():
        TransparencyReport.objects.filter(pk=report.pk).update(
            released_by=FIRST.actor, released_at=over.ends, released_entry=entry
        )
