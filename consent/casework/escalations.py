"""Hand an item to those who have a role, or who work another queue.

Until it is settled the item's own queue does not hand it out; it waits in the queue "escalated", for those alone.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import IntegrityError, transaction

from consent import clock, staff
from consent.casework import assignments, queues, roles
from consent.casework.own_queues import ANNOTATE
from consent.models import Assignment, Escalation
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from uuid import UUID

    from consent.staff import Staff

RISKIER: Final = frozenset({Escalation.Reason.CHILD_SAFETY, Escalation.Reason.THREAT_TO_LIFE})
HIGHEST: Final = 4


class EscalationRefused(Problem):
    """It is escalated already, or to nobody."""

    code: ClassVar[str] = "escalation-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This cannot be escalated so"


def escalate(queue: str, item: UUID, reason: str, *, to_role: str = "", to_queue: str = "", actor: Staff) -> Escalation:
    """Escalate an item that waits, to a role or to whoever works a queue. Whoever holds it lets go of it by this.

    What there is to say in words is a note. Raises `EscalationRefused`, `WorkTaken` if a colleague holds it.
    """
    staff.require(actor, may=ANNOTATE)
    _check(reason, to_role, to_queue)
    row = queues.find(queues.named(queue), item)
    made = Escalation(id=uuid.uuid4(), queue=queue, item=item, to_role=to_role, to_queue=to_queue, reason=reason)
    made.risk = HIGHEST if reason in RISKIER else min(row.work_risk + 1, HIGHEST)
    made.due_at, made.actor, made.made_at = row.work_due, actor.actor, clock.now()
    payload = _payload(made) | {"to": to_role or f"queue:{to_queue}", "reason": reason}
    try:
        with transaction.atomic():
            put_down(queue, item, actor=actor)
            made.entry = log.append("work.escalated", payload, actor=actor.actor, subject=queues.CASEWORK)
            made.save(force_insert=True)
    except IntegrityError as error:
        raise EscalationRefused("It is escalated already.", remedy="Write a note to it.") from error
    return made


def settle(escalation: Escalation, *, actor: Staff) -> Escalation:
    """Say that an escalation is dealt with; an item that waits still goes back to its own queue. Twice is once.

    Whoever it is addressed to settles it, or who sent it takes it back.
    """
    staff.require(actor, may=ANNOTATE)
    with transaction.atomic():
        held = Escalation.objects.select_for_update(of=("self",)).get(pk=escalation.pk)
        if held.settled_at is not None:
            return held
        addressed = held.to_role in roles.of(actor) or held.to_queue in roles.queues_of(actor)
        if not addressed and held.actor != actor.actor:
            raise EscalationRefused("It is not addressed to you.", remedy="Leave it to those whom it was sent to.")
        held.settled_entry = log.append(
            "escalation.settled", _payload(held), actor=actor.actor, subject=queues.CASEWORK
        )
        held.settled_at, held.settled_by = clock.now(), actor.actor
        held.save(update_fields=["settled_at", "settled_by", "settled_entry"])
    return held


def put_down(queue: str, item: UUID, *, actor: Staff) -> None:
    """Let go of an item that is moved away, if the actor holds it. Raises `WorkTaken` if a colleague does."""
    held = Assignment.objects.filter(queue=queue, item=item, ended_at=None).first()
    if held is None or (held.actor != actor.actor and held.expires_at <= clock.now()):
        return
    if held.actor != actor.actor:
        raise assignments.taken_by_other()
    assignments.end(held, Assignment.Outcome.MOVED, actor=actor)


def _check(reason: str, to_role: str, to_queue: str) -> None:
    if reason not in Escalation.Reason.values:
        known = ", ".join(Escalation.Reason.values)
        raise EscalationRefused("There is no such reason.", pointer="/reason", remedy=f"Use one of: {known}.")
    if bool(to_role) == bool(to_queue) or (to_role and to_role not in roles.ROLES):
        raise EscalationRefused("Nobody is addressed.", pointer="/to", remedy="Name one role or one queue.")
    if to_queue:
        queues.named(to_queue)


def _payload(row: Escalation) -> dict[str, object]:
    return {"escalation": str(row.pk), "queue": row.queue, "item": str(row.item)}
