"""Take consent back, and say when that has become effective.

From the commit of a withdrawal every gate says no: each reads, or locks, the rows
that it changed. What was begun before lasts as long as the serving leases do, so
the acknowledgement waits for the last of them.

Why the wait is long enough. Let C be the moment from which new snapshots of the
database see the withdrawal. A lease is counted from before its check was sent, on
a monotonic clock, and a check whose snapshot misses the withdrawal was sent before
C; so every lease that it gave ends before C + L (L = SERVING_LEASE_SECONDS).
`accepted_at` is no measure of C: it is taken inside the transaction, and commit
may follow much later. Therefore `drain` measures from a moment after C that needs
no record: it reads the row back outside the withdrawing transaction, so that what
it sees is committed, and waits L from then. This holds for every caller, whether
it has just committed or found the row after a crash. It holds on one primary; a
gate that asked a lagging replica would void it.
"""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction

from consent import authority, clock, entries, grants, likenesses
from consent.authority import Act
from consent.models import Grant, Likeness, Withdrawal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consent.models import Party

MARGIN_SECONDS: Final = 0.05  # two clocks, one of a lease and one of ours, may run at slightly different rates
OVERDUE: Final = timedelta(seconds=5)  # the door that accepted the withdrawal has had its time to drain it
BATCH: Final = 256


def withdraw_grant(grant: Grant, *, actor: Party, leaving: bool = False) -> Withdrawal:
    """End one grant. Withdrawn already, by itself or with its likeness: the same withdrawal again.

    `leaving`: who signed it is being erased, and what they signed goes with them, whoever decides by now.
    """
    with transaction.atomic():
        likeness = _lock(grant.likeness_id)
        grant = Grant.objects.select_related("entry", "ended_by").get(pk=grant.pk)
        own = leaving and grant.grantor_id == actor.pk
        if not own and not authority.may_act(likeness.pk, actor, Act.WITHDRAW):
            raise grants.missing("/grant")
        return grant.ended_by or _withdraw(likeness, _with_replaced(grant), actor, grant=grant)


def withdraw_likeness(likeness: Likeness, *, actor: Party) -> Withdrawal:
    """End every grant of a likeness and the likeness itself, for good. Withdrawn already: the same withdrawal again."""
    with transaction.atomic():
        likeness = _lock(likeness.pk)
        if not authority.may_act(likeness.pk, actor, Act.WITHDRAW):
            raise likenesses.missing("/likeness")
        before = Withdrawal.objects.filter(likeness=likeness, grant=None).first()
        if before is not None:
            return before
        likeness.state = Likeness.State.WITHDRAWN
        live = Grant.objects.select_related("entry").filter(likeness=likeness, ended_at=None).order_by("pk")
        return _withdraw(likeness, list(live), actor, grant=None)


def drain(withdrawal: Withdrawal) -> Withdrawal:
    """Wait until no lease from before the withdrawal can be running, record it, and return the effective row.

    Blocks for up to SERVING_LEASE_SECONDS. Drained already: returns at once.
    Must not be called inside the transaction that withdraws; raises `RuntimeError` there.
    """
    (drained,) = _drain([withdrawal.pk])
    return drained


def drain_all(withdrawals: Sequence[Withdrawal]) -> list[Withdrawal]:
    """Drain as `drain` does, with one wait for all of them."""
    return _drain([withdrawal.pk for withdrawal in withdrawals])


def drain_overdue() -> int:
    """Drain what no door did, because its process died; return how many. One wait serves the whole batch."""
    undrained = Withdrawal.objects.filter(effective_at=None, accepted_at__lt=clock.now() - OVERDUE)
    overdue = list(undrained.order_by("accepted_at").values_list("pk", flat=True)[:BATCH])
    return len(_drain(overdue))


def _lock(likeness_id: uuid.UUID) -> Likeness:
    """Return the row FOR UPDATE: every gate that holds it FOR SHARE has finished, and no other begins."""
    return Likeness.objects.select_for_update().get(pk=likeness_id)


def _with_replaced(grant: Grant) -> list[Grant]:
    """Return the grant and every one that it replaced, directly or not: what was made under them ends with it."""
    line = [grant]
    replaced = Grant.objects.select_related("entry").filter(ended_at=None)
    while (last := replaced.filter(superseded_by=line[-1]).first()) is not None:
        line.append(last)
    return line


def _withdraw(likeness: Likeness, ended: Sequence[Grant], actor: Party, *, grant: Grant | None) -> Withdrawal:
    """Write the end of these grants. The likeness is locked."""
    at = clock.now()
    likeness.epoch += 1
    withdrawal = Withdrawal(
        id=uuid.uuid4(), likeness=likeness, grant=grant, actor=actor.actor, epoch=likeness.epoch, accepted_at=at
    )
    withdrawal.entry = entries.append_end(
        "consent.withdrawn",
        {
            "withdrawal": str(withdrawal.pk),
            "likeness": str(likeness.pk),
            "grant": None if grant is None else str(grant.pk),
            "epoch": likeness.epoch,
        },
        actor=actor.actor,
        subject=actor.actor,
        public={"ends": [each.entry.commit_text for each in ended]},
    )
    withdrawal.save(force_insert=True)
    likeness.save(update_fields=["epoch", "state"])
    Grant.objects.filter(pk__in=[each.pk for each in ended]).update(ended_at=at, ended_by=withdrawal)
    return withdrawal


def _drain(ids: Sequence[uuid.UUID]) -> list[Withdrawal]:
    """See each row committed, wait once, record each. A row that is effective needs no wait."""
    with transaction.atomic(durable=True):  # raises inside another transaction, whose rows may never commit
        seen = list(Withdrawal.objects.filter(pk__in=ids))
    if any(row.effective_at is None for row in seen):
        time.sleep(settings.SERVING_LEASE_SECONDS + MARGIN_SECONDS)
    return [_record_drained(row.pk) for row in seen]


def _record_drained(withdrawal_id: uuid.UUID) -> Withdrawal:
    """If we crash before this commits, `drain_overdue` begins again from a new sight: later, never too early."""
    with transaction.atomic():
        withdrawal = Withdrawal.objects.select_for_update(of=("self",)).select_related("entry").get(pk=withdrawal_id)
        if withdrawal.effective_at is None:
            commitment = withdrawal.entry.commit_text
            withdrawal.drained_entry = entries.append_end(
                "withdrawal.drained",
                {"withdrawal": str(withdrawal.pk)},
                actor="system:consent",
                subject=withdrawal.actor,
                public={"withdrawal": commitment},
            )
            withdrawal.effective_at = clock.now()
            withdrawal.save(update_fields=["effective_at", "drained_entry"])
    return withdrawal
