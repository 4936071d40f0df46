"""Cases: which one a notice belongs to, the clock that applies, and that nobody acts on what has changed.

One case is open for each video; whoever comes later joins it, and its clock is the earliest of all. The lock of a video
(`blocks.hold_alone`) comes first, then the case's row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import transaction
from django.db.models import Min

from consent import blocks, clock
from consent.models import Case
from consent.takedown import lanes, numbers
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from consent.models import Likeness, Notice
    from consent.staff import Staff
    from consent.takedown.lanes import Clock
    from ledger.models import Entry

WORK = "consent.work_case"


class CaseMissing(Problem):
    """Absent, or none of the asker's: one answer for both."""

    code: ClassVar[str] = "case-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such case"


class CaseStale(Problem):
    """Somebody else acted on the case in the meantime."""

    code: ClassVar[str] = "case-stale"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The case has changed"


class CaseClosed(Problem):
    """The case is decided or closed: this cannot be done about it any more."""

    code: ClassVar[str] = "case-closed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The case is not open"


def joined(video: UUID | None, kind: str = Case.Kind.TAKEDOWN) -> Case | None:
    """Return the open case of a video, held; `None`: there is none, and none can appear until the caller commits."""
    if video is None:
        return None
    blocks.hold_alone(video)
    found = Case.objects.select_for_update(of=("self",)).filter(video=video, kind=kind, state=Case.State.OPEN)
    return found.first()


def opened(
    video: UUID | None, likeness: Likeness | None, *, lane: str, entry: Entry, kind: str = Case.Kind.TAKEDOWN
) -> Case:
    """Open a case, in the transaction of the notice or order that opens it."""
    case = Case(
        number=numbers.drawn("T", Case.objects.all()), kind=kind, video=video, likeness=likeness, lane=lane, entry=entry
    )
    case.save(force_insert=True)
    return case


def locked(case_id: UUID, *, version: int | None = None) -> Case:
    """Return the case, held. Raises `CaseMissing`, and `CaseStale` if it is not of that version any more."""
    case = Case.objects.select_for_update(of=("self",)).filter(pk=case_id).first()
    if case is None:
        raise CaseMissing("There is no such case.", remedy="Use a number that you were given.")
    if version is not None and case.version != version:
        raise CaseStale("Somebody acted on this case meanwhile.", pointer="/version", remedy="Read it again, then act.")
    return case


def require_open(case: Case) -> None:
    """Raise `CaseClosed` unless the case is open."""
    if case.state != Case.State.OPEN:
        raise CaseClosed(f"The case is {case.state}.", remedy="An appeal, or a new notice, is heard.")


def raise_version(case: Case, *fields: str) -> None:
    """Save these fields of a held case and raise its version: what others read of it is stale."""
    case.version += 1
    case.save(update_fields=[*fields, "version"])


def start_clock(case: Case, found: Clock, at: datetime, *, risk: int) -> None:
    """Let a valid notice or an order run in a held case: the earliest clock wins, and the highest risk."""
    if case.due_at is None or found.due_at < case.due_at:
        case.due_at, case.lane = found.due_at, found.lane
    case.valid_at = case.valid_at or at
    case.risk = max(case.risk, risk)
    if case.paused_at is not None and not lanes.LANES[case.lane].pausable:
        case.paused_at, case.pause = None, ""  # what a law sets is not waited for
    raise_version(case, "due_at", "lane", "valid_at", "risk", "paused_at", "pause")


def pause(case: Case, why: str, *, version: int, actor: Staff) -> Case:
    """Stop a clock of our own. Raises `ClockNotPausable`, `CaseStale`, `CaseClosed`. Twice is once."""
    with transaction.atomic():
        held = locked(case.pk, version=version)
        require_open(held)
        if held.paused_at is not None:
            return held
        lanes.require_pausable(held.lane)
        if why not in Case.Pause.values or held.due_at is None:
            remedy = f"Give one of these: {', '.join(Case.Pause.values)}; a case whose clock does not run has no pause."
            raise lanes.ClockNotPausable("This is no reason for a pause.", pointer="/pause", remedy=remedy)
        log.append("case.paused", {"case": str(held.pk), "why": why}, actor=actor.actor, subject=held.subject)
        held.paused_at, held.pause = clock.now(), why
        raise_version(held, "paused_at", "pause")
    return held


def resume(case: Case, *, actor: Staff) -> Case:
    """Let a clock go on: later by the pause, never past what a law sets. Twice is once."""
    with transaction.atomic():
        held = locked(case.pk)
        if held.paused_at is None or held.due_at is None:
            return held
        held.due_at = lanes.resumed(held.due_at, held.paused_at, clock.now(), limit_of(held))
        log.append("case.resumed", {"case": str(held.pk)}, actor=actor.actor, subject=held.subject)
        held.paused_at, held.pause = None, ""
        raise_version(held, "due_at", "paused_at", "pause")
    return held


def limit_of(case: Case) -> datetime | None:
    """Return the earliest end that a law sets for a case; `None`: none does. Intimate images have one everywhere."""
    standing: list[Notice] = list(case.notices.filter(intimate=True, valid_at__isnull=False, withdrawn_at=None))
    ends = [lanes.due("us-intimate", each.valid_at) for each in standing if each.valid_at is not None]
    return min(ends, default=None)


def breached(at: datetime) -> int:
    """Count the open cases whose clock is over and not paused."""
    late = Case.objects.filter(state=Case.State.OPEN, paused_at=None, due_at__lt=at)
    return late.count()


def first_filed(case: Case) -> datetime | None:
    """Return when the first of its notices came; `None`: it has none, it is an order's."""
    found: datetime | None = case.notices.aggregate(first=Min("filed_at"))["first"]
    return found
