"""Hand out work: the riskiest first, of these what is due first, and never one item to two people.

An item is in one pair of hands until it is done, released, skipped or moved, or for `LASTS` unless renewed. After that
others may take it over; as long as nobody has, whoever held it can still submit: nothing that was written is lost.

Two who ask at the same moment pass by what the other holds locked (SKIP LOCKED), so that they do not wait for each
other. That is for speed. What keeps an item in one pair of hands is a unique index: whoever loses there asks again.
"""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef

from consent import clock, staff
from consent.casework import counts, queues
from consent.models import Assignment, Escalation
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet

    from consent.casework.queues import Queue
    from consent.staff import Staff

Outcome = Assignment.Outcome
LASTS: Final = timedelta(minutes=20)
SKIPPED_FOR: Final = timedelta(hours=4)
TRIES: Final = 16  # of so many at once each loses at most to all the others
DECISION: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class WorkTaken(Problem):
    """Somebody else has the item."""

    code: ClassVar[str] = "work-taken"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Somebody else works on this"


class WorkNotYours(Problem):
    """The item is not in the actor's hands: it was never, it is over, or somebody took it over."""

    code: ClassVar[str] = "work-not-yours"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This is not in your hands"


class WorkConflict(Problem):
    """The actor filed, proposed or decided something of it before, or it is about them."""

    code: ClassVar[str] = "work-conflict"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Somebody else has to look at this"


class SkipRefused(Problem):
    """A word is missing that says why, or what was decided."""

    code: ClassVar[str] = "work-refused"
    title: ClassVar[str] = "This cannot be recorded so"


def next_one(queue: str, *, actor: Staff) -> Assignment | None:
    """Hand out what comes first for this person; what they hold already comes first of all. `None`: nothing waits."""
    found = queues.named(queue)
    staff.require(actor, may=found.may)
    for _ in range(TRIES):
        held = _mine(found, actor)
        if held is not None:
            return held
        try:
            with transaction.atomic():
                row = _first(found, actor)
                return None if row is None else _taken(found, row, actor)
        except IntegrityError as error:  # somebody took it between our snapshot and our insert
            _only_twin(error)
    return None


def claim(queue: str, item: uuid.UUID, *, actor: Staff) -> Assignment:
    """Take one item out of its turn. Raises `ItemMissing`, `WorkTaken`, `WorkConflict`."""
    found = queues.named(queue)
    staff.require(actor, may=found.may)
    row = queues.find(found, item)
    if found.waiting().filter(found.conflicted(actor), pk=item).exists():
        raise WorkConflict("You had part in this, or it is about you.", remedy="Leave it to a colleague.")
    try:
        with transaction.atomic():
            held = _standing(found.name, item)
            if held is not None and held.actor == actor.actor:
                return _renewed(held)
            if held is not None and held.expires_at > clock.now():
                raise taken_by_other()
            return _taken(found, row, actor)
    except IntegrityError as error:
        _only_twin(error)
        raise taken_by_other() from error


def renew(assignment: Assignment, *, actor: Staff) -> Assignment:
    """Hold on to an item for another `LASTS`. No entry: the clock of somebody's work is no act."""
    with transaction.atomic():
        return _renewed(_in_hands(assignment, actor))


def release(assignment: Assignment, *, actor: Staff) -> Assignment:
    """Put an item back. It may come again."""
    return end(assignment, Outcome.RELEASED, actor=actor)


def skip(assignment: Assignment, reason: str, *, actor: Staff) -> Assignment:
    """Pass an item on. It is not handed to the same person for `SKIPPED_FOR`; the reason is of a closed list."""
    if reason not in Assignment.Skip.values or not reason:
        known = ", ".join(value for value in Assignment.Skip.values if value)
        raise SkipRefused("Say why.", pointer="/reason", remedy=f"Use one of: {known}.")
    return end(assignment, Outcome.SKIPPED, actor=actor, skip=reason)


def submit[Done](assignment: Assignment, decision: str, act: Callable[[], Done], *, actor: Staff) -> Done:
    """Carry out `act`, a verb of the item's own package, and put the item away: both, or neither.

    The permission is asked again; so does `act`, for its own. `decision` is the code by which the act is counted, and
    by which a second look agrees. Raises `WorkNotYours`, and whatever `act` raises.
    """
    if not DECISION.fullmatch(decision):
        raise SkipRefused("Say what was decided.", pointer="/decision", remedy="Use a code of 1 to 32 of a-z 0-9 _ -")
    staff.require(actor, may=queues.named(assignment.queue).may)
    with transaction.atomic():
        _in_hands(assignment, actor)
        done = act()
        end(assignment, Outcome.DONE, actor=actor, decision=decision)
    return done


