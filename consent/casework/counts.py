"""How long the queues are, live: two statements, whatever there is to count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Avg, CharField, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value

from consent import clock, staff
from consent.casework import own_queues, queues
from consent.models import Assignment, Snooze

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from consent.casework.queues import Queue
    from consent.staff import Staff

SOON: Final = timedelta(hours=1)
DAY: Final = timedelta(hours=24)
MEASURES: Final = ("pending", "soon", "breached", "paused", "held", "inbound")


@dataclass(frozen=True, slots=True)
class Counts:
    """One queue now. `pending` counts what waits, paused or not; `handling` is `None` if nothing was done in a day."""

    queue: str
    pending: int = 0
    soon: int = 0  # due within the hour, and not breached
    breached: int = 0  # past its time; a snooze stops no clock, a pause of the item's own package does
    paused: int = 0  # by its own package, or snoozed
    held: int = 0  # in somebody's hands
    inbound: int = 0  # in 24 hours
    handled: int = 0  # in 24 hours
    handling: timedelta | None = None  # from hand-out to decision, on average over these


def live(*, actor: Staff) -> list[Counts]:
    """Count every queue, in the order of the registry. Raises `StaffRefused`."""
    staff.require(actor, may=own_queues.SEE)
    at, known = clock.now(), queues.registered()
    waiting = {row["of_queue"]: row for row in _united([_counted(queue, at) for queue in known])}
    done = {row["queue"]: row for row in _done(at)}
    return [_counts(queue.name, waiting.get(queue.name, {}), done.get(queue.name, {})) for queue in known]


def snoozed(queue: str, at: datetime) -> Exists:
    """Tell of each row of a queue whether it sleeps."""
    running = Snooze.objects.filter(queue=queue, item=OuterRef("pk"), woken_at=None, until__gt=at)
    return Exists(running)


def held(queue: str, at: datetime) -> Exists:
    """Tell of each row of a queue whether it is in somebody's hands, and has not run out."""
    return Exists(Assignment.objects.filter(queue=queue, item=OuterRef("pk"), ended_at=None, expires_at__gt=at))


def _counted(queue: Queue, at: datetime) -> list[QuerySet[Any]]:
    rows = queue.waiting().order_by().annotate(work_sleeps=snoozed(queue.name, at), work_taken=held(queue.name, at))
    running = Q(work_paused=False)
    counted = {
        "pending": Count("pk"),
        "soon": Count("pk", filter=running & Q(work_due__gt=at, work_due__lte=at + SOON)),
        "breached": Count("pk", filter=running & Q(work_due__lte=at)),
        "paused": Count("pk", filter=Q(work_paused=True) | Q(work_sleeps=True)),
        "held": Count("pk", filter=Q(work_taken=True)),
    }
    arrived = queue.arrived(at - DAY).order_by()
    none = {name: Value(0, IntegerField()) for name in MEASURES}
    return [
        _one_row(rows, queue.name, {**counted, "inbound": Value(0, IntegerField())}),
        _one_row(arrived, queue.name, {**none, "inbound": Count("pk", distinct=True)}),
    ]


def _one_row(rows: QuerySet[Any], name: str, measures: dict[str, Any]) -> QuerySet[Any]:
    """Return the sums of all rows as one row: grouped by the name, which is the same for all."""
    named = rows.annotate(of_queue=Value(name, CharField())).values("of_queue")
    counted = {f"n_{measure}": found for measure, found in measures.items()}  # no column of anybody's is called so
    summed: QuerySet[Any] = named.annotate(**counted).values("of_queue", *(f"n_{measure}" for measure in MEASURES))
    return summed


def _united(pairs: Sequence[list[QuerySet[Any]]]) -> list[dict[str, Any]]:
    parts = [part for pair in pairs for part in pair]
    if not parts:
        return []
    found: dict[str, dict[str, Any]] = {}
    for row in parts[0].union(*parts[1:], all=True):
        sums = found.setdefault(row["of_queue"], {"of_queue": row["of_queue"]})
        for name in MEASURES:
            sums[name] = sums.get(name, 0) + row[f"n_{name}"]
    return list(found.values())


def _done(at: datetime) -> QuerySet[Any, Any]:
    rows = Assignment.objects.filter(outcome=Assignment.Outcome.DONE, ended_at__gte=at - DAY)
    return rows.values("queue").annotate(handled=Count("pk"), handling=Avg(F("ended_at") - F("taken_at")))


def _counts(name: str, waiting: dict[str, Any], done: dict[str, Any]) -> Counts:
    numbers = {measure: waiting.get(measure, 0) for measure in MEASURES}
    return Counts(name, **numbers, handled=done.get("handled", 0), handling=done.get("handling"))
