"""Grants of every shape that can be signed, for the tests of the exports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from consent import vocabulary
from consent.exports.granted import Granted
from consent.terms import (
    Audience,
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

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

BASE = "https://countenance.example"
START = datetime(2026, 11, 22, 12, tzinfo=UTC)
IDS = [f"0000000{n}-0000-4000-8000-000000000000" for n in range(1, 9)]
GRANT, LIKENESS, GRANTOR, BEN, CLEO, DAN, OTHER, OLD = IDS
SCENES = [scene for scene in vocabulary.SCENES if scene not in vocabulary.NEVER_GRANTED]
TIMES = st.integers(1, 3000 * 86400).map(lambda seconds: START + timedelta(seconds=seconds))
COUNTS = st.none() | st.integers(1, vocabulary.MAX_COUNT)


def some(values: list[str] | tuple[str, ...], least: int = 0) -> SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), min_size=least)


@st.composite
def parties(draw: DrawFn, end: datetime, *, limited: bool) -> tuple[NamedParty, ...]:
    chosen = draw(st.lists(st.sampled_from([GRANTOR, BEN, CLEO, DAN]), min_size=1, unique=True))
    return tuple(
        NamedParty(
            party,
            draw(st.none() | st.just(end) | TIMES.filter(lambda at: at <= end)),
            draw(COUNTS) if limited else None,
            draw(COUNTS) if limited else None,
        )
        for party in chosen
    )


@st.composite
def audiences(draw: DrawFn, end: datetime, version: int) -> Audience:
    kind = draw(st.sampled_from(["only_me", "named", "mutuals", "everyone"][: 4 if version > 1 else 2]))
    if kind == "only_me":
        return OnlyMe()
    if kind == "named":
        return Named(draw(parties(end, limited=version > 1)))
    excluded = draw(some([BEN, CLEO]))
    return Mutuals(excluded) if kind == "mutuals" else Everyone(excluded)


@st.composite
def rates(draw: DrawFn) -> Rate:
    amount = draw(st.sampled_from(["0.05", "1", "10.5", "999999999.999999"]).map(Decimal))
    shares = draw(
        st.sampled_from(
            [(), ((GRANTOR, "1"),), ((GRANTOR, "0.7"), (BEN, "0.3")), ((BEN, "0.333333"), (CLEO, "0.666667"))]
        )
    )
    currency, per = draw(st.sampled_from(["EUR", "USD"])), draw(st.sampled_from(vocabulary.RATE_PER))
    return Rate(currency, per, amount, tuple(Share(party, Decimal(part)) for party, part in shares))


@st.composite
def speeches(draw: DrawFn) -> Speech:
    kind = draw(st.sampled_from(vocabulary.SPEECH))
    scripts = (
        draw(some(["cn:none", "https://a.example/x", "Hello, I am Ada."], 1)) if kind == "scripts" else frozenset()
    )
    languages = draw(st.none() | some(["en", "es"], 1))
    return Speech(kind, scripts, draw(some(["cheap", "vote"])), languages)


@st.composite
def terms_1(draw: DrawFn) -> Terms:
    end = draw(TIMES)
    return Terms(
        draw(audiences(end, 1)),
        Window(START, end),
        draw(some(vocabulary.PURPOSES, 1)),
        remix := draw(st.booleans()),
        vocabulary.MAX_DEPTH * remix,
        version=1,
    )


@st.composite
def terms_2(draw: DrawFn) -> Terms:
    end = draw(TIMES)
    depth = draw(st.integers(0, vocabulary.MAX_DEPTH))
    seconds = draw(COUNTS)
    allowed = draw(some(SCENES, 1))
    never = draw(some([OTHER, OLD]))
    return Terms(
        audience=draw(audiences(end, 2)),
        window=Window(START, end),
        purposes=draw(some(vocabulary.PURPOSES, 1)),
        remix=depth > 0,
        remix_depth=depth,
        limits=Limits(draw(COUNTS), seconds, draw(st.none() | st.integers(1, seconds or 99))),
        campaigns=draw(st.none() | some(["spring-2027", "a"], 1)),
        territories=draw(st.none() | some(["IE", "US", "MX"], 1)),
        modalities=draw(some(vocabulary.MODALITIES, 1)),
        scenes=Scenes(allowed, draw(some(vocabulary.SCENES)) - allowed),
        speech=draw(speeches()),
        company=Company(never, draw(st.none() | some([OTHER, OLD]).map(lambda only: only - never))),
        after_end=draw(st.sampled_from(vocabulary.AFTER_END)),
        approval=draw(st.none() | st.integers(1, vocabulary.MAX_APPROVAL_HOURS).map(lambda n: timedelta(hours=n))),
        training=draw(st.booleans()),
        rate=draw(st.none() | rates()),
        credit=draw(st.none() | st.sampled_from(["Ada Example", "cn:credit"])),
        description=draw(st.sampled_from(["", "Trailers of one film."])),
        representation=draw(st.sampled_from(vocabulary.REPRESENTATION)),
    )


def granted(terms: Terms, supersedes: str | None = None) -> Granted:
    return Granted(GRANT, LIKENESS, GRANTOR, START, supersedes, terms)


GRANTS = st.builds(granted, terms_1() | terms_2(), st.none() | st.just(OLD))

FULL = granted(
    Terms(
        audience=Named((NamedParty(BEN, START + timedelta(days=9), 5, 60), NamedParty(CLEO))),
        window=Window(START, START + timedelta(days=30)),
        purposes=frozenset({"advertising", "satire"}),
        remix=True,
        remix_depth=2,
        limits=Limits(100, 600, 20),
        campaigns=frozenset({"spring-2027"}),
        territories=frozenset({"IE", "MX"}),
        modalities=frozenset({"face", "voice"}),
        scenes=Scenes(frozenset({"everyday", "endorsement"}), frozenset({"politics"})),
        speech=Speech("scripts", frozenset({"Hello, I am Ada."}), frozenset({"vote"}), frozenset({"en"})),
        company=Company(frozenset({OTHER}), frozenset()),
        after_end="delete",
        approval=timedelta(hours=48),
        rate=Rate("EUR", "second", Decimal("0.05"), (Share(GRANTOR, Decimal("0.8")), Share(DAN, Decimal("0.2")))),
        credit="Ada Example",
        description="Trailers of one film.",
        representation="union",
    ),
    supersedes=OLD,
)
EVERYONE = granted(
    Terms(
        audience=Everyone(frozenset({BEN})),
        window=Window(START, START + timedelta(days=30)),
        purposes=frozenset({"satire"}),
        remix=False,
        remix_depth=0,
        limits=Limits(uses=100),
        training=True,
    )
)
OLDER = granted(
    Terms(
        OnlyMe(),
        Window(START, START + timedelta(days=30)),
        frozenset({"personal"}),
        remix=False,
        remix_depth=0,
        version=1,
    )
)
