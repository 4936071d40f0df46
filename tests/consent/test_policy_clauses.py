"""Each clause denies alone, with its reason and its pointer; and taking anything away never allows more."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from consent import policy
from consent.policy import Allow, Deny, Duty, Facts, GrantFact, LikenessFact, Objection, Reason, Usage, Use, decide
from consent.speech import Words
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
    Speech,
    Terms,
    Window,
)
from tests.consent.anything import DAY, FACES, GRANTS, NOW, PEOPLE
from tests.consent.draw import Draw
from tests.consent.narrowings import narrowed

ADA, BEN, EVE = PEOPLE[:3]
FACE, OTHER = FACES[:2]
GRANT = GRANTS[0]
TERMS = Terms(
    Named((NamedParty(BEN),)),
    Window(NOW - DAY, NOW + DAY),
    frozenset({"satire"}),
    remix=True,
    remix_depth=2,
    territories=frozenset({"DE", "ES"}),
    campaigns=frozenset({"spring"}),
    modalities=frozenset({"face", "voice", "body"}),
    scenes=Scenes(frozenset({"everyday", "romance"})),
    speech=Speech("scripts", frozenset({"Good morning."}), languages=frozenset({"en"})),
    company=Company(only=frozenset({OTHER})),
    limits=Limits(10, 60, 8),
)
USE = Use(
    frozenset({FACE}),
    BEN,
    "satire",
    remix=True,
    seconds=4,
    depth=2,
    territories=frozenset({"DE"}),
    campaign="spring",
    words=Words("Good morning.", "en"),
)
FACT = LikenessFact(FACE, ADA, "active", 0)
FACTS = Facts((FACT,), (GrantFact(GRANT, FACE, TERMS, used=Usage(9, 56, 9, 56)),))


def with_terms(**changes: Any) -> Facts:  # noqa: ANN401 - fields of Terms
    return with_grant(terms=replace(TERMS, **changes))


def with_grant(**changes: Any) -> Facts:  # noqa: ANN401 - fields of GrantFact
    return Facts((FACT,), (replace(FACTS.grants[0], **changes),))


def with_fact(**changes: Any) -> Facts:  # noqa: ANN401 - fields of LikenessFact
    return Facts((replace(FACT, **changes),), FACTS.grants)


def place(**limits: Any) -> Facts:  # noqa: ANN401 - fields of NamedParty
    return with_terms(audience=Named((NamedParty(EVE), NamedParty(BEN, **limits))))


def test_the_use_and_the_grant_of_this_file_fit_to_the_last_second() -> None:
    assert decide(USE, FACTS, NOW)
    used = Usage(10, 56, 10, 56)
    assert decide(replace(USE, counted=True), with_grant(used=used), NOW)


R = Reason
ROWS: list[tuple[Use, Facts, Reason, str | None]] = [
    (USE, with_terms(audience=OnlyMe()), R.NOT_IN_AUDIENCE, "/terms/audience"),
    (replace(USE, client=EVE), FACTS, R.NOT_IN_AUDIENCE, "/terms/audience/parties"),
    (USE, with_terms(audience=Mutuals()), R.CHECK_FAILED, "/terms/audience"),
    (USE, place(not_after=NOW), R.GRANT_EXPIRED, "/terms/audience/parties/1/not_after"),
    (USE, place(uses=9), R.QUOTA_EXHAUSTED, "/terms/audience/parties/1/uses"),
    (USE, place(seconds=59), R.QUOTA_EXHAUSTED, "/terms/audience/parties/1/seconds"),
    (USE, with_terms(audience=None), R.CHECK_FAILED, "/terms/audience"),
    (USE, with_terms(window=Window(NOW + DAY, NOW + 2 * DAY)), R.OUTSIDE_WINDOW, "/terms/window/not_before"),
    (USE, with_terms(window=Window(NOW - DAY, NOW)), R.GRANT_EXPIRED, "/terms/window/not_after"),
    (USE, with_terms(limits=Limits(uses=9)), R.COUNT_EXHAUSTED, "/terms/limits/uses"),
    (USE, with_terms(limits=Limits(seconds=59)), R.SECONDS_EXHAUSTED, "/terms/limits/seconds"),
    (USE, with_terms(limits=Limits(seconds_each=3)), R.SECONDS_EXHAUSTED, "/terms/limits/seconds_each"),
    (
        replace(USE, counted=True),
        with_terms(limits=Limits(seconds_each=3)),
        R.SECONDS_EXHAUSTED,
        "/terms/limits/seconds_each",
    ),
    (replace(USE, purpose="advertising"), FACTS, R.PURPOSE, "/terms/purposes"),
    (replace(USE, campaign="autumn"), FACTS, R.CAMPAIGN, "/terms/campaigns"),
    (replace(USE, campaign=None), FACTS, R.CAMPAIGN, "/terms/campaigns"),
    (replace(USE, territories=None), FACTS, R.TERRITORY, "/terms/territories"),
    (replace(USE, territories=frozenset({"DE", "FR"})), FACTS, R.TERRITORY, "/terms/territories"),
    (replace(USE, territories=frozenset()), FACTS, R.TERRITORY, "/terms/territories"),
    (replace(USE, territories=frozenset()), with_terms(territories=None), R.TERRITORY, "/terms/territories"),
    (replace(USE, modalities=((FACE, frozenset({"name"})),)), FACTS, R.MODALITY, "/terms/modalities"),
    (replace(USE, modalities=((FACE, frozenset()),)), FACTS, R.MODALITY, "/terms/modalities"),
    (USE, with_terms(modalities=frozenset({"face", "voice"})), R.MODALITY, "/terms/modalities"),
    (replace(USE, scenes=frozenset({"everyday", "crime"})), FACTS, R.SCENE_CLASS, "/terms/scenes/allowed"),
    (replace(USE, scenes=frozenset()), FACTS, R.SCENE_CLASS, "/terms/scenes/allowed"),
    (
        replace(USE, scenes=frozenset({"intimate"})),
        with_terms(scenes=Scenes(frozenset({"intimate"}))),
        R.SCENE_CLASS,
        "/terms/scenes/allowed",
    ),
    (
        USE,
        with_terms(scenes=Scenes(frozenset({"everyday"}), frozenset({"everyday"}))),
        R.SCENE_CLASS,
        "/terms/scenes/denied",
    ),
    (replace(USE, words=Words("Good night.", "en")), FACTS, R.SPEECH, "/terms/speech/scripts"),
    (replace(USE, words=Words("Good morning.", "es")), FACTS, R.SPEECH, "/terms/speech/languages"),
    (USE, with_terms(speech=Speech()), R.SPEECH, "/terms/speech/kind"),
    (USE, with_terms(speech=Speech("own_words", banned=frozenset({"good"}))), R.SPEECH, "/terms/speech/banned"),
    (replace(USE, remix=False, depth=0), with_terms(speech=Speech("?")), R.SPEECH, "/terms/speech/kind"),
    (USE, with_terms(remix=False, remix_depth=0), R.REMIX, "/terms/remix/allowed"),
    (replace(USE, remix=False), with_terms(remix=False, remix_depth=0), R.REMIX, "/terms/remix/allowed"),
    (replace(USE, depth=0), with_terms(remix_depth=0), R.REMIX, "/terms/remix/depth"),
    (replace(USE, depth=3), FACTS, R.REMIX, "/terms/remix/depth"),
    (replace(USE, training=True), FACTS, R.TRAINING, "/terms/training"),
    (USE, with_fact(adult_on=NOW), R.MINOR_SCOPE, "/terms/window/not_after"),
    (USE, with_grant(used=None), R.CHECK_FAILED, "/terms/limits/uses"),
    (USE, with_grant(used=Usage(-1, 0, 0, 0)), R.CHECK_FAILED, "/terms/limits/uses"),
    (USE, with_grant(terms=None), R.CHECK_FAILED, "/terms"),
    (USE, with_grant(ended_at=NOW + DAY), R.GRANT_WITHDRAWN, None),
    (USE, with_grant(suspended=True), R.GRANT_SUSPENDED, None),
    (USE, with_fact(blocked=True), R.BLOCKED, None),
    (USE, with_fact(disputed=True), R.AUTHORITY_DISPUTED, None),
    (USE, with_fact(excluded=True), R.NOT_IN_AUDIENCE, None),
    (USE, with_fact(state="suspended"), R.ACCOUNT_SUSPENDED, None),
    (USE, with_fact(state="withdrawn"), R.GRANT_WITHDRAWN, None),
    (USE, with_fact(state="enrolling"), R.NO_GRANT, None),
    (USE, with_fact(state="?"), R.CHECK_FAILED, None),
]


@pytest.mark.parametrize(
    ("use", "facts", "reason", "clause"), ROWS, ids=[f"{n}-{row[2]}" for n, row in enumerate(ROWS)]
)
def test_one_flaw_denies_with_its_reason_and_its_clause(use: Use, facts: Facts, reason: Reason, clause: str) -> None:
    outcome = decide(use, facts, NOW)
    assert isinstance(outcome, Deny)
    assert {(found.reason, found.clause) for found in outcome.reasons} >= {(reason, clause)}
    assert {found.reason for found in outcome.reasons} == {reason}
    assert {found.likeness for found in outcome.reasons} == {FACE}


def test_a_child_is_never_for_everybody() -> None:
    child = replace(FACT, adult_on=NOW + 9 * DAY)
    grants = with_terms(audience=Everyone()).grants
    outcome = decide(USE, Facts((child,), grants), NOW)
    assert outcome == Deny((Objection(FACE, R.MINOR_SCOPE, "/terms/audience", GRANT),))
    assert decide(USE, Facts((child,), FACTS.grants), NOW)


def test_company_is_asked_for_from_each_side() -> None:
    third = FACES[2]
    facts = Facts(
        (FACT, replace(FACT, id=third)),
        (*FACTS.grants, replace(FACTS.grants[0], id=GRANTS[1], likeness=third)),
    )
    outcome = decide(replace(USE, cast=frozenset({FACE, third})), facts, NOW)
    assert isinstance(outcome, Deny)
    assert {(found.likeness, found.clause) for found in outcome.reasons} == {
        (FACE, "/terms/company/only"),
        (third, "/terms/company/only"),
    }


VETOES = [
    {"audience": Everyone(frozenset({BEN}))},
    {"audience": Mutuals(frozenset({BEN}))},
    {"scenes": Scenes(frozenset({"romance"}), frozenset({"everyday"}))},
    {"speech": Speech(banned=frozenset({"morning"}))},
]


@pytest.mark.parametrize("veto", VETOES, ids=["everyone", "mutuals", "scenes", "banned"])
@pytest.mark.parametrize("end", ["live", "withdrawn", "over", "suspended", "to come"])
def test_a_veto_holds_over_every_other_grant_and_beyond_its_own_end(veto: dict[str, Any], end: str) -> None:
    windows = {"over": Window(NOW - 9 * DAY, NOW - DAY), "to come": Window(NOW + DAY, NOW + 2 * DAY)}
    terms = replace(TERMS, **veto, window=windows.get(end, TERMS.window))
    against = GrantFact(
        GRANTS[1], FACE, terms, NOW if end == "withdrawn" else None, Usage(0, 0, 0, 0), suspended=end == "suspended"
    )
    assert not decide(USE, Facts((FACT,), (*FACTS.grants, against)), NOW)
    assert decide(USE, Facts((FACT,), (*FACTS.grants, replace(against, likeness=OTHER))), NOW)


def test_a_companion_is_kept_out_by_either() -> None:
    both = replace(USE, cast=frozenset({FACE, OTHER}))
    open_terms = replace(TERMS, company=Company())
    grants = (GrantFact(GRANT, FACE, open_terms, used=Usage(0, 0, 0, 0)), GrantFact(
        GRANTS[1], OTHER, open_terms, used=Usage(0, 0, 0, 0)))  # fmt: skip
    likenesses = (FACT, replace(FACT, id=OTHER))
    assert decide(both, Facts(likenesses, grants), NOW)
    never = replace(TERMS, company=Company(never=frozenset({FACE})), audience=OnlyMe())
    veto = GrantFact(GRANTS[2], OTHER, never, ended_at=NOW)
    outcome = decide(both, Facts(likenesses, (*grants, veto)), NOW)
    assert isinstance(outcome, Deny)
    assert Objection(OTHER, R.CO_APPEARANCE, "/terms/company/never", GRANTS[2]) in outcome.reasons


HOUR = timedelta(hours=1)
RATE = Rate("EUR", "use", Decimal(1))


def test_every_duty_is_named_with_its_clause() -> None:
    outcome = decide(USE, with_terms(approval=HOUR, rate=RATE, credit="Ada"), NOW)
    assert isinstance(outcome, Allow)
    assert [(owed.likeness, owed.duty, owed.clause, owed.grant) for owed in outcome.obligations] == [
        ("", Duty.LABEL, None, None),
        (FACE, Duty.APPROVE, "/terms/approval", GRANT),
        (FACE, Duty.PAY, "/terms/rate", GRANT),
        (FACE, Duty.ATTRIBUTE, "/terms/credit", GRANT),
    ]


LIGHT_TO_HEAVY: list[dict[str, Any]] = [
    {},
    {"window": Window(NOW - DAY, NOW + 2 * DAY)},
    {"credit": "Ada"},
    {"rate": RATE},
    {"rate": RATE, "credit": "Ada"},
    {"approval": HOUR},
    {"approval": HOUR, "credit": "Ada"},
    {"approval": HOUR, "rate": RATE},
    {"approval": HOUR, "rate": RATE, "credit": "Ada"},
]


@pytest.mark.parametrize("heavier", range(1, len(LIGHT_TO_HEAVY)))
@pytest.mark.parametrize("first", [0, 1])
def test_of_several_covering_grants_the_one_that_asks_most_is_used(heavier: int, first: int) -> None:
    for lighter in range(heavier):
        light, heavy = (
            GrantFact(GRANTS[n], FACE, replace(TERMS, **LIGHT_TO_HEAVY[which]), used=Usage(0, 0, 0, 0))
            for n, which in ((first, lighter), (1 - first, heavier))
        )
        outcome = decide(USE, Facts((FACT,), (light, heavy)), NOW)
        assert isinstance(outcome, Allow)
        assert outcome.grants == ((FACE, heavy.id),)


# --- for all facts ---------------------------------------------------------------------------------------------------
SEEDS = range(8)
EACH = 40


def cases(seed: int) -> Iterator[tuple[Draw, Use, Facts]]:
    for n in range(seed * EACH, (seed + 1) * EACH):
        draw = Draw(n)
        yield (draw, *(draw.asked() if n % 4 else (draw.use(), draw.facts())))


def less(facts: Facts) -> Iterator[tuple[str, Facts]]:
    """Yield every way to take one thing away from what is known."""
    for n, grant in enumerate(facts.grants):
        before, after = facts.grants[:n], facts.grants[n + 1 :]
        child = any(one.adult_on is not None for one in facts.likenesses)
        ways = [("ended", replace(grant, ended_at=NOW)), ("suspended", replace(grant, suspended=True))]
        ways += [("unread", replace(grant, terms=None)), ("uncounted", replace(grant, used=None))]
        for pointer, terms in narrowed(grant.terms) if grant.terms is not None else ():
            # What a child may not sign becomes what a child may sign: such a grant should not exist at all.
            if not (child and pointer in {"/terms/window/not_after", "/terms/audience"}):
                ways.append((pointer, replace(grant, terms=terms)))
        yield from ((why, Facts(facts.likenesses, (*before, way, *after))) for why, way in ways)
    for n, fact in enumerate(facts.likenesses):
        known = facts.likenesses[:n], facts.likenesses[n + 1 :]
        for change in ({"blocked": True}, {"disputed": True}, {"excluded": True}, {"mutual": None}, {"mutual": False}):
            yield str(change), Facts((*known[0], replace(fact, **change), *known[1]), facts.grants)
        if sum(one.id == fact.id for one in facts.likenesses) == 1:
            yield "absent", Facts(known[0] + known[1], facts.grants)


@pytest.mark.parametrize("seed", SEEDS)
def test_taking_anything_away_never_allows_more(seed: int) -> None:
    tried: set[str] = set()
    for _, use, facts in cases(seed):
        allowed = bool(decide(use, facts, NOW))
        for why, way in less(facts):
            tried.add(why)
            assert allowed or not decide(use, way, NOW), why
    assert len(tried) > 25


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_facts_never_matters(seed: int) -> None:
    for draw, use, facts in cases(seed):
        shuffled = Facts(
            tuple(draw.random.sample(facts.likenesses, len(facts.likenesses))),
            tuple(draw.random.sample(facts.grants, len(facts.grants))),
        )
        assert decide(use, shuffled, NOW) == decide(use, facts, NOW)


ODD: list[object] = [
    None, True, 0, -1, 2.5, math.nan, math.inf, Decimal("NaN"), "", "?", b"x", [], [1], {}, {"a": 1}, (), object(), NOW,
    NOW.replace(tzinfo=None), NOW.date(), DAY, frozenset({1}), {None},
]  # fmt: skip


def oddities(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any of our dataclasses
    """Yield the value with each of its fields, and of the fields' fields, as something it should not be."""
    for field in fields(value):
        inner = getattr(value, field.name)
        for odd in ODD:
            yield field.name, replace(value, **{field.name: odd})
        if hasattr(inner, "__dataclass_fields__"):
            yield from ((f"{field.name}.{name}", replace(value, **{field.name: odd})) for name, odd in oddities(inner))


