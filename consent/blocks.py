"""Order that a video must not be shown, and take the order back.

One member of staff places a block, at once and provisionally; another confirms it. What one placed another lifts; what
two confirmed two lift: one proposes, another does. What a sworn notice placed (`SYSTEM`) nobody of staff stands behind
yet, so it takes two of them to confirm, and two to lift. A block is in force from its commit, and effective once it is
drained (`revocations.drain`), as a withdrawal is: after that no byte of the video leaves.

Nothing is deleted and no state of a video changes: the gates ask, so what was lifted is shown again at once.

Gates that begin something hold the video (`hold`), and what it was made from, from before they ask until they commit;
`place` holds it alone. So whatever rests on a video begins before its block, or sees it. Gate 4 takes no lock but a
lease, for which `drain` waits. The lock is on the id: this app knows no row of a video.
"""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import connection, transaction

from consent import clock, entries, rfc3339, staff
from consent import revocation_reasons as reasons
from consent.models import Block
from consent.revocation_reasons import By
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet

    from consent.staff import Staff

PLACE: Final = "consent.place_block"
DECIDE: Final = "consent.decide_block"
SYSTEM: Final = "system:takedown"  # places provisionally what somebody swore to, and decides nothing
LASTS: Final = timedelta(days=90)
MOST: Final = timedelta(days=366)
CASE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")  # no spaces, no @: not a name, not an address


class BlockRefused(Problem):
    """A block needs a case, and an end within a year; what is over cannot be confirmed or lifted."""

    code: ClassVar[str] = "block-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This cannot be blocked, or not so"


def place(
    video: uuid.UUID,
    *,
    case: str,
    reason: str,
    actor: Staff | str,
    scope: str = Block.Scope.FAMILY,
    stay_down: bool = False,
    until: datetime | None = None,
) -> Block:
    """Block a video provisionally, for `LASTS` unless `until` says otherwise. The same for the same case: that block.

    Whether there is such a video is not known here: an order may come before the upload. To renew is to place again,
    with a later end. The actor is a member of staff, or `SYSTEM` for a sworn notice. Raises `ReasonRefused`,
    `BlockRefused`.
    """
    name = _who(actor, reason)
    at = clock.now()
    ends = until if until is not None else at + LASTS
    _check(case, scope, ends, at)
    with transaction.atomic():
        hold_alone(video)
        twin = in_force([video]).filter(case=case, reason=reason, scope=scope, stay_down=stay_down)
        if (before := twin.filter(until__gte=ends if until is not None else at).first()) is not None:
            return before
        block = Block(id=uuid.uuid4(), video=video, case=case, reason=reason, scope=scope, stay_down=stay_down)
        block.until, block.placed_by, block.accepted_at = ends, name, at
        payload = _payload(block) | {"case": case, "reason": reason, "scope": str(scope), "stay_down": stay_down}
        payload["until"] = rfc3339.write(ends)
        block.entry = log.append("block.placed", payload, actor=name, subject=entries.OURS)
        block.save(force_insert=True)
    return block


def propose_confirmation(block: Block, *, actor: Staff) -> Block:
    """Be the first of two who stand behind what a sworn notice placed. Who proposed first is who proposed."""
    with transaction.atomic():
        held = _held(block)
        if held.confirm_proposed_by or held.confirmed_at is not None:
            return held
        _require_in_force(held)
        held.confirm_proposed_entry = log.append(
            "block.confirm_proposed", _payload(held), actor=actor.actor, subject=entries.OURS
        )
        held.confirm_proposed_by = actor.actor
        held.save(update_fields=["confirm_proposed_by", "confirm_proposed_entry"])
    return held


def confirm(block: Block, *, actor: Staff) -> Block:
    """Make a provisional block the word of two. Twice is once. Raises `SecondPersonNeeded`, `BlockRefused`.

    The first of the two placed it, or proposed to confirm what a sworn notice placed.
    """
    with transaction.atomic():
        held = _held(block)
        if held.confirmed_at is not None:
            return held
        _require_in_force(held)
        staff.require_another(held.confirm_proposed_by or held.placed_by, actor)
        held.confirmed_entry = log.append("block.confirmed", _payload(held), actor=actor.actor, subject=entries.OURS)
        held.confirmed_at, held.confirmed_by = clock.now(), actor.actor
        held.save(update_fields=["confirmed_at", "confirmed_by", "confirmed_entry"])
    return held


