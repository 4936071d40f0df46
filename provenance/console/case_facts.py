"""What stands on the page of one case, gathered in a number of statements that does not grow with what there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q
from django.utils.translation import gettext

from consent import blocks
from consent.casework import notes, tags
from consent.models import (
    Assignment,
    Block,
    Case,
    Escalation,
    Permit,
    Ruling,
    ScheduledAct,
    Snooze,
)
from consent.takedown import lanes
from ledger import log
from ledger.canonical import parse
from ledger.models import Entry
from ledger.subjectkeys import Erased
from provenance import lineage
from provenance.console.work import CASES
from provenance.models import Appearance, Video

if TYPE_CHECKING:
    from datetime import datetime

    from consent.staff import Staff

MOST: Final = 50
ENTRIES: Final = 100


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the history. `who` is an actor by number, never by name; "" once it cannot be read any more."""

    kind: str
    at: datetime
    who: str
    commitment: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a case page shows but for what is sealed with its notices."""

    case: Case
    lane: Any
    notices: list[Any]
    counters: list[Any]
    appeals: list[Any]
    orders: list[Any]
    rulings: list[Ruling]
    blocks: list[Block]
    video: Video | None
    appearances: list[Appearance]
    permit: Permit | None
    similar: list[Case]
    history: list[Event]
    notes: list[Any]
    tags: list[str]
    held: Assignment | None
    escalation: Escalation | None
    snooze: Snooze | None
    scheduled: list[ScheduledAct] = field(default_factory=list)


def of(case: Case, *, actor: Staff) -> Facts:
    """Gather it. Raises `StaffRefused`."""
    video = None if case.video is None else Video.objects.filter(pk=case.video).select_related("client").first()
    here = {"queue": CASES, "item": case.pk}
    notices = list(case.notices.prefetch_related("evidence").select_related("party").order_by("filed_at", "pk")[:MOST])
    found = blocks_of(case)
    return Facts(
        case=case,
        lane=lanes.LANES.get(case.lane),
        notices=notices,
        counters=list(case.counter_notices.select_related("party").order_by("filed_at")[:MOST]),
        appeals=list(case.appeals.order_by("filed_at")[:MOST]),
        orders=list(case.orders.order_by("recorded_at")[:MOST]),
        rulings=list(case.rulings.order_by("-proposed_at")[:MOST]),
        blocks=found,
        video=video,
        appearances=_appearances(video),
        permit=_permit(video),
        similar=_similar(case),
        history=_history(case, notices, found),
        notes=notes.of(CASES, case.pk, actor=actor),
        tags=tags.of(CASES, case.pk),
        held=Assignment.objects.filter(**here, ended_at=None).first(),
        escalation=Escalation.objects.filter(**here, settled_at=None).first(),
        snooze=Snooze.objects.filter(**here, woken_at=None).order_by("-until").first(),
        scheduled=_scheduled(case, found),
    )


def blocks_of(case: Case) -> list[Block]:
    """Return every block of a case, the first one first."""
    return list(Block.objects.filter(case=case.number).order_by("accepted_at")[:MOST])


def why(case: Case) -> str:
    """Say which clock applies and whose it is."""
    lane = lanes.LANES.get(case.lane)
    if lane is None:
        return gettext("A clock that is not known any more.")
    whose = gettext("A law sets it") if lane.status == "law" else gettext("We set it ourselves")
    return f"{gettext(lane.title)}. {whose}: {lane.source}."


def _appearances(video: Video | None) -> list[Appearance]:
    rows = Appearance.objects.filter(video=video).select_related("likeness__holder", "grant__entry")
    return [] if video is None else list(rows.order_by("pk")[:MOST])


def _permit(video: Video | None) -> Permit | None:
    """Return the permit that the video was made under: the one that was redeemed, else the last."""
    if video is None:
        return None
    rows = Permit.objects.filter(video=video.pk).select_related("decision", "entry")
    return rows.order_by("redeemed_at", "-minted_at").first()


def _similar(case: Case) -> list[Case]:
    """Return other cases of the video, of its family, or of the same likeness."""
    which = Q(pk=None)
    if case.video is not None:
        which |= Q(video__in=lineage.with_ancestors([case.video]) | lineage.with_descendants([case.video]))
    if case.likeness_id is not None:
        which |= Q(likeness=case.likeness_id)
    return list(Case.objects.filter(which).exclude(pk=case.pk).order_by("-opened_at")[:MOST])


def _scheduled(case: Case, found: list[Block]) -> list[ScheduledAct]:
    items = [case.pk, *(block.pk for block in found)] + ([case.video] if case.video else [])
    return list(ScheduledAct.objects.filter(item__in=items, state=ScheduledAct.State.WAITING).order_by("due_at")[:MOST])


def _history(case: Case, notices: list[Any], found: list[Block]) -> list[Event]:
    """Return the entries about a case, the newest first: those under its own key, its notices', and its blocks'."""
    subjects = [case.subject, *(notice.subject for notice in notices)]
    parts = ("entry_id", "confirm_proposed_entry_id", "confirmed_entry_id", "lift_proposed_entry_id",
             "lifted_entry_id", "drained_entry_id")  # fmt: skip
    of_blocks = [getattr(block, part) for block in found for part in parts]
    which = Q(sealed__subject_key__subject__in=subjects) | Q(pk__in=[each for each in of_blocks if each])
    rows = Entry.objects.filter(which).select_related("sealed__subject_key").order_by("-created_at", "-pk")
    return [Event(row.kind, row.created_at, _actor(row), row.commit_text) for row in rows[:ENTRIES]]


def _actor(row: Entry) -> str:
    try:
        return str(parse(log.opening(row).payload, limit=1 << 20)["actor"])
    except Erased:
        return ""


def in_force(found: list[Block]) -> list[Block]:
    """Return those of the blocks that stop the video now."""
    standing = set(blocks.in_force([block.video for block in found]).values_list("pk", flat=True)) if found else set()
    return [block for block in found if block.pk in standing]
