"""One verb upon many items, after a look at what it would do.

Up to `ALONE` items it begins at once; above that a second person has to confirm (the database holds that too). Each
item is a transaction, an act and an entry of its own, under the name of who asked. If we crash the rest waits, and
`run_all`, rung by beat, goes on. An item that is refused keeps no other from its turn.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction
from django.db.models import Count

from consent import clock, staff
from consent.casework import acts, proposals, queues, verbs
from consent.casework.acts import Act
from consent.casework.verbs import Effect
from consent.models import Bulk, BulkItem, Proposal
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from consent.staff import Staff

State = BulkItem.State
ALONE: Final = 10  # the constraint bulk_above_ten_by_two has the same number
MOST: Final = 1000
CONFIRM: Final = "bulk"
PROPOSE: Final = "consent.propose_bulk"


class BulkRefused(Problem):
    """The list is empty, too long or has an item twice."""

    code: ClassVar[str] = "bulk-refused"
    title: ClassVar[str] = "This list cannot be worked on"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of each item now, in the order of the list."""

    effects: tuple[tuple[UUID, Effect], ...]
    needs_two: bool

    def count(self, effect: Effect) -> int:
        """Count the items of one effect."""
        return sum(found == effect for _, found in self.effects)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a bulk is: how many items wait, are done, had nothing left to be done, were refused."""

    waiting: int = 0
    done: int = 0
    already: int = 0
    refused: int = 0


def preview(verb: str, items: Sequence[UUID], arguments: Mapping[str, str], *, actor: Staff) -> Preview:
    """Say what would happen. Changes nothing. Raises `VerbUnknown`, `BulkRefused`, `StaffRefused`."""
    chosen = _checked(verb, items, arguments, actor)
    effects = chosen.foresee(items, arguments, actor)
    return Preview(tuple((item, effects.get(item, Effect.MISSING)) for item in items), len(items) > ALONE)


def ask(verb: str, items: Sequence[UUID], arguments: Mapping[str, str], *, reason: str, actor: Staff) -> Bulk:
    """Record a bulk. It is released at once, or proposed to a second person (`proposals.confirm` releases it)."""
    _checked(verb, items, arguments, actor)
    at = clock.now()
    made = Bulk(id=uuid.uuid4(), verb=verb, arguments=dict(arguments), size=len(items), actor=actor.actor, made_at=at)
    if made.size <= ALONE:
        made.released_at, made.released_by = at, actor.actor
    payload: dict[str, object] = {"bulk": str(made.pk), "verb": verb, "arguments": dict(arguments)}
    payload |= {"items": [str(item) for item in items], "reason": reason}
    with transaction.atomic():
        made.entry = log.append("bulk.made", payload, actor=actor.actor, subject=queues.CASEWORK)
        made.save(force_insert=True)
        rows = [BulkItem(bulk=made, number=n, item=item, entry=made.entry) for n, item in enumerate(items)]
        BulkItem.objects.bulk_create(rows)
        if made.released_at is None:
            proposals.propose(CONFIRM, made.pk, reason=reason, actor=actor)
    return made


def run(bulk: Bulk) -> Progress:
    """Work on each item that waits, and say how far it is. Two processes at once do each item once."""
    if not Bulk.objects.filter(pk=bulk.pk, released_at__isnull=False).exists():
        raise proposals.ProposalOver("It waits for a second person.", remedy="Have a colleague confirm it.")
    while _one(bulk.pk):
        pass
    _end(bulk.pk)
    return progress(bulk)


def run_all() -> int:
    """Go on with whatever was released and is not through; return how many bulks."""
    running = list(Bulk.objects.filter(released_at__isnull=False, ended_at=None).order_by("released_at", "pk")[:10])
    for bulk in running:
        run(bulk)
    return len(running)


def progress(bulk: Bulk) -> Progress:
    """Return how far a bulk is, by one statement."""
    rows = BulkItem.objects.filter(bulk=bulk).order_by().values_list("state").annotate(Count("pk"))
    return Progress(**{str(state): count for state, count in rows})


def _one(bulk_id: UUID) -> bool:
    """Do one item: verb and row commit together. False: none waits that nobody else works on."""
    with transaction.atomic():
        waiting = BulkItem.objects.filter(bulk=bulk_id, state=State.WAITING).order_by("number")
        item = waiting.select_related("bulk").select_for_update(skip_locked=True, of=("self",)).first()
        if item is None:
            return False
        try:
            with transaction.atomic():
                item.state = _acted(item.bulk, item.item)
        except Problem as problem:
            item.state, item.problem = State.REFUSED, problem.code
        item.done_at = clock.now()
        item.save(update_fields=["state", "problem", "done_at"])
    return True


def _acted(bulk: Bulk, item: UUID) -> State:
    """Ask for the permission of now, look again, and act."""
    actor, verb = staff.named(bulk.actor), verbs.named(bulk.verb, bulk.arguments)
    staff.require(actor, may=verb.may)
    if verb.foresee([item], bulk.arguments, actor).get(item) == Effect.ALREADY:
        return State.ALREADY
    verb.act(item, bulk.arguments, actor)
    return State.DONE


def _end(bulk_id: UUID) -> None:
    with transaction.atomic():
        held = Bulk.objects.select_for_update(of=("self",)).get(pk=bulk_id)
        if held.ended_at is not None or held.items.filter(state=State.WAITING).exists():
            return
        payload: dict[str, object] = {"bulk": str(held.pk)}
        held.ended_entry = log.append("bulk.ended", payload, actor=queues.CASEWORK, subject=queues.CASEWORK)
        held.ended_at = clock.now()
        held.save(update_fields=["ended_at", "ended_entry"])


def _checked(verb: str, items: Sequence[UUID], arguments: Mapping[str, str], actor: Staff) -> verbs.Verb:
    chosen = verbs.named(verb, arguments)
    staff.require(actor, may=chosen.may)
    staff.require(actor, may=PROPOSE)
    if not 1 <= len(items) <= MOST or len(set(items)) != len(items):
        raise BulkRefused("The list cannot be used.", pointer="/items", remedy=f"Send 1 to {MOST} different ids.")
    return chosen


def _recorded(proposal: Proposal) -> None:
    acts.found(Bulk, proposal.target)


def _release(proposal: Proposal, actor: Staff) -> None:
    held = Bulk.objects.select_for_update(of=("self",)).get(pk=proposal.target)
    held.released_at, held.released_by = clock.now(), actor.actor
    held.save(update_fields=["released_at", "released_by"])


acts.register_act(
    Act(CONFIRM, "Act upon many items", PROPOSE, "consent.confirm_bulk", check=_recorded, carry_out=_release)
)
