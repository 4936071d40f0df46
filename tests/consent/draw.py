"""Uses, terms and facts by the ten thousand, out of one seed each: the same numbers give the same case again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from consent import vocabulary
from consent.policy import Facts, GrantFact, LikenessFact, Usage
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
    Rate,
    Scenes,
    Speech,
    Terms,
    Window,
)
from consent.use import Use
from tests.consent.anything import (
    BANNED,
    CAMPAIGNS,
    DAY,
    FACES,
    GRANTABLE,
    GRANTS,
    LANGUAGES,
    NOW,
    PEOPLE,
    PLACES,
    SAID,
)

RATE = Rate("EUR", "use", Decimal("0.5"))


class Draw:
    """One case. Most of what it draws is near the edge of being allowed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def integer(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def one[T](self, of: Sequence[T]) -> T:
        return self.random.choice(of)

    def often(self) -> bool:
        return self.random.random() < 0.9

    def some(self, of: Sequence[str], least: int = 0) -> frozenset[str]:
        return frozenset(self.random.sample(list(of), self.integer(least, len(of))))

    def near(self) -> datetime:
        return NOW + self.integer(-4, 4) * DAY

    def maybe[T](self, value: T) -> T | None:
        return self.one([None, value])

    def words(self) -> Words | None:
        return self.maybe(Words(self.one([*SAID, "good", ""]), self.one([*LANGUAGES, "?"])))

    def use(self) -> Use:
        """Draw any use."""
        return Use(
            cast=self.some(FACES),
            client=self.one(PEOPLE),
            purpose=self.one([*vocabulary.PURPOSES, "?"]),
            remix=self.one([True, False]),
            seconds=self.integer(0, 8),
            depth=self.integer(-1, 3),
            modalities=tuple(
                (self.one(FACES), self.some([*vocabulary.MODALITIES, "?"])) for _ in range(self.integer(0, 2))
            ),
            scenes=self.some([*vocabulary.SCENES, "?"]),
            territories=self.maybe(self.some([*PLACES, "FR"])),
            campaign=self.one([None, *CAMPAIGNS, "autumn"]),
            words=self.words(),
            training=self.one([True, False]),
            counted=self.one([True, False]),
        )

    def audience(self) -> Audience:
        listed = tuple(
            NamedParty(one, self.maybe(self.near()), self.maybe(self.integer(1, 5)), self.maybe(self.integer(1, 9)))
            for one in sorted(self.some(PEOPLE))
        )
        kinds: list[Audience] = [OnlyMe(), Named(listed), Mutuals(self.some(PEOPLE)), Everyone(self.some(PEOPLE))]
        return self.one(kinds)

    def terms(self) -> Terms:
        """Draw any terms, also some that no document can hold."""
        kind, remix = self.one([*vocabulary.SPEECH, "?"]), self.one([True, False])
        start = self.near()
        return Terms(
            audience=self.audience(),
            window=Window(start, start + self.integer(1, 8) * DAY),
            purposes=self.some(vocabulary.PURPOSES),
            remix=remix,
            remix_depth=self.integer(0, 3) if remix else 0,
            limits=Limits(*(self.maybe(self.integer(1, 9)) for _ in range(3))),
            campaigns=self.maybe(self.some(CAMPAIGNS)),
            territories=self.maybe(self.some(PLACES)),
            modalities=self.some(vocabulary.MODALITIES),
            scenes=Scenes(self.some(vocabulary.SCENES), self.some(vocabulary.SCENES)),
            speech=Speech(kind, self.some(SAID), self.some(BANNED), self.maybe(self.some(LANGUAGES))),
            company=Company(self.some(FACES), self.maybe(self.some(FACES))),
            after_end=self.one(vocabulary.AFTER_END),
            approval=self.maybe(timedelta(hours=self.integer(1, 48))),
            training=self.one([True, False]),
            rate=self.maybe(RATE),
            credit=self.maybe("Ada Example"),
        )

    def likeness(self) -> LikenessFact:
        return LikenessFact(
            self.one(FACES),
            self.one(PEOPLE),
            self.one(["enrolling", "active", "suspended", "withdrawn", "?"]),
            self.integer(0, 1),
            self.one([None, True, False]),
            excluded=not self.often(),
            blocked=not self.often(),
            disputed=not self.often(),
            adult_on=None if self.often() else self.near(),
        )

    def usage(self) -> Usage | None:
        return Usage(*(self.integer(0, 6) for _ in range(4))) if self.often() else None

    def grant(self) -> GrantFact:
        return GrantFact(
            self.one(GRANTS),
            self.one(FACES),
            self.terms() if self.often() else None,
            None if self.often() else self.near(),
            self.usage(),
            not self.often(),
        )

    def facts(self) -> Facts:
        """Draw any facts."""
        return Facts(
            tuple(self.likeness() for _ in range(self.integer(0, 4))),
            tuple(self.grant() for _ in range(self.integer(0, 5))),
        )

    def asked(self) -> tuple[Use, Facts]:
        """Draw a use, and facts that cover most of it: drawn apart the two would hardly ever agree."""
        use = replace(
            self.use(),
            cast=self.some(FACES, 1),
            purpose=self.one(vocabulary.PURPOSES),
            seconds=self.integer(1, 6),
            depth=self.integer(0, 2),
            modalities=(),
            scenes=self.some(GRANTABLE, 1),
            territories=self.maybe(self.some(PLACES, 1)),
        )
        likenesses = tuple(LikenessFact(face, self.one(PEOPLE), "active", 0, mutual=True) for face in sorted(use.cast))
        grants = [
            GrantFact(GRANTS[2 * n + m], fact.id, self.fitting(use), used=Usage(1, 4, 1, 4))
            for n, fact in enumerate(likenesses)
            for m in range(self.integer(1, 2))
        ]
        if not self.often():
            grants.append(self.grant())
        return use, Facts(likenesses, tuple({grant.id: grant for grant in grants}.values()))

    def fitting(self, use: Use) -> Terms:
        """Draw terms that cover the use but for a field that is now and then drawn freely."""
        place = NamedParty(use.client, self.maybe(NOW + self.integer(1, 9) * DAY), self.maybe(5), self.maybe(19))
        free = self.terms()
        fitting: dict[str, Any] = {
            "audience": self.one([Named((place,)), Mutuals(), Everyone()]),
            "window": Window(NOW - self.integer(0, 9) * DAY, NOW + self.integer(1, 9) * DAY),
            "purposes": frozenset(vocabulary.PURPOSES),
            "remix": True,
            "remix_depth": self.integer(2, 3),
            "limits": self.one([Limits(), Limits(9, 99, 8)]),
            "campaigns": None if use.campaign is None else self.maybe(frozenset({use.campaign, "spring"})),
            "territories": self.maybe(use.territories),
            "modalities": frozenset(vocabulary.MODALITIES),
            "scenes": Scenes(use.scenes, self.some(sorted(set(vocabulary.SCENES) - use.scenes))),
            "speech": Speech("own_words") if self.often() else Speech("scripts", self.some(SAID)),
            "company": Company(),
            "training": True,
        }
        if self.one([True, False]):
            del fitting[self.one(sorted(fitting))]
        return replace(free, **fitting)
