"""Decide whether a proposed use is covered by live grants of every likeness in it.

Pure: values in, a decision out; the time is an argument. Loading facts, locking
and recording belong to `consent.decisions`.

Three choices hold everywhere here:

- The world is closed. A likeness, grant or value that is missing, unreadable or
  unknown denies. The holder is no exception: to use one's own likeness one signs
  a grant whose audience is `only_me` or names oneself.
- One covering grant suffices for a likeness; grants add up by alternative, never
  by parts (the purpose of one with the audience of another covers nothing). No
  term of today forbids beyond its own grant. One that does, a veto or a block,
  must be judged over all facts before coverage: the most restrictive wins.
- Every objection is reported, so that the holder and the client who read the
  same denial read the same whole answer. What a stranger may see of it is
  decided in `consent.disclosure`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from consent.terms import Named, OnlyMe, Terms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


class Reason(StrEnum):
    """Why a use is denied: a closed list, only ever added to."""

    NO_APPEARANCE = "no_appearance"  # nobody declared is not the same as nobody owed
    NO_GRANT = "no_grant"  # also all that a stranger ever hears
    NOT_IN_AUDIENCE = "not_in_audience"
    OUTSIDE_WINDOW = "outside_window"  # the grant has not begun
    GRANT_EXPIRED = "grant_expired"  # the grant, or this party's place in it, is over
    GRANT_WITHDRAWN = "grant_withdrawn"
    PURPOSE = "purpose"
    REMIX = "remix"
    CHECK_FAILED = "check_failed"  # a fact is unreadable, contradictory or of a kind not known here


@dataclass(frozen=True, slots=True)
class Use:
    """One proposed depiction. `cast` holds likeness ids, `client` the party id of who asks, `seconds` whole seconds."""

    cast: frozenset[str]
    client: str
    purpose: str
    remix: bool
    seconds: int


@dataclass(frozen=True, slots=True)
class LikenessFact:
    """One likeness as the database has it. `state` is `enrolling`, `active` or `withdrawn`."""

    id: str
    holder: str
    state: str
    epoch: int


@dataclass(frozen=True, slots=True)
class GrantFact:
    """One recorded grant."""

    id: str
    likeness: str
    terms: Terms | None  # None: the stored terms cannot be read, which denies
    ended_at: datetime | None = None  # None: nobody has ended it


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of the cast. What is not in here does not exist."""

    likenesses: tuple[LikenessFact, ...]
    grants: tuple[GrantFact, ...]


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason, and where it stands in the grant."""

    likeness: str  # "": the use as a whole
    reason: Reason
    clause: str | None = None  # JSON pointer into the grant's statement; None: no clause says so
    grant: str | None = None  # None: not the saying of any one grant


@dataclass(frozen=True, slots=True)
class Allow:
    """Every likeness is covered, each by the grant named beside it, until the first of them ends."""

    grants: tuple[tuple[str, str], ...]
    until: datetime

    def __bool__(self) -> bool:
        """Return True, so that a decision can be asked plainly."""
        return True


@dataclass(frozen=True, slots=True)
class Deny:
    """The use is not covered, for each of these reasons."""

    reasons: tuple[Objection, ...]

    def __bool__(self) -> bool:
        """Return False, so that a decision can be asked plainly."""
        return False


_ACTIVE: Final = "active"
_WITHDRAWN: Final = "withdrawn"
_ENROLLING: Final = "enrolling"


def decide(use: Use, facts: Facts, at: datetime) -> Allow | Deny:
    """Allow only if at `at` every likeness of the cast has a grant that covers the use."""
    if not use.cast:
        return Deny((Objection("", Reason.NO_APPEARANCE),))
    if use.seconds < 1:
        return Deny((Objection("", Reason.CHECK_FAILED),))
    covered: list[tuple[str, str]] = []
    ends: list[datetime] = []
    objections: list[Objection] = []
    for likeness in sorted(use.cast):
        answer = _cover(likeness, use, facts, at)
        if isinstance(answer, tuple):
            ends.append(answer[0])
            covered.append((likeness, answer[1]))
        else:
            objections += answer
    return Deny(tuple(objections)) if objections else Allow(tuple(covered), min(ends))


def _cover(likeness: str, use: Use, facts: Facts, at: datetime) -> tuple[datetime, str] | list[Objection]:
    """Return the end and the id of the covering grant that lasts longest, or every objection."""
    known = {fact for fact in facts.likenesses if fact.id == likeness}
    if not known:
        return [Objection(likeness, Reason.NO_GRANT)]
    if len(known) > 1:  # two accounts of one row: neither can be relied on
        return [Objection(likeness, Reason.CHECK_FAILED)]
    fact = known.pop()
    if fact.state != _ACTIVE:
        return [Objection(likeness, _INACTIVE.get(fact.state, Reason.CHECK_FAILED))]
    mine = [grant for grant in facts.grants if grant.likeness == likeness]
    candidates = {grant.id: grant for grant in mine}
    if any(candidates[grant.id] is not grant and candidates[grant.id] != grant for grant in mine):
        return [Objection(likeness, Reason.CHECK_FAILED)]  # two accounts of one grant: neither can be relied on
    covering: list[tuple[datetime, str]] = []
    objections: list[Objection] = []
    for _, grant in sorted(candidates.items()):
        found = list(_objections(grant, fact, use, at))
        objections += found
        if not found and grant.terms is not None:
            covering.append((_end(grant.terms, use.client), grant.id))
    return max(covering) if covering else objections or [Objection(likeness, Reason.NO_GRANT)]


_INACTIVE: Final = {_ENROLLING: Reason.NO_GRANT, _WITHDRAWN: Reason.GRANT_WITHDRAWN}


def _objections(grant: GrantFact, likeness: LikenessFact, use: Use, at: datetime) -> Iterator[Objection]:
    """Yield everything that keeps this grant from covering the use; nothing means it covers."""
    terms = grant.terms
    if grant.ended_at is not None:  # whatever the clocks say: an end on record is an end
        yield Objection(grant.likeness, Reason.GRANT_WITHDRAWN, None, grant.id)
    if terms is None:
        yield Objection(grant.likeness, Reason.CHECK_FAILED, "/terms", grant.id)
        return
    for reason, clause in (
        *_audience(terms, likeness.holder, use.client, at),
        *_window(terms, at),
        *([] if use.purpose in terms.purposes else [(Reason.PURPOSE, "/terms/purposes")]),
        *([] if terms.remix is True or use.remix is False else [(Reason.REMIX, "/terms/remix/allowed")]),
    ):
        yield Objection(grant.likeness, reason, clause, grant.id)


def _audience(terms: Terms, holder: str, client: str, at: datetime) -> Iterator[tuple[Reason, str]]:
    """Say why the client is not among those permitted. An audience of a kind not known here is nobody."""
    match terms.audience:
        case OnlyMe():
            if client != holder:
                yield Reason.NOT_IN_AUDIENCE, "/terms/audience"
        case Named(parties=parties):
            places = [(n, named) for n, named in enumerate(parties) if named.party == client]
            if not places:
                yield Reason.NOT_IN_AUDIENCE, "/terms/audience/parties"
            for n, named in places:  # named twice: both must hold
                if named.not_after is not None and at >= named.not_after:
                    yield Reason.GRANT_EXPIRED, f"/terms/audience/parties/{n}/not_after"
        case _:
            yield Reason.CHECK_FAILED, "/terms/audience"


def _window(terms: Terms, at: datetime) -> Iterator[tuple[Reason, str]]:
    """Say whether the grant has not begun, or is over."""
    if at < terms.window.not_before:
        yield Reason.OUTSIDE_WINDOW, "/terms/window/not_before"
    if at >= terms.window.not_after:
        yield Reason.GRANT_EXPIRED, "/terms/window/not_after"


def _end(terms: Terms, client: str) -> datetime:
    """Return the moment at which these terms stop covering this client."""
    ends = [terms.window.not_after]
    if isinstance(terms.audience, Named):
        ends += [n.not_after for n in terms.audience.parties if n.party == client and n.not_after is not None]
    return min(ends)
