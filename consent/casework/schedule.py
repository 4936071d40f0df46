"""Later: an item that sleeps until an hour, and an act that is carried out at one.

A snooze keeps an item from being handed out; its clock runs on, and what is breached is shown as breached. A scheduled
act is a verb of `consent.casework.verbs`: beat carries it out under the name of who scheduled it, asks for their
permission then, and records how it went. If we crash in the middle of one it waits still, for verb and row commit
together.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction

from consent import clock, rfc3339, staff
from consent.casework import escalations, queues, verbs
from consent.casework.own_queues import ANNOTATE
from consent.models import ScheduledAct, Snooze
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from consent.staff import Staff

State = ScheduledAct.State
LONGEST_SNOOZE: Final = timedelta(days=14)
LONGEST: Final = timedelta(days=90)
BATCH: Final = 100
SCHEDULER: Final = "system:casework"


class ScheduleRefused(Problem):
    """The hour is past or too far, or the act is over."""

    code: ClassVar[str] = "schedule-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This cannot be put off so"


def snooze(queue: str, item: UUID, until: datetime, *, actor: Staff) -> Snooze:
    """Keep an item that waits from being handed out before `until`. Whoever holds it lets go of it by this."""
    staff.require(actor, may=ANNOTATE)
    queues.find(queues.named(queue), item)
    row = Snooze(id=uuid.uuid4(), queue=queue, item=item, until=_later(until, LONGEST_SNOOZE), actor=actor.actor)
    row.made_at = clock.now()
    payload: dict[str, object] = {"snooze": str(row.pk), "queue": queue, "item": str(item)}
    payload["until"] = rfc3339.write(until)
    with transaction.atomic():
        escalations.put_down(queue, item, actor=actor)
        row.entry = log.append("work.snoozed", payload, actor=actor.actor, subject=queues.CASEWORK)
        row.save(force_insert=True)
    return row


def wake(snooze: Snooze, *, actor: Staff) -> Snooze:
    """End a snooze before its time. Twice is once."""
    staff.require(actor, may=ANNOTATE)
    with transaction.atomic():
        held = Snooze.objects.select_for_update(of=("self",)).get(pk=snooze.pk)
        if held.woken_at is not None:
            return held
        payload: dict[str, object] = {"snooze": str(held.pk)}
        held.woken_entry = log.append("work.woken", payload, actor=actor.actor, subject=queues.CASEWORK)
        held.woken_at, held.woken_by = clock.now(), actor.actor
        held.save(update_fields=["woken_at", "woken_by", "woken_entry"])
    return held


def plan(verb: str, item: UUID, at: datetime, arguments: Mapping[str, str], *, actor: Staff) -> ScheduledAct:
    """Schedule a verb. It is carried out only if the actor may do it then."""
    chosen = verbs.named(verb, arguments)
    staff.require(actor, may=chosen.may)
    row = ScheduledAct(id=uuid.uuid4(), verb=verb, item=item, arguments=dict(arguments), actor=actor.actor)
    row.due_at, row.made_at = _later(at, LONGEST), clock.now()
    payload = _payload(row) | {"arguments": dict(arguments), "due": rfc3339.write(at)}
    with transaction.atomic():
        row.entry = log.append("act.scheduled", payload, actor=actor.actor, subject=queues.CASEWORK)
        row.save(force_insert=True)
    return row


def cancel(act: ScheduledAct, *, actor: Staff) -> ScheduledAct:
    """Cancel what a colleague or oneself scheduled: whoever may do it may see that it is not done. Twice is once."""
    with transaction.atomic():
        held = ScheduledAct.objects.select_for_update(of=("self",)).get(pk=act.pk)
        staff.require(actor, may=verbs.named(held.verb, held.arguments).may)
        if held.state == State.CANCELLED:
            return held
        if held.state != State.WAITING:
            raise ScheduleRefused("It is over.", remedy="Look at what it did; a reversal is an act of its own.")
        return _ended(held, State.CANCELLED, actor.actor)


def run_due() -> int:
    """Carry out what is due, one transaction each; return how many. Several beats at once do each act once."""
    for done in range(BATCH):
        if not _run_one():
            return done
    return BATCH


def _run_one() -> bool:
    with transaction.atomic():
        due = ScheduledAct.objects.filter(state=State.WAITING, due_at__lte=clock.now()).order_by("due_at", "pk")
        held = due.select_for_update(skip_locked=True, of=("self",)).first()
        if held is None:
            return False
        try:
            with transaction.atomic():  # what a refused verb did in part is undone, the record of it is not
                actor, verb = staff.named(held.actor), verbs.named(held.verb, held.arguments)
                staff.require(actor, may=verb.may)
                verb.act(held.item, held.arguments, actor)
        except Problem as problem:
            _ended(held, State.REFUSED, SCHEDULER, problem.code)
        else:
            _ended(held, State.DONE, SCHEDULER)
    return True


def _ended(held: ScheduledAct, state: State, by: str, problem: str = "") -> ScheduledAct:
    payload = _payload(held) | {"state": str(state), "problem": problem}
    held.ended_entry = log.append("act.ended", payload, actor=by, subject=queues.CASEWORK)
    held.ended_at, held.ended_by, held.state, held.problem = clock.now(), by, state, problem
    held.save(update_fields=["ended_at", "ended_by", "ended_entry", "state", "problem"])
    return held


def _later(at: datetime, longest: timedelta) -> datetime:
    now = clock.now()
    if at.utcoffset() is None or not now < at <= now + longest:
        remedy = f"Choose an hour within {longest.days} days, with its time zone."
        raise ScheduleRefused("The hour is past or too far.", pointer="/until", remedy=remedy)
    return at


def _payload(row: ScheduledAct) -> dict[str, object]:
    return {"act": str(row.pk), "verb": row.verb, "item": str(row.item)}
