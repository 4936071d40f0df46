"""The registry of queues: what waits for a person, who may take it, and who must not.

A queue is data. An item is known by the queue's name and a UUID, and stays a row of its own package; what this package
records about it names it so, and nothing points back. A package to the right registers its queues when it is imported:

    queues.register(Queue("copies", "provenance.review_copies", _("Likely copies"), waiting=..., arrived=..., ...))

`waiting` returns the rows that wait now, each annotated with what `shaped` sets. It is asked again at each hand-out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db.models import BooleanField, CharField, DateTimeField, F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Cast

from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.db.models.expressions import Combinable

    from consent.staff import Staff

type Rows = QuerySet[Any]


class QueueUnknown(Problem):
    """There is no queue of this name."""

    code: ClassVar[str] = "queue-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such queue"


class ItemMissing(Problem):
    """The item does not wait in this queue: it never did, or somebody was faster."""

    code: ClassVar[str] = "work-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "Nothing of this waits here"


def nobody_is_in_conflict(_actor: Staff) -> Q:
    """Return the condition of no row: anybody with the permission may take any item of this queue."""
    return Q(pk__in=[])


def ours(_item: UUID) -> str:
    """Return our own vault key: the item concerns no party on record."""
    return CASEWORK


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue. Times are aware, risk is a number: the higher, the worse it is to be late."""

    name: str
    may: str  # the permission that its verbs ask for, too
    title: str  # for gettext: a page translates it
    waiting: Callable[[], Rows]  # unlocked, annotated by `shaped`
    arrived: Callable[[datetime], Rows]  # whatever came in since then, decided or not
    # the rows that this person must not be handed: their own, or what they filed, proposed or decided before
    conflicted: Callable[[Staff], Q] = nobody_is_in_conflict
    concerns: Callable[[UUID], str] = ours  # under whose vault key notes are sealed: "party:<uuid>", or ours
    group: str = ""  # queues that a page shows together


CASEWORK: Final = "system:casework"
NO_CLOCK: Final = Cast(Value(None), DateTimeField())
_QUEUES: Final[dict[str, Queue]] = {}


def register(queue: Queue) -> Queue:
    """Add a queue. The same name twice is a mistake of the programmer's."""
    if queue.name in _QUEUES and _QUEUES[queue.name] != queue:
        raise ValueError(f"there are two queues {queue.name!r}")
    _QUEUES[queue.name] = queue
    return queue


def named(name: str) -> Queue:
    """Return a queue. Raises `QueueUnknown`."""
    if name not in _QUEUES:
        raise QueueUnknown("There is no such queue.", pointer="/queue", remedy=f"Use one of: {', '.join(known())}.")
    return _QUEUES[name]


def known() -> tuple[str, ...]:
    """Return every name, in the order of registration."""
    return tuple(_QUEUES)


def registered() -> tuple[Queue, ...]:
    """Return every queue, in the order of registration."""
    return tuple(_QUEUES.values())


def shaped(
    rows: Rows,
    *,
    since: str,
    due: str | timedelta | None = None,
    risk: int | Combinable = 1,
    lane: str | Combinable = "",
    paused: Combinable | None = None,
) -> Rows:
    """Annotate rows with what a hand-out orders by.

    `since` names a column, `due` one too or the time from `since`; `None`: no clock runs. `lane` is a text or an
    expression. `paused`: an expression that is true while the item's own package has stopped its clock.
    """
    deadline: Any = NO_CLOCK
    if isinstance(due, timedelta):
        deadline = F(since) + Value(due)
    elif due is not None:
        deadline = F(due)
    annotated: Rows = rows.annotate(
        work_since=F(since),
        work_due=Cast(deadline, DateTimeField()),
        work_risk=Cast(risk if not isinstance(risk, int) else Value(risk), IntegerField()),
        work_lane=Cast(lane if not isinstance(lane, str) else Value(lane), CharField(max_length=24)),
        work_paused=Cast(Value(value=False) if paused is None else paused, BooleanField()),
    )
    return annotated


def find(queue: Queue, item: UUID) -> Any:  # noqa: ANN401 - a row of whatever package the queue is of
    """Return the row of an item that waits. Raises `ItemMissing`."""
    row = queue.waiting().filter(pk=item).first()
    if row is None:
        raise ItemMissing("Nothing of this waits here.", remedy="Look at the queue again.")
    return row
