"""Terms that can be signed and uses that come near them, drawn from a seed, among the people of one world."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from consent import vocabulary
from consent.speech import Words
from consent.terms import (
    Audience,
    Company,
    Everyone,
    Limits,
    Mutuals,
    Named,
    NamedParty,
    OnlyMe,
    Scenes,
    Speech,
    Terms,
    Window,
)  # fmt: skip
from consent.use import Use
from tests.consent.anything import BANNED, CAMPAIGNS, GRANTABLE, LANGUAGES, PLACES, SAID
from tests.consent.draw import RATE, Draw

if TYPE_CHECKING:
    from tests.consent.reference_ledger import Model

HOUR = timedelta(hours=1)
SCENES = ["everyday", "violence", "crime"]
PURPOSES = ["satire", "education", "advertising"]


class Lives(Draw):
    """Draw for one step. Most fields are open, so that most of what is asked meets a grant that could cover it."""

    def __init__(self, seed: str, parties: Sequence[str], faces: Sequence[str]) -> None:
        self.random = random.Random(seed)
        self.parties, self.faces = parties, faces

    def coin(self) -> bool:
        return self.random.random() < 0.5

    def seldom[T](self, value: T, otherwise: T) -> T:
        return value if self.random.random() < 0.2 else otherwise

    def weighted[T](self, of: Sequence[tuple[int, T]]) -> T:
        return self.random.choices([one for _, one in of], [weight for weight, _ in of])[0]

    def grantable(self, now: datetime, actives: Sequence[str]) -> Terms:
        """Draw terms that end after now and half an hour off any whole number of hours from it."""
        base = now.replace(second=0, microsecond=0) + HOUR / 2
        start = base - self.integer(0, 4) * HOUR if self.often() else base
        window = Window(start, base + self.integer(0 if start < base else 1, 8) * HOUR)
        if self.integer(1, 4) == 1:
            parties = tuple(replace(one, uses=None, seconds=None) for one in self.places(window))
            audience: Audience = Named(parties) if self.often() else OnlyMe()
            remix = self.coin()
            depth = vocabulary.MAX_DEPTH if remix else 0
            return Terms(audience, window, self.some(PURPOSES, 1), remix, remix_depth=depth, version=1)
        return self.signable(self.full(window, actives))

    def full(self, window: Window, actives: Sequence[str]) -> Terms:
        remix = self.coin()
        allowed = self.seldom(self.some(GRANTABLE, 1), frozenset({*SCENES}))
        said = Speech("scripts", self.some(SAID, 1)) if self.coin() else Speech("own_words")
        languages = self.seldom(self.some(LANGUAGES, 1), None)
        said = replace(said, banned=self.seldom(self.some(BANNED), frozenset()), languages=languages)
        return Terms(
            audience=self.audience_of(window),
            window=window,
            purposes=frozenset(PURPOSES) if self.often() else self.some(PURPOSES, 1),
            remix=remix,
            remix_depth=self.integer(1, 3) if remix else 0,
            limits=self.seldom(Limits(self.maybe(self.integer(1, 3)), self.maybe(self.integer(4, 12)), None), Limits())
            if self.coin() else Limits(uses=self.maybe(self.integer(1, 3))),
            campaigns=self.seldom(self.some(CAMPAIGNS, 1), None),
            territories=self.seldom(self.some(PLACES, 1), None),
            modalities=self.seldom(self.some(vocabulary.MODALITIES, 1), frozenset(vocabulary.MODALITIES)),
            scenes=Scenes(allowed, self.seldom(self.some(SCENES), frozenset())),
            speech=said,
            company=Company(self.seldom(self.some(actives), frozenset()), self.seldom(self.some(actives), None)),
            after_end=self.one(vocabulary.AFTER_END),
            approval=self.maybe(timedelta(hours=2)),
            training=self.seldom(value=True, otherwise=False),
            rate=self.maybe(RATE),
            credit=self.maybe("Ada Example"),
        )  # fmt: skip

    def audience_of(self, window: Window) -> Audience:
        left_out = self.seldom(self.some(self.parties), frozenset())
        kinds: list[tuple[int, Audience]] = [
            (6, Named(self.places(window))),
            (3, Mutuals(left_out)),
            (2, Everyone(left_out)),
            (1, OnlyMe()),
        ]
        return self.weighted(kinds)

    def places(self, window: Window) -> tuple[NamedParty, ...]:
        hours = (window.not_after - window.not_before) // HOUR
        return tuple(
            NamedParty(
                one,
                self.seldom(window.not_before + self.integer(1, max(hours, 1)) * HOUR, None) if hours else None,
                self.seldom(self.integer(1, 2), None),
                self.seldom(self.integer(4, 9), None),
            )
            for one in sorted(self.some(self.parties, 1))
        )

    def signable(self, terms: Terms) -> Terms:
        """Return terms that do not contradict themselves."""
        window, audience = terms.window, terms.audience
        if isinstance(audience, Named):
            ends = ((one, one.not_after) for one in audience.parties)
            audience = Named(
                tuple(
                    replace(one, not_after=end if end and window.not_before < end <= window.not_after else None)
                    for one, end in ends
                )
            )
        scenes = Scenes(terms.scenes.allowed, terms.scenes.denied - terms.scenes.allowed)
        only = terms.company.only
        company = Company(terms.company.never, None if only is None else only - terms.company.never)
        return replace(terms, audience=audience, scenes=scenes, company=company)

    def likely_use(self, model: Model) -> Use:
        """Draw a use whose cast is mostly of likenesses with grants, by somebody whom one of them may name."""
        living = [one for one in self.faces if model.state(one) == "active"]
        cast = self.random.sample(living or list(self.faces), self.one([1, 1, 1, 2]) if len(living) > 1 else 1)
        if not self.often():
            cast = self.random.sample(list(self.faces), self.integer(1, 3))
        speaks = self.seldom(Words(self.one(SAID), self.one(LANGUAGES)), None)
        return Use(
            cast=frozenset(cast),
            client=self.one(self.parties),
            purpose=self.one(PURPOSES),
            remix=self.seldom(value=True, otherwise=False),
            seconds=self.integer(1, 5),
            depth=self.seldom(self.integer(0, 2), 0),
            modalities=self.seldom(tuple((one, self.some(vocabulary.MODALITIES, 1)) for one in sorted(cast)[:1]), ()),
            scenes=self.seldom(self.some(SCENES, 1), frozenset({"everyday"})),
            territories=self.seldom(self.some(PLACES, 1), None),
            campaign=self.seldom(self.one(CAMPAIGNS), None),
            words=speaks,
            training=self.seldom(value=True, otherwise=False),
            counted=self.seldom(value=True, otherwise=False),
        )
