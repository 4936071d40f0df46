"""What is called narrower covers nothing that was not covered, and asks for no less."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from consent.narrowing import is_narrower, widenings
from consent.policy import Allow, Facts, LikenessFact, Usage, decide
from consent.terms import (
    Company,
    Everyone,
    Limits,
    Mutuals,
    Named,
    NamedParty,
    OnlyMe,
    Rate,
    Scenes,
    Share,
    Speech,
    Terms,
    Window,
)
from tests.consent import anything
from tests.consent.anything import DAY, FACES, GRANTS, NOW, PEOPLE
from tests.consent.draw import Draw
from tests.consent.narrowings import narrowed

ADA, BEN, EVE = PEOPLE[:3]
TERMS = Terms(
    Named((NamedParty(ADA), NamedParty(BEN, NOW, 3, 9))),
    Window(NOW - DAY, NOW + DAY),
    frozenset({"satire"}),
    remix=True,
    remix_depth=2,
    limits=Limits(9, 60, 8),
    campaigns=frozenset({"spring"}),
    territories=frozenset({"DE"}),
    modalities=frozenset({"face"}),
    scenes=Scenes(frozenset({"everyday"}), frozenset({"crime"})),
    speech=Speech("scripts", frozenset({"Buy"}), frozenset({"vote"}), frozenset({"en"})),
    company=Company(frozenset({FACES[0]}), frozenset({FACES[1]})),
    after_end="hide",
    approval=timedelta(hours=2),
    rate=Rate("EUR", "use", Decimal("0.5"), (Share(ADA, Decimal(1)),)),
    credit="Ada",
    description="Bicycles.",
)
HALVES = (Share(ADA, Decimal("0.5")), Share(EVE, Decimal("0.5")))


def parties(*found: NamedParty) -> dict[str, Any]:
    return {"audience": Named(found)}


ROWS: list[tuple[dict[str, Any], str]] = [
    ({"audience": OnlyMe()}, "/terms/audience"),
    ({"audience": Mutuals()}, "/terms/audience"),
    ({"audience": Everyone()}, "/terms/audience"),
    (parties(NamedParty(EVE)), "/terms/audience/parties/0"),
    (parties(NamedParty(BEN, None, 3, 9)), "/terms/audience/parties/0/not_after"),
    (parties(NamedParty(BEN, NOW, 4, 9)), "/terms/audience/parties/0/uses"),
    (parties(NamedParty(BEN, NOW, None, 9)), "/terms/audience/parties/0/uses"),
    (parties(NamedParty(BEN, NOW, 3, 10)), "/terms/audience/parties/0/seconds"),
    ({"window": Window(NOW - 2 * DAY, NOW + DAY)}, "/terms/window/not_before"),
    ({"purposes": frozenset({"satire", "personal"})}, "/terms/purposes"),
    ({"remix_depth": 3}, "/terms/remix/depth"),
    ({"limits": Limits(10, 60, 8)}, "/terms/limits/uses"),
    ({"limits": Limits(9, None, 8)}, "/terms/limits/seconds"),
    ({"limits": Limits(9, 60, 9)}, "/terms/limits/seconds_each"),
    ({"campaigns": None}, "/terms/campaigns"),
    ({"territories": frozenset({"DE", "ES"})}, "/terms/territories"),
    ({"modalities": frozenset({"face", "voice"})}, "/terms/modalities"),
    ({"scenes": Scenes(frozenset({"everyday", "romance"}), frozenset({"crime"}))}, "/terms/scenes/allowed"),
    ({"scenes": Scenes(frozenset({"everyday"}))}, "/terms/scenes/denied"),
    ({"speech": Speech("own_words", frozenset(), frozenset({"vote"}), frozenset({"en"}))}, "/terms/speech/kind"),
    ({"speech": replace(TERMS.speech, scripts=frozenset({"Buy", "Vote"}))}, "/terms/speech/scripts"),
    ({"speech": replace(TERMS.speech, banned=frozenset())}, "/terms/speech/banned"),
    ({"speech": replace(TERMS.speech, languages=None)}, "/terms/speech/languages"),
    ({"company": Company(frozenset(), frozenset({FACES[1]}))}, "/terms/company/never"),
    ({"company": Company(frozenset({FACES[0]}))}, "/terms/company/only"),
    ({"after_end": "keep"}, "/terms/after_end"),
    ({"approval": None}, "/terms/approval"),
    ({"training": True}, "/terms/training"),
    ({"rate": None}, "/terms/rate"),
    ({"rate": Rate("JPY", "use", Decimal(9), (Share(ADA, Decimal(1)),))}, "/terms/rate"),
    ({"rate": Rate("EUR", "view", Decimal(9), (Share(ADA, Decimal(1)),))}, "/terms/rate"),
    ({"rate": Rate("EUR", "use", Decimal("0.4"), (Share(ADA, Decimal(1)),))}, "/terms/rate/amount"),
    ({"rate": Rate("EUR", "use", Decimal("0.5"), HALVES)}, "/terms/rate/split"),
    ({"credit": None}, "/terms/credit"),
    ({"credit": "Eve"}, "/terms/credit"),
    ({"description": ""}, "/terms/description"),
]


@pytest.mark.parametrize(("change", "pointer"), ROWS, ids=[f"{n}{row[1]}" for n, row in enumerate(ROWS)])
def test_each_clause_that_reaches_further_is_named(change: dict[str, Any], pointer: str) -> None:
    assert widenings(replace(TERMS, **change), TERMS) == (pointer,)


def test_a_longer_window_is_longer_for_each_whose_place_it_bounds() -> None:
    longer = replace(TERMS, window=Window(NOW - DAY, NOW + 2 * DAY))
    assert widenings(longer, TERMS) == ("/terms/audience/parties/0/not_after", "/terms/window/not_after")


def test_remixes_reach_further_than_none() -> None:
    none = replace(TERMS, remix=False, remix_depth=0)
    assert widenings(TERMS, none) == ("/terms/remix/allowed", "/terms/remix/depth")
    assert is_narrower(none, TERMS)


def test_who_was_kept_out_stays_out() -> None:
    before = replace(TERMS, audience=Everyone(frozenset({EVE})))
    assert widenings(replace(TERMS, audience=OnlyMe()), before) == ("/terms/audience/except",)
    assert widenings(replace(TERMS, audience=Mutuals(frozenset({EVE, BEN}))), before) == ()
    assert widenings(replace(TERMS, audience=Everyone()), before) == ("/terms/audience/except",)


def test_a_new_rate_may_not_send_the_money_elsewhere() -> None:
    free = replace(TERMS, rate=None)
    assert widenings(replace(TERMS, rate=Rate("EUR", "use", Decimal(1))), free) == ()
    assert widenings(replace(TERMS, rate=Rate("EUR", "use", Decimal(1), HALVES)), free) == ("/terms/rate/split",)


@given(anything.terms)
def test_every_terms_are_as_narrow_as_themselves(terms: Terms) -> None:
    assert is_narrower(terms, terms)


@pytest.mark.parametrize("seed", range(20))
def test_taking_one_thing_away_is_narrower(seed: int) -> None:
    for n in range(20):
        terms = Draw(seed * 20 + n).terms()
        for pointer, less in narrowed(terms):
            assert is_narrower(less, terms), (pointer, widenings(less, terms))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_narrower_allows_nothing_else_and_asks_for_no_less(seed: int) -> None:
    """For an adult: a smaller grant in the place of one that a child may not sign covers more."""
    narrower = 0
    for n in range(100):
        draw = Draw(seed * 100 + n)
        use, facts = draw.asked()
        grant = facts.grants[0]
        fact = LikenessFact(grant.likeness, BEN, "active", 0, mutual=draw.one([True, False]))
        use = replace(use, cast=frozenset({grant.likeness}))
        old = draw.fitting(use)
        for new in (draw.fitting(use), draw.terms(), *(less for _, less in narrowed(old))):
            if not is_narrower(new, old):
                continue
            narrower += 1
            at = draw.near()
            used = Usage(*(draw.integer(0, 9) for _ in range(4)))
            then, now = (
                decide(use, Facts((fact,), (replace(grant, id=GRANTS[0], terms=terms, ended_at=None, used=used),)), at)
                for terms in (old, new)
            )
            assert then or not now
            if isinstance(now, Allow) and isinstance(then, Allow):
                assert set(then.obligations) <= set(now.obligations)
                assert now.until <= then.until
    assert narrower > 1000
