"""What covers a use, and what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.policy import (
    Allow,
    Deny,
    Duty,
    Facts,
    GrantFact,
    LikenessFact,
    Objection,
    Obligation,
    Reason,
    Use,
    decide,
)
from consent.terms import Named, NamedParty, OnlyMe, Terms, Window
from consent.vocabulary import PURPOSES

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TERMS = Terms(
    Named((NamedParty("ben"),)), Window(NOW - DAY, NOW + DAY), frozenset({"satire", "education"}), remix=False
)
USE = Use(frozenset({"face"}), "ben", "satire", remix=False, seconds=4)
FACE = LikenessFact("face", "ada", "active", 0)
GRANT = GrantFact("g1", "face", TERMS)
FACTS = Facts((FACE,), (GRANT,))


def reasons(outcome: Allow | Deny) -> set[Reason]:
    assert isinstance(outcome, Deny)
    return {objection.reason for objection in outcome.reasons}


def with_terms(**changes: Any) -> Facts:  # noqa: ANN401 - fields of Terms
    return Facts((FACE,), (replace(GRANT, terms=replace(TERMS, **changes)),))


def test_a_covering_grant_allows_and_is_named() -> None:
    assert decide(USE, FACTS, NOW) == Allow((("face", "g1"),), NOW + DAY, (Obligation("", Duty.LABEL),))


def test_nobody_in_the_cast_is_denied() -> None:
    outcome = decide(replace(USE, cast=frozenset()), FACTS, NOW)
    assert outcome == Deny((Objection("", Reason.NO_APPEARANCE),))
    assert not outcome


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts((), ()), Reason.NO_GRANT),
        (Facts((FACE,), ()), Reason.NO_GRANT),
        (Facts((), (GRANT,)), Reason.NO_GRANT),
        (Facts((replace(FACE, state="enrolling"),), (GRANT,)), Reason.NO_GRANT),
        (Facts((replace(FACE, state="withdrawn"),), (GRANT,)), Reason.GRANT_WITHDRAWN),
        (Facts((replace(FACE, state="something new"),), (GRANT,)), Reason.CHECK_FAILED),
        (Facts((FACE, replace(FACE, epoch=1)), (GRANT,)), Reason.CHECK_FAILED),
        (Facts((FACE,), (GRANT, replace(GRANT, ended_at=NOW))), Reason.CHECK_FAILED),
        (Facts((FACE,), (replace(GRANT, terms=None),)), Reason.CHECK_FAILED),
        (Facts((FACE,), (replace(GRANT, ended_at=NOW + DAY),)), Reason.GRANT_WITHDRAWN),
        (Facts((FACE,), (replace(GRANT, likeness="other"),)), Reason.NO_GRANT),
        (with_terms(audience=OnlyMe()), Reason.NOT_IN_AUDIENCE),
        (with_terms(audience=Named(())), Reason.NOT_IN_AUDIENCE),
        (with_terms(audience=Named((NamedParty("eve"),))), Reason.NOT_IN_AUDIENCE),
        (with_terms(audience=Named((NamedParty("ben", NOW),))), Reason.GRANT_EXPIRED),
        (with_terms(audience="everyone"), Reason.CHECK_FAILED),
        (with_terms(window=Window(NOW + DAY, NOW + 2 * DAY)), Reason.OUTSIDE_WINDOW),
        (with_terms(window=Window(NOW - DAY, NOW)), Reason.GRANT_EXPIRED),
        (with_terms(purposes=frozenset()), Reason.PURPOSE),
        (with_terms(purposes=frozenset({"education"})), Reason.PURPOSE),
    ],
)
def test_one_flaw_denies_with_its_reason(facts: Facts, reason: Reason) -> None:
    assert reasons(decide(USE, facts, NOW)) == {reason}


def test_a_remix_needs_its_own_permission() -> None:
    assert reasons(decide(replace(USE, remix=True), FACTS, NOW)) == {Reason.REMIX}
    assert decide(replace(USE, remix=True), with_terms(remix=True), NOW)


def test_a_video_without_length_is_denied() -> None:
    assert reasons(decide(replace(USE, seconds=0), FACTS, NOW)) == {Reason.CHECK_FAILED}


def test_the_holder_needs_a_grant_too() -> None:
    own = replace(USE, client="ada")
    assert reasons(decide(own, FACTS, NOW)) == {Reason.NOT_IN_AUDIENCE}
    assert decide(own, with_terms(audience=OnlyMe()), NOW)


def test_every_objection_is_reported_with_its_clause() -> None:
    use = replace(USE, client="carl", purpose="advertising", remix=True)
    outcome = decide(use, Facts((FACE,), (GRANT, replace(GRANT, id="g2", ended_at=NOW))), NOW + DAY)
    assert isinstance(outcome, Deny)
    assert [(o.grant, o.reason, o.clause) for o in outcome.reasons] == [
        ("g1", Reason.NOT_IN_AUDIENCE, "/terms/audience/parties"),
        ("g1", Reason.GRANT_EXPIRED, "/terms/window/not_after"),
        ("g1", Reason.PURPOSE, "/terms/purposes"),
        ("g1", Reason.REMIX, "/terms/remix/allowed"),
        ("g2", Reason.GRANT_WITHDRAWN, None),
        ("g2", Reason.NOT_IN_AUDIENCE, "/terms/audience/parties"),
        ("g2", Reason.GRANT_EXPIRED, "/terms/window/not_after"),
        ("g2", Reason.PURPOSE, "/terms/purposes"),
        ("g2", Reason.REMIX, "/terms/remix/allowed"),
    ]


def test_halves_of_two_grants_cover_nothing() -> None:
    for_ben = replace(GRANT, terms=replace(TERMS, purposes=frozenset({"education"})))
    for_satire = replace(GRANT, id="g2", terms=replace(TERMS, audience=Named((NamedParty("eve"),))))
    assert reasons(decide(USE, Facts((FACE,), (for_ben, for_satire)), NOW)) == {Reason.PURPOSE, Reason.NOT_IN_AUDIENCE}


@pytest.mark.parametrize("size", range(1, 9))
def test_one_uncovered_member_denies_the_cast_wherever_it_stands(size: int) -> None:
    cast = [f"face{n}" for n in range(size)]
    faces = tuple(replace(FACE, id=name) for name in cast)
    covering = tuple(replace(GRANT, id=f"g-{name}", likeness=name) for name in cast)
    use = replace(USE, cast=frozenset(cast))
    assert decide(use, Facts(faces, covering), NOW)
    for missing in range(size):
        outcome = decide(use, Facts(faces, covering[:missing] + covering[missing + 1 :]), NOW)
        assert isinstance(outcome, Deny)
        assert [objection.likeness for objection in outcome.reasons] == [cast[missing]]


def test_an_allowance_ends_with_the_first_of_its_grants() -> None:
    soon = replace(TERMS, audience=Named((NamedParty("ben", NOW + timedelta(hours=1)),)))
    facts = Facts((FACE, replace(FACE, id="face2")), (GRANT, GrantFact("g2", "face2", soon)))
    outcome = decide(replace(USE, cast=frozenset({"face", "face2"})), facts, NOW)
    assert isinstance(outcome, Allow)
    assert outcome.until == NOW + timedelta(hours=1)


# --- for all facts ---------------------------------------------------------------------------------------------------
moments = st.integers(-5, 5).map(lambda n: NOW + n * DAY)
parties = st.sampled_from(["ada", "ben", "carl"])
named = st.builds(NamedParty, parties, st.none() | moments)
audiences = st.just(OnlyMe()) | st.lists(named, max_size=3).map(lambda found: Named(tuple(found)))
terms = st.builds(
    Terms,
    audiences,
    st.builds(Window, moments, moments),
    st.frozensets(st.sampled_from(sorted(PURPOSES))),
    st.booleans(),
)
likenesses = st.builds(
    LikenessFact,
    st.sampled_from(["f1", "f2"]),
    parties,
    st.sampled_from(["enrolling", "active", "withdrawn", "?"]),
    st.just(0),
)
grants = st.builds(
    GrantFact, st.uuids().map(str), st.sampled_from(["f1", "f2"]), st.none() | terms, st.none() | st.none() | moments
)
uses = st.builds(
    Use,
    st.frozensets(st.sampled_from(["f1", "f2", "f3"])),
    parties,
    st.sampled_from([*sorted(PURPOSES), "?"]),
    remix=st.booleans(),
    seconds=st.integers(0, 5),
)
all_facts = st.builds(Facts, st.lists(likenesses, max_size=3).map(tuple), st.lists(grants, max_size=6).map(tuple))


@given(uses, all_facts, st.data())
def test_the_order_of_facts_never_matters(use: Use, facts: Facts, data: st.DataObject) -> None:
    shuffled = Facts(
        tuple(data.draw(st.permutations(facts.likenesses))), tuple(data.draw(st.permutations(facts.grants)))
    )
    assert decide(use, shuffled, NOW) == decide(use, facts, NOW)


@st.composite
def mostly_allowed(draw: st.DrawFn) -> tuple[Use, Facts]:
    """Draw a use of one likeness by somebody whom at least one grant covers."""
    use = draw(uses.filter(lambda use: use.purpose != "?" and use.seconds > 0))
    use = replace(use, cast=frozenset({"face"}))
    broad = Terms(Named((NamedParty(use.client),)), Window(NOW - DAY, NOW + DAY), frozenset({use.purpose}), remix=True)
    others = draw(st.lists(grants, max_size=2))
    return use, Facts((FACE,), (GrantFact("broad", "face", broad), *others))


def narrowed(terms: Terms) -> list[Terms]:
    """Every way to take one thing away."""
    ways = [replace(terms, purposes=terms.purposes - {purpose}) for purpose in terms.purposes]
    ways += [replace(terms, remix=False)]
    ways += [replace(terms, window=Window(terms.window.not_before + DAY, terms.window.not_after))]
    ways += [replace(terms, window=Window(terms.window.not_before, terms.window.not_after - DAY))]
    if isinstance(terms.audience, Named):
        listed = terms.audience.parties
        ways += [replace(terms, audience=Named(listed[:n] + listed[n + 1 :])) for n in range(len(listed))]
        ways += [
            replace(terms, audience=Named((*listed[:n], replace(listed[n], not_after=NOW - DAY), *listed[n + 1 :])))
            for n in range(len(listed))
        ]
    return ways


@given(mostly_allowed() | st.tuples(uses, all_facts), st.data())
def test_narrowing_never_allows_more(asked: tuple[Use, Facts], data: st.DataObject) -> None:
    use, facts = asked
    before = decide(use, facts, NOW)
    readable = [n for n, grant in enumerate(facts.grants) if grant.terms is not None]
    if not readable:
        return
    n = data.draw(st.sampled_from(readable))
    grant = facts.grants[n]
    assert grant.terms is not None
    ways = [replace(grant, terms=terms) for terms in narrowed(grant.terms)]
    ways += [replace(grant, ended_at=NOW), replace(grant, terms=None)]
    for way in ways:
        after = decide(use, Facts(facts.likenesses, (*facts.grants[:n], way, *facts.grants[n + 1 :])), NOW)
        assert before or not after
    assert before or not decide(use, Facts(facts.likenesses, facts.grants[:n] + facts.grants[n + 1 :]), NOW)


@given(mostly_allowed())
def test_missing_facts_deny(asked: tuple[Use, Facts]) -> None:
    use, facts = asked
    assert decide(use, facts, NOW)
    assert not decide(use, Facts((), facts.grants), NOW)
    assert not decide(use, Facts(facts.likenesses, ()), NOW)
    assert not decide(replace(use, cast=use.cast | {"absent"}), facts, NOW)
    assert not decide(replace(use, cast=frozenset()), facts, NOW)


@given(uses, all_facts)
def test_an_allowance_names_one_grant_for_each_of_the_cast(use: Use, facts: Facts) -> None:
    outcome = decide(use, facts, NOW)
    if isinstance(outcome, Allow):
        assert {likeness for likeness, _ in outcome.grants} == set(use.cast)
        assert outcome.until > NOW
