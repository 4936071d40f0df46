"""What time does to cases: alarms for what is late, dates that are kept, blocks that are renewed, money that is final.

Run by the beat; every step is rows first, and any number of runs at once do each thing once.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from consent import blocks, clock
from consent.models import Appeal, Block, Breach, Case, Notice, Order, Ruling
from consent.takedown import appeals, effects, enforcement, lanes, restorations, second_looks
from ledger import log

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

SYSTEM: Final = "system:takedown"
BATCH: Final = 256
INTIMATE: Final = timedelta(hours=lanes.LANES["us-intimate"].hours)
RENEWED: Final = timedelta(days=30)  # before a block ends whose ruling or order has no end


def keep() -> int:
    """Do all that is due now; return how many things were done."""
    at = clock.now()
    kept = notice_breaches(at) + restorations.give_back(at) + second_looks.expire(at) + renew(at)
    return kept + enforcement.resume_ended()


def notice_breaches(at: datetime) -> int:
    """Write an alarm for each time that passed; return how many are new."""
    seen = Breach.objects.filter(target=OuterRef("pk"), due_at=OuterRef("due_at"))
    law = Notice.objects.filter(  # a pause of ours does not stop the clock of a law
        case=OuterRef("pk"), intimate=True, withdrawn_at=None, valid_at__lt=at - INTIMATE
    )
    late = Case.objects.filter(
        Q(paused_at=None, due_at__lt=at) | Q(Exists(law)), ~Exists(seen), state=Case.State.OPEN, due_at__isnull=False
    )
    asked = Appeal.objects.filter(~Exists(seen), state=Appeal.State.PENDING, due_at__lt=at).select_related("case")
    found = [(Breach.Kind.CASE, case, case.pk, case.due_at) for case in late.order_by("due_at", "pk")[:BATCH]]
    found += [(Breach.Kind.APPEAL, each.case, each.pk, each.due_at) for each in asked.order_by("due_at", "pk")[:BATCH]]
    found += [(Breach.Kind.RESTORATION, each.case, each.pk, each.restore_at) for each in restorations.overdue(at)]
    return sum(_alarmed(kind, case, target, due) for kind, case, target, due in found if due is not None)


def breaches(at: datetime) -> list[Breach]:
    """Return the alarms about what still waits: the breach list, oldest first."""
    waiting = Breach.objects.filter(noticed_at__lte=at).select_related("case").order_by("due_at", "pk")
    open_cases = waiting.filter(kind=Breach.Kind.CASE, case__state=Case.State.OPEN)
    pending = Appeal.objects.filter(pk=OuterRef("target"), state=Appeal.State.PENDING)
    open_appeals = waiting.filter(Exists(pending), kind=Breach.Kind.APPEAL)
    due_back = {each.pk for each in restorations.overdue(at)}
    late_back = waiting.filter(kind=Breach.Kind.RESTORATION, target__in=due_back)
    return sorted([*open_cases[:BATCH], *open_appeals[:BATCH], *late_back], key=lambda each: (each.due_at, each.pk))


def renew(at: datetime) -> int:
    """Go on with the blocks that end soon although what two people decided, or a court, has no such end."""
    return sum(_renewed(block, at) for block in _ending(at))


def finalise(at: datetime) -> int:
    """Owe nothing more for what was removed and not appealed in six months, and whose ruling stands. Final."""
    before = at - appeals.OPEN_DAYS
    removed = Ruling.objects.filter(
        state=Ruling.State.IN_FORCE, action__in=["remove", "block_future"], ends_at=None, in_force_at__lt=before
    ).exclude(appeals__state=Appeal.State.PENDING)
    done = 0
    for ruling in removed.select_related("case").order_by("pk").iterator(chunk_size=BATCH):
        if ruling.case.video is not None:
            with transaction.atomic():
                effects.reverse(ruling.case.video, SYSTEM)
            done += 1
    return done


def _alarmed(kind: str, case: Case, target: UUID, due_at: datetime) -> bool:
    with transaction.atomic():
        Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
        if Breach.objects.filter(kind=kind, target=target, due_at=due_at).exists():
            return False
        row = Breach(id=uuid.uuid4(), kind=kind, case=case, target=target, due_at=due_at)
        payload = {"breach": str(row.pk), "case": str(case.pk), "kind": str(kind)}
        row.entry = log.append("clock.breached", payload, actor=SYSTEM, subject=case.subject)
        row.save(force_insert=True)
    return True


def _ending(at: datetime) -> list[Block]:
    soon = Block.objects.filter(lifted_at=None, until__gt=at, until__lte=at + RENEWED, case__startswith="T-")
    return list(soon.order_by("until", "pk")[:BATCH])


def _renewed(block: Block, at: datetime) -> bool:
    """Place the block again by its reason of a notice, provisional and in force; two people are needed to lift it."""
    if not _stands(block, at):
        return False
    held = blocks.in_force([block.video]).filter(case=block.case, scope=block.scope, stay_down=block.stay_down)
    if held.filter(until__gt=at + RENEWED).exists():
        return False
    blocks.place(
        block.video, case=block.case, reason="sworn-notice", scope=block.scope, stay_down=block.stay_down,
        actor=blocks.SYSTEM, until=at + effects.LASTS,
    )  # fmt: skip
    return True


def _stands(block: Block, at: datetime) -> bool:
    """Tell whether something without an end is behind a block: a ruling of two, or an order."""
    number, _, order = block.case.partition("/")
    if order:
        found = Order.objects.filter(pk=order, ends_at=None).first()
        return found is not None and found.carried_at is not None and enforcement.in_force(found, at)
    rulings = Ruling.objects.filter(case__number=number, state=Ruling.State.IN_FORCE, ends_at=None)
    return rulings.filter(action__in=effects.TAKES_DOWN).exists()
