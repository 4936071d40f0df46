"""Who may act for a likeness now. Asked of the rows at each act, and never remembered.

Principals hold the authority itself: the adult who registered their own likeness, or the parties whose claim was
accepted (an estate, heirs, guardians, a studio). What narrows, each of them may do alone. What widens needs as many as
the likeness' rule says, each with a signature. An agent acts within limits, as long as there is a principal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import transaction
from django.db.models import Q

from consent import clock, heirs, keys, likenesses
from consent.models import Assent, Claim, Likeness, Party
from ledger import base64url, log, vault
from ledger.canonical import canonical, digest
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date
    from uuid import UUID

    from consent.keys import Signed

PRINCIPAL: Final = frozenset({"estate", "heir", "guardian", "studio", "rights_holder"})
DAY: Final = timedelta(days=1)
ASSENTED: Final = ("grant", "claim")  # kinds of documents that several may have to agree to
MAX_ASSENTS: Final = 100  # of one principal for one likeness in a day; each seals a document


class Act(StrEnum):
    """What somebody wants to do."""

    GRANT = "grant"
    WITHDRAW = "withdraw"
    SEE = "see"


class Why(StrEnum):
    """Why somebody may not."""

    NOT_THEIRS = "not_theirs"
    DISPUTED = "authority_disputed"
    ASSENT_NEEDED = "assent_needed"


class AuthorityRefused(Problem):
    """Who asks has some authority over the likeness, and not this one, or not now."""

    code: ClassVar[str] = "authority-refused"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "You may not do this alone, or not now"


@dataclass(frozen=True, slots=True)
class Limits:
    """What no grant of the likeness may exceed. `not_after` None: no such day."""

    no_everyone: bool
    not_after: date | None


@dataclass(frozen=True, slots=True)
class Authority:
    """Whether somebody may act now, and within what. `purposes`, `not_after` None: no limit of this kind."""

    may: bool
    why: Why | None = None  # None: they may
    missing: frozenset[UUID] = frozenset()  # those of whom enough have yet to agree
    purposes: frozenset[str] | None = None
    not_after: datetime | None = None

    def __bool__(self) -> bool:
        """Tell whether they may."""
        return self.may


def may_act(likeness_id: UUID, party: Party, act: Act, *, document: bytes | None = None) -> Authority:
    """Say whether the party may do this now. For an act that rests on the answer, hold the likeness row first.

    `document`: the digest of what would be signed, so that the assents to exactly it count; None: nobody else agreed.
    """
    likeness = Likeness.objects.filter(pk=likeness_id).first()
    if likeness is None:
        return Authority(may=False, why=Why.NOT_THEIRS)
    at = clock.now()
    held = principals(likeness, at)
    own = party.pk in held
    if act is not Act.GRANT and (own or likeness.holder_id == party.pk):  # an erasure, too, must be able to narrow
        return Authority(may=True)
    agent = _agent(likeness, party, act, at) if held and not own else None
    if not own and agent is None:
        return Authority(may=False, why=Why.NOT_THEIRS)
    if act is Act.GRANT and likeness.state == Likeness.State.DISPUTED:
        return Authority(may=False, why=Why.DISPUTED)
    if agent is not None:
        purposes = None if agent.purposes is None else frozenset(agent.purposes)
        return Authority(may=True, purposes=purposes, not_after=agent.not_after)
    return _with_the_others(likeness, held, party, document)


def _with_the_others(likeness: Likeness, held: Mapping[UUID, int], party: Party, document: bytes | None) -> Authority:
    agreeing = {party.pk} | (assenting(likeness, document) if document is not None else set())
    if _enough(likeness, held, agreeing):
        return Authority(may=True)
    return Authority(may=False, why=Why.ASSENT_NEEDED, missing=frozenset(held) - agreeing)


def require(likeness_id: UUID, party: Party, act: Act, *, document: bytes | None = None) -> Authority:
    """Return the authority, or raise: `LikenessMissing` to strangers, `AuthorityRefused` to those who have some."""
    found = may_act(likeness_id, party, act, document=document)
    if found:
        return found
    if found.why is Why.DISPUTED:
        remedy = "Wait until it is settled. You can still withdraw."
        raise AuthorityRefused("Somebody else claims authority over this likeness.", remedy=remedy)
    if found.why is Why.ASSENT_NEEDED:
        remedy = "Ask the others to agree to exactly this document, then send it again."
        raise AuthorityRefused("Not enough of those who decide have agreed.", remedy=remedy)
    raise likenesses.missing("/likeness")


def check_scope(
    likeness: Likeness, authority: Authority, *, purposes: Collection[str], not_after: datetime, everyone: bool
) -> None:
    """Raise unless a grant stays within the limits of the likeness and of who gives it."""
    bounds = limits(likeness)
    if everyone and bounds.no_everyone:
        _beyond("/terms/audience", "A minor is never open to everyone.", "Name who may.")
    if bounds.not_after is not None and not_after > datetime.combine(bounds.not_after, time.min, UTC):
        remedy = f"End it at {bounds.not_after}T00:00:00Z or before."
        _beyond("/terms/window/not_after", "A minor's grant ends as they come of age.", remedy)
    if authority.not_after is not None and not_after > authority.not_after:
        _beyond("/terms/window/not_after", "The grant would outlast your mandate.", "Choose an earlier end.")
    if authority.purposes is not None and not set(purposes) <= authority.purposes:
        _beyond("/terms/purposes", "Your mandate does not cover these purposes.", "Leave the others out.")


def limits(likeness: Likeness) -> Limits:
    """Return what no grant of this likeness may exceed: a minor's is never for everyone, and ends as they turn 18."""
    return Limits(no_everyone=likeness.adult_on is not None, not_after=likeness.adult_on)


