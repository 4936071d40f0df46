"""Take consent back, and say when that has become effective.

From the commit of a withdrawal every gate says no: each reads, or locks, the rows
that it changed. What was begun before lasts as long as the serving leases do, so
the acknowledgement waits for the last of them.

Why the wait is long enough. Let C be the moment from which new snapshots of the
database see the withdrawal. A lease is counted from before its check was sent, on
a monotonic clock, and a check whose snapshot misses the withdrawal was sent before
C; so every lease that it gave ends before C + L (L = SERVING_LEASE_SECONDS). Where a
proxy sends the bytes, a transfer that began under such a lease lasts up to
SERVING_PROXY_SECONDS longer, which the proxy has to enforce and L then includes.
`accepted_at` is no measure of C: it is taken inside the transaction, and commit
may follow much later. Therefore `drain` measures from a moment after C that needs
no record: it reads the row back outside the withdrawing transaction, so that what
it sees is committed, and waits L from then. This holds for every caller, whether
it has just committed or found the row after a crash. It holds on one primary; a
gate that asked a lagging replica would void it.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction

from consent import authority, clock, endings, entries, grants, likenesses
from consent.authority import Act
from consent.endings import End, Scope
from consent.models import Block, Grant, Likeness, Suspension, Withdrawal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consent.models import Likeness, Party

MARGIN_SECONDS: Final = 0.05  # two clocks, one of a lease and one of ours, may run at slightly different rates
OVERDUE: Final = timedelta(seconds=5)  # the door that accepted the withdrawal has had its time to drain it
BATCH: Final = 256

type Ended = Withdrawal | Suspension | Block  # what has the clock of accepted and effective


def withdraw_grant(grant: Grant, *, actor: Party, leaving: bool = False) -> Withdrawal:
    """End one grant. Withdrawn already, by itself or with its likeness: the same withdrawal again.

    `leaving`: who signed it is being erased, and what they signed goes with them, whoever decides by now.
    """
    with transaction.atomic():
        likeness = endings.lock(grant.likeness_id)
        grant = Grant.objects.select_related("entry", "ended_by").get(pk=grant.pk)
        own = leaving and grant.grantor_id == actor.pk
        if not own and not authority.may_act(likeness.pk, actor, Act.WITHDRAW):
            raise grants.missing("/grant")
        if grant.ended_by is not None:
            return grant.ended_by
        ended = endings.with_replaced(grant)
        return endings.end(likeness, ended, End(Scope.GRANT, grant), actor=actor.actor)


def withdraw_likeness(likeness: Likeness, *, actor: Party) -> Withdrawal:
    """End every grant of a likeness and the likeness itself, for good. Withdrawn already: the same withdrawal again."""
    with transaction.atomic():
        likeness = endings.lock(likeness.pk)
        if not authority.may_act(likeness.pk, actor, Act.WITHDRAW):
            raise likenesses.missing("/likeness")
        before = Withdrawal.objects.filter(likeness=likeness, scope=Scope.LIKENESS).first()
        if before is not None:
            return before
        return endings.end(likeness, endings.live(likeness), End(Scope.LIKENESS), actor=actor.actor)


def drain[E: (Withdrawal, Suspension, Block)](ended: E) -> E:
    """Wait until no lease from before the withdrawal, suspension or block can run, record it, return the effective row.

    Blocks for up to `longest_answer()`. Drained already: returns at once.
    Must not be called inside the transaction that withdraws; raises `RuntimeError` there.
    """
    (drained,) = _drain([ended])
    return drained  # type: ignore[return-value]  # of the same class, which a list of both does not say


def drain_all(ended: Sequence[Ended]) -> list[Ended]:
    """Drain as `drain` does, with one wait for all of them."""
    return _drain(ended)


def drain_overdue() -> int:
    """Drain what no door did, because its process died; return how many. One wait serves the whole batch."""
    before = clock.now() - OVERDUE
    overdue: list[Ended] = []
    for rows in (Withdrawal.objects, Suspension.objects, Block.objects):
        overdue += rows.filter(effective_at=None, accepted_at__lt=before).order_by("accepted_at")[:BATCH]
    return len(_drain(overdue))


def longest_answer() -> float:
    """Return for how many seconds bytes may still leave on an answer that was given before the withdrawal."""
    proxy = settings.SERVING_PROXY_SECONDS if settings.SERVING_MODE != "own" else 0
    return float(settings.SERVING_LEASE_SECONDS) + float(proxy)


def _drain(rows: Sequence[Ended]) -> list[Ended]:
    """See each row committed, wait once, record each. A row that is effective needs no wait."""
    with transaction.atomic(durable=True):  # raises inside another transaction, whose rows may never commit
        seen = [type(row).objects.filter(pk=row.pk).first() for row in rows]
    found = [row for row in seen if row is not None]
    if any(row.effective_at is None for row in found):
        time.sleep(longest_answer() + MARGIN_SECONDS)
    return [_record_drained(row) for row in found]  # type: ignore[type-var]  # each row is of one of these classes


def _record_drained[E: (Withdrawal, Suspension, Block)](row: E) -> E:
    """If we crash before this commits, `drain_overdue` begins again from a new sight: later, never too early."""
    with transaction.atomic():
        rows = type(row).objects.select_for_update(of=("self",)).select_related("entry")
        held = rows.get(pk=row.pk)
        if held.effective_at is None:
            held.drained_entry = entries.append_end(
                "withdrawal.drained",
                {type(held).__name__.lower(): str(held.pk)},
                actor="system:consent",
                subject=_subject_of(held),
                public={"withdrawal": held.entry.commit_text},
            )
            held.effective_at = clock.now()
            held.save(update_fields=["effective_at", "drained_entry"])
    return held


def _subject_of(ended: Ended) -> str:
    """Return under whose key it is sealed. Whom a blocked video shows is not known in this app."""
    return entries.OURS if isinstance(ended, Block) else endings.subject_of(ended.likeness)
