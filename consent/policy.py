"""Decide whether a proposed use is covered by live grants of every likeness in it.

Pure: values in, a decision out; the time is an argument. Loading facts, locking
and recording belong to `consent.decisions`.

Five choices hold everywhere here:

- The world is closed. A likeness, grant or value that is missing, unreadable or
  unknown denies. The holder is no exception: to use one's own likeness one signs
  a grant whose audience is `only_me` or names oneself.
- One covering grant suffices for a likeness; grants add up by alternative, never
  by parts (the purpose of one with the audience of another covers nothing).
- The most restrictive wins. What one grant forbids outright (a party left out, a
  scene class, a companion, a word) no other grant allows, also after its end:
  only a grant that supersedes it lifts that. And of several that cover a use, it
  rests on the one that asks most in return.
- Nothing is an error. A value that cannot be compared denies, and only `False` says no
  to a question that should be answered with no.
- Every objection is reported, so that the holder and the client who read the
  same denial read the same whole answer. What a stranger may see of it is
  decided in `consent.disclosure`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from consent import clauses
from consent.reasons import Objection, Reason
from consent.use import Use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from consent.terms import Terms

__all__ = [
    "Allow", "Deny", "Duty", "Facts", "GrantFact", "LikenessFact", "Objection", "Obligation", "Reason", "Usage", "Use",
    "decide", "decide_for",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class LikenessFact:
    """One likeness as the database has it, and how it stands to who asks.

    state:    `enrolling`, `active`, `suspended` or `withdrawn`
    mutual:   the client has named the holder in a grant that stands; None: nobody asked
    excluded: the holder has withdrawn from this client whatever grants say
    blocked:  an order says that it must not be shown
    disputed: who may speak for it is in dispute
    adult_on: the moment at which a child comes of age; None: an adult
    """

    id: str
    holder: str
    state: str
    epoch: int
    mutual: bool | None = None
    excluded: bool = False
    blocked: bool = False
    disputed: bool = False
    adult_on: datetime | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a grant has been used: in all, and by who asks. Counted with the permit."""

    uses: int
    seconds: int
    client_uses: int
    client_seconds: int


