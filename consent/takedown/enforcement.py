"""Carry out orders of courts and authorities, and end them: by their own date, or because a court lifted them.

One member of staff blocks at once, for a clock may be as short as three hours; a second one confirms. To end an order
before its date takes two. A block has an end within a year: one of an order without an end is renewed (`upkeep`) while
the order stands. A territory is recorded and said, and cannot be honoured: the video rests everywhere.

A likeness rests by a suspension of the order's own, which ends with it and no other. That is a transaction before the
carrying out and one after the end, for gates hold the likeness before anything of a case. If we crash in between, the
likeness rests: either act done again does what is missing, and so does `resume_ended`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from consent import blocks, clock, endings, staff, suspensions
from consent.models import Block, Case, Likeness, Order
from consent.takedown import cases, effects, orders
from ledger import log

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from consent.staff import Staff

LASTS: Final = timedelta(days=365)
BATCH: Final = 256
MAY_REST: Final = frozenset({Likeness.State.ACTIVE, Likeness.State.DISPUTED, Likeness.State.SUSPENDED})


def reference(order: Order) -> str:
    """Return under which reference the blocks of an order stand: the case's number, and the order's id."""
    return f"{order.case.number}/{order.pk.hex}"


def standing(order: Order) -> QuerySet[Block]:
    """Return the blocks that stand for an order."""
    if order.case.video is None:
        return Block.objects.none()
    return blocks.in_force([order.case.video]).filter(case=reference(order))


def carry_out(order: Order, *, actor: Staff) -> Order:
    """Block the video, or suspend the likeness, that an order names. Twice is once. Raises `OrderRefused`."""
    if order.case.video is None:
        _suspend(order, actor)
    with transaction.atomic():
        held = _held(order)
        if held.carried_at is not None:
            return held
        _require_standing(held)
        if held.case.video is not None:
            _block(held, actor)
            effects.hold(held.case.video, actor.actor)
        payload = {"order": str(held.pk), "case": str(held.case_id), "territory": held.territory}
        held.carried_entry = log.append("order.carried_out", payload, actor=actor.actor, subject=held.case.subject)
        held.carried_by, held.carried_at = actor.actor, clock.now()
        held.save(update_fields=["carried_by", "carried_at", "carried_entry"])
        cases.raise_version(held.case)
    return held


def confirm(order: Order, *, actor: Staff) -> Order:
    """Stand behind what a colleague blocked for an order; with that its case is decided. Twice is once."""
    with transaction.atomic():
        held = _held(order)
        if held.carried_at is None:
            raise orders.OrderRefused("It is not carried out yet.", remedy="Carry it out; a colleague confirms.")
        staff.require_another(held.carried_by, actor)
        for block in standing(held):
            blocks.confirm(block, actor=actor)
        if held.case.state == Case.State.OPEN:
            held.case.state, held.case.decided_at = Case.State.DECIDED, clock.now()
            cases.raise_version(held.case, "state", "decided_at")
    return held


def propose_end(order: Order, *, actor: Staff) -> Order:
    """Say that an order was lifted, or is otherwise over; another ends it. Who said so first is who said so."""
    with transaction.atomic():
        held = _held(order)
        if held.end_proposed_by:
            return held
        _require_standing(held)
        payload = {"order": str(held.pk), "case": str(held.case_id)}
        log.append("order.end_proposed", payload, actor=actor.actor, subject=held.case.subject)
        held.end_proposed_by = actor.actor
        held.save(update_fields=["end_proposed_by"])
        cases.raise_version(held.case)
    return held


def end(order: Order, *, actor: Staff) -> Order:
    """End an order: its blocks are lifted, and what else stands on the video stays. Twice is once.

    A likeness that rested for it alone comes back. Raises `SecondPersonNeeded`.
    """
    held = _ended(order, actor)
    _resume(held)
    return held


def resume_ended() -> int:
    """Bring back what still rests for an order that two people ended; return how many. Any number may run."""
    left = Order.objects.filter(ended_at__isnull=False, suspension__isnull=False, suspension__resumed_at=None)
    found = list(left.order_by("ended_at", "pk")[:BATCH])
    for each in found:
        _resume(each)
    return len(found)


def _ended(order: Order, actor: Staff) -> Order:
    """Mark it as ended by two, and lift its blocks."""
    with transaction.atomic():
        held = _held(order)
        if held.ended_at is not None:
            return held
        _require_standing(held)
        staff.require_another(held.end_proposed_by, actor)
        first = staff.Staff(int(held.end_proposed_by.removeprefix(staff.PREFIX)))
        for block in standing(held):
            _lift(block, first, actor)
        payload = {"order": str(held.pk), "case": str(held.case_id)}
        held.ended_entry = log.append("order.ended", payload, actor=actor.actor, subject=held.case.subject)
        held.ended_by, held.ended_at = actor.actor, clock.now()
        held.save(update_fields=["ended_by", "ended_at", "ended_entry"])
        if held.case.video is not None:
            effects.release(held.case.video, actor.actor)
        cases.raise_version(held.case)
    return held


def in_force(order: Order, at: datetime) -> bool:
    """Tell whether an order still stands: no court lifted it, and its own date has not come."""
    return order.ended_at is None and (order.ends_at is None or order.ends_at > at)


def _held(order: Order) -> Order:
    case = Case.objects.get(pk=order.case_id)
    if case.video is not None:
        blocks.hold_alone(case.video)
    held_case = cases.locked(case.pk)
    held = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    held.case = held_case
    return held


def _block(order: Order, actor: Staff) -> Block:
    video, most = order.case.video, clock.now() + LASTS
    if video is None:
        raise orders.OrderRefused("There is no video.", pointer="/video", remedy="Find the video first.")
    reason = "government-order" if order.kind == Order.Kind.GOVERNMENT else "court-order"
    scope = "family" if order.scope == Order.Scope.FAMILY else "video"
    until = most if order.ends_at is None else min(most, order.ends_at)
    return blocks.place(video, case=reference(order), reason=reason, scope=scope, until=until, actor=actor)


def _suspend(order: Order, actor: Staff) -> None:
    """Let a whole likeness rest for this order, until its end if it has one. Twice is once."""
    if order.case.likeness_id is None:
        raise orders.OrderRefused("It names no likeness.", pointer="/likeness", remedy="Find the likeness first.")
    with transaction.atomic():
        likeness = endings.lock(order.case.likeness_id)
        held = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
        if held.suspension_id is not None or likeness.state not in MAY_REST:
            return
        _require_standing(held)
        held.suspension = suspensions.place(likeness, None, reason="court-hold", actor=actor.actor, until=held.ends_at)
        held.save(update_fields=["suspension"])


def _resume(order: Order) -> None:
    """Lift what an order that ended let rest, in the name of the one of its two people who did not carry it out."""
    if order.suspension is None or order.suspension.resumed_at is not None:
        return
    names = [name for name in (order.ended_by, order.end_proposed_by) if name != order.suspension.actor]
    suspensions.resume(order.suspension, actor=staff.named(names[0]))


def _require_standing(order: Order) -> None:
    if not in_force(order, clock.now()):
        raise orders.OrderRefused("This order is over.", remedy="Record the one that stands.")


def _lift(block: Block, first: Staff, second: Staff) -> None:
    if block.provisional and block.placed_by.startswith(staff.PREFIX):
        blocks.lift(block, actor=second if block.placed_by == first.actor else first)
        return
    held = blocks.propose_lift(block, actor=first)
    blocks.lift(held, actor=second if held.lift_proposed_by != second.actor else first)
