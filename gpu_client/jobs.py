"""The verbs: order a render, bring it one phase further, stop it, and ring for what nobody heard."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from consent import clock
from consent.models import Party, Permit
from gpu_client import attachments as files
from gpu_client import doorbell, endings, lease, phases, queue, renderers
from gpu_client.models import Queuer, RenderJob

logger = logging.getLogger(__name__)
UNHEARD = timedelta(seconds=1)  # a ring is on its way for this long
RING_AGAIN = timedelta(seconds=5)
BATCH = 256


def enqueue(
    permit: Permit,
    *,
    prompt: str,
    model: str,
    seconds: int,
    size: str,
    attachments: list[dict[str, Any]],
    actor: Party,
) -> RenderJob:
    """Order the render that `permit` is for, in the transaction that minted it: the row is the outbox.

    Raises `renderers.ModelUnknown`. Nothing leaves before the commit; after it a worker is rung for.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an order and its permit are written together")
    backend = renderers.name_for_model(model)
    weight = _line_up(actor)
    at = clock.now()
    job = RenderJob.objects.create(
        id=permit.job,
        video=permit.video,
        client=actor,
        permit=permit,
        prompt=prompt,
        model=model,
        seconds=seconds,
        size=size,
        attachments=files.check(attachments),
        backend=backend,
        turn=queue.stand(backend, actor.pk, weight, at),
        created_at=at,
        next_attempt_at=at,
        entry=permit.entry,
    )
    if not queue.is_long(backend, job.turn, at):
        transaction.on_commit(partial(doorbell.ring, job.pk))
    return job


def _line_up(client: Party) -> int:
    """Lock the client's own place in the queues until the order commits, and return their weight."""
    Queuer.objects.bulk_create([Queuer(client=client)], ignore_conflicts=True)
    return Queuer.objects.select_for_update(of=("self",)).get(client=client).weight


def advance(job_id: UUID) -> None:
    """Do one phase of a job that is due and free, then ring for the next. Anything else is somebody else's business.

    A ring for a job that waits is a ring for whoever's turn it is (`lease.claim`). After a phase that took a place or
    gave one back the next who waits is rung for, if there is one free.
    """
    claim = lease.claim(job_id)
    if claim is None:
        return
    try:
        pause = phases.run(claim)
    except lease.Lost:
        logger.warning("%s: the lease ran out during a phase; what it learned is dropped", claim.job)
        return
    except Exception:
        # A fault of ours: disk full, database away. The job waits and tries again until its deadline.
        logger.exception("%s: a phase failed", claim.job)
        pause = _back_off(claim)
    if pause is not None:
        doorbell.ring(claim.job.pk, after=pause)
    if _has_moved(claim):
        for waiting in queue.following(claim.job.backend):
            if waiting != claim.job.pk:
                doorbell.ring(waiting)


def _has_moved(claim: lease.Claim) -> bool:
    """Tell whether a phase took a place or gave one back. Most phases are polls, which do neither: one query."""
    before = claim.job.place  # as of before the claim
    return before == queue.WAITING or (
        before == queue.TAKEN and not RenderJob.objects.filter(pk=claim.job.pk, place=queue.TAKEN).exists()
    )


def cancel(job: RenderJob, *, reason: str, actor: Party | str) -> RenderJob:
    """Stop a job. Over already: returned as it is. The service is told after the commit, by a phase of its own.

    `reason` is a code that the requester sees; `actor` a party, or a name such as "system:gpu_client".
    """
    with transaction.atomic():
        held = RenderJob.objects.select_for_update(of=("self",)).select_related("client").get(pk=job.pk)
        if held.is_live:
            name = actor if isinstance(actor, str) else actor.actor
            endings.end(held, RenderJob.State.CANCELLED, code=reason, actor=name)
            if held.dismiss_pending:
                transaction.on_commit(partial(doorbell.ring, held.pk))
        return held


def sweep() -> int:
    """Ring for what is due and was evidently not heard; return how many. Any number of sweepers may run."""
    waiting = [job for backend in queue.with_waiting() for job in _first_in_line(backend)]
    at = clock.now()
    with transaction.atomic():
        unheard = RenderJob.objects.select_for_update(skip_locked=True).filter(
            lease.due(at), _unheard(at), lease.placed(at) | Q(pk__in=waiting)
        )
        rung = list(unheard.order_by("next_attempt_at").values_list("pk", flat=True)[:BATCH])
        RenderJob.objects.filter(pk__in=rung).update(rung_at=at)
    for job_id in rung:
        doorbell.ring(job_id)
    return len(rung)


def _unheard(at: datetime) -> Q:
    return (Q(rung_at=None) | Q(rung_at__lt=at - RING_AGAIN)) & Q(next_attempt_at__lte=at - UNHEARD)


def _first_in_line(backend: str) -> list[UUID]:
    """Return those who wait and would get a place; where nobody gets one they go to another service if they can."""
    if queue.gets_nothing(backend):
        queue.move_on(backend)
    return queue.following(backend, _unheard(clock.now()))


def _back_off(claim: lease.Claim) -> float | None:
    """Let go of the job after a fault of ours. If even that fails, the lease runs out and the sweeper rings."""
    try:
        with lease.holding(claim) as held:
            return lease.release(held, fault=True)
    except Exception:
        logger.exception("%s: could not be let go", claim.job)
        return None
