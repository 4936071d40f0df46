"""What the staff do with claims of authority: one recommends, another decides.

Two people are needed for whatever widens: accepting, transferring, ending somebody's authority, and lifting a hold.
One is enough for what narrows: refusing a claim that holds nothing up, and holding a likeness while two sides dispute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import transaction

from consent import authority, claims, clock, entries, letters, staff
from consent.models import Assent, Claim, ClaimDocument, ClaimReview, EnrolmentSession, Likeness, Message, Party
from ledger import log
from ledger.canonical import digest
from ledger.problem import Problem

if TYPE_CHECKING:
    from consent.staff import Staff
    from ledger.models import Entry

Verdict = ClaimReview.Verdict
MAY: Final = "consent.review_claim"
TOGETHER: Final = frozenset({Claim.Role.HEIR, Claim.Role.GUARDIAN})  # roles that several hold side by side


class ClaimConflict(Problem):
    """The claim does not fit what is on record; accepting it would take from somebody what is theirs."""

    code: ClassVar[str] = "claim-conflict"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The claim stands against something else"


class ClaimUnproven(Problem):
    """Something that this claim needs is missing: a document, a reference, or somebody's assent."""

    code: ClassVar[str] = "claim-unproven"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The claim needs something more"


def read(claim: Claim, *, actor: Staff) -> dict[str, Any]:
    """Return what a claimant swore to, on record before a word of it is handed out. Raises `StaffRefused`, `Erased`."""
    staff.require(actor, may=MAY)
    with transaction.atomic():
        said = claims.document_of(claim)
        payload: dict[str, object] = {"claim": str(claim.pk)}
        log.append("claim.read", payload, actor=actor.actor, subject=claim.claimant.actor)
    return said


def recommend(claim: Claim, verdict: str, *, actor: Staff) -> ClaimReview:
    """Record what one member of staff thinks: accept, transfer, refuse, or end. It changes nothing else."""
    if verdict not in Verdict.values or verdict == Verdict.DISPUTE:
        raise ClaimConflict("No such verdict.", remedy="Use accept, transfer, refuse or end.")
    with transaction.atomic():
        _, claim = claims.locked(claim.pk)
        if claim.state not in ([Claim.State.ACCEPTED] if verdict == Verdict.END else claims.WAITING):
            raise claims.closed(claim)
        return _reviewed(claim, verdict, "claim.reviewed", actor)


def accept(claim: Claim, *, actor: Staff) -> Claim:
    """Accept what a colleague recommended. Accepted already: the same claim again."""
    with transaction.atomic():
        likeness, claim = claims.locked(claim.pk)
        if claim.state == Claim.State.ACCEPTED:
            return claim
        likeness = _ready(claim, likeness, Verdict.ACCEPT, actor)
        first = _check_fits(claim, likeness)
        entry = _entered(claim, "claim.accepted", actor, likeness=str(likeness.pk))
        _decide(claim, Claim.State.ACCEPTED, entry)
        if first:
            likeness.authority_entry = entry
            _activate(claim, likeness)
            likeness.save(update_fields=["authority_entry", "state"])
        claims.lift_hold(likeness)
        letters.write(claim.claimant, Message.Kind.CLAIM_ACCEPTED, entry, claim=str(claim.pk))
    return claim


def refuse(claim: Claim, reason: str, *, actor: Staff) -> Claim:
    """Refuse a claim with a reason of the closed list. One that holds a likeness up needs a colleague's word first."""
    if reason not in Claim.Refusal.values:
        raise ClaimConflict("No such reason.", remedy=f"Use one of: {', '.join(Claim.Refusal.values)}.")
    with transaction.atomic():
        likeness, claim = claims.locked(claim.pk)
        if claim.state not in claims.WAITING:
            raise claims.closed(claim)
        if claim.state == Claim.State.DISPUTED:
            staff.require_another(claims.recommended(claim, Verdict.REFUSE), actor)
        payload: dict[str, object] = {"claim": str(claim.pk), "reason": reason}
        subject = claim.claimant.actor
        entry = entries.append_end("claim.refused", payload, actor=actor.actor, subject=subject)
        claim.refusal = reason
        _decide(claim, Claim.State.REFUSED, entry)
        claims.lift_hold(likeness)
        letters.write(claim.claimant, Message.Kind.CLAIM_REFUSED, entry, reason=letters.REASONS[reason])
    return claim


