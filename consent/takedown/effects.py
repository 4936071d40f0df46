"""What a ruling does: blocks placed, confirmed and lifted by its two people, and money held or let go.

The blocks of a case carry its number; those of an order carry more, and no ruling lifts them. A block needs an end:
one of a ruling without an end is renewed (`upkeep`) while the ruling stands.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from consent import blocks, clock, royalties, staff
from consent.models import Block, Case, Ruling
from consent.royalties import Because
from consent.takedown import policies

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from consent.staff import Staff

TAKES_DOWN: Final = frozenset({"remove", "disable", "block_future"})
LASTS: Final = timedelta(days=365)


def standing(case: Case) -> QuerySet[Block]:
    """Return the blocks that stand for a case; none of an order's."""
    if case.video is None:
        return Block.objects.none()
    return blocks.in_force([case.video]).filter(case=case.number)


def hold_back(ruling: Ruling, actor: Staff) -> Block | None:
    """Block provisionally what a member of staff proposes to take down, until a second one has looked."""
    video = ruling.case.video
    if ruling.action not in TAKES_DOWN or video is None:
        return None
    return _placed(ruling, video, actor)


def let_go(ruling: Ruling, actor: Staff) -> None:
    """Lift what the proposal alone had placed, after it was declined."""
    for block in standing(ruling.case).filter(confirmed_at=None, placed_by=ruling.proposed_by):
        blocks.lift(block, actor=actor)


def apply(ruling: Ruling) -> None:
    """Do what a ruling in force orders, in the name of its two people; in the caller's transaction."""
    case, video = ruling.case, ruling.case.video
    if video is not None:
        if ruling.action in TAKES_DOWN:
            _take_down(ruling, video)
        elif ruling.action != Ruling.Action.DEMONETISE:
            for block in standing(case):
                _lift(block, ruling)
        _settle(ruling, video)
    ruling.applied_at = clock.now()
    ruling.save(update_fields=["applied_at"])


def _take_down(ruling: Ruling, video: UUID) -> None:
    """Stand by one block of the ruling's own scope, and lift the others of the case, which may reach further."""
    first, second = _two(ruling)
    own = _placed(ruling, video, first)
    if own.confirmed_at is None:
        blocks.confirm(own, actor=second if own.placed_by != second.actor else first)
    for block in standing(ruling.case).exclude(pk=own.pk):
        _lift(block, ruling)


def _placed(ruling: Ruling, video: UUID, actor: Staff) -> Block:
    policy = policies.POLICIES[ruling.policy]
    case, scope, stays = ruling.case.number, ruling.scope, _stays_down(ruling)
    same = blocks.in_force([video]).filter(case=case, scope=scope, stay_down=stays, reason=policy.block)
    twin = same.filter(placed_by=actor.actor).first()
    if twin is not None and (ruling.ends_at is None or twin.until >= ruling.ends_at):
        return twin
    return blocks.place(
        video, case=case, scope=scope, stay_down=stays, reason=policy.block, actor=actor, until=_until(ruling)
    )


def _stays_down(ruling: Ruling) -> bool:
    return ruling.stay_down or ruling.action == Ruling.Action.BLOCK_FUTURE


def _until(ruling: Ruling) -> datetime:
    most = clock.now() + LASTS
    return most if ruling.ends_at is None else min(most, ruling.ends_at)


def _lift(block: Block, ruling: Ruling) -> None:
    """Lift a block by the two who stand behind the ruling, in whichever order the block still allows."""
    first, second = _two(ruling)
    if block.provisional and block.placed_by.startswith(staff.PREFIX):
        blocks.lift(block, actor=second if block.placed_by == first.actor else first)
        return
    held = blocks.propose_lift(block, actor=first)
    blocks.lift(held, actor=second if held.lift_proposed_by != second.actor else first)


def _two(ruling: Ruling) -> tuple[Staff, Staff]:
    """Return proposer and confirmer; one who decided alone is both, and the verbs of blocks refuse that."""
    first, second = ruling.proposed_by, ruling.confirmed_by or ruling.proposed_by
    return staff.Staff(int(first.removeprefix(staff.PREFIX))), staff.Staff(int(second.removeprefix(staff.PREFIX)))


def _settle(ruling: Ruling, video: UUID) -> None:
    """Hold what the video earned while it may not be seen, or not earn; let it go when nothing stands against it."""
    name = ruling.confirmed_by or ruling.proposed_by
    if ruling.action in TAKES_DOWN or ruling.action == Ruling.Action.DEMONETISE:
        hold(video, name)
    else:
        release(video, name)


def hold(video: UUID, name: str) -> None:
    """Hold every accrual of a video that is not final."""
    for accrual in royalties.accruals(video):
        if royalties.last_of(accrual).kind != royalties.Kind.REVERSED:
            royalties.hold(accrual, because=Because.DISPUTE, actor=name)


def release(video: UUID, name: str) -> None:
    """Let go what is held, unless a block, or a ruling about its earnings, still stands."""
    withheld = Ruling.objects.filter(case__video=video, action=Ruling.Action.DEMONETISE, state=Ruling.State.IN_FORCE)
    if withheld.exists() or blocks.in_force([video]).exists():
        return
    for accrual in royalties.accruals(video):
        if royalties.last_of(accrual).kind == royalties.Kind.HELD:
            royalties.release(accrual, because=Because.SETTLED, actor=name)


def reverse(video: UUID, name: str) -> None:
    """Owe nothing more for a video whose removal nobody objected to in time. Final."""
    for accrual in royalties.accruals(video):
        royalties.reverse(accrual, because=Because.TAKEDOWN, actor=name)
