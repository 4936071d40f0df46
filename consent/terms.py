"""The terms of a grant: what is permitted, to whom, where, how often, until when, and what follows.

Pure. Values only: reading them out of a signed document belongs to `consent.terms_document`, saying them in words to
`consent.wording`, judging a use by them to `consent.policy`.

The vocabulary is closed. What a grant does not say is not permitted, so a new term may be added to the format without
widening any grant that was signed before it existed. The defaults below are therefore what terms of version 1 mean,
which could say none of these things: the narrowest reading of "videos that show your likeness".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from consent import vocabulary

VERSION: Final = 2  # 1 is still read


@dataclass(frozen=True, slots=True)
class NamedParty:
    """One party in a named audience, with limits of its own inside those of the grant. None: no limit of its own."""

    party: str
    not_after: datetime | None = None
    uses: int | None = None
    seconds: int | None = None  # rendered seconds, all its uses together


@dataclass(frozen=True, slots=True)
class Named:
    """Only the parties listed. The holder is not among them unless listed."""

    parties: tuple[NamedParty, ...]


@dataclass(frozen=True, slots=True)
class OnlyMe:
    """Only the holder of the likeness."""


@dataclass(frozen=True, slots=True)
class Mutuals:
    """Whoever has, by a grant that stands, named the holder in turn."""

    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Everyone:
    """Anybody with an account."""

    excluded: frozenset[str] = frozenset()


Audience = Named | OnlyMe | Mutuals | Everyone


@dataclass(frozen=True, slots=True)
class Window:
    """From `not_before`, included, to `not_after`, excluded."""

    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """How much in all, whoever asks. None: no limit."""

    uses: int | None = None
    seconds: int | None = None  # rendered seconds, all uses together
    seconds_each: int | None = None


@dataclass(frozen=True, slots=True)
class Scenes:
    """Scene classes. A use shows only `allowed` ones; one of `denied` is refused whatever another grant allows."""

    allowed: frozenset[str] = frozenset({"everyday"})
    denied: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Speech:
    """What the likeness may be made to say.

    kind:      `none`; `scripts`: only these texts; `own_words`: whatever the asker writes
    scripts:   the approved texts, as `consent.speech` spells them: who signs reads them
    banned:    words, in lower case, that are never said, whatever another grant allows
    languages: primary language subtags (BCP 47); None: any
    """

    kind: str = "none"
    scripts: frozenset[str] = frozenset()
    banned: frozenset[str] = frozenset()
    languages: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """Whose likeness may be in the same video. `never` holds whatever another grant allows. `only` None: anybody's."""

    never: frozenset[str] = frozenset()
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A party's part of a rate, between 0 and 1."""

    party: str
    part: Decimal


@dataclass(frozen=True, slots=True)
class Rate:
    """What a use costs: `amount` of `currency` (ISO 4217) for each second, use or view, split as `shares` say.

    The shares sum to one. None given: all of it is the grantor's.
    """

    currency: str
    per: str
    amount: Decimal
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that one grant permits.

    campaigns, territories: None: not limited to any; territories are ISO 3166-1 alpha-2 codes
    remix_depth: how many videos of videos, counted from a video that has no parent; 0 where `remix` is False
    approval:    the holder sees each video first and has this long to say yes; None: no approval of each
    credit:      the line that names the person wherever the video is shown; None: none is asked for
    """

    audience: Audience
    window: Window
    purposes: frozenset[str]
    remix: bool
    remix_depth: int = vocabulary.MAX_DEPTH
    limits: Limits = field(default_factory=Limits)
    campaigns: frozenset[str] | None = None
    territories: frozenset[str] | None = None
    modalities: frozenset[str] = frozenset(vocabulary.MODALITIES)
    scenes: Scenes = field(default_factory=Scenes)
    speech: Speech = field(default_factory=Speech)
    company: Company = field(default_factory=Company)
    after_end: str = "hide"
    approval: timedelta | None = None
    training: bool = False
    rate: Rate | None = None
    credit: str | None = None
    description: str = ""
    representation: str = "none"
    version: int = VERSION


def parties_of(terms: Terms) -> frozenset[str]:
    """Return the ids of the parties that the audience names as permitted."""
    if isinstance(terms.audience, Named):
        return frozenset(named.party for named in terms.audience.parties)
    return frozenset()


def parties_mentioned(terms: Terms) -> dict[str, str]:
    """Return all parties that the terms speak of (permitted, left out or paid), each with the pointer to it."""
    mentioned: dict[str, str] = {}
    match terms.audience:
        case Named(parties=parties):
            mentioned |= {named.party: f"/terms/audience/parties/{n}/party" for n, named in enumerate(parties)}
        case Mutuals(excluded=excluded) | Everyone(excluded=excluded):
            mentioned |= {party: f"/terms/audience/except/{n}" for n, party in enumerate(sorted(excluded))}
    if terms.rate is not None:
        mentioned |= {share.party: f"/terms/rate/split/{n}/party" for n, share in enumerate(terms.rate.shares)}
    return mentioned


def likenesses_mentioned(terms: Terms) -> dict[str, str]:
    """Return all likenesses that the terms speak of, each with the pointer to it."""
    never, only = terms.company.never, terms.company.only or frozenset()
    mentioned = {one: f"/terms/company/never/{n}" for n, one in enumerate(sorted(never))}
    return mentioned | {one: f"/terms/company/only/{n}" for n, one in enumerate(sorted(only))}


def is_counted(terms: Terms) -> bool:
    """Say whether the terms limit anything in number."""
    places = terms.audience.parties if isinstance(terms.audience, Named) else ()
    limits = (terms.limits.uses, terms.limits.seconds, *(n for place in places for n in (place.uses, place.seconds)))
    return any(limit is not None for limit in limits)


def has_vetoes(terms: Terms) -> bool:
    """Say whether the terms forbid anything outright: for other grants too, and beyond their own end."""
    left_out = isinstance(terms.audience, Mutuals | Everyone) and terms.audience.excluded
    return bool(left_out or terms.scenes.denied or terms.company.never or terms.speech.banned)


def is_broad(terms: Terms) -> bool:
    """Say whether the terms reach so far that a signature alone does not do: a fresh proof of the person is needed."""
    return (
        isinstance(terms.audience, Everyone)
        or bool(terms.purposes & vocabulary.BROAD_PURPOSES)
        or bool(terms.scenes.allowed & vocabulary.BROAD_SCENES)
        or terms.training
    )