@dataclass(frozen=True, slots=True)
class GrantFact:
    """One recorded grant."""

    id: str
    likeness: str
    terms: Terms | None  # None: the stored terms cannot be read, which denies
    ended_at: datetime | None = None  # None: nobody has ended it
    used: Usage | None = None  # None: not counted, which denies where the terms limit it
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of the cast. What is not in here does not exist."""

    likenesses: tuple[LikenessFact, ...]
    grants: tuple[GrantFact, ...]


class Duty(StrEnum):
    """What an allowed use owes in return: a closed list, only ever added to."""

    LABEL = "label"  # the video says that it was generated
    APPROVE = "approve"  # the holder says yes to this very video before it is shown
    PAY = "pay"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class Obligation:
    """One duty, to whom, and which clause says so."""

    likeness: str  # "": the use as a whole
    duty: Duty
    clause: str | None = None  # None: it holds for every video
    grant: str | None = None


@dataclass(frozen=True, slots=True)
class Allow:
    """Every likeness is covered, each by the grant named beside it, until the first of them ends."""

    grants: tuple[tuple[str, str], ...]
    until: datetime
    obligations: tuple[Obligation, ...] = ()

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
_INACTIVE: Final = {
    "enrolling": Reason.NO_GRANT,
    "withdrawn": Reason.GRANT_WITHDRAWN,
    "suspended": Reason.ACCOUNT_SUSPENDED,
    "disputed": Reason.AUTHORITY_DISPUTED,
}
_LABEL: Final = Obligation("", Duty.LABEL)


def decide(use: Use, facts: Facts, at: datetime) -> Allow | Deny:
    """Allow only if at `at` every likeness of the cast has a grant that covers the use. Never raises."""
    return _never_raising(use, None, facts, at)


def decide_for(likeness: str, use: Use, facts: Facts, at: datetime) -> Allow | Deny:
    """Say whether one likeness of the cast is covered, the others being left to whoever may ask about them.

    No permit rests on this: a use needs all of its cast. A likeness that is not in the cast denies. Never raises.
    """
    return _never_raising(use, likeness, facts, at)


def _never_raising(use: Use, only: str | None, facts: Facts, at: datetime) -> Allow | Deny:
    try:
        return _decide(use, use.cast if only is None else use.cast & {only}, facts, at)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # a value of a type it may not have
        return Deny((Objection("", Reason.CHECK_FAILED),))


def _decide(use: Use, judged: frozenset[str], facts: Facts, at: datetime) -> Allow | Deny:
    if not judged:
        return Deny((Objection("", Reason.NO_APPEARANCE),))
    if not _is_count(use.seconds, least=1) or not _is_count(use.depth, least=0):
        return Deny((Objection("", Reason.CHECK_FAILED),))
    covered: list[GrantFact] = []
    found: list[Objection] = []
    for likeness in sorted(judged):
        answer = _cover(likeness, use, facts, at)
        if isinstance(answer, GrantFact):
            covered.append(answer)
        else:
            found += answer
    if found:
        return Deny(tuple(found))
    return Allow(
        tuple((grant.likeness, grant.id) for grant in covered),
        min(_until(grant, use.client) for grant in covered),
        (_LABEL, *(owed for grant in covered for owed in _obligations(grant))),
    )


def _is_count(number: object, *, least: int) -> bool:
    """Refuse whatever compares oddly: no number but a whole one, and not-a-number least of all."""
    return type(number) is int and number >= least


def _cover(likeness: str, use: Use, facts: Facts, at: datetime) -> GrantFact | list[Objection]:
    """Return the grant that the use of this likeness rests on, or every objection."""
    known = {fact for fact in facts.likenesses if fact.id == likeness}
    if not known:
        return [Objection(likeness, Reason.NO_GRANT)]
    if len(known) > 1:  # two accounts of one row: neither can be relied on
        return [Objection(likeness, Reason.CHECK_FAILED)]
    fact = known.pop()
    if barred := list(_barred(fact)):
        return barred
    mine = [grant for grant in facts.grants if grant.likeness == likeness]
    candidates = {grant.id: grant for grant in mine}
    if any(candidates[grant.id] is not grant and candidates[grant.id] != grant for grant in mine):
        return [Objection(likeness, Reason.CHECK_FAILED)]  # two accounts of one grant: neither can be relied on
    return _among([grant for _, grant in sorted(candidates.items())], fact, use, at)


def _barred(fact: LikenessFact) -> Iterator[Objection]:
    """Yield what keeps a likeness out of every use, or out of every use by this client, whatever its grants say."""
    if fact.state != _ACTIVE:
        yield Objection(fact.id, _INACTIVE.get(fact.state, Reason.CHECK_FAILED))
    if fact.blocked is not False:
        yield Objection(fact.id, Reason.BLOCKED)
    if fact.disputed is not False:
        yield Objection(fact.id, Reason.AUTHORITY_DISPUTED)
    if fact.excluded is not False:
        yield Objection(fact.id, Reason.NOT_IN_AUDIENCE)


def _among(grants: list[GrantFact], fact: LikenessFact, use: Use, at: datetime) -> GrantFact | list[Objection]:
    """Judge the grants of one likeness: what any forbids, then what one covers."""
    vetoes: list[Objection] = []
    covering: list[GrantFact] = []
    found: list[Objection] = []
    for grant in grants:
        vetoes += _vetoes(grant, use)
        objections = list(_objections(grant, fact, use, at))
        found += objections
        if not objections and grant.terms is not None:
            covering.append(grant)
    if vetoes:
        return vetoes + found
    if covering:
        return max(covering, key=lambda grant: _burden(grant, use.client))
    return found or [Objection(fact.id, Reason.NO_GRANT)]


def _vetoes(grant: GrantFact, use: Use) -> Iterator[Objection]:
    """Yield what a grant forbids outright, ended or not. One that cannot be read may forbid anything."""
    if grant.terms is None:
        yield Objection(grant.likeness, Reason.CHECK_FAILED, "/terms", grant.id)
        return
    for reason, clause in clauses.vetoes(grant.terms, grant.likeness, use):
        yield Objection(grant.likeness, reason, clause, grant.id)


def _objections(grant: GrantFact, likeness: LikenessFact, use: Use, at: datetime) -> Iterator[Objection]:
    """Yield everything that keeps this grant from covering the use; nothing means it covers."""
    if grant.ended_at is not None:  # whatever the clocks say: an end on record is an end
        yield Objection(grant.likeness, Reason.GRANT_WITHDRAWN, None, grant.id)
    if grant.suspended is not False:
        yield Objection(grant.likeness, Reason.GRANT_SUSPENDED, None, grant.id)
    if grant.terms is None:
        return  # a veto already
    for reason, clause in clauses.objections(grant.terms, grant, likeness, use, at):
        yield Objection(grant.likeness, reason, clause, grant.id)


def _burden(grant: GrantFact, client: str) -> tuple[list[bool], datetime, str]:
    """Order covering grants: approval weighs more than pay, pay more than credit; then the longest, then by id."""
    owed = {obligation.duty for obligation in _obligations(grant)}
    weights = [duty in owed for duty in (Duty.APPROVE, Duty.PAY, Duty.ATTRIBUTE)]
    return weights, _until(grant, client), grant.id


def _obligations(grant: GrantFact) -> list[Obligation]:
    """Return what a covering grant asks in return."""
    terms = grant.terms
    if terms is None:
        raise ValueError("a grant without terms covers nothing")
    asked = (
        (terms.approval, Duty.APPROVE, "/terms/approval"),
        (terms.rate, Duty.PAY, "/terms/rate"),
        (terms.credit, Duty.ATTRIBUTE, "/terms/credit"),
    )
    return [Obligation(grant.likeness, duty, at, grant.id) for value, duty, at in asked if value is not None]


def _until(grant: GrantFact, client: str) -> datetime:
    if grant.terms is None:
        raise ValueError("a grant without terms covers nothing")
    return clauses.end_for(grant.terms, client)
