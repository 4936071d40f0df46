"""The clocks: how long a notice or an order may wait for its answer. Pure; `at` is an argument.

The earliest clock that applies wins. A clock that a law sets is never paused; a clock of our own may be, and never past
the end of one that a law sets. Business days leave out Saturdays and Sundays, and holidays only where that makes nobody
late: a time by which we must act counts holidays as business days, so it can only come too early.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import ClassVar, Final

from ledger.problem import Problem

AS_OF: Final = date(2026, 11, 22)
PACIFIC: Final = timezone(timedelta(hours=-8))  # without summer time: a day begins an hour early, never late
SATURDAY: Final = 5


class ClockNotPausable(Problem):
    """A law sets this clock: nobody can stop it."""

    code: ClassVar[str] = "clock-not-pausable"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This clock cannot be paused"


@dataclass(frozen=True, slots=True)
class Lane:
    """One clock. Exactly one of `hours`, `business_days` and `months` is not 0."""

    code: str
    title: str
    status: str  # "law", or "ours": a target that we set ourselves
    source: str
    hours: int = 0
    business_days: int = 0
    months: int = 0
    as_of: date = AS_OF

    @property
    def pausable(self) -> bool:
        """Whether nobody but us set it."""
        return self.status == "ours"


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides which clocks apply. `jurisdiction`: ISO 3166, "" if it was not said. `order`: "" for a notice."""

    intimate: bool = False
    topic: str = "likeness"
    jurisdiction: str = ""
    order: str = ""  # court, restraining or government
    ordered_by: datetime | None = None  # the time that the order itself sets; None: it sets none


@dataclass(frozen=True, slots=True)
class Clock:
    """When an answer is due, and by which lane. `limit_at`: the earliest end that a law sets; None: no law sets one."""

    lane: str
    due_at: datetime
    limit_at: datetime | None


LANES: Final = {
    lane.code: lane
    for lane in (
        Lane("in-intimate", "Intimate deepfake, India", "law", "IT Rules as of 20 February 2026", hours=2),
        Lane("in-order", "Order of a court or government, India", "law", "IT Rules as of 20 February 2026", hours=3),
        Lane("us-intimate", "Intimate image", "law", "TAKE IT DOWN Act, since 19 May 2026", hours=48),
        Lane("us-ca-order", "Restraining order, California", "law", "SB 683", business_days=2),
        Lane("order-time", "The time that an order sets", "law", "the order", hours=0),
        Lane("licence-stripped", "A licensee removed the disclosure", "law", "SB 942, California", hours=96),
        Lane("order", "Order of a court or an authority", "ours", "our own target", hours=24),
        Lane("ours", "A likeness", "ours", "our own target", hours=24),
        Lane("work", "A character or a work", "ours", "our own target", hours=72),
        Lane("gdpr", "A request about personal data", "law", "Regulation (EU) 2016/679, Article 12(3)", months=1),
    )
}


def clock(facts: Facts, at: datetime) -> Clock:
    """Return the earliest clock that applies, from the moment at which the notice is valid or the order was served."""
    ends = {code: _end(code, facts, at) for code in applying(facts)}
    lane = min(ends, key=lambda code: (ends[code], LANES[code].pausable))
    limits = [end for code, end in ends.items() if not LANES[code].pausable]
    return Clock(lane, ends[lane], min(limits, default=None))


def applying(facts: Facts) -> list[str]:
    """Return the codes of all clocks that apply. Intimate images have the American one wherever somebody lives."""
    if facts.order:
        return _of_an_order(facts)
    found = ["us-intimate"] if facts.intimate else []
    if facts.intimate and _country(facts) == "IN":
        found.append("in-intimate")
    target = {"character": "work", "personal_data": "gdpr"}.get(facts.topic, "ours")
    return [*found, target]


def due(lane: str, at: datetime) -> datetime:
    """Return the end of one lane. Raises `KeyError` for a lane that is not in the table."""
    found = LANES[lane]
    if found.business_days:
        return business_days_after(at, found.business_days)
    if found.months:
        return _months_after(at, found.months)
    return at + timedelta(hours=found.hours)


def require_pausable(lane: str) -> None:
    """Raise `ClockNotPausable` for a clock that a law sets, and for one that is not known."""
    if lane not in LANES or not LANES[lane].pausable:
        remedy = "Decide with what there is, or ask for more while it runs."
        raise ClockNotPausable("A law sets this clock.", pointer="/pause", remedy=remedy)


def resumed(due_at: datetime, paused_at: datetime, at: datetime, limit_at: datetime | None) -> datetime:
    """Return when a paused clock ends that goes on at `at`: later by the pause, and never past what a law sets."""
    moved = due_at + max(timedelta(0), at - paused_at)
    return moved if limit_at is None else max(due_at, min(moved, limit_at))


def business_days_after(at: datetime, days: int, *, holidays: bool = False) -> datetime:
    """Return the same time of day so many business days later, by days on the American west coast.

    With `holidays` the federal ones of the United States (5 U.S.C. 6103) are left out too: for what must not be early.
    """
    here = at.astimezone(PACIFIC)
    while days:
        here += timedelta(days=1)
        if here.weekday() < SATURDAY and not (holidays and is_federal_holiday(here.date())):
            days -= 1
    return here.astimezone(UTC)


def is_federal_holiday(day: date) -> bool:
    """Tell whether a day is a federal holiday of the United States, or observed as one (5 U.S.C. 6103, as of 2026)."""
    around = (day.year, day.year + 1)  # the first of January may be observed in the year before
    return any(day == _observed(each) for year in around for each in _federal(year))


def _federal(year: int) -> list[date]:
    fixed = [date(year, month, number) for month, number in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))]
    mondays = [_nth(year, 1, 0, 3), _nth(year, 2, 0, 3), _last_monday_of_may(year), _nth(year, 9, 0, 1)]
    return [*fixed, *mondays, _nth(year, 10, 0, 2), _nth(year, 11, 3, 4)]


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def _observed(day: date) -> date:
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _of_an_order(facts: Facts) -> list[str]:
    found = ["order"]
    if facts.ordered_by is not None:
        found.append("order-time")
    if _country(facts) == "IN":
        found.append("in-order")
    if facts.order == "restraining" and facts.jurisdiction == "US-CA":
        found.append("us-ca-order")
    return found


def _end(code: str, facts: Facts, at: datetime) -> datetime:
    if code == "order-time" and facts.ordered_by is not None:
        return facts.ordered_by
    return due(code, at)


def _country(facts: Facts) -> str:
    return facts.jurisdiction.partition("-")[0]


def _months_after(at: datetime, months: int) -> datetime:
    """Return the same day of a later month, or its last day, whichever is first."""
    number = at.month - 1 + months
    year, month = at.year + number // 12, number % 12 + 1
    for day in range(at.day, 27, -1):
        try:
            return at.replace(year=year, month=month, day=day)
        except ValueError:  # this month is shorter
            continue
    return at.replace(year=year, month=month)
