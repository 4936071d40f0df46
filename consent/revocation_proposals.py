"""Revocation by members of staff: one proposes, another approves, and only then does anything end.

The effect is that of a withdrawal (`consent.endings`), with an entry `consent.revoked`: who looks at the log can tell
the person's own act from somebody else's. Both acts are on record before the effect. The person is told why, and how
to object.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction

from consent import clock, endings, messages, staff
from consent import revocation_reasons as reasons
from consent.endings import End, Scope
from consent.models import Grant, Likeness, Message, RevocationProposal, Withdrawal
from consent.revocation_reasons import By
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from consent.revocation_reasons import Reason
    from consent.staff import Staff

OPEN: Final = timedelta(days=14)  # an older proposal is made again: what it rests on has grown old
MAX_REFERENCE: Final = 120
SYSTEM: Final = "system:consent"


class ProposalRefused(Problem):
    """The proposal is too old, or what it would end has ended."""

    code: ClassVar[str] = "revocation-proposal-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This revocation cannot go on"


def propose_revocation(
    target: Likeness | Grant, *, reason: str, reference: str = "", actor: Staff
) -> RevocationProposal:
    """Propose to end a grant, or a likeness with all its grants. Ends nothing.

    `reference` (a case, the file number of a court) is sealed in the entry and stands in no column. Raises
    `ReasonRefused` for a reason that staff cannot give, `ProposalRefused` if nothing is left to end.
    """
    reasons.revocation(reason, by=frozenset({By.STAFF, By.COURT}))
    if len(reference) > MAX_REFERENCE or (reference and not reference.isprintable()):
        remedy = f"Use at most {MAX_REFERENCE} visible characters."
        raise ProposalRefused("The reference cannot be kept.", pointer="/reference", remedy=remedy)
    grant = target if isinstance(target, Grant) else None
    likeness = target if isinstance(target, Likeness) else Likeness.objects.get(pk=target.likeness_id)
    with transaction.atomic():
        _check_live(likeness, grant)
        proposal = RevocationProposal(
            id=uuid.uuid4(), likeness=likeness, grant=grant, reason=reason, proposed_by=actor.actor
        )
        payload: dict[str, object] = {
            "proposal": str(proposal.pk),
            "likeness": str(likeness.pk),
            "grant": None if grant is None else str(grant.pk),
            "reason": reason,
            "reference": reference,
        }
        # under our own key: the person learns of it when it takes effect, with the entry that is theirs
        proposal.entry = log.append("revocation.proposed", payload, actor=actor.actor, subject=SYSTEM)
        proposal.save(force_insert=True)
    return proposal


def approve_revocation(proposal: RevocationProposal, *, actor: Staff) -> Withdrawal:
    """Let a proposal take effect. Approved already: the same withdrawal again. Effective once drained.

    Raises `SecondPersonNeeded` for whoever proposed it, `ProposalRefused` for one that is too old.
    """
    staff.require_another(proposal.proposed_by, actor)
    with transaction.atomic():
        likeness = endings.lock(proposal.likeness_id)
        held = RevocationProposal.objects.select_related("grant__entry", "withdrawal").get(pk=proposal.pk)
        staff.require_another(held.proposed_by, actor)
        if held.withdrawal is not None:
            return held.withdrawal
        if clock.now() - held.created_at > OPEN:
            raise ProposalRefused("The proposal is too old.", remedy="Look at the case again and propose it anew.")
        _check_live(likeness, held.grant)
        reason = reasons.revocation(held.reason, by=frozenset({By.STAFF, By.COURT}))
        withdrawal = revoke(likeness, held.grant, reason, actor=actor.actor)
        held.approved_by, held.withdrawal = actor.actor, withdrawal
        held.save(update_fields=["approved_by", "withdrawal"])
    return withdrawal


def revoke(likeness: Likeness, grant: Grant | None, reason: Reason, *, actor: str) -> Withdrawal:
    """End it and tell the holder, in the caller's transaction. The likeness is locked, and who may was asked before."""
    ended = endings.live(likeness) if grant is None else [grant]
    scope = Scope.LIKENESS if grant is None else Scope.GRANT
    withdrawal = endings.end(likeness, ended, End(scope, grant, reason=reason.code), actor=actor)
    what = "likeness" if grant is None else f"grant {grant.pk}"
    facts = {"what": what, "english": reason.english, "spanish": reason.spanish, "appeal": reasons.APPEAL}
    messages.inform(likeness.holder, Message.Kind.CONSENT_REVOKED, withdrawal.entry, **facts)
    return withdrawal


def waiting() -> list[RevocationProposal]:
    """Return what a second person can still approve, oldest first; at most 256."""
    rows = RevocationProposal.objects.filter(withdrawal=None, created_at__gt=clock.now() - OPEN)
    return list(rows.order_by("created_at")[:256])


def _check_live(likeness: Likeness, grant: Grant | None) -> None:
    ended = likeness.state == Likeness.State.WITHDRAWN if grant is None else grant.ended_at is not None
    if ended:
        raise ProposalRefused("It has ended already.", remedy="Nothing is left to be done.")
