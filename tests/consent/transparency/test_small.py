"""Small counts: what is not told, and that it does not follow from what is."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.transparency import small
from consent.transparency.figure import Figure


@pytest.mark.parametrize(
    ("count", "told"), [(0, 0), (1, None), (4, None), (5, 5), (7, 5), (8, 10), (12, 10), (13, 15), (1002, 1000)]
)
def test_a_count_is_rounded_or_not_told(count: int, told: int | None) -> None:
    assert small.rounded(count) == told


@pytest.mark.parametrize(
    ("part", "count", "told"),
    [
        (None, 50, None),
        (1, 50, None),
        (47, 50, None),
        (5, 10, 50),
        (25, 50, 50),
        (0, 50, 0),
        (50, 50, 100),
        (0, 9, None),
        (9, 9, None),
        (3, 6, None),
        (51, 50, None),
        (5, 0, None),
    ],
)
def test_a_share_is_told_of_enough(part: int | None, count: int, told: int | None) -> None:
    assert small.share(part, count) == told


def test_times_of_few_are_not_told_and_those_of_many_are_coarse() -> None:
    few, many, slow = small.published(
        [
            Figure("decision", ("ours",), 4, None, 10.0, 20.0),
            Figure("decision", ("work",), 5, None, 61.0, 86399.0),
            Figure("decision", ("gdpr",), 5, None, 86400.0, 90001.0),
        ]
    )
    assert (few.median, few.p90) == (None, None)
    assert (many.median, many.p90) == (120, 86400)
    assert (slow.median, slow.p90) == (86400, 93600)


@pytest.mark.parametrize("counts", [[3, 20], [2, 11, 40], [4, 4, 4], [1, 100, 7, 16]], ids=str)
def test_what_is_hidden_does_not_follow_by_subtraction(counts: list[int]) -> None:
    assert len(possible(counts)) > 1


def test_at_the_edges_of_several_roundings_it_does_and_the_docstring_says_so() -> None:
    assert possible([1, 18, 18]) == {1}
    assert "at their edges" in (small.__doc__ or "")


@given(st.integers(min_value=5, max_value=10**9))
@settings(max_examples=100)
def test_what_is_told_is_near_the_truth(count: int) -> None:
    told = small.rounded(count)
    assert told is not None
    assert abs(told - count) <= small.LEAST // 2


def possible(counts: list[int]) -> set[int]:
    """Return what the first count can be for somebody who sees the others and the total, all as published."""
    ranges = [range(told - 2, told + 3) if (told := small.rounded(each)) else range(1, 5) for each in counts]
    told_total = small.rounded(sum(counts))
    return {each[0] for each in itertools.product(*ranges) if small.rounded(sum(each)) == told_total}
