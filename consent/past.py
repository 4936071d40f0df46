"""What stood at one point in the log: facts put together again out of what happened before it, and judged as ever.

Pure. Loading what happened is `consent.history`. The order of the log decides: something had happened at a point if
its entry is among the first `size` entries, whatever a clock said. What the rows cannot tell any more (because somebody
was erased, or because it was not kept) is `UNTOLD`, and a likeness of which anything that matters is untold is answered
by a reason of its own. Nothing is guessed, in either direction.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import Enum, IntEnum, auto
from typing import TYPE_CHECKING, Final

from consent import policy
from consent.policy import Allow, Deny, Facts, GrantFact, LikenessFact, Objection, Obligation, Reason, Usage
from consent.terms import Mutuals, Named, Terms, is_counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date

    from consent.use import Use

NEVER: Final = sys.maxsize  # the index of what is not in the log


class Untold(Enum):
    """What nothing that is kept can tell."""

    UNTOLD = auto()


UNTOLD: Final = Untold.UNTOLD


class Turn(IntEnum):
    """What may change the state of a likeness; where one entry does two of them, in this order."""

    ENROLLED = auto()  # a clip was accepted
    ACTIVATED = auto()  # a claim with reference media was
    DISPUTED = auto()
    SETTLED = auto()  # some claim was decided or ended
    SUSPENDED = auto()  # the whole likeness
    RESUMED = auto()
    WITHDRAWN = auto()  # for good


_WHATEVER_IT_WAS: Final = {Turn.ACTIVATED: "active", Turn.SUSPENDED: "suspended", Turn.WITHDRAWN: "withdrawn"}
_NOTHING: Final = Usage(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Span:
    """From one entry to another; both are indices, and `NEVER` is none."""

    begun: int
    ended: int = NEVER

    def holds(self, size: int) -> bool:
        """Tell whether it had begun, and not ended, after the first `size` entries."""
        return self.begun < size <= self.ended


@dataclass(frozen=True, slots=True)
class LikenessPast:
    """What happened to a likeness. The pairs begin with the index of an entry, and are in the order of the log."""

    id: str
    registered: int
    holders: tuple[tuple[int, str], ...]
    adult_on: tuple[tuple[int, date | Untold | None], ...]
    turns: tuple[tuple[int, Turn], ...] = ()
    disputes: tuple[Span, ...] = ()
    rests: tuple[Span, ...] = ()  # of the whole likeness
    exclusions: tuple[tuple[str, Span], ...] = ()

    def holder(self, size: int) -> str:
        """Return who held it."""
        return next(party for index, party in reversed(self.holders) if index < size)

    def state(self, size: int) -> str:
        """Return its state, as the verbs that change it would have left it."""
        state = "enrolling"
        for index, turn in sorted(self.turns):
            if index < size and state != "withdrawn":
                state = self._after(turn, state, index + 1)
        return state

    def _after(self, turn: Turn, state: str, size: int) -> str:
        if turn in _WHATEVER_IT_WAS:
            return _WHATEVER_IT_WAS[turn]
        if turn is Turn.DISPUTED:
            return "disputed" if state == "active" else state
        rests = any(span.holds(size) for span in self.rests)
        lifts = {
            Turn.ENROLLED: True,
            Turn.SETTLED: state == "disputed",
            Turn.RESUMED: state == "suspended" and not rests,
        }
        return self._in_use(size) if lifts[turn] else state

    def _in_use(self, size: int) -> str:
        if any(span.holds(size) for span in self.disputes):
            return "disputed"
        return "suspended" if any(span.holds(size) for span in self.rests) else "active"

    def excludes(self, party: str, size: int) -> bool:
        """Tell whether the party was shut out."""
        return any(one == party and span.holds(size) for one, span in self.exclusions)

    def of_age_on(self, size: int) -> date | Untold | None:
        """Return the day on which a child comes of age, as it stood; `None`: an adult."""
        return next(day for index, day in reversed(self.adult_on) if index < size)


@dataclass(frozen=True, slots=True)
class Version:
    """Terms from one entry on, and whom they speak about. `terms` None: they could not be read even then."""

    since: int
    terms: Terms | Untold | None
    everybody: bool = False
    parties: frozenset[str] = frozenset()

    def concerns(self, party: str) -> bool:
        """Tell whether a question of this party would have read them although they had ended."""
        return self.everybody or party in self.parties


@dataclass(frozen=True, slots=True)
class GrantPast:
    """What happened to a grant. `used` is as of the point asked about, since permits are many.

    uncounted: where permits on it were minted that count nothing and gave nothing back on record
    """

    id: str
    likeness: str
    recorded: int
    versions: tuple[Version, ...]
    ended: int = NEVER
    ended_at: datetime | None = None
    replaced: int = NEVER
    rests: tuple[Span, ...] = ()
    used: Usage = _NOTHING
    uncounted: tuple[int, ...] = ()

    def stood(self, size: int) -> bool:
        """Tell whether it was on record, and no other had taken its place."""
        return self.recorded < size <= self.replaced

    def has_ended(self, size: int) -> bool:
        """Tell whether somebody had ended it."""
        return self.ended < size

    def rested(self, size: int) -> bool:
        """Tell whether it was suspended by itself."""
        return any(span.holds(size) for span in self.rests)

    def version(self, size: int) -> Version:
        """Return the terms in force."""
        return next(one for one in reversed(self.versions) if one.since < size)

    def usage(self, size: int) -> Usage | Untold:
        """Return how much of it was used, where its terms ask for that."""
        if not _counts(self.version(size)):
            return self.used
        lost = any(index < size and _counts(self.version(index + 1)) for index in self.uncounted)
        return UNTOLD if lost else self.used


@dataclass(frozen=True, slots=True)
class Past:
    """What happened to a cast; and to the likenesses of who asks, by which they may have been mutual."""

    likenesses: tuple[LikenessPast, ...]
    grants: tuple[GrantPast, ...]
    theirs: tuple[LikenessPast, ...] = ()
    given: tuple[GrantPast, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """Facts as they stood, and the likenesses of which something that matters cannot be told."""

    facts: Facts
    untold: frozenset[str]


def stood(past: Past, client: str, size: int, at: datetime) -> Told:
    """Return the facts for a question of `client` after the first `size` entries, the clock showing `at`."""
    likenesses: list[LikenessFact] = []
    grants: list[GrantFact] = []
    untold: set[str] = set()
    for one in past.likenesses:
        if one.registered >= size:
            continue
        state, excluded = one.state(size), one.excludes(client, size)
        mine = [] if state != "active" or excluded else list(_considered(past, one.id, client, size))
        found = [_grant(grant, size) for grant in mine]
        mutual = _mutual(past, one.holder(size), client, size, at) if any(map(_asks_mutual, found)) else None
        day = one.of_age_on(size)
        if (day is UNTOLD and mine) or mutual is UNTOLD or UNTOLD in found:
            untold.add(one.id)
            continue
        of_age = None if day is None or day is UNTOLD else datetime.combine(day, time(), UTC)
        likenesses.append(
            LikenessFact(one.id, one.holder(size), state, 0, mutual=mutual, excluded=excluded, adult_on=of_age)
        )
        grants += [fact for fact in found if fact is not UNTOLD]
    return Told(Facts(tuple(likenesses), tuple(grants)), frozenset(untold))


def decide(use: Use, told: Told, at: datetime, judged: Collection[str]) -> Allow | Deny:
    """Say what would have been decided about those of the cast that are `judged`."""
    if set(judged) == use.cast and not told.untold & use.cast:
        return policy.decide(use, told.facts, at)
    outcomes = [
        Deny((Objection(one, Reason.UNKNOWN_AT_THAT_POINT),))
        if one in told.untold
        else policy.decide_for(one, use, told.facts, at)
        for one in sorted(judged)
    ]
    return _together(outcomes)


def _together(outcomes: list[Allow | Deny]) -> Allow | Deny:
    allowed = [one for one in outcomes if isinstance(one, Allow)]
    if not outcomes or len(allowed) < len(outcomes):
        reasons = (reason for one in outcomes if isinstance(one, Deny) for reason in one.reasons)
        return Deny(tuple(dict.fromkeys(reasons)) or (Objection("", Reason.NO_APPEARANCE),))
    owed: dict[Obligation, None] = dict.fromkeys(owed for one in allowed for owed in one.obligations)
    return Allow(tuple(pair for one in allowed for pair in one.grants), min(one.until for one in allowed), tuple(owed))


def _considered(past: Past, likeness: str, client: str, size: int) -> Iterator[GrantPast]:
    """Yield what `consent.facts.whole` would have read: an ended grant only if it spoke about who asks."""
    for grant in past.grants:
        if grant.likeness == likeness and grant.stood(size):
            version = grant.version(size)
            if not grant.has_ended(size) or version.terms is UNTOLD or version.concerns(client):
                yield grant


def _grant(grant: GrantPast, size: int) -> GrantFact | Untold:
    terms, used = grant.version(size).terms, grant.usage(size)
    if isinstance(terms, Untold) or isinstance(used, Untold):
        return UNTOLD
    ended_at = grant.ended_at if grant.has_ended(size) else None
    return GrantFact(grant.id, grant.likeness, terms, ended_at, used, suspended=grant.rested(size))


def _asks_mutual(fact: GrantFact | Untold) -> bool:
    return isinstance(fact, GrantFact) and fact.terms is not None and isinstance(fact.terms.audience, Mutuals)


def _mutual(past: Past, holder: str, client: str, size: int, at: datetime) -> bool | Untold:
    """Say whether the client had, by a grant that stood, named the holder. One plain yes outweighs what is untold."""
    answers = set()
    for face in past.theirs:
        usable = face.registered < size and face.holder(size) == client and face.state(size) == "active"
        if usable and not face.excludes(holder, size):
            answers |= {_names(grant, holder, size, at) for grant in past.given if grant.likeness == face.id}
    return True if True in answers else UNTOLD if UNTOLD in answers else False


def _names(grant: GrantPast, holder: str, size: int, at: datetime) -> bool | Untold:
    if not grant.stood(size) or grant.has_ended(size) or grant.rested(size):
        return False
    terms = grant.version(size).terms
    if isinstance(terms, Untold):
        return UNTOLD
    if terms is None or not isinstance(terms.audience, Named):
        return False
    return terms.window.not_before <= at < terms.window.not_after and any(
        place.party == holder and (place.not_after is None or at < place.not_after) for place in terms.audience.parties
    )


def _counts(version: Version) -> bool:
    return isinstance(version.terms, Terms) and is_counted(version.terms)
