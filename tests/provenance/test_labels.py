"""Which mark, and how: the rules alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import labels
from provenance.labels import Means, Rules, RulesInvalid

PLATFORM = "a client"
means = st.sampled_from([Means.BURNED, Means.OVERLAY])
countries = st.sampled_from(["CN", "IN", "US", "DE", "FR"])
rules = st.builds(
    Rules, means, st.dictionaries(countries, means), st.dictionaries(st.sampled_from([PLATFORM, "another"]), means)
)
territories = st.none() | st.frozensets(countries)


def how(said: Rules, where: Any, *, obliged: bool = False, picture: bool = True) -> Means:  # noqa: ANN401 - territories
    return labels.means(said, client=PLATFORM, territories=where, obliged=obliged, picture=picture)


@given(where=territories)
def test_nothing_said_burns_everywhere(where: frozenset[str] | None) -> None:
    assert how(Rules.parse({}), where) is Means.BURNED


@given(said=rules, where=territories)
def test_who_asked_for_a_label_gets_it_burned(said: Rules, where: frozenset[str] | None) -> None:
    assert how(said, where, obliged=True) is Means.BURNED


@given(said=rules, where=st.frozensets(countries))
def test_china_and_india_are_burned_whatever_is_said(said: Rules, where: frozenset[str]) -> None:
    assert how(said, where | {"CN"}) is how(said, where | {"IN"}) is Means.BURNED


@given(said=rules, where=st.frozensets(countries, min_size=1), more=countries)
def test_one_more_territory_never_takes_a_burned_mark_away(said: Rules, where: frozenset[str], more: str) -> None:
    if how(said, where) is Means.BURNED:
        assert how(said, where | {more}) is Means.BURNED


@given(said=rules, where=territories)
def test_without_a_picture_the_mark_is_spoken(said: Rules, where: frozenset[str] | None) -> None:
    assert how(said, where, picture=False) is Means.SPOKEN


@pytest.mark.parametrize(
    ("said", "where", "expected"),
    [
        ({"default": "overlay"}, None, "overlay"),
        ({"default": "overlay"}, {"US"}, "overlay"),
        ({"default": "overlay"}, set(), "burned"),
        ({"default": "overlay", "territories": {"DE": "burned"}}, None, "burned"),
        ({"territories": {"US": "overlay"}}, {"US"}, "overlay"),
        ({"territories": {"US": "overlay"}}, {"US", "DE"}, "burned"),
        ({"territories": {"US": "overlay"}}, None, "burned"),
        ({"clients": {PLATFORM: "overlay"}}, {"DE"}, "overlay"),
        ({"clients": {PLATFORM: "overlay"}, "territories": {"DE": "burned"}}, {"DE"}, "burned"),
        ({"clients": {PLATFORM: "burned"}, "default": "overlay"}, None, "burned"),
        ({"clients": {"another": "overlay"}}, {"DE"}, "burned"),
    ],
)
def test_an_overlay_needs_every_rule_to_say_so(said: dict[str, Any], where: set[str] | None, expected: str) -> None:
    assert how(Rules.parse(said), where) == expected


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"default": "none"},
        {"default": "spoken"},
        {"default": None},
        {"default": []},
        {"teritories": {}},
        {"territories": []},
        {"territories": {"usa": "overlay"}},
        {"territories": {"us": "overlay"}},
        {"clients": {"x": True}},
    ],
    ids=str,
)
def test_rules_that_cannot_be_read_are_no_rules(said: Any) -> None:  # noqa: ANN401 - what an operator may write
    with pytest.raises(RulesInvalid):
        Rules.parse(said)
