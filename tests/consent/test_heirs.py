"""Several heirs and their rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.heirs import Rule, satisfied

HEIRS = [f"heir-{n}" for n in range(6)]
SHARES = st.dictionaries(st.sampled_from(HEIRS), st.integers(1, 100), min_size=1)
AGREEING = st.sets(st.sampled_from([*HEIRS, "stranger"]))


@given(SHARES, AGREEING)
def test_all_is_stricter_than_majority_and_majority_than_any(shares: dict[str, int], agreeing: set[str]) -> None:
    found = [satisfied(rule, shares, agreeing) for rule in (Rule.ALL, Rule.MAJORITY, Rule.ANY)]
    assert found == sorted(found)


@given(st.sampled_from(Rule), SHARES, AGREEING, AGREEING)
def test_one_more_voice_never_undoes_an_agreement(
    rule: Rule, shares: dict[str, int], agreeing: set[str], more: set[str]
) -> None:
    assert satisfied(rule, shares, agreeing) <= satisfied(rule, shares, agreeing | more)


@given(st.sampled_from(Rule), SHARES, AGREEING)
def test_strangers_count_for_nothing(rule: Rule, shares: dict[str, int], agreeing: set[str]) -> None:
    assert satisfied(rule, shares, agreeing) == satisfied(rule, shares, agreeing - {"stranger"})
    assert not satisfied(rule, shares, {"stranger"})


@given(SHARES, AGREEING)
def test_each_rule_says_what_its_name_says(shares: dict[str, int], agreeing: set[str]) -> None:
    held = sum(share for heir, share in shares.items() if heir in agreeing)
    assert satisfied("any", shares, agreeing) == (held > 0)
    assert satisfied("majority", shares, agreeing) == (held > sum(shares.values()) - held)
    assert satisfied("all", shares, agreeing) == (held == sum(shares.values()))


@given(SHARES)
def test_two_halves_are_no_majority(shares: dict[str, int]) -> None:
    doubled = {f"{side}-{heir}": share for heir, share in shares.items() for side in "ab"}
    assert not satisfied("majority", doubled, {heir for heir in doubled if heir.startswith("a")})


@pytest.mark.parametrize("rule", [*Rule, "", "ALL", "unknown"])
def test_no_heirs_agree_to_nothing(rule: str) -> None:
    assert not satisfied(rule, {}, set())


@pytest.mark.parametrize("rule", ["", "ALL", "unknown"])
def test_an_unknown_rule_is_never_met(rule: str) -> None:
    assert not satisfied(rule, {"ada": 1}, {"ada"})


def test_a_share_of_nothing_spoils_the_count() -> None:
    assert not satisfied("any", {"ada": 1, "ben": 0}, {"ada"})
