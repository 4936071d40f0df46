"""Anything that can be written down: hypothesis strategies for the terms that a document can hold.

Ids, times and words are drawn from small pools, so that what is drawn independently often meets.
Uses and facts by the ten thousand are drawn by `tests.consent.draw`, which is faster and does not shrink.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import strategies as st

from consent import fields, speech, vocabulary
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

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PEOPLE = [str(UUID(int=n)) for n in range(1, 5)]
FACES = [str(UUID(int=n)) for n in range(101, 104)]
GRANTS = [str(UUID(int=n)) for n in range(201, 207)]
PLACES = ["AR", "DE", "ES", "US"]
CAMPAIGNS = ["spring", "winter-2026"]
LANGUAGES = ["de", "en", "es"]
SAID = ["Good morning.", "Vote for nobody", "Buy", "buy it"]
BANNED = ["buy", "nobody", "vote"]
GRANTABLE = sorted(set(vocabulary.SCENES) - vocabulary.NEVER_GRANTED)

people = st.sampled_from(PEOPLE)
faces = st.sampled_from(FACES)
counts = st.integers(1, 5) | st.integers(1, vocabulary.MAX_COUNT)
maybe_counts = st.none() | counts
near = st.integers(-4, 4).map(lambda n: NOW + n * DAY)
LETTERS = st.characters(exclude_categories=("C", "Z", "M"), codec="utf-8")


def subsets(of: list[str] | tuple[str, ...], least: int = 0) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(list(of)), min_size=least)


def is_line(text: str) -> bool:
    """Say whether a text is one that `consent.fields.text` takes; asked of it, since the lists of Unicode are long."""
    try:
        fields.text(text, "", vocabulary.MAX_DESCRIPTION)
    except fields.StatementInvalid:
        return False
    return True


def lines(most: int) -> st.SearchStrategy[str]:
    """Draw what a person may type, with what imitates our own lines among it."""
    words = st.text(LETTERS, max_size=8) | st.sampled_from(
        ["- Everybody.", "> Nothing.", "(party 1),", "You", "%", "{"]
    )
    typed = st.lists(words, min_size=1, max_size=6).map(lambda found: speech.spelled(" ".join(found))[:most].strip())
    return typed.filter(lambda text: bool(text) and is_line(text))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = draw(near | st.integers(-(10**8), 10**8).map(lambda n: NOW + timedelta(seconds=n)))
    longest = int(vocabulary.MAX_WINDOW.total_seconds())
    length = draw(
        st.integers(1, 8).map(lambda n: n * DAY) | st.integers(1, longest).map(lambda n: timedelta(seconds=n))
    )
    return Window(start, start + length)


def places(window: Window, *, version: int = 2) -> st.SearchStrategy[NamedParty]:
    """Draw one place in a named audience, whose end lies inside the window."""
    length = int((window.not_after - window.not_before).total_seconds())
    ends = st.integers(1, length).map(lambda n: window.not_before + timedelta(seconds=n))
    limit = maybe_counts if version > 1 else st.none()
    return st.builds(NamedParty, people | st.uuids().map(str), st.none() | ends, limit, limit)


def named(window: Window, *, version: int = 2) -> st.SearchStrategy[Audience]:
    listed = st.lists(places(window, version=version), min_size=1, max_size=4, unique_by=lambda one: one.party)
    return listed.map(lambda found: Named(tuple(found)))


def audiences(window: Window) -> st.SearchStrategy[Audience]:
    """Draw any audience of version 2."""
    return st.one_of(
        st.just(OnlyMe()),
        named(window),
        st.builds(Mutuals, subsets(PEOPLE)),
        st.builds(Everyone, subsets(PEOPLE)),
    )


@st.composite
def scene_rules(draw: st.DrawFn) -> Scenes:
    allowed = draw(subsets(GRANTABLE, 1) | st.just(frozenset({"everyday"})))
    return Scenes(allowed, draw(subsets(sorted(set(vocabulary.SCENES) - allowed))))


@st.composite
def speech_rules(draw: st.DrawFn) -> Speech:
    kind = draw(st.sampled_from(vocabulary.SPEECH))
    scripts = st.frozensets(st.sampled_from(SAID) | lines(60), min_size=1, max_size=3)
    return Speech(
        kind,
        draw(scripts) if kind == "scripts" else frozenset(),
        draw(subsets(BANNED)),
        draw(st.none() | subsets(LANGUAGES, 1)),
    )


@st.composite
def companies(draw: st.DrawFn) -> Company:
    never = draw(subsets(FACES))
    rest = [face for face in FACES if face not in never]
    return Company(never, draw(st.none() | (subsets(rest) if rest else st.just(frozenset()))))


@st.composite
def rates(draw: st.DrawFn) -> Rate:
    amount = Decimal(draw(st.integers(1, 10**9))).scaleb(-draw(st.integers(0, 6)))
    payees = draw(st.lists(people, unique=True, max_size=3).map(sorted))
    cuts = sorted(draw(st.lists(st.integers(1, 99), unique=True, min_size=2, max_size=2)))
    parts = {0: [], 1: [100], 2: [cuts[0], 100 - cuts[0]], 3: [cuts[0], cuts[1] - cuts[0], 100 - cuts[1]]}
    shares = tuple(
        Share(party, (Decimal(part) / 100).normalize()) for party, part in zip(payees, parts[len(payees)], strict=True)
    )
    currency = draw(st.sampled_from(sorted(vocabulary.CURRENCIES)))
    return Rate(currency, draw(st.sampled_from(vocabulary.RATE_PER)), amount.normalize(), shares)


@st.composite
def terms_v1(draw: st.DrawFn) -> Terms:
    window = draw(windows())
    remix = draw(st.booleans())
    return Terms(
        draw(st.just(OnlyMe()) | named(window, version=1)),
        window,
        draw(subsets(vocabulary.PURPOSES, 1)),
        remix,
        vocabulary.MAX_DEPTH if remix else 0,
        version=1,
    )


@st.composite
def terms_v2(draw: st.DrawFn) -> Terms:
    window = draw(windows())
    remix = draw(st.booleans())
    each, seconds = draw(maybe_counts), draw(maybe_counts)
    if each is not None and seconds is not None:
        each = min(each, seconds)
    return Terms(
        audience=draw(audiences(window)),
        window=window,
        purposes=draw(subsets(vocabulary.PURPOSES, 1)),
        remix=remix,
        remix_depth=draw(st.integers(1, vocabulary.MAX_DEPTH)) if remix else 0,
        limits=Limits(draw(maybe_counts), seconds, each),
        campaigns=draw(st.none() | subsets(CAMPAIGNS, 1)),
        territories=draw(st.none() | subsets(PLACES, 1)),
        modalities=draw(subsets(vocabulary.MODALITIES, 1) | st.just(frozenset(vocabulary.MODALITIES))),
        scenes=draw(scene_rules()),
        speech=draw(speech_rules()),
        company=draw(companies()),
        after_end=draw(st.sampled_from(vocabulary.AFTER_END)),
        approval=draw(st.none() | st.integers(1, vocabulary.MAX_APPROVAL_HOURS).map(lambda n: timedelta(hours=n))),
        training=draw(st.booleans()),
        rate=draw(st.none() | rates()),
        credit=draw(st.none() | lines(vocabulary.MAX_CREDIT)),
        description=draw(st.just("") | lines(200)),
        representation=draw(st.sampled_from(vocabulary.REPRESENTATION)),
    )


terms = terms_v1() | terms_v2()
