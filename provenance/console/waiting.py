"""What a moderator sees first: how long the queues are, what is late, and what is in their own hands.

The number of statements does not grow with what waits; a queue in which something is late costs one more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from consent import clock
from consent.casework import counts, queues, roles
from consent.models import Assignment, Case, Escalation, Snooze
from provenance.console import turns
from provenance.console.work import CASES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from django.contrib.auth.models import AbstractUser, AnonymousUser

    from consent.casework.counts import Counts
    from consent.casework.queues import Queue
    from consent.staff import Staff

SHOWN: Final = 50  # on a page
LATE: Final = 10  # of each queue
RISKS: Final = {1: "info", 2: "info", 3: "warn", 4: "bad"}  # shape for each, beside the word
# where an item of a queue is looked at; pages of other modules stand here by name alone, and may not be there
PAGES: Final = {
    CASES: "console-case-by-id",
    "claims": "console-claim",
    "claims-to-decide": "console-claim",
    "enrolments": "console-enrolment",
    "revocations": "console-revocation",
    "names-to-end": "console-name",
    "appeals": "console-appeal",
    "second-looks": "console-second-look",
    "counter-notices": "console-counter-notice",
}
SECOND: Final = "second-words"


@dataclass(frozen=True, slots=True)
class Line:
    """One queue in the table. `may`: whether this person may take from it."""

    queue: Queue
    counts: Counts
    title: str
    may: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One item of work. `url` is "" where no page shows it yet."""

    queue: str
    title: str
    pk: UUID
    url: str
    due: datetime | None = None
    risk: int = 1
    lane: str = ""
    paused: bool = False

    @property
    def shape(self) -> str:
        """Return the shape of its risk."""
        return RISKS.get(self.risk, "bad")

    @property
    def risk_words(self) -> str:
        """Return the risk in words."""
        return {1: gettext("Ordinary"), 2: gettext("Raised"), 3: gettext("High"), 4: gettext("Urgent")}.get(
            self.risk, gettext("Unknown")
        )


def lines(actor: Staff, user: AbstractUser | AnonymousUser) -> list[Line]:
    """Return every queue with its counts: what is late first, then what waits. Raises `StaffRefused`."""
    counted = sorted(counts.live(actor=actor), key=lambda each: (-each.breached, -each.soon, not each.pending))
    return [_line(queues.named(each.queue), each, user) for each in counted]


def beside(found: Iterable[Line], current: str = "") -> list[dict[str, Any]]:
    """Return the queues that this person may work, for the navigation of the frame."""
    return [
        {
            "url": reverse("console-queue", args=[line.queue.name]),
            "label": line.title,
            "count": line.counts.pending,
            "due": gettext("%(count)s overdue") % {"count": line.counts.breached} if line.counts.breached else "",
            "current": line.queue.name == current,
        }
        for line in found
        if line.may
    ]


def late(found: Iterable[Line]) -> list[Item]:
    """Return what is past its time, the worst first; at most `LATE` of each queue."""
    at, items = clock.now(), []
    for line in found:
        if line.counts.breached:
            rows = line.queue.waiting().filter(work_paused=False, work_due__lte=at)
            items += [item_of(line.queue, row) for row in rows.order_by("-work_risk", "work_due")[:LATE]]
    return sorted(items, key=lambda item: (-item.risk, item.due or at))


def page(queue: Queue, lane: str = "", after: str = "") -> tuple[list[Item], str]:
    """Return `SHOWN` items of a queue in the order in which they are handed out, and the query of the next page."""
    rows = queue.waiting() if not lane else queue.waiting().filter(work_lane=lane)
    found, older = turns.page(rows, after, SHOWN, lane)
    return [item_of(queue, row) for row in found], older


def mine(actor: Staff) -> list[dict[str, Any]]:
    """Return what is in somebody's hands, with the moment at which others may take it over."""
    held = Assignment.objects.filter(actor=actor.actor, ended_at=None).order_by("expires_at")[:SHOWN]
    return [{"row": row, "title": title(row.queue), "url": address(row.queue, row.item)} for row in held]


def asleep() -> list[dict[str, Any]]:
    """Return what was put off, the first to wake first."""
    rows = Snooze.objects.filter(woken_at=None, until__gt=clock.now()).order_by("until")[:SHOWN]
    return [{"row": row, "title": title(row.queue), "url": address(row.queue, row.item)} for row in rows]


def escalated(actor: Staff) -> list[dict[str, Any]]:
    """Return what was handed to one of this person's roles or queues."""
    theirs = Q(to_role__in=roles.of(actor)) | Q(to_queue__in=roles.queues_of(actor))
    rows = Escalation.objects.filter(theirs, settled_at=None).order_by("-risk", "made_at")[:SHOWN]
    return [{"row": row, "title": title(row.queue), "url": address(row.queue, row.item)} for row in rows]


def by_lane_and_risk() -> list[dict[str, Any]]:
    """Count the open cases of each clock and risk."""
    open_ = Case.objects.filter(state=Case.State.OPEN).values("lane", "risk")
    late_ = Q(due_at__lte=clock.now(), paused_at=None)
    rows = open_.annotate(count=Count("pk"), late=Count("pk", filter=late_)).order_by("-risk", "lane")
    return [row | {"shape": RISKS.get(row["risk"], "bad"), "words": Case.Risk(row["risk"]).label} for row in rows]


def item_of(queue: Queue, row: Any) -> Item:  # noqa: ANN401 - a row of whatever package the queue is of
    """Return a row of a queue as an item."""
    url, words = address(queue.name, row.pk), gettext(queue.title)
    return Item(queue.name, words, row.pk, url, row.work_due, row.work_risk, row.work_lane, row.work_paused)


def title(queue: str) -> str:
    """Return a queue's title, translated; a name that is not known any more stands for itself."""
    return gettext(queues.named(queue).title) if queue in queues.known() else queue


def address(queue: str, item: UUID) -> str:
    """Return where an item is looked at; "" if no page shows it."""
    if queue in queues.known() and queues.named(queue).group == SECOND and queue not in PAGES:
        return reverse("console-second-words") + f"#{item}"
    try:
        return reverse(PAGES[queue], args=[item])
    except (KeyError, NoReverseMatch):
        return ""


def _line(queue: Queue, counted: Counts, user: AbstractUser | AnonymousUser) -> Line:
    return Line(queue, counted, gettext(queue.title), bool(user.is_active and user.has_perm(queue.may)))
