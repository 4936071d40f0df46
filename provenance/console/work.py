"""The queues of takedown cases: those that nobody has decided, and rulings that wait for a second person.

Here and not beside the cases, because whose video it is and who is in it decides who must not be handed a case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case as If
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value, When

from consent.casework import queues
from consent.casework.queues import Queue, shaped
from consent.models import Case, Likeness, Notice, Ruling
from consent.takedown.cases import WORK
from provenance.models import Appearance, Video

if TYPE_CHECKING:
    from uuid import UUID

    from consent.staff import Staff

CASES: Final = "cases"
RULINGS: Final = "rulings"
CONFIRM: Final = "consent.confirm_ruling"
SETTLED: Final = (Ruling.State.IN_FORCE, Ruling.State.REVERSED)


def _undecided() -> QuerySet[Any]:
    """Open cases; one about which somebody proposed a ruling waits for the second person instead."""
    proposed = Ruling.objects.filter(case=OuterRef("pk"), state=Ruling.State.PROPOSED)
    rows = Case.objects.filter(~Exists(proposed), state=Case.State.OPEN)
    paused = If(When(paused_at__isnull=False, then=Value(value=True)), default=Value(value=False))
    return shaped(rows, since="opened_at", due="due_at", risk=F("risk"), lane=F("lane"), paused=paused)


def _proposed() -> QuerySet[Any]:
    rows = Ruling.objects.filter(state=Ruling.State.PROPOSED)
    return shaped(rows, since="proposed_at", due="case__due_at", risk=F("case__risk"), lane=F("action"))


def party_to(actor: Staff, case: str, video: str, likeness: str) -> Q:
    """Tell of rows whether their case is this person's own.

    They filed a notice in it, it is about them, or it is a video of theirs or one that they are in. The three names are
    the columns of the row that hold the ids.
    """
    filed = Notice.objects.filter(case=OuterRef(case), party__user_id=actor.user)
    held = Likeness.objects.filter(pk=OuterRef(likeness), holder__user_id=actor.user)
    theirs = Video.objects.filter(pk=OuterRef(video), client__user_id=actor.user)
    within = Appearance.objects.filter(video=OuterRef(video), likeness__holder__user_id=actor.user)
    return Q(Exists(filed)) | Q(Exists(held)) | Q(Exists(theirs)) | Q(Exists(within))


def part_in(actor: Staff, case: str, video: str, likeness: str) -> Q:
    """Tell of rows whether somebody else must decide: the case is this person's own, or they ruled in it before."""
    said = Q(proposed_by=actor.actor) | Q(confirmed_by=actor.actor)
    before = Ruling.objects.filter(said, case=OuterRef(case), state__in=SETTLED)
    return party_to(actor, case, video, likeness) | Q(Exists(before))


def is_own(case: Case, actor: Staff) -> bool:
    """Tell whether a case is this person's own: they do not even look into it."""
    return Case.objects.filter(party_to(actor, "pk", "video", "likeness"), pk=case.pk).exists()


def _concerned(item: UUID) -> str:
    """Return under whose key notes about a case are sealed."""
    return f"case:{item}"


queues.register(
    Queue(
        CASES, WORK, "Takedown cases", _undecided,
        lambda at: Case.objects.filter(opened_at__gte=at),
        lambda actor: part_in(actor, "pk", "video", "likeness"), _concerned,
    )
)  # fmt: skip
queues.register(
    Queue(
        RULINGS, CONFIRM, "Rulings that wait for a second person", _proposed,
        lambda at: Ruling.objects.filter(proposed_at__gte=at),
        lambda actor: Q(proposed_by=actor.actor) | part_in(actor, "case_id", "case__video", "case__likeness_id"),
        group="second-words",
    )
)  # fmt: skip