def test_no_value_of_any_field_is_an_error() -> None:
    for _, use in oddities(USE):
        assert isinstance(decide(use, FACTS, NOW), Allow | Deny)
    for _, fact in oddities(FACT):
        assert isinstance(decide(USE, Facts((fact,), FACTS.grants), NOW), Allow | Deny)
    for _, grant in oddities(FACTS.grants[0]):
        assert isinstance(decide(USE, Facts((FACT,), (grant,)), NOW), Allow | Deny)
    for at in ODD:
        if at is not NOW:
            assert not decide(USE, FACTS, at)  # type: ignore[arg-type]  # the point


@pytest.mark.parametrize("odd", [None, math.nan, "?", (), NOW], ids=["none", "nan", "word", "tuple", "time"])
@pytest.mark.parametrize("name", ["state", "blocked", "disputed", "excluded"])
def test_a_fact_about_a_likeness_that_is_not_known_denies(name: str, odd: object) -> None:
    assert not decide(USE, with_fact(**{name: odd}), NOW)


@pytest.mark.parametrize("odd", [None, math.nan, "?", (), NOW], ids=["none", "nan", "word", "tuple", "time"])
def test_a_fact_about_a_grant_that_is_not_known_denies(odd: object) -> None:
    assert not decide(USE, with_grant(suspended=odd), NOW)
    assert not decide(USE, with_grant(terms=odd), NOW)
    assert not decide(USE, with_grant(used=odd), NOW)
    assert not decide(replace(USE, seconds=odd), FACTS, NOW)  # type: ignore[arg-type]  # the point
    assert not decide(replace(USE, depth=odd), FACTS, NOW)  # type: ignore[arg-type]  # the point
    if odd is not None:
        assert not decide(USE, with_grant(ended_at=odd), NOW)
    for counted in range(2):
        numbers: list[Any] = [0, 0, 0, 0]
        numbers[counted] = odd
        assert not decide(USE, with_grant(used=Usage(*numbers)), NOW)


def test_every_reason_of_a_clause_has_its_row() -> None:
    """Those about approvals are said at gate 3, and nobody declared is not about a clause."""
    elsewhere = {R.APPROVAL_PENDING, R.APPROVAL_REFUSED, R.APPROVAL_TIMED_OUT, R.NO_APPEARANCE, R.CO_APPEARANCE}
    elsewhere.add(R.UNKNOWN_AT_THAT_POINT)  # of the past alone (`consent.past`)
    assert set(policy.Reason) - {row[2] for row in ROWS} == elsewhere
