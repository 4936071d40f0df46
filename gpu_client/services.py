"""What an operator does with a render service, and what there is to see of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count

from consent.models import Party
from gpu_client import renderers
from gpu_client.models import Queuer, RenderJob, RenderService
from gpu_client.queue import TAKEN, WAITING

logger = logging.getLogger(__name__)
HEAVIEST = 1000


@dataclass(frozen=True, slots=True)
class Service:
    """One line of the list. `slots` None: as many as come; `until` None: its breaker is closed."""

    name: str
    dialect: str
    models: tuple[str, ...]
    slots: int | None
    taken: int
    waiting: int
    draining: bool
    breaker: str
    until: datetime | None
    last_error: str


def drain(name: str) -> None:
    """Send nothing new there; what runs is finished. What waits goes elsewhere at the next sweep, or waits on.

    Raises `renderers.RendererMissing`.
    """
    _set(name, draining=True)


def undrain(name: str) -> None:
    """Send jobs there again."""
    _set(name, draining=False)


def weigh(client: Party, weight: int) -> None:
    """Give a client so many jobs in each round of every queue, from their next order on. Raises ValueError."""
    if not 1 <= weight <= HEAVIEST:
        raise ValueError(f"a weight is 1 to {HEAVIEST}")
    with transaction.atomic():
        Queuer.objects.update_or_create(client=client, defaults={"weight": weight})
    logger.warning("the client %s gets %d jobs in each round", client.pk, weight)


def listed() -> list[Service]:
    """Return the configured services in their order, with two queries whatever their number."""
    rows = RenderService.objects.in_bulk()
    counted = RenderJob.objects.exclude(place="").values_list("backend", "place").annotate(Count("pk"))
    count = {(backend, place): number for backend, place, number in counted}
    return [
        Service(
            one["name"],
            one.get("dialect") or "countenance",
            tuple(renderers.models_of(one)),
            one.get("slots"),
            count.get((one["name"], TAKEN), 0),
            count.get((one["name"], WAITING), 0),
            bool(one.get("draining")) or row.draining,
            row.breaker,
            row.until,
            row.last_error,
        )
        for one in settings.GPU_RENDERERS
        for row in [rows.get(one["name"]) or RenderService(name=one["name"])]
    ]


def _set(name: str, *, draining: bool) -> None:
    renderers.entry(name)
    with transaction.atomic():
        RenderService.objects.update_or_create(name=name, defaults={"draining": draining})
    logger.warning("the render service %s is %s", name, "draining" if draining else "in use again")
