"""Periods: which there are, and that they meet without a gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from consent.transparency import periods
from consent.transparency.periods import PeriodInvalid


@pytest.mark.parametrize(
    ("text", "starts", "ends"),
    [
        ("2026-Q4", (2026, 10), (2027, 1)),
        ("2027-Q1", (2027, 1), (2027, 4)),
        ("2026-H1", (2026, 1), (2026, 7)),
        ("2026-H2", (2026, 7), (2027, 1)),
        ("2026", (2026, 1), (2027, 1)),
    ],
)
def test_a_period_is_read(text: str, starts: tuple[int, int], ends: tuple[int, int]) -> None:
    period = periods.read(text)
    assert (period.starts, period.ends) == (datetime(*starts, 1, tzinfo=UTC), datetime(*ends, 1, tzinfo=UTC))


@pytest.mark.parametrize("text", ["", "2026-Q5", "2026-Q0", "2026-H3", "2026-12", "1999", "2026-Q4 ", "٢٠٢٦", "x" * 9])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodInvalid):
        periods.read(text)


def test_quarters_meet_and_those_that_are_over_come_newest_first() -> None:
    found = list(periods.ended(datetime(2027, 4, 1, tzinfo=UTC)))
    assert [each.code for each in found[:4]] == ["2027-Q1", "2026", "2026-H2", "2026-Q4"]
    assert "2027-H1" not in [each.code for each in found]
    quarters = sorted((each for each in found if "Q" in each.code), key=lambda each: each.starts)
    assert all(a.ends == b.starts for a, b in pairwise(quarters))
    assert not list(periods.ended(datetime(2026, 4, 1, tzinfo=UTC) - timedelta(microseconds=1)))
