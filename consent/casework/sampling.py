"""Second looks: a share of what was decided is decided again, by somebody else who is not told the first decision.

It measures how well decisions agree, lane by lane, and changes none: who finds a mistake reverses it by an act.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction
from django.utils.crypto import salted_hmac

from consent import clock, staff
from consent.casework import draw, queues
from consent.casework.assignments import DECISION
from consent.casework.own_queues import LOOK_AGAIN
from consent.models import Assignment, QualitySample
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from consent.casework.draw import Agreement
    from consent.staff import Staff

SEE: Final = "consent.see_quality"
DEFAULT_SHARE: Final = 0.05
LOOKED_WITHIN: Final = timedelta(days=7)
BATCH: Final = 500
SYSTEM: Final = queues.CASEWORK


class SecondLookRefused(Problem):
    """The second look is there already, or is the same person's."""

    code: ClassVar[str] = "second-look-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This second look cannot be recorded"


@dataclass(frozen=True, slots=True)
class Blind:
    """What somebody who looks again is told: which item, and nothing of what was decided or by whom."""

    id: UUID
    queue: str
    item: UUID
    lane: str


def take(seed: bytes, since: datetime, until: datetime, shares: dict[str, float] | None = None) -> int:
    """Draw from what was decided in a period; return how many. Drawn already is not drawn again.

    `shares` by lane, `DEFAULT_SHARE` for others. The row keeps the SHA-256 of the seed, the sealed entry the seed: by
    it the draw can be repeated. If we crash in between, the same call draws the rest.
    """
    chosen, made = shares or {}, 0
    rows = Assignment.objects.filter(outcome="done", ended_at__gte=since, ended_at__lt=until, sample=None)
    rows = rows.exclude(queue="second-looks").order_by("pk")
    for each in rows.iterator(BATCH):
        if draw.drawn(seed, each.pk, chosen.get(each.lane, DEFAULT_SHARE)):
            made += _put(each, seed)
    return made


def take_yesterday() -> int:
    """Draw from the day before, in UTC, with a seed that nobody knows without our secret. Twice is once."""
    today = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    seed = salted_hmac("countenance.second-looks", today.date().isoformat(), algorithm="sha256").digest()
    return take(seed, today - timedelta(days=1), today)


def blind(sample: QualitySample, *, actor: Staff) -> Blind:
    """Return what to look at. Raises `SecondLookRefused` for who decided it."""
    staff.require(actor, may=LOOK_AGAIN)
    if sample.decided_by == actor.actor:
        raise SecondLookRefused("You decided this yourself.", remedy="Leave it to a colleague.")
    return Blind(sample.pk, sample.queue, sample.item, sample.lane)


def look(sample: QualitySample, second: str, *, actor: Staff) -> QualitySample:
    """Record what somebody else would have decided."""
    staff.require(actor, may=LOOK_AGAIN)
    if not DECISION.fullmatch(second):
        raise SecondLookRefused("Say what you would decide.", pointer="/decision", remedy="Use the code of a decision.")
    with transaction.atomic():
        held = QualitySample.objects.select_for_update(of=("self",)).get(pk=sample.pk)
        blind(held, actor=actor)
        if held.looked_at is not None:
            raise SecondLookRefused("Somebody looked already.", remedy="Take the next one.")
        payload: dict[str, object] = {"sample": str(held.pk), "decision": second}
        held.looked_entry = log.append("sample.looked", payload, actor=actor.actor, subject=SYSTEM)
        held.second, held.looked_by, held.looked_at = second, actor.actor, clock.now()
        held.save(update_fields=["second", "looked_by", "looked_at", "looked_entry"])
    return held


def agreements(since: datetime, until: datetime, *, actor: Staff) -> dict[str, Agreement]:
    """Return how well the looks of a period agree, by lane, and of all under "". No names: it is about decisions."""
    staff.require(actor, may=SEE)
    pairs: dict[str, list[tuple[str, str]]] = defaultdict(list)
    rows = QualitySample.objects.filter(looked_at__gte=since, looked_at__lt=until)
    for queue, lane, first, second in rows.values_list("queue", "lane", "decision", "second"):
        pairs[f"{queue}/{lane}"].append((first, second))
        pairs[""].append((first, second))
    return {lane: draw.agreement(each) for lane, each in sorted(pairs.items())}


def _put(decided: Assignment, seed: bytes) -> int:
    with transaction.atomic():
        if QualitySample.objects.filter(assignment=decided).exists():
            return 0
        at = clock.now()
        row = QualitySample(id=uuid.uuid4(), assignment=decided, queue=decided.queue, item=decided.item)
        row.lane, row.decision, row.decided_by, row.seed = (
            decided.lane,
            decided.decision,
            decided.actor,
            hashlib.sha256(seed).hexdigest(),
        )
        row.drawn_at, row.due_at = at, at + LOOKED_WITHIN
        payload: dict[str, object] = {"sample": str(row.pk), "assignment": str(decided.pk), "seed": seed.hex()}
        row.entry = log.append("sample.drawn", payload, actor=SYSTEM, subject=SYSTEM)
        row.save(force_insert=True)
    return 1