def principals(likeness: Likeness, at: datetime) -> dict[UUID, int]:
    """Return who holds the authority at this time, with their shares. Nobody: nothing can be granted."""
    if likeness.adult_on is not None and at.date() >= likeness.adult_on:  # guardians have done their part
        return {}
    claims = Claim.objects.filter(likeness=likeness, role__in=PRINCIPAL)
    ever = claims.filter(state__in=[Claim.State.ACCEPTED, Claim.State.ENDED])
    if likeness.kind == Likeness.Kind.PERSON and likeness.adult_on is None and not ever.exists():
        own = Party.objects.filter(pk=likeness.holder_id, erased_at=None)
        return dict.fromkeys(own.values_list("pk", flat=True), 1)
    live = claims.filter(Q(not_after=None) | Q(not_after__gt=at), state=Claim.State.ACCEPTED, claimant__erased_at=None)
    return dict(live.order_by("decided_at").values_list("claimant_id", "share"))


def assenting(likeness: Likeness, document: bytes) -> set[UUID]:
    """Return who has agreed to exactly this document. Whether their word counts, `principals` says."""
    given = Assent.objects.filter(likeness=likeness, act=document, dropped_entry=None)
    return set(given.values_list("party_id", flat=True))


def agreed(likeness: Likeness, document: bytes) -> bool:
    """Tell whether enough principals of now have agreed to exactly this document."""
    return _enough(likeness, principals(likeness, clock.now()), assenting(likeness, document))


def suffice(likeness: Likeness, agreeing: Collection[UUID]) -> bool:
    """Tell whether those who agree are enough, by the rule of the likeness, of its principals of now."""
    return _enough(likeness, principals(likeness, clock.now()), agreeing)


def assent_digest(likeness_id: UUID, party: Party, key_id: str, document: bytes) -> bytes:
    """Return the 32 bytes that a principal signs to agree to a document whose own digest is `document`."""
    return digest(
        "assent",
        {"likeness": str(likeness_id), "party": str(party.pk), "key": key_id, "act": base64url.encode(document)},
    )


def assent(
    likeness_id: UUID, kind: str, document: Mapping[str, Any], *, key_id: str, signed: Signed, actor: Party
) -> Assent:
    """Record that one principal agrees to a document: a grant that another drafted, or an agent's claim. Twice is once.

    It does nothing by itself: whoever acts on the document has all assents to it counted then.
    """
    if kind not in ASSENTED:
        raise AuthorityRefused("Nobody agrees to such a document.", pointer="/kind", remedy='Use "grant" or "claim".')
    with transaction.atomic():
        likeness = Likeness.objects.select_for_update(no_key=True).filter(pk=likeness_id).first()
        if likeness is None or actor.pk not in principals(likeness, clock.now()):
            raise likenesses.missing("/likeness")
        act = digest(kind, dict(document))
        key = keys.key_in_use(actor, key_id)
        asked = assent_digest(likeness.pk, actor, key_id, act)
        given = Assent.objects.filter(likeness=likeness, party=actor, act=act, dropped_entry=None).first()
        if given is not None:
            return given
        today = Assent.objects.filter(likeness=likeness, party=actor, entry__created_at__gt=clock.now() - DAY)
        if today.count() >= MAX_ASSENTS:
            raise AuthorityRefused(f"You agreed to {MAX_ASSENTS} documents in a day.", remedy="Go on tomorrow.")
        remedy = "Sign the assent digest of likeness, party, key and act with this key."
        keys.check_signed(key, signed, asked, pointer="/signature", remedy=remedy)
        return _store(likeness, kind, dict(document), signed, actor=actor)


def _store(likeness: Likeness, kind: str, document: dict[str, Any], signed: Signed, *, actor: Party) -> Assent:
    act = digest(kind, document)
    proof = {"signature": base64url.encode(signed)} if isinstance(signed, bytes) else {"evidence": dict(signed)}
    payload: dict[str, object] = {"likeness": str(likeness.pk), "act": base64url.encode(act), "kind": kind}
    whole = canonical({"document": document, **proof})
    return Assent.objects.create(
        likeness=likeness,
        party=actor,
        act=act,
        signed=vault.seal(actor.actor, whole, context=f"assent:{likeness.pk}"),
        entry=log.append("authority.assented", payload, actor=actor.actor, subject=actor.actor),
    )


def _agent(likeness: Likeness, party: Party, act: Act, at: datetime) -> Claim | None:
    claims = Claim.objects.filter(likeness=likeness, claimant=party, role=Claim.Role.AGENT, state=Claim.State.ACCEPTED)
    return claims.filter(acts__contains=[str(act)], not_after__gt=at, claimant__erased_at=None).first()


def _enough(likeness: Likeness, held: Mapping[UUID, int], agreeing: Collection[UUID]) -> bool:
    shares = {str(pk): share for pk, share in held.items()}
    return heirs.satisfied(likeness.heirs_rule, shares, {str(pk) for pk in agreeing})


def _beyond(pointer: str, detail: str, remedy: str) -> None:
    raise AuthorityRefused(detail, pointer=pointer, remedy=remedy)