def dispute(claim: Claim, *, actor: Staff) -> Claim:
    """Hold the likeness because this claim is credible and stands against another. Disputed already: once is enough.

    From the commit every gate says no, and permits from before are worth nothing; whoever decided can still withdraw.
    """
    with transaction.atomic():
        likeness, claim = claims.locked(claim.pk)
        if claim.state == Claim.State.DISPUTED:
            return claim
        if claim.state != Claim.State.OPEN:
            raise claims.closed(claim)
        if likeness is None or likeness.state == Likeness.State.WITHDRAWN:
            raise ClaimConflict("There is nothing to hold.", remedy="Refuse the claim.")
        entry = _reviewed(claim, Verdict.DISPUTE, "claim.disputed", actor).entry
        claim.state = Claim.State.DISPUTED
        claim.save(update_fields=["state"])
        if likeness.state == Likeness.State.ACTIVE:
            likeness.state = Likeness.State.DISPUTED
        _move_on(likeness)
        likeness.save(update_fields=["state", "epoch", "authority_epoch"])
        concerned = {claim.claimant_id, likeness.holder_id, *authority.principals(likeness, clock.now())}
        for party in Party.objects.filter(pk__in=concerned).order_by("pk"):
            letters.write(party, Message.Kind.CLAIM_DISPUTED, entry)
    return claim


def transfer(claim: Claim, *, actor: Staff) -> Claim:
    """Accept a claim in the place of everybody else's: the likeness is the claimant's. Transferred already: once.

    At this one entry every right of who decided before drops: their claims, their agents, their assents, the permits
    that are open. The grants that they gave stand, as licences outlive a sale; the new holder can withdraw each.
    """
    with transaction.atomic():
        likeness, claim = claims.locked(claim.pk)
        if claim.state == Claim.State.ACCEPTED:
            return claim
        likeness = _ready(claim, likeness, Verdict.TRANSFER, actor)
        _check_transferable(claim, likeness)
        losing = {likeness.holder_id, *authority.principals(likeness, clock.now())} - {claim.claimant_id}
        ended = Claim.objects.filter(likeness=likeness, state=Claim.State.ACCEPTED).order_by("pk")
        entry = _entered(
            claim,
            "authority.transferred",
            actor,
            likeness=str(likeness.pk),
            losing=sorted(map(str, losing)),
            ended=[str(pk) for pk in ended.values_list("pk", flat=True)],
        )
        ended.update(state=Claim.State.ENDED, ended_at=clock.now(), ended_entry=entry)
        Assent.objects.filter(likeness=likeness, dropped_entry=None).update(dropped_entry=entry)
        _decide(claim, Claim.State.ACCEPTED, entry)
        _hand_over(claim, likeness, entry)
        claims.lift_hold(likeness)
        letters.write(claim.claimant, Message.Kind.CLAIM_ACCEPTED, entry, claim=str(claim.pk))
        for party in Party.objects.filter(pk__in=losing).order_by("pk"):
            letters.write(party, Message.Kind.AUTHORITY_LEFT, entry)
    return claim


def _ready(claim: Claim, likeness: Likeness | None, verdict: Verdict, actor: Staff) -> Likeness:
    """Return the likeness if a claim may be accepted now: it waits, a colleague said so, and nothing is unsettled."""
    if claim.state not in claims.WAITING:
        raise claims.closed(claim)
    staff.require_another(claims.recommended(claim, verdict), actor)
    if likeness is None or likeness.state == Likeness.State.WITHDRAWN:
        raise ClaimConflict("There is no such likeness any more.", remedy="Refuse the claim: no-such-likeness.")
    others = Claim.objects.filter(likeness=likeness, state=Claim.State.DISPUTED).exclude(pk=claim.pk)
    if others.exists():
        raise ClaimConflict("Another claim about it is disputed.", remedy="Decide that one first.")
    return likeness


