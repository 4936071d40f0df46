"""The queues of this app. Registered when the app is ready; takedown cases and videos have theirs elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Now

from consent import blocks, reviews, revocation_proposals
from consent.casework import acts, queues, roles
from consent.casework.queues import Queue, shaped
from consent.claims import WAITING
from consent.models import (
    Block,
    Claim,
    ClaimReview,
    EnrolmentSession,
    Escalation,
    Proposal,
    ProtectedName,
    QualitySample,
    RevocationProposal,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from consent.staff import Staff

REVIEW_ENROLMENT: Final = "consent.review_enrolment"
KEEP_REGISTER: Final = "consent.keep_register"
ANNOTATE: Final = "consent.annotate_work"
SEE: Final = "consent.see_queues"
LOOK_AGAIN: Final = "consent.look_again"
SECOND_WORDS: Final = "second-words"
ANSWERED_WITHIN: Final = timedelta(hours=72)
CONFIRMED_WITHIN: Final = timedelta(hours=24)  # a provisional block is the word of one person
DOUBT: Final = EnrolmentSession.Doubt


def _enrolments() -> QuerySet[Any]:
    rows = EnrolmentSession.objects.filter(state=EnrolmentSession.State.IN_REVIEW)
    risk = Case(When(doubt__in=[DOUBT.DUPLICATE, DOUBT.CHANGED], then=Value(2)), default=Value(1))
    return shaped(rows, since="opened_at", due=ANSWERED_WITHIN, risk=risk, lane=F("doubt"))


def _last_verdict() -> Subquery:
    newest = ClaimReview.objects.filter(claim=OuterRef("pk")).order_by("-pk")
    return Subquery(newest.values("verdict")[:1], output_field=CharField())


def _last_reviewer() -> Subquery:
    newest = ClaimReview.objects.filter(claim=OuterRef("pk")).order_by("-pk")
    return Subquery(newest.values("actor")[:1], output_field=CharField())


def _claims() -> QuerySet[Any]:
    """Claims that nobody has recommended anything about yet; one that is disputed still has to be settled."""
    rows = Claim.objects.filter(state__in=WAITING, claimant__erased_at=None).annotate(last_verdict=_last_verdict())
    rows = rows.filter(Q(last_verdict=None) | Q(last_verdict=ClaimReview.Verdict.DISPUTE))
    risk = Case(When(state=Claim.State.DISPUTED, then=Value(2)), default=Value(1))
    return shaped(rows, since="made_at", due="due_at", risk=risk, lane=F("role"))


def _recommended() -> QuerySet[Any]:
    rows = Claim.objects.filter(claimant__erased_at=None).annotate(
        last_verdict=_last_verdict(), last_reviewer=_last_reviewer()
    )
    open_ = Q(state__in=WAITING, last_verdict__in=["accept", "transfer", "refuse"])
    rows = rows.filter(open_ | Q(state=Claim.State.ACCEPTED, last_verdict="end"))
    risk = Case(When(state=Claim.State.DISPUTED, then=Value(2)), default=Value(1))
    return shaped(rows, since="made_at", due="due_at", risk=risk, lane=F("last_verdict"))


def _standing_blocks() -> QuerySet[Block]:
    return Block.objects.filter(lifted_at=None, until__gt=Now())


def _unconfirmed() -> QuerySet[Any]:
    return shaped(_standing_blocks().filter(confirmed_at=None), since="accepted_at", due=CONFIRMED_WITHIN, risk=2)


def _lifts() -> QuerySet[Any]:
    rows = _standing_blocks().exclude(lift_proposed_by="")
    return shaped(rows, since="lift_proposed_entry__created_at", due=ANSWERED_WITHIN)


def _revocations() -> QuerySet[Any]:
    rows = RevocationProposal.objects.filter(withdrawal=None, created_at__gt=Now() - revocation_proposals.OPEN)
    return shaped(rows, since="created_at", due=ANSWERED_WITHIN, risk=2, lane=F("reason"))


def _name_ends() -> QuerySet[Any]:
    rows = ProtectedName.objects.filter(ended_at=None).exclude(end_proposed_by="")
    return shaped(rows, since="created_at", lane=F("ground"))


def _proposals() -> QuerySet[Any]:
    rows = Proposal.objects.filter(decision="", expires_at__gt=Now())
    return shaped(rows, since="proposed_at", due="expires_at", risk=2, lane=F("act"))


def _escalated() -> QuerySet[Any]:
    rows = Escalation.objects.filter(settled_at=None)
    return shaped(rows, since="made_at", due="due_at", risk=F("risk"), lane=F("reason"))


def _samples() -> QuerySet[Any]:
    return shaped(QualitySample.objects.filter(looked_at=None), since="drawn_at", due="due_at", lane=F("lane"))


def _since(model: Any, column: str) -> Callable[[datetime], QuerySet[Any]]:  # noqa: ANN401 - any model
    return lambda at: model.objects.filter(**{f"{column}__gte": at})


def _own_claim(actor: Staff) -> Q:
    """Tell whose they must not touch: a claim of their own, or about a likeness of theirs."""
    return Q(claimant__user_id=actor.user) | Q(likeness__holder__user_id=actor.user)


def _reviewed_or_own(actor: Staff) -> Q:
    reviewed = Exists(ClaimReview.objects.filter(claim=OuterRef("pk"), actor=actor.actor))
    return _own_claim(actor) | Q(reviewed)


def _lifting(actor: Staff) -> Q:
    """Whoever placed it or asked to lift it does not lift it."""
    return Q(lift_proposed_by=actor.actor) | Q(placed_by=actor.actor)


def _claimant(item: UUID) -> str:
    found = Claim.objects.filter(pk=item).values_list("claimant_id", flat=True).first()
    return queues.CASEWORK if found is None else f"party:{found}"


def _enrolled(item: UUID) -> str:
    found = EnrolmentSession.objects.filter(pk=item).values_list("likeness__holder_id", flat=True).first()
    return queues.CASEWORK if found is None else f"party:{found}"


def _not_to_confirm(actor: Staff) -> Q:
    """Whoever proposed it does not confirm it, nor does whoever may not."""
    return Q(proposed_by=actor.actor) | ~Q(act__in=acts.confirmable(actor))


def _not_addressed(actor: Staff) -> Q:
    """Return what is not for them: what went to a role or a queue is for those who have it.

    Whoever sent it is not handed it back.
    """
    theirs = Q(to_role__in=roles.of(actor)) | Q(to_queue__in=roles.queues_of(actor))
    return Q(actor=actor.actor) | ~theirs


OWN: Final = (
    Queue(
        "enrolments", REVIEW_ENROLMENT, "Enrolments to look at", _enrolments,
        lambda at: EnrolmentSession.objects.filter(opened_at__gte=at).exclude(doubt=""),
        lambda actor: Q(likeness__holder__user_id=actor.user), _enrolled,
    ),
    Queue("claims", reviews.MAY, "Claims of authority", _claims, _since(Claim, "made_at"), _own_claim, _claimant),
    Queue(
        "claims-to-decide", reviews.MAY, "Claims that a colleague recommended", _recommended,
        lambda at: Claim.objects.filter(reviews__reviewed_at__gte=at).distinct(),
        _reviewed_or_own, _claimant, SECOND_WORDS,
    ),
    Queue(
        "blocks-to-confirm", blocks.DECIDE, "Provisional blocks", _unconfirmed, _since(Block, "accepted_at"),
        lambda actor: Q(placed_by=actor.actor), group=SECOND_WORDS,
    ),
    Queue(
        "lifts", blocks.DECIDE, "Blocks to be lifted", _lifts,
        _since(Block, "lift_proposed_entry__created_at"), _lifting, group=SECOND_WORDS,
    ),
    Queue(
        "revocations", "consent.approve_revocation", "Revocations", _revocations,
        _since(RevocationProposal, "created_at"), lambda actor: Q(proposed_by=actor.actor), group=SECOND_WORDS,
    ),
    Queue(
        "names-to-end", KEEP_REGISTER, "Protected names to be ended", _name_ends, _since(ProtectedName, "created_at"),
        lambda actor: Q(end_proposed_by=actor.actor), group=SECOND_WORDS,
    ),
    Queue(
        "proposals", SEE, "Acts that need a second person", _proposals, _since(Proposal, "proposed_at"),
        _not_to_confirm, group=SECOND_WORDS,
    ),
    Queue("escalated", ANNOTATE, "Escalated", _escalated, _since(Escalation, "made_at"), _not_addressed),
    Queue(
        "second-looks", LOOK_AGAIN, "Second looks", _samples, _since(QualitySample, "drawn_at"),
        lambda actor: Q(decided_by=actor.actor),
    ),
)  # fmt: skip
for _queue in OWN:
    queues.register(_queue)
