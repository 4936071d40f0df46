"""The console's figures: right, of constant cost, drawable, and under pseudonyms."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from consent.models import Appeal
from consent.transparency import dashboards
from consent.transparency.dashboards import Inflow, SpanInvalid
from ledger.models import Entry
from tests.consent.people import register
from tests.consent.takedown import notices

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries


@pytest.mark.django_db
def test_what_comes_in_is_counted_by_day_and_lane() -> None:
    notices.filed()
    days, found = dashboards.inflow(7)
    assert (len(days), days) == (7, sorted(days))
    assert found == [Inflow("ours", (0, 0, 0, 0, 0, 0, 1))]
    chart = dashboards.inflow_chart(days, found)
    assert chart.rows[-1][1] == "1"
    assert chart.narrow


@pytest.mark.django_db
def test_an_empty_house_can_be_drawn() -> None:
    assert dashboards.inflow_chart(*dashboards.inflow(1)).rows
    assert dashboards.handling_chart(dashboards.handling()).rows == ()
    assert dashboards.share_chart("Clocks", "", dashboards.compliance()).rows == ()
    assert (dashboards.moderators(), dashboards.overturn_rate()) == ([], [])


@pytest.mark.django_db
def test_moderators_have_pseudonyms_and_what_was_changed_is_theirs() -> None:
    notices.one_of_each(register("uploader").party)
    settled = {"decided_by": "staff:9", "decided_entry": Entry.objects.first()}
    Appeal.objects.update(state="overturned", decided_at=Appeal.objects.get().filed_at, **settled)
    found = {each.pseudonym: (each.decided, each.confirmed, each.overturned) for each in dashboards.moderators()}
    assert sorted(found.values()) == [(0, 1, 0), (1, 0, 1)]
    assert not any("staff" in name for name in found)
    assert [(each.of, each.count, each.part) for each in dashboards.overturn_rate()] == [(("notifier",), 1, 1)]


@pytest.mark.django_db
def test_a_pseudonym_holds_for_a_month() -> None:
    first = dashboards.pseudonym("staff:7", "2026-11")
    assert first == dashboards.pseudonym("staff:7", "2026-11")
    assert len({first, dashboards.pseudonym("staff:7", "2026-12"), dashboards.pseudonym("staff:8", "2026-11")}) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["inflow", "handling", "compliance", "overturn_rate"])
def test_each_is_one_statement_and_the_clock(verb: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    notices.filed()
    with django_assert_num_queries(3 if verb in {"handling", "compliance", "overturn_rate"} else 2):
        getattr(dashboards, verb)()


@pytest.mark.django_db
@pytest.mark.parametrize("days", [0, -1, 93])
def test_days_without_end_are_not_counted(days: int) -> None:
    with pytest.raises(SpanInvalid):
        dashboards.inflow(days)


def test_more_lanes_than_colours_are_drawn_as_one() -> None:
    found = [Inflow(f"lane{number}", (number, 1)) for number in range(9)]
    chart = dashboards.inflow_chart([date(2026, 11, 1), date(2026, 11, 2)], found)
    assert len(chart.legend) == 6
    assert chart.rows[1][-1] == "4"