def _check_fits(claim: Claim, likeness: Likeness) -> bool:
    """Raise unless accepting this takes nothing from anybody; return whether it is the one that the likeness awaits."""
    if claim.role == Claim.Role.AGENT:
        if not authority.agreed(likeness, digest("claim", claims.document_of(claim))):
            remedy = "Those who decide about the likeness have to sign the claim (assents)."
            raise ClaimUnproven("Nobody who decides has appointed this agent.", remedy=remedy)
        return False
    _check_evidence(claim)
    if claim.claimant_id == likeness.holder_id and likeness.authority_entry_id is None and _of_another(likeness):
        return True
    held = Claim.objects.filter(likeness=likeness, state=Claim.State.ACCEPTED, role__in=authority.PRINCIPAL)
    beside = claim.role in TOGETHER and set(held.values_list("role", flat=True)) == {claim.role}
    if beside and not held.filter(claimant_id=claim.claimant_id).exists():
        return False
    remedy = "Transfer it with a signed writing, or record a dispute."
    raise ClaimConflict("Somebody else decides about this likeness.", remedy=remedy)


def _check_transferable(claim: Claim, likeness: Likeness) -> None:
    _check_evidence(claim)
    minor = likeness.adult_on is not None and clock.now().date() < likeness.adult_on
    if claim.role == Claim.Role.AGENT or minor != (claim.role == Claim.Role.GUARDIAN):
        raise ClaimConflict("Nobody takes over in this role.", remedy="A minor needs a guardian, and nobody else does.")
    if likeness.authority_entry_id is None and _of_another(likeness):
        raise ClaimConflict("Nobody decides about it yet.", remedy="Decide the claim that registered it first.")


def _check_evidence(claim: Claim) -> None:
    if not claim.documents.filter(kind=ClaimDocument.Kind.EVIDENCE).exists():
        raise ClaimUnproven("The claim has no document.", remedy="Ask the claimant for one.")


def _of_another(likeness: Likeness) -> bool:
    """Tell whether it is not an adult's own: such a likeness awaits a claim from the day it is registered."""
    return likeness.kind != Likeness.Kind.PERSON or likeness.adult_on is not None


def _activate(claim: Claim, likeness: Likeness) -> None:
    """Make a character active, which needs a reference; one who died too, if there is one. A minor enrols a clip."""
    reference = claim.documents.filter(kind=ClaimDocument.Kind.REFERENCE).exists()
    if likeness.kind == Likeness.Kind.CHARACTER and not reference:
        remedy = "Ask the claimant for a picture or a clip of the character."
        raise ClaimUnproven("A character needs reference media.", remedy=remedy)
    if reference and likeness.kind != Likeness.Kind.PERSON:
        likeness.state = Likeness.State.ACTIVE


def _hand_over(claim: Claim, likeness: Likeness, entry: Entry) -> None:
    if claim.role != Claim.Role.GUARDIAN:
        likeness.adult_on = None  # they are of age, or were never a minor
    sessions = EnrolmentSession.objects.filter(likeness=likeness, state__in=["open", "in_review"])
    sessions.update(state=EnrolmentSession.State.EXPIRED)  # a clip of theirs is not enrolled for somebody else
    likeness.holder = claim.claimant
    likeness.authority_entry = entry
    _move_on(likeness)
    likeness.save(update_fields=["holder", "adult_on", "authority_entry", "epoch", "authority_epoch"])


def _move_on(likeness: Likeness) -> None:
    """Bump the epoch, and make it the one before which no permit counts. The row is held FOR UPDATE."""
    likeness.epoch += 1
    likeness.authority_epoch = likeness.epoch


def _decide(claim: Claim, state: Claim.State, entry: Entry) -> None:
    claim.state, claim.decided_entry, claim.decided_at = state, entry, clock.now()
    claim.save(update_fields=["state", "refusal", "decided_entry", "decided_at"])


def _reviewed(claim: Claim, verdict: str, kind: str, actor: Staff) -> ClaimReview:
    entry = _entered(claim, kind, actor, verdict=verdict)
    return ClaimReview.objects.create(claim=claim, verdict=verdict, actor=actor.actor, entry=entry)


def _entered(claim: Claim, kind: str, actor: Staff, **more: object) -> Entry:
    """Append under the claimant's key. Raises `Erased` for a claimant who was erased: they get no authority."""
    payload: dict[str, object] = {"claim": str(claim.pk), **more}
    return log.append(kind, payload, actor=actor.actor, subject=claim.claimant.actor)