def submit_and_next[Done](
    assignment: Assignment, decision: str, act: Callable[[], Done], *, actor: Staff
) -> tuple[Done, Assignment | None]:
    """Submit, and take what comes next in the same queue. A submission that fails keeps the item."""
    done = submit(assignment, decision, act, actor=actor)
    return done, next_one(assignment.queue, actor=actor)


def end(assignment: Assignment, outcome: Outcome, *, actor: Staff, skip: str = "", decision: str = "") -> Assignment:
    """Let go of an item. Raises `WorkNotYours`."""
    with transaction.atomic():
        held = _in_hands(assignment, actor)
        payload = _payload(held) | {"outcome": str(outcome), "skip": skip, "decision": decision}
        held.ended_entry = log.append("work.ended", payload, actor=actor.actor, subject=queues.CASEWORK)
        held.ended_at, held.outcome, held.skip, held.decision = clock.now(), outcome, skip, decision
        held.save(update_fields=["ended_at", "outcome", "skip", "decision", "ended_entry"])
    return held


def _first(queue: Queue, actor: Staff) -> Any:  # noqa: ANN401 - a row of whatever package the queue is of
    at = clock.now()
    escalated = Exists(Escalation.objects.filter(queue=queue.name, item=OuterRef("pk"), settled_at=None))
    rows = queue.waiting().filter(work_paused=False)
    rows = rows.exclude(counts.held(queue.name, at)).exclude(counts.snoozed(queue.name, at)).exclude(escalated)
    rows = rows.exclude(_passed_on(queue, actor, at)).exclude(queue.conflicted(actor))
    rows = rows.order_by("-work_risk", F("work_due").asc(nulls_last=True), "work_since", "pk")
    return rows.select_for_update(skip_locked=True, of=("self",), no_key=True).first()


def _passed_on(queue: Queue, actor: Staff, at: datetime) -> Exists:
    skipped = Assignment.objects.filter(queue=queue.name, actor=actor.actor, item=OuterRef("pk"))
    return Exists(skipped.filter(outcome=Outcome.SKIPPED, ended_at__gt=at - SKIPPED_FOR))


def _mine(queue: Queue, actor: Staff) -> Assignment | None:
    """Return what this person holds and has not let run out, if it waits still; what waits no more is put away."""
    held: QuerySet[Assignment] = Assignment.objects.filter(queue=queue.name, actor=actor.actor, ended_at=None)
    for each in held.filter(expires_at__gt=clock.now()).order_by("taken_at", "pk"):
        if queue.waiting().filter(pk=each.item).exclude(counts.snoozed(queue.name, clock.now())).exists():
            return each
        end(each, Outcome.RELEASED, actor=actor)
    return None


def _taken(queue: Queue, row: Any, actor: Staff) -> Assignment:  # noqa: ANN401 - as above
    """Insert the assignment; whoever let the item run out loses it by the same entry."""
    at = clock.now()
    made = Assignment(id=uuid.uuid4(), queue=queue.name, item=row.pk, lane=row.work_lane or "", actor=actor.actor)
    made.taken_at, made.expires_at = at, at + LASTS
    made.entry = log.append("work.taken", _payload(made), actor=actor.actor, subject=queues.CASEWORK)
    late = Assignment.objects.filter(queue=queue.name, item=row.pk, ended_at=None, expires_at__lte=at)
    late.update(ended_at=at, outcome=Outcome.EXPIRED, ended_entry=made.entry)
    made.save(force_insert=True)
    return made


def _standing(queue: str, item: uuid.UUID) -> Assignment | None:
    return Assignment.objects.select_for_update(of=("self",)).filter(queue=queue, item=item, ended_at=None).first()


def _in_hands(assignment: Assignment, actor: Staff) -> Assignment:
    held = Assignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
    if held.actor != actor.actor or held.ended_at is not None:
        raise WorkNotYours("This is not in your hands any more.", remedy="Take it again; what you wrote is kept.")
    return held


def _renewed(held: Assignment) -> Assignment:
    held.expires_at = clock.now() + LASTS
    held.save(update_fields=["expires_at"])
    return held


def _payload(held: Assignment) -> dict[str, object]:
    return {"assignment": str(held.pk), "queue": held.queue, "item": str(held.item)}


def _only_twin(error: IntegrityError) -> None:
    """Raise what is no lost race."""
    if "assignment_one_at_a_time" not in str(error):
        raise error


def taken_by_other() -> WorkTaken:
    """Return the refusal."""
    return WorkTaken("A colleague works on this.", remedy="Take the next one.")
