"""Periods of a report: a quarter (2026-Q4), a half-year (2026-H2) or a year (2026), by UTC. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

FORM: Final = re.compile(r"(20[0-9]{2})(?:-(Q[1-4]|H[12]))?", re.ASCII)
MONTHS: Final = {"Q": 3, "H": 6}
FIRST_YEAR: Final = 2026


class PeriodInvalid(Problem):
    """The text is no period that is reported on."""

    code: ClassVar[str] = "period-invalid"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such period"


@dataclass(frozen=True, slots=True)
class Period:
    """From `starts` until just before `ends`."""

    code: str
    starts: datetime
    ends: datetime


def read(text: str) -> Period:
    """Return the period that a text spells. Raises `PeriodInvalid`."""
    found = FORM.fullmatch(text)
    if found is None or int(found[1]) < FIRST_YEAR:
        remedy = "Write it like 2026-Q4, 2026-H2 or 2026."
        raise PeriodInvalid("This is no period.", pointer="/period", remedy=remedy)
    year, part = int(found[1]), found[2] or ""
    months = MONTHS[part[0]] if part else 12
    begins = months * (int(part[1]) - 1) if part else 0
    return Period(text, _month(year, begins), _month(year, begins + months))


def ended(at: datetime) -> Iterator[Period]:
    """Yield every period that is over at `at`, the newest first, a longer one before those within it."""
    found = [read(f"{year}{part}") for year in range(FIRST_YEAR, at.year + 1) for part in PARTS]
    over = [each for each in found if each.ends <= at]
    yield from sorted(over, key=lambda each: (each.ends, each.ends - each.starts), reverse=True)


PARTS: Final = ("", "-H1", "-H2", "-Q1", "-Q2", "-Q3", "-Q4")


def _month(year: int, months: int) -> datetime:
    return datetime(year + months // 12, months % 12 + 1, 1, tzinfo=UTC)
