"""Whose render is next."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_client.turns import free, turn


class Line:
    """A queue in memory, by the same numbers as the one in the database."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, int, str]] = []
        self.count = 0

    def join(self, client: str, weight: int = 1) -> None:
        head = min(self.waiting)[0] if self.waiting else None
        own = max((place for place, _, whose in self.waiting if whose == client), default=None)
        self.count += 1
        self.waiting.append((turn(head, own, weight), self.count, client))

    def serve(self) -> str:
        first = min(self.waiting)
        self.waiting.remove(first)
        return first[2]


def test_one_job_of_another_does_not_wait_for_a_deluge() -> None:
    line = Line()
    for _ in range(1000):
        line.join("deluge")
    for _ in range(300):
        line.serve()
    line.join("other")
    assert "other" in [line.serve() for _ in range(3)]  # the head, one that shares its round, and this


def test_a_client_of_weight_two_gets_two_in_each_round() -> None:
    line = Line()
    for _ in range(30):
        line.join("one")
        line.join("two", 2)
    served = [line.serve() for _ in range(30)]
    assert 19 <= served.count("two") <= 21


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from("abcde"), st.integers(1, 40), min_size=2))
def test_while_all_wait_nobody_is_more_than_a_round_ahead(crowd: dict[str, int]) -> None:
    line = Line()
    for client, jobs in crowd.items():
        for _ in range(jobs):
            line.join(client)
    served = dict.fromkeys(crowd, 0)
    while all(served[client] < jobs for client, jobs in crowd.items()):
        served[line.serve()] += 1
        assert max(served.values()) - min(served.values()) <= 2


@settings(max_examples=100)
@given(st.integers(1, 20), st.integers(0, 40), st.booleans(), st.booleans())
def test_no_more_than_the_slots_and_one_as_a_probe(slots: int, taken: int, open_: bool, whole: bool) -> None:  # noqa: FBT001 - drawn
    count = free(slots, taken, open_=open_, whole=whole, most=256)
    assert 0 <= count <= max(0, slots - taken)
    assert open_ or count == 0
    assert whole or count <= 1


def test_a_weight_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="weight"):
        turn(None, None, 0)
