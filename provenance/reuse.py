"""Creators decide about their own part: whether others may remix a video of theirs.

The people in it are asked apart, by the grants; this narrows what those permit, and never widens it. Who remixes a
remix uses the part of everybody before, so each of them is asked about. What was made before stays.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import transaction

from consent import blocks, clock
from consent.models import Party
from ledger import log
from ledger.problem import Problem
from provenance import lineage
from provenance.models import Reservation, Video


class ReuseRestricted(Problem):
    """A client whose video it is, or is made from, keeps others from remixing it."""

    code: ClassVar[str] = "reuse-restricted"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The video may not be remixed by others"


class NotYours(Problem):
    """Only the client that asked for a video decides about its part. Absent and another's are one answer."""

    code: ClassVar[str] = "reuse-not-yours"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such video of yours"


def restrict(video: Video, *, actor: Party) -> Reservation:
    """Keep others from remixing a video of the actor's from now on. Twice is once."""
    with transaction.atomic():
        held = _own(video, actor)
        before = Reservation.objects.filter(video=held, lifted_at=None).first()
        if before is not None:
            return before
        entry = log.append("reuse.restricted", {"video": str(held.pk)}, actor=actor.actor, subject=actor.actor)
        return Reservation.objects.create(video=held, created_at=clock.now(), entry=entry)


def open_again(video: Video, *, actor: Party) -> None:
    """Let others remix it again, as far as the people in it permit. Not restricted: nothing is done."""
    with transaction.atomic():
        held = _own(video, actor)
        standing = Reservation.objects.filter(video=held, lifted_at=None).first()
        if standing is None:
            return
        payload: dict[str, object] = {"video": str(held.pk)}
        standing.lifted_entry = log.append("reuse.opened", payload, actor=actor.actor, subject=actor.actor)
        standing.lifted_at = clock.now()
        standing.save(update_fields=["lifted_at", "lifted_entry"])


def restricted(video: UUID) -> bool:
    """Tell whether its client keeps others from remixing the video itself."""
    return Reservation.objects.filter(video=video, lifted_at=None).exists()


def require_open(parent: Video, actor: Party) -> None:
    """Raise `ReuseRestricted` if another's part may not be used. Asked while the family is held (`blocks.hold`)."""
    line = lineage.with_ancestors([parent.pk])
    others = Reservation.objects.filter(video__in=line, lifted_at=None).exclude(video__client=actor)
    if others.exists():
        remedy = "Remix another video, or ask whoever made it."
        raise ReuseRestricted("Its maker does not let others remix it.", pointer="/id", remedy=remedy)


def _own(video: Video, actor: Party) -> Video:
    """Return the row for its client, held against remixes that are being begun."""
    blocks.hold_alone(video.pk)
    held = Video.objects.filter(pk=video.pk, client=actor, erased_at=None).first()
    if held is None:
        raise NotYours("There is no such video of yours.", pointer="/id", remedy="Name a video that you asked for.")
    return held
