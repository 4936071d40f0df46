"""Live figures for the console: what comes in, how long it takes, whether clocks are kept, how often we were wrong.

Exact, since staff alone see them: the page that shows them asks for the permission. A moderator is shown under a
pseudonym that changes with the month, so that a list that is passed on leads to nobody, and the lists of two months are
not put together; who must act upon one finds the person in the rulings. Each verb is a statement or two.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import connection

from consent import charts, clock
from consent.takedown import floods
from consent.transparency import figures
from consent.transparency.pictures import word
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from consent.charts import Chart
    from consent.transparency.figure import Figure

HOUR: Final = 3600
MOST_DAYS: Final = 92
LANES: Final = 6  # as many as there are colours; the rest are one
REST: Final = "other"


class SpanInvalid(Problem):
    """More days than are counted at once, or none."""

    code: ClassVar[str] = "span-invalid"
    title: ClassVar[str] = "These days cannot be counted"


@dataclass(frozen=True, slots=True)
class Inflow:
    """Notices of one lane: a number for each day."""

    lane: str
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What one moderator did. `overturned`: of `decided`, those that an appeal changed."""

    pseudonym: str
    decided: int
    confirmed: int
    overturned: int


INFLOW: Final = """
SELECT c.lane, (n.filed_at AT TIME ZONE 'UTC')::date AS day, count(*) FROM consent_notice n
JOIN consent_case c ON c.id = n.case_id WHERE n.filed_at >= %s AND n.filed_at < %s GROUP BY 1, 2"""
WORK: Final = """
SELECT who, count(*) FILTER (WHERE first), count(*) FILTER (WHERE NOT first), count(*) FILTER (WHERE first AND changed)
FROM (
  SELECT said.who, said.first, EXISTS (
    SELECT 1 FROM consent_appeal a WHERE a.ruling_id = r.id AND a.state = 'overturned') AS changed
  FROM consent_ruling r
  CROSS JOIN LATERAL (VALUES (r.proposed_by, true), (r.confirmed_by, false)) AS said(who, first)
  WHERE r.in_force_at >= %s AND r.in_force_at < %s AND said.who LIKE 'staff:%%'
) AS each GROUP BY who"""


def inflow(days: int = 28) -> tuple[list[date], list[Inflow]]:
    """Count the notices of the last days, today among them, by day and lane; the busiest lane first."""
    since, until = _span(days)
    listed = [(since + timedelta(days=number)).date() for number in range(days)]
    with connection.cursor() as cursor:
        cursor.execute(INFLOW, [since, until])
        counts = {(lane, day): count for lane, day, count in cursor.fetchall()}
    lanes = {lane for lane, _day in counts}
    found = [Inflow(lane, tuple(counts.get((lane, day), 0) for day in listed)) for lane in lanes]
    return listed, sorted(found, key=lambda each: (-sum(each.days), each.lane))


def inflow_chart(days: Sequence[date], found: Sequence[Inflow]) -> Chart:
    """Draw the inflow as stacked bars, a colour a lane; of more than six lanes the last are one."""
    shown, rest = list(found[: LANES - 1]), found[LANES - 1 :]
    if rest:
        shown.append(Inflow(REST, tuple(map(sum, zip(*(each.days for each in rest), strict=True)))))
    series = [charts.Series(word(each.lane), tuple(map(float, each.days))) for each in shown]
    labels = [f"{day.day}.{day.month}." for day in days]
    return charts.stacked("Notices a day", "By the clock that applies.", labels, series)


def handling(days: int = 28) -> list[Figure]:
    """Return median and ninetieth percentile, in seconds, to the first act and to the decision, by lane."""
    return figures.counted_between(*_span(days), ("first-action", "decision"))


def handling_chart(found: Sequence[Figure]) -> Chart:
    """Draw the time to the decision, in hours, for each lane."""
    rows = [each for each in found if each.table == "decision" and each.median is not None and each.p90 is not None]
    medians = tuple((each.median or 0.0) / HOUR for each in rows)
    above = tuple(max(0.0, (each.p90 or 0.0) - (each.median or 0.0)) / HOUR for each in rows)
    series = [charts.Series("Half within, in hours", medians), charts.Series("Nine of ten: so many hours more", above)]
    labels = [word(each.of[0]) for each in rows]
    return charts.stacked("Time to the decision", "By the clock that applies.", labels, series)


def compliance(days: int = 28) -> list[Figure]:
    """Return how many of the cases that were due were decided in time, by lane."""
    return figures.counted_between(*_span(days), ("clock",))


def overturn_rate(days: int = 184) -> list[Figure]:
    """Return how many of the decided appeals changed a decision, by who appealed."""
    return figures.counted_between(*_span(days, most=366), ("overturned",))


def share_chart(title: str, about: str, found: Sequence[Figure]) -> Chart:
    """Draw a share in per cent for each figure that has one."""
    rows = [each for each in found if each.part is not None and each.count]
    values = [100.0 * (each.part or 0) / each.count for each in rows]
    return charts.bars(title, about, [word(each.of[0]) for each in rows], values, unit="%")


def moderators(days: int = 28) -> list[Work]:
    """Return what each moderator decided and confirmed, under a pseudonym of this month; the busiest first."""
    since, until = _span(days)
    month = clock.now().astimezone(UTC).strftime("%Y-%m")
    with connection.cursor() as cursor:
        cursor.execute(WORK, [since, until])
        rows = cursor.fetchall()
    names = pseudonyms([who for who, *_ in rows], month)
    found = [Work(name, *counts) for name, (_who, *counts) in zip(names, rows, strict=True)]
    return sorted(found, key=lambda each: (-each.decided - each.confirmed, each.pseudonym))


def pseudonym(actor: str, month: str) -> str:
    """Return a name for a member of staff that only we can compute, such as M-7KQ2W; another one each month."""
    return pseudonyms([actor], month)[0]


def pseudonyms(actors: Sequence[str], month: str) -> list[str]:
    """Return `pseudonym` for each, by one statement."""
    hashed = floods.all_hashed(f"moderator-{month}", actors)
    return ["M-" + base64.b32encode(each).decode()[:5] for each in hashed]


def _span(days: int, *, most: int = MOST_DAYS) -> tuple[datetime, datetime]:
    """Return the last days by UTC, today among them, which is not over."""
    if not 1 <= days <= most:
        raise SpanInvalid("This is no number of days.", pointer="/days", remedy=f"Ask for 1 to {most} days.")
    tomorrow = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return tomorrow - timedelta(days=days), tomorrow
