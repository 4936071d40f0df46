"""Stay down: what looks or sounds like a video under such an order is not published before a person has looked.

    (1) at gate 3 the fingerprints of a stamped draft are compared with those of every video whose block says so
    (2) what is near enough waits, one row for each block; a person lets it through or refuses it, silence is a no
    (3) the row counts for as long as its block does: an order that was lifted, or has ended, keeps nothing down

A program refuses nothing for good. A video's own block, and one of what it was made from, are asked by the gates
themselves (`lineage.STOPS`), so the family of a blocked video is not compared with it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from consent import blocks, clock, staff
from consent.models import Block
from consent.staff import StaffRefused
from ledger import log
from ledger.problem import Problem
from provenance import fingerprints, lineage
from provenance.fingerprint import FOUND, NEAR, Kind, Print
from provenance.models import CopyReview, Fingerprint, Video

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from consent.staff import Staff
    from provenance.fingerprints import Near

State = CopyReview.State
MAY: Final = "provenance.review_copies"
DECIDED_WITHIN: Final = timedelta(hours=72)
ACCEPTING: Final = {"different": "It is another video.", "permitted": "The case is about another use of it."}
REFUSING: Final = {"copy": "It shows what the order keeps down.", "unclear": "It cannot be told apart from that."}
SYSTEM: Final = "system:provenance"


class CopyReviewRefused(Problem):
    """The decision about a likely copy cannot be recorded like this."""

    code: ClassVar[str] = "copy-review-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The decision cannot be recorded"


def compare(video: Video) -> frozenset[UUID]:
    """Compare a stamped draft with what must stay down; return the ids of the blocks that were compared."""
    orders = {block.pk: block for block in blocks.refusing_copies()}
    alike = _alike(video, list(orders.values())) if orders else {}
    for block, near in sorted(alike.items()):
        _found(video, orders[block], near)
    return frozenset(orders)


def objections(video: Video, compared: frozenset[UUID]) -> list[str] | None:
    """Return why a likely copy is not published; `None`: that is not decided yet, or an order came since."""
    orders = set(blocks.refusing_copies().values_list("pk", flat=True))
    rows = list(CopyReview.objects.filter(video=video, block__in=orders))
    if any(row.state == State.REFUSED for row in rows):
        return ["copy-of-blocked"]
    waiting = [row for row in rows if row.state == State.WAITING]
    if any(row.due_at <= clock.now() for row in waiting):
        return ["copy-not-reviewed"]
    return None if waiting or orders - compared else []


def review(held: CopyReview, *, accept: bool, reason: str, actor: Staff) -> CopyReview:
    """Record what a person decides. Whoever called publishes or withholds the video then.

    To let it through takes another than who placed the block. Raises `CopyReviewRefused`, `SecondPersonNeeded`, and
    `StaffRefused` if the video is the reviewer's own or shows them.
    """
    reasons = ACCEPTING if accept else REFUSING
    if reason not in reasons:
        remedy = f"Use one of: {', '.join(reasons)}."
        raise CopyReviewRefused("This is not one of the reasons.", pointer="/reason", remedy=remedy)
    with transaction.atomic():
        video = Video.objects.select_for_update().get(pk=held.video_id)
        held = CopyReview.objects.select_for_update(of=("self",)).select_related("block").get(pk=held.pk)
        if video.state != Video.State.STAMPING or held.state != State.WAITING or held.due_at <= clock.now():
            raise CopyReviewRefused("Nothing here waits for a person.", remedy="List what waits.")
        concerned = Q(pk=video.client_id) | Q(likenesses__appearances__video=video)
        if type(video.client).objects.filter(concerned, user=actor.user).exists():
            raise StaffRefused("It is your own video, or shows you.", remedy="Ask a colleague to look at it.")
        if accept:
            staff.require_another(held.block.placed_by, actor)
        held.state, held.reason, held.actor = (State.ACCEPTED if accept else State.REFUSED), reason, actor.actor
        payload: dict[str, object] = {"video": str(video.pk), "block": str(held.block_id), "accepted": accept}
        payload["reason"] = reason
        held.decided_entry = log.append("copy.reviewed", payload, actor=actor.actor, subject=SYSTEM)
        held.save(update_fields=["state", "reason", "actor", "decided_entry"])
    return held


def undecided() -> Exists:
    """Return the condition under which a video waits for a person, and nothing else can be done for it."""
    return Exists(waiting().filter(video=OuterRef("pk")))


def waiting() -> QuerySet[CopyReview]:
    """Return what waits for a person, the soonest due first."""
    live = CopyReview.objects.filter(state=State.WAITING, due_at__gt=Now(), video__state=Video.State.STAMPING)
    standing = live.filter(block__lifted_at=None, block__until__gt=Now())
    return standing.select_related("video", "block").order_by("due_at", "pk")


def _alike(video: Video, orders: list[Block]) -> dict[UUID, Near]:
    """Return the nearest blocked video for each block that the draft is like; its own family is not asked about."""
    prints = [_print(row) for row in Fingerprint.objects.filter(video=video)]
    line = lineage.with_ancestors([video.pk])
    near = {each.video: each for each in fingerprints.nearest(prints, NEAR)}
    return {block.pk: near[block.video] for block in orders if block.video in near and block.video not in line}


def _print(row: Fingerprint) -> Print:
    return Print(Kind(row.kind), row.start_ms, row.end_ms, bytes(row.code), row.mirrored, row.telling)


def _found(video: Video, block: Block, near: Near) -> None:
    """Write the row once, with its entry; a draft that is no draft any more is left alone."""
    with transaction.atomic():
        held = Video.objects.select_for_update().get(pk=video.pk)
        known = CopyReview.objects.filter(video=held, block=block).exists()
        if known or held.state != Video.State.STAMPING:
            return
        certain = near.distance <= FOUND
        payload: dict[str, object] = {"video": str(held.pk), "block": str(block.pk), "certain": certain}
        CopyReview.objects.create(
            video=held,
            block=block,
            certain=certain,
            stretches=[each.as_dict() for each in near.stretches],
            due_at=clock.now() + DECIDED_WITHIN,
            entry=log.append("copy.found", payload, actor=SYSTEM, subject=SYSTEM),
        )
