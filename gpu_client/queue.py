"""Who waits for a place at a service, and who is next. The places are counted and given in one transaction.

A service with `slots` is locked by its row while a place is given, so that two workers cannot give the last one. One
without is not: its queue is only an order, and `SKIP LOCKED` keeps two workers apart.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min, Q

from consent import clock
from gpu_client import breaker, health, renderers, turns
from gpu_client.models import Queuer, RenderJob, RenderService

WAITING: Final = "waiting"
TAKEN: Final = "taken"
MOST: Final = 256


def stand(backend: str, client: UUID, weight: int, at: datetime) -> float:
    """Return the turn of one more job of a client. What is backing off does not hold the head of the queue."""
    waiting = RenderJob.objects.filter(backend=backend, place=WAITING)
    head = waiting.filter(next_attempt_at__lte=at).aggregate(first=Min("turn"))["first"]
    own = waiting.filter(client=client).aggregate(last=Max("turn"))["last"]
    return turns.turn(head, own, weight)


def weight_of(client: UUID) -> int:
    """Return how many jobs a client gets in each round; one, unless the operator said otherwise."""
    found = Queuer.objects.filter(client=client).values_list("weight", flat=True).first()
    return 1 if found is None else found


def is_long(backend: str, turn: float, at: datetime) -> bool:
    """Tell whether a client's own backlog is so long that nobody need be woken for its end."""
    waiting = RenderJob.objects.filter(backend=backend, place=WAITING, next_attempt_at__lte=at)
    head = waiting.aggregate(first=Min("turn"))["first"]
    return head is not None and turn - head > turns.RUNG


def next_at(backend: str, at: datetime) -> RenderJob | None:
    """Lock whoever is next at a service with a free place. `None`: nobody waits, or there is none. In a transaction."""
    if not _free(backend, at, lock=renderers.slots_of(backend) is not None):
        return None
    waiting = RenderJob.objects.select_for_update(skip_locked=True).filter(
        backend=backend, place=WAITING, next_attempt_at__lte=at
    )
    return waiting.order_by("turn", "created_at").first()


def following(backend: str, unheard: Q | None = None) -> list[UUID]:
    """Return those for whom there is a place now, first turn first; of a full service nobody."""
    at = clock.now()
    count = _free(backend, at, lock=False)
    waiting = RenderJob.objects.filter(backend=backend, place=WAITING, next_attempt_at__lte=at)
    first = waiting.order_by("turn", "created_at").values_list("pk", flat=True)[:count]
    if unheard is None:
        return list(first[:1]) if count else []
    return list(RenderJob.objects.filter(unheard, pk__in=list(first)).values_list("pk", flat=True))


def with_waiting() -> list[str]:
    """Return the services for which somebody waits."""
    return list(RenderJob.objects.filter(place=WAITING).values_list("backend", flat=True).distinct())


def move_on(backend: str) -> int:
    """Give what waits at a service that gets nothing to another that offers the same model; return how many.

    An order for which a permit was redeemed stays: it was redeemed for this service.
    """
    with transaction.atomic():
        at, moved = clock.now(), 0
        waiting = RenderJob.objects.select_for_update(skip_locked=True).filter(backend=backend, place=WAITING)
        for job in waiting.filter(redeemed_here=False).order_by("turn")[:MOST]:
            other = _elsewhere(job.model, {backend})
            if other is not None:
                turn = stand(other, job.client_id, weight_of(job.client_id), at)
                moved += RenderJob.objects.filter(pk=job.pk).update(backend=other, turn=turn)
        return moved


def gets_nothing(backend: str) -> bool:
    """Tell whether a service is drained or left alone now, so that those who wait do better elsewhere."""
    row = RenderService.objects.filter(pk=backend).first()
    return _drains(backend, row) or not renderers.is_well(row)


def _elsewhere(model: str, not_at: Collection[str]) -> str | None:
    try:
        other = renderers.name_for_model(model)
    except renderers.ModelUnknown:
        return None
    return None if other in not_at or gets_nothing(other) else other


def _free(backend: str, at: datetime, *, lock: bool) -> int:
    if lock:
        RenderService.objects.bulk_create([RenderService(name=backend)], ignore_conflicts=True)
    rows = RenderService.objects.select_for_update() if lock else RenderService.objects
    row = rows.filter(pk=backend).first()
    slots = renderers.slots_of(backend)
    taken = 0 if slots is None else RenderJob.objects.filter(backend=backend, place=TAKEN).count()
    found = health.of(row)
    callable_ = not _drains(backend, row) and breaker.lets_through(found, at)
    return turns.free(slots, taken, open_=callable_, whole=found.word is breaker.Word.CLOSED, most=MOST)


def _drains(backend: str, row: RenderService | None) -> bool:
    configured = any(one["name"] == backend and one.get("draining") for one in settings.GPU_RENDERERS)
    return configured or renderers.is_draining(row)
