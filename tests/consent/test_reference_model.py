"""The policy and the model that was written apart from it give the same answers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from consent.policy import Allow, Deny, Facts, Reason, Use, decide
from consent.terms import Limits, Mutuals, Named, NamedParty, OnlyMe, Scenes, Terms, Window
from tests.consent import anything
from tests.consent.anything import DAY, NOW
from tests.consent.draw import Draw
from tests.consent.reference_ledger import Model
from tests.consent.reference_model import answer

ADA, BEN = anything.PEOPLE[:2]
FACE, OTHER = anything.FACES[:2]
WINDOW = Window(NOW, NOW + 9 * DAY)
USE = Use(frozenset({FACE}), BEN, "satire", remix=False, seconds=4)
FOR_BEN = Terms(Named((NamedParty(BEN, uses=2),)), WINDOW, frozenset({"satire"}), remix=False)


def agree(use: Use, facts: Facts) -> Allow | Deny:
    outcome, expected = decide(use, facts, NOW), answer(use, facts, NOW)
    reasons: dict[str, set[Reason]] = defaultdict(set)
    if isinstance(outcome, Deny):
        for objection in outcome.reasons:
            reasons[objection.likeness].add(objection.reason)
    else:
        assert dict(outcome.grants) == expected.rests_on
    assert isinstance(outcome, Allow) == expected.allowed
    assert reasons == expected.reasons
    return outcome


SEEDS = range(40)
EACH = 100


@pytest.mark.parametrize("seed", SEEDS)
def test_the_policy_agrees_with_the_model(seed: int) -> None:
    """Ask what is nearly allowed, the same with a grant fewer and a grant twice, and another use of the same."""
    allowed = 0
    for n in range(EACH):
        draw = Draw(seed * EACH + n)
        use, facts = draw.asked()
        allowed += bool(agree(use, facts))
        left_out = draw.integer(0, len(facts.grants) - 1)
        agree(use, Facts(facts.likenesses, facts.grants[:left_out] + facts.grants[left_out + 1 :]))
        agree(use, Facts(facts.likenesses, (*facts.grants, facts.grants[left_out])))
        agree(draw.use(), facts)
        agree(draw.use(), draw.facts())
    assert 10 < allowed < EACH - 10  # agreement on denials alone would prove little


def model() -> Model:
    known = Model()
    known.enrol(FACE, ADA)
    known.enrol(OTHER, BEN)
    return known


def test_a_model_follows_a_grant_from_its_recording_to_its_end() -> None:
    known = model()
    assert known.decide(USE, NOW).reasons == {FACE: {Reason.NO_GRANT}}
    known.record("g", FACE, FOR_BEN)
    assert known.decide(USE, NOW).rests_on == {FACE: "g"}
    known.consume("g", BEN, 4)
    known.consume("g", BEN, 4)
    assert known.decide(USE, NOW).reasons == {FACE: {Reason.QUOTA_EXHAUSTED}}
    known.consume("g", BEN, -4, uses=-1)
    assert known.decide(USE, NOW).allowed
    assert known.decide(USE, NOW + 9 * DAY).reasons == {FACE: {Reason.GRANT_EXPIRED}}
    known.withdraw(FACE, NOW, grant="g")
    assert known.decide(USE, NOW).reasons == {FACE: {Reason.GRANT_WITHDRAWN}}


def test_a_model_keeps_a_veto_until_something_supersedes_it() -> None:
    known = model()
    known.record("no", FACE, Terms(OnlyMe(), WINDOW, frozenset({"satire"}), remix=False, scenes=Scenes(
        frozenset({"romance"}), frozenset({"everyday"}))))  # fmt: skip
    known.record("g", FACE, FOR_BEN)
    known.withdraw(FACE, NOW, grant="no")
    assert Reason.SCENE_CLASS in known.decide(USE, NOW).reasons[FACE]
    known.record("yes", FACE, FOR_BEN, supersedes="no")
    assert known.decide(USE, NOW).allowed


def test_a_model_knows_who_is_mutual_and_who_is_left_out() -> None:
    known = model()
    known.record("g", FACE, Terms(Mutuals(), WINDOW, frozenset({"satire"}), remix=False, limits=Limits(1)))
    assert known.decide(USE, NOW).reasons == {FACE: {Reason.NOT_IN_AUDIENCE}}
    known.record("back", OTHER, Terms(Named((NamedParty(ADA),)), WINDOW, frozenset({"satire"}), remix=False))
    assert known.decide(USE, NOW).allowed
    known.consume("g", ADA, 4)
    assert known.decide(USE, NOW).reasons == {FACE: {Reason.COUNT_EXHAUSTED}}
    known.withdraw(FACE, NOW, party=BEN)
    assert known.decide(USE, NOW).reasons == {FACE: {Reason.NOT_IN_AUDIENCE}}
    known.withdraw(FACE, NOW)
    assert known.decide(USE, NOW).reasons[FACE] >= {Reason.GRANT_WITHDRAWN}


@pytest.mark.parametrize("seconds", [4.0, True, float("inf")])
def test_a_length_that_is_no_whole_number_denies(seconds: float) -> None:
    known = model()
    known.record("g", FACE, FOR_BEN)
    facts = known.facts(USE, NOW)
    assert decide(USE, facts, NOW)
    assert not decide(replace(USE, seconds=seconds), facts, NOW)  # type: ignore[arg-type]  # what a caller may err in
