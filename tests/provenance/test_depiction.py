"""What a request says of its use, and what a remix takes from its parent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.countries import CODES
from consent.use import Use
from consent.vocabulary import MODALITIES, SCENES, UNSAID
from provenance import depiction
from provenance.depiction import Depiction
from provenance.flaws import RequestInvalid

ONE, TWO = UUID(int=1), UUID(int=2)
CAST = (ONE, TWO)

words = st.sets(st.sampled_from(SCENES), min_size=1).map(sorted)
shown = st.sets(st.sampled_from(MODALITIES), min_size=1).map(sorted)
SAID = st.fixed_dictionaries(
    {},
    optional={
        "scenes": words,
        "territories": st.sets(st.sampled_from(sorted(CODES)), min_size=1, max_size=3).map(sorted),
        "campaign": st.from_regex(depiction.CAMPAIGN, fullmatch=True),
        "modalities": st.dictionaries(st.sampled_from([str(one) for one in CAST]), shown),
        "training": st.booleans(),
    },
)


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"scenes": []}, "/scenes"),
        ({"scenes": "everyday"}, "/scenes"),
        ({"scenes": ["everyday", "nonsense"]}, "/scenes"),
        ({"scenes": [{}]}, "/scenes"),
        ({"territories": ["XX"]}, "/territories"),
        ({"territories": []}, "/territories"),
        ({"campaign": "Not An Id"}, "/campaign"),
        ({"campaign": 7}, "/campaign"),
        ({"speech": "Hello"}, "/speech_language"),
        ({"speech_language": "en"}, "/speech"),
        ({"speech": " ", "speech_language": "en"}, "/speech"),
        ({"speech": "x" * 1001, "speech_language": "en"}, "/speech"),
        ({"speech": "nul\0", "speech_language": "en"}, "/speech"),
        ({"speech": "Hello", "speech_language": "en-GB"}, "/speech_language"),
        ({"modalities": ["face"]}, "/modalities"),
        ({"modalities": {str(ONE): []}}, "/modalities"),
        ({"modalities": {str(ONE): ["soul"]}}, "/modalities"),
        ({"modalities": {str(UUID(int=3)): ["face"]}}, "/modalities"),
        (
            {"modalities": {str(ONE): ["face"], str(ONE).upper() + "": ["voice"], "{" + str(ONE) + "}": ["face"]}},
            "/modalities",
        ),
        ({"training": "true"}, "/training"),
        ({"training": 1}, "/training"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(said: dict[str, Any], pointer: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        depiction.check(said, CAST)
    assert refused.value.pointer == pointer
    assert refused.value.remedy


def test_nothing_said_is_nothing_written() -> None:
    assert depiction.check({}, CAST) == Depiction()
    assert Depiction().document() == {}
    plain = {"scenes": ["everyday"], "modalities": {str(ONE): sorted(UNSAID)}, "training": False}
    assert depiction.check(plain, CAST).document() == {}


@given(SAID)
def test_what_is_said_reaches_the_use_and_comes_back(said: dict[str, Any]) -> None:
    asked = depiction.check(said, CAST)
    use = asked.use(Use(frozenset(map(str, CAST)), "me", "satire", remix=False, seconds=4))
    assert Depiction.of(use) == asked
    assert depiction.check(asked.document(), CAST) == asked


@given(SAID, SAID)
def test_two_requests_are_written_alike_only_if_they_mean_the_same(one: dict[str, Any], two: dict[str, Any]) -> None:
    first, second = depiction.check(one, CAST), depiction.check(two, CAST)
    assert (first.document() == second.document()) == (first == second)


@given(SAID)
def test_a_remix_that_says_nothing_is_as_its_parent(said: dict[str, Any]) -> None:
    parent = depiction.check(said, CAST)
    assert depiction.check({}, CAST, parent) == parent


@given(SAID, SAID)
def test_a_remix_never_says_less_of_what_the_parent_shows(before: dict[str, Any], said: dict[str, Any]) -> None:
    parent = depiction.check(before, (ONE,) if set(before.get("modalities", {})) <= {str(ONE)} else CAST)
    remix = depiction.check(said, CAST, parent)
    assert parent.scenes <= remix.scenes
    assert parent.training <= remix.training

    def seen(one: Depiction, likeness: str) -> frozenset[str]:
        return one.use(Use(frozenset(), "me", "satire", remix=False, seconds=4)).shows(likeness)

    for likeness, _ in parent.modalities:
        assert seen(parent, likeness) <= seen(remix, likeness)
    assert remix.words == parent.words
