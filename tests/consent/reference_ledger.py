"""Likenesses and grants as they come and go, over the reference model: a test can run the same steps elsewhere.

Written out of docs/design/terms.md, docs/design/withdrawal.md and docs/design/permit.md, and not out of the code.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from consent.policy import Facts, GrantFact, LikenessFact, Usage
from consent.terms import Everyone, Mutuals, Named, OnlyMe, Terms
from consent.use import Use
from tests.consent.reference_model import Answer, answer, earlier, place_of

KEPT = {"keep": "kept", "keep_with_label": "kept_with_label"}


@dataclass
class Minted:
    """A permit: what for, on what it rests (likeness -> grant), and whether its uses are counted now."""

    use: Use
    rests_on: dict[str, str]
    job: str
    counted: bool = True
    fresh: bool = True  # False: it has run out

    @property
    def on(self) -> list[str]:
        """Return the grants."""
        return list(self.rests_on.values())


@dataclass
class Model:
    """Likenesses and grants as they come and go. `used` counts (grant, client) -> [uses, seconds]."""

    likenesses: dict[str, LikenessFact] = field(default_factory=dict)
    grants: dict[str, GrantFact] = field(default_factory=dict)
    replaced_by: dict[str, str] = field(default_factory=dict)
    excluded: set[tuple[str, str]] = field(default_factory=set)
    resting: dict[str, tuple[str, str | None]] = field(default_factory=dict)  # pause -> likeness, grant or all
    used: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    permits: dict[str, Minted] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)  # jobs

    def enrol(self, likeness: str, holder: str) -> None:
        self.likenesses[likeness] = LikenessFact(likeness, holder, "active", 0)

    def state(self, likeness: str) -> str:
        rests = (likeness, None) in self.resting.values() and self.likenesses[likeness].state == "active"
        return "suspended" if rests else self.likenesses[likeness].state

    def record(self, grant: str, likeness: str, terms: Terms, *, supersedes: str | None = None) -> None:
        """Record a grant. Nothing new rests on the one that it supersedes, and what that forbade goes with it."""
        if supersedes is not None:
            self.replaced_by[supersedes] = grant
        self.grants[grant] = GrantFact(grant, likeness, terms)

    def withdraw(self, likeness: str, at: datetime, *, grant: str | None = None, party: str | None = None) -> None:
        """Take back one grant, or one party from all; with neither, the likeness with all its grants.

        With a grant goes what it replaced. With a party go the grants that name nobody else; once is enough.
        """
        mine = [one.id for one in self.grants.values() if one.likeness == likeness]
        if party is not None:
            fresh = (likeness, party) not in self.excluded
            self.excluded.add((likeness, party))
            ends = [one for one in mine if fresh and self.names(one) == {party}]
        elif grant is not None:
            ends = [one for one in mine if self.grants[one].ended_at is None and grant in self.line(one)]
            ends = ends if self.grants[grant].ended_at is None else []
        else:
            self.likenesses[likeness] = replace(self.likenesses[likeness], state="withdrawn")
            ends = mine
        for one in ends:
            self.grants[one] = replace(self.grants[one], ended_at=self.grants[one].ended_at or at)

    def names(self, grant: str) -> set[str]:
        terms = self.grants[grant].terms
        named = terms.audience.parties if terms and isinstance(terms.audience, Named) else ()
        return {place.party for place in named}

    def line(self, grant: str) -> list[str]:
        """Return a grant and what took its place, to the newest or to the first that has ended."""
        line = [grant]
        while self.grants[line[-1]].ended_at is None and line[-1] in self.replaced_by:
            line.append(self.replaced_by[line[-1]])
        return line

    def standing(self, grant: str, at: datetime) -> str:
        """Say what a grant is worth. A replaced one stands as its successor does, and rests while any between rests."""
        line = self.line(grant)
        last = self.grants[line[-1]]
        assert last.terms is not None
        ended = last.ended_at is not None or self.state(last.likeness) == "withdrawn"
        if ended:
            rests = self.state(last.likeness) != "withdrawn" and (
                self.state(last.likeness) != "active" or any(self.rests(one) for one in line)
            )
            kept = KEPT.get(last.terms.after_end, "withdrawn")
            return "suspended" if rests and kept != "withdrawn" else kept
        if self.state(last.likeness) != "active" or any(self.rests(one) for one in line):
            return "suspended"
        if at < last.terms.window.not_before:
            return "not_yet"
        return "stands" if at < last.terms.window.not_after else KEPT.get(last.terms.after_end, "expired")

    def rests(self, grant: str) -> bool:
        return (self.grants[grant].likeness, grant) in self.resting.values()

    def consume(self, grant: str, client: str, seconds: int, uses: int = 1) -> None:
        """Count a use with its permit; negative numbers release it."""
        counted = self.used[grant, client]
        counted[:] = [counted[0] + uses, counted[1] + seconds]

    def mint(self, permit: str, use: Use, rests_on: dict[str, str], job: str) -> None:
        self.permits[permit] = Minted(use, rests_on, job)
        for grant in rests_on.values():
            self.consume(grant, use.client, use.seconds)

    def release(self, permit: str) -> None:
        """Give back what a permit counted, once."""
        minted = self.permits[permit]
        for grant in minted.on if minted.counted else ():
            self.consume(grant, minted.use.client, -minted.use.seconds, uses=-1)
        minted.counted = False

    def redeem(self, permit: str, at: datetime) -> bool:
        """Begin to render: once for each job, in time, and only if the use would be allowed now and is counted."""
        minted = self.permits[permit]
        stand = all(self.standing(one, at) == "stands" for one in minted.on)
        again = self.decide(replace(minted.use, counted=True), at)
        counts = {grant for one in self.permits.values() if one.job == minted.job and one.counted for grant in one.on}
        counted = all(one in counts or not is_limited(self.grants[one].terms) for one in minted.on)
        may = minted.job not in self.begun and minted.fresh and stand and again.allowed and counted
        if may:
            self.begun.add(minted.job)
        return may

    def mutual(self, client: str, holder: str, at: datetime) -> bool:
        """Say whether a client has, by a grant that stands, permitted this holder by name."""
        return any(
            grant.terms is not None
            and self.likenesses[grant.likeness].holder == client
            and (grant.likeness, holder) not in self.excluded
            and grant.id not in self.replaced_by
            and self.standing(grant.id, at) == "stands"
            and any(place.not_after is None or at < place.not_after for place in place_of(grant.terms, holder))
            for grant in self.grants.values()
        )

    def pass_time(self, by: timedelta) -> None:
        """Let time pass, as seen from grants: their windows move towards the past. No permit lives as long."""
        for one in self.grants.values():
            if one.terms is not None:
                self.grants[one.id] = replace(one, terms=earlier(one.terms, by))
        for minted in self.permits.values():
            minted.fresh = False

    def facts(self, use: Use, at: datetime) -> Facts:
        def counted(grant: str) -> Usage:
            mine = [numbers for (one, _), numbers in self.used.items() if one == grant]
            return Usage(sum(n for n, _ in mine), sum(n for _, n in mine), *self.used[grant, use.client])

        client = use.client
        known = (
            replace(
                one,
                state=self.state(one.id),
                mutual=self.mutual(client, one.holder, at),
                excluded=(one.id, client) in self.excluded,
            )
            for one in self.likenesses.values()
        )
        grants = (
            replace(one, used=counted(one.id), suspended=self.rests(one.id))
            for one in self.grants.values()
            if one.id not in self.replaced_by and (one.ended_at is None or self.concerns(one, use))
        )
        return Facts(tuple(known), tuple(grants))

    def concerns(self, grant: GrantFact, use: Use) -> bool:
        """Say whether an ended grant is among what explains a denial: it spoke of who asks, or forbids something."""
        if grant.terms is None or isinstance(grant.terms.audience, Named):
            return grant.terms is None or bool(place_of(grant.terms, use.client)) or forbids(grant.terms)
        own = self.likenesses[grant.likeness].holder == use.client
        return own or not isinstance(grant.terms.audience, OnlyMe) or forbids(grant.terms)

    def decide(self, use: Use, at: datetime) -> Answer:
        return answer(use, self.facts(use, at), at)


def forbids(terms: Terms) -> bool:
    left_out = terms.audience.excluded if isinstance(terms.audience, Everyone | Mutuals) else frozenset()
    return bool(left_out | terms.scenes.denied | terms.company.never | terms.speech.banned)


def is_limited(terms: Terms | None) -> bool:
    places = terms.audience.parties if terms and isinstance(terms.audience, Named) else ()
    whole = terms is not None and not (terms.limits.uses is None and terms.limits.seconds is None)
    return whole or any(place.uses is not None or place.seconds is not None for place in places)