def propose_lift(block: Block, *, actor: Staff) -> Block:
    """Ask that a confirmed block be lifted; another member of staff does it. Who asked first is who asked."""
    with transaction.atomic():
        held = _held(block)
        if held.lift_proposed_by:
            return held
        _require_in_force(held)
        held.lift_proposed_entry = log.append(
            "block.lift_proposed", _payload(held), actor=actor.actor, subject=entries.OURS
        )
        held.lift_proposed_by = actor.actor
        held.save(update_fields=["lift_proposed_by", "lift_proposed_entry"])
    return held


def lift(block: Block, *, actor: Staff) -> Block:
    """Let the video be shown again, as far as this block goes. Twice is once.

    A provisional one is lifted by another than who of the staff placed it; every other by another than who proposed it.
    Raises `SecondPersonNeeded`, also where nobody proposed, and `BlockRefused`.
    """
    with transaction.atomic():
        held = _held(block)
        if held.lifted_at is not None:
            return held
        _require_in_force(held)
        alone = held.provisional and held.placed_by.startswith(staff.PREFIX)
        staff.require_another(held.placed_by if alone else held.lift_proposed_by, actor)
        held.lifted_entry = log.append("block.lifted", _payload(held), actor=actor.actor, subject=entries.OURS)
        held.lifted_at, held.lifted_by = clock.now(), actor.actor
        held.save(update_fields=["lifted_at", "lifted_by", "lifted_entry"])
    return held


def in_force(videos: Collection[uuid.UUID]) -> QuerySet[Block]:
    """Return the blocks of exactly these videos that stand now; what they were made from is the caller's to name."""
    standing = Block.objects.filter(video__in=videos, lifted_at=None, until__gt=clock.now())
    return standing.order_by("accepted_at", "pk")


def refusing_copies() -> QuerySet[Block]:
    """Return the blocks whose fingerprints refuse copies now; a block that is over refuses nothing."""
    return Block.objects.filter(stay_down=True, lifted_at=None, until__gt=clock.now()).order_by("accepted_at", "pk")


def hold(videos: Collection[uuid.UUID]) -> None:
    """Keep these videos from being blocked until the transaction ends; waits for a block that is being placed.

    Many may hold one video. Taken in one order, so that two that hold several cannot wait for each other.
    """
    with connection.cursor() as cursor:
        for key in sorted({_key(video) for video in videos}):
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [key])


def hold_alone(*videos: uuid.UUID) -> None:
    """Wait for whoever holds the videos, and let nobody else hold them until the transaction ends. One order, too."""
    with connection.cursor() as cursor:
        for key in sorted({_key(video) for video in videos}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _key(video: uuid.UUID) -> int:
    """Return the 64 signed bits by which a video is locked. Two videos that share them only wait for each other."""
    return int.from_bytes(video.bytes[:8], "big", signed=True)


def _who(actor: Staff | str, reason: str) -> str:
    """Return the actor's name, if that may block for the reason. Raises `ReasonRefused`."""
    if isinstance(actor, str):
        reasons.block(reason, by=frozenset({By.NOTICE}) if actor == SYSTEM else frozenset())
        return actor
    reasons.block(reason, by=frozenset({By.STAFF, By.COURT}))
    return actor.actor


def _held(block: Block) -> Block:
    return Block.objects.select_for_update(of=("self",)).get(pk=block.pk)


def _check(case: str, scope: str, ends: datetime, at: datetime) -> None:
    if not CASE.fullmatch(case):
        remedy = "Send 1 to 64 of A-Z a-z 0-9 . _ : / -"
        raise BlockRefused("The case reference cannot be used.", pointer="/case", remedy=remedy)
    if scope not in Block.Scope.values:
        remedy = f"Use one of: {', '.join(Block.Scope.values)}."
        raise BlockRefused("There is no such scope.", pointer="/scope", remedy=remedy)
    if ends.utcoffset() is None or not at < ends <= at + MOST:
        remedy = (
            f"Choose an end within {MOST.days} days, with its time zone; place it again if it is still needed then."
        )
        raise BlockRefused("A block needs an end.", pointer="/until", remedy=remedy)


def _require_in_force(block: Block) -> None:
    if block.lifted_at is not None or block.until <= clock.now():
        raise BlockRefused("This block is over.", pointer="/block", remedy="Place another if it is needed.")


def _payload(block: Block) -> dict[str, object]:
    return {"block": str(block.pk), "video": str(block.video)}
