"""The earliest clock wins, a law's is never paused, and no date comes too late for us or too early for them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.takedown import counter_notices, lanes
from consent.takedown.lanes import Facts

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given a zone
FACTS = st.builds(
    Facts,
    intimate=st.booleans(),
    topic=st.sampled_from(["intimate", "likeness", "character", "personal_data", "other"]),
    jurisdiction=st.sampled_from(["", "US", "US-CA", "IN", "IN-DL", "DE"]),
    order=st.sampled_from(["", "court", "restraining", "government"]),
)


@pytest.mark.parametrize(
    ("facts", "lane", "within"),
    [
        (Facts(intimate=True, jurisdiction="IN"), "in-intimate", timedelta(hours=2)),
        (Facts(order="court", jurisdiction="IN"), "in-order", timedelta(hours=3)),
        (Facts(intimate=True), "ours", timedelta(hours=24)),
        (Facts(intimate=True, topic="personal_data"), "us-intimate", timedelta(hours=48)),
        (Facts(), "ours", timedelta(hours=24)),
        (Facts(topic="character"), "work", timedelta(hours=72)),
        (Facts(topic="personal_data"), "gdpr", timedelta(days=30)),
        (Facts(order="restraining", jurisdiction="US-CA", ordered_by=AT + timedelta(hours=6)), "order-time",
         timedelta(hours=6)),
    ],
    ids=["india", "india order", "intimate", "intimate data", "likeness", "character", "data", "faster order"],
)  # fmt: skip
def test_each_lane_of_the_table(facts: Facts, lane: str, within: timedelta) -> None:
    found = lanes.clock(facts, AT)
    assert (found.lane, found.due_at - AT) == (lane, within)


def test_an_intimate_image_has_the_limit_of_the_law_behind_our_own_target() -> None:
    assert lanes.clock(Facts(intimate=True), AT).limit_at == AT + timedelta(hours=48)


@given(FACTS, TIMES)
def test_the_earliest_that_applies_wins(facts: Facts, at: datetime) -> None:
    found = lanes.clock(facts, at)
    ends = [lanes.due(code, at) for code in lanes.applying(facts)]
    assert found.due_at == min(ends) > at
    assert found.limit_at is None or found.limit_at >= found.due_at


@given(
    TIMES, st.timedeltas(timedelta(0), timedelta(days=9)), st.none() | st.timedeltas(timedelta(0), timedelta(days=3))
)
def test_a_pause_moves_a_clock_by_itself_and_never_past_the_law(
    at: datetime, rest: timedelta, spare: timedelta | None
) -> None:
    due = at + timedelta(hours=24)
    limit = None if spare is None else due + spare
    moved = lanes.resumed(due, at, at + rest, limit)
    assert moved >= due
    assert moved == (due + rest if limit is None else min(due + rest, limit))


@pytest.mark.parametrize("code", [*lanes.LANES, "else"])
def test_no_clock_of_a_law_can_be_paused_nor_one_that_nobody_knows(code: str) -> None:
    if code in lanes.LANES and lanes.LANES[code].status == "ours":
        lanes.require_pausable(code)
        return
    with pytest.raises(lanes.ClockNotPausable):
        lanes.require_pausable(code)


@given(TIMES, st.integers(1, 20))
def test_business_days_are_never_weekends_and_with_holidays_never_earlier(at: datetime, days: int) -> None:
    plain = lanes.business_days_after(at, days)
    later = lanes.business_days_after(at, days, holidays=True)
    assert later >= plain >= at + timedelta(days=days)
    assert plain.astimezone(lanes.PACIFIC).weekday() < 5
    assert not lanes.is_federal_holiday(later.astimezone(lanes.PACIFIC).date())


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        (date(2026, 11, 26), True),  # Thanksgiving
        (date(2026, 12, 25), True),
        (date(2026, 7, 3), True),  # the Fourth is a Saturday
        (date(2027, 12, 31), True),  # and so is the first of January 2028
        (date(2027, 5, 31), True),
        (date(2026, 11, 23), False),
    ],
    ids=str,
)
def test_the_holidays_of_the_table(day: date, holiday: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert lanes.is_federal_holiday(day) is holiday


def test_a_month_ends_on_its_last_day() -> None:
    assert lanes.due("gdpr", datetime(2027, 1, 31, tzinfo=UTC)).date() == date(2027, 2, 28)


def test_restoration_by_each_rule_and_never_by_itself_where_one_knows_none() -> None:
    assert counter_notices.restoration({"no-fakes"}, AT).at == AT + timedelta(days=14)
    copy = counter_notices.restoration({"dmca-512"}, AT)
    assert copy.at is not None
    assert copy.by is not None
    assert (copy.at.date(), copy.by.date()) == (date(2026, 12, 8), date(2026, 12, 11))
    for none in ({"take-it-down", "no-fakes"}, {"ordinary"}, set[str]()):
        assert counter_notices.restoration(none, AT).at is None
    assert counter_notices.restoration({"no-fakes"}, AT, order=True).at is None
