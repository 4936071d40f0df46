"""When a service is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_client.breaker import (
    PROBE,
    REST,
    REST_MOST,
    THRESHOLD,
    Breaker,
    Word,
    entered,
    failed,
    lets_through,
    succeeded,
)

AT = datetime(2026, 11, 23, tzinfo=UTC)


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(THRESHOLD):
        breaker = failed(breaker, AT)
    return breaker


def test_so_many_failures_in_a_row_open_it_and_no_fewer() -> None:
    breaker = Breaker()
    for _ in range(THRESHOLD - 1):
        breaker = failed(breaker, AT)
    assert (breaker.word, lets_through(breaker, AT)) == (Word.CLOSED, True)
    assert failed(succeeded(breaker), AT).failures == 1
    assert (failed(breaker, AT).word, lets_through(failed(breaker, AT), AT)) == (Word.OPEN, False)


def test_after_the_rest_one_call_goes_and_no_other_until_its_time_is_over() -> None:
    probing = entered(opened(), AT + REST)
    assert lets_through(opened(), AT + REST)
    assert probing.word is Word.HALF_OPEN
    assert not lets_through(probing, AT + REST)
    assert lets_through(probing, AT + REST + PROBE)


def test_a_probe_that_fails_rests_longer_and_one_that_succeeds_closes() -> None:
    again = failed(entered(opened(), AT + REST), AT + REST)
    assert again.until == AT + REST + 2 * REST
    assert succeeded(again) == Breaker()


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(["call", "fail", "succeed"]), st.integers(0, 120)), max_size=60))
def test_it_is_never_shut_for_longer_than_a_rest_or_a_probe(events: list[tuple[str, int]]) -> None:
    breaker, at = Breaker(), AT
    for event, seconds in events:
        at += timedelta(seconds=seconds)
        match event:
            case "call" if lets_through(breaker, at):
                breaker = entered(breaker, at)
            case "fail":
                breaker = failed(breaker, at)
            case "succeed":
                breaker = succeeded(breaker)
        assert (breaker.until is None) == (breaker.word is Word.CLOSED)
        assert lets_through(breaker, at + max(REST_MOST, PROBE))
