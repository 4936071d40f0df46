"""Likenesses and grants as they come and go, over the reference model: a test can run the same steps elsewhere."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime

from consent.policy import Facts, GrantFact, LikenessFact, Usage
from consent.terms import Terms
from consent.use import Use
from tests.consent.reference_model import Answer, answer, place_of


@dataclass
class Model:
    """Likenesses and grants as they come and go. `used` counts (grant, client) -> [uses, seconds]."""

    likenesses: dict[str, LikenessFact] = field(default_factory=dict)
    grants: dict[str, GrantFact] = field(default_factory=dict)
    excluded: set[tuple[str, str]] = field(default_factory=set)
    used: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def enrol(self, likeness: str, holder: str) -> None:
        self.likenesses[likeness] = LikenessFact(likeness, holder, "active", 0)

    def record(self, grant: str, likeness: str, terms: Terms, *, supersedes: str | None = None) -> None:
        """Record a grant. The one that it supersedes is gone, and what that forbade with it."""
        self.grants.pop(supersedes or "", None)
        self.grants[grant] = GrantFact(grant, likeness, terms)

    def withdraw(self, likeness: str, at: datetime, *, grant: str | None = None, party: str | None = None) -> None:
        """Take back one grant, or one party from all; with neither, the likeness with all its grants."""
        if party is not None:
            self.excluded.add((likeness, party))
            return
        if grant is None:
            self.likenesses[likeness] = replace(self.likenesses[likeness], state="withdrawn")
        for one in [one for one in self.grants.values() if one.likeness == likeness and grant in {None, one.id}]:
            self.grants[one.id] = replace(one, ended_at=one.ended_at or at)

    def consume(self, grant: str, client: str, seconds: int, uses: int = 1) -> None:
        """Count a use with its permit; negative numbers release it."""
        counted = self.used[grant, client]
        counted[:] = [counted[0] + uses, counted[1] + seconds]

    def mutual(self, client: str, holder: str, at: datetime) -> bool:
        return any(
            grant.ended_at is None
            and not grant.suspended
            and grant.terms is not None
            and self.likenesses[grant.likeness].holder == client
            and self.likenesses[grant.likeness].state == "active"
            and grant.terms.window.not_before <= at
            and at < grant.terms.window.not_after
            and any(place.not_after is None or at < place.not_after for place in place_of(grant.terms, holder))
            for grant in self.grants.values()
        )

    def facts(self, client: str, at: datetime) -> Facts:
        def counted(grant: str) -> Usage:
            mine = [numbers for (one, _), numbers in self.used.items() if one == grant]
            return Usage(sum(n for n, _ in mine), sum(n for _, n in mine), *self.used[grant, client])

        known = (
            replace(one, mutual=self.mutual(client, one.holder, at), excluded=(one.id, client) in self.excluded)
            for one in self.likenesses.values()
        )
        return Facts(tuple(known), tuple(replace(one, used=counted(one.id)) for one in self.grants.values()))

    def decide(self, use: Use, at: datetime) -> Answer:
        return answer(use, self.facts(use.client, at), at)
