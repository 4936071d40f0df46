"""One worker at a time per job, by a lease in the row, fenced by a token that every recording must show.

No transaction is open during a foreign call. A worker that sleeps through its lease finds the token changed and may
record nothing: `Lost`. Times are the database's.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from consent import clock
from gpu_client import queue
from gpu_client.client import FETCH_SECONDS, SHORT_SECONDS, SUBMIT_SECONDS
from gpu_client.models import LIVE, RenderJob
from gpu_client.queue import WAITING

MARGIN_SECONDS = 30.0  # for clips, files and recording around the one call, and the short calls that go with it
BACKOFF_SECONDS, BACKOFF_MOST = 0.5, 8.0


class Lost(Exception):  # noqa: N818 - what happened to the lease
    """Somebody else holds the job now. What this worker learned is worth nothing."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a job for a while. `job` is a copy as of `at`, the database's time of the claim."""

    job: RenderJob
    token: uuid.UUID
    at: datetime


def due(at: datetime) -> Q:
    """Select the jobs that somebody should work on now."""
    wanted = Q(state__in=LIVE) | Q(dismiss_pending=True)
    return wanted & Q(next_attempt_at__lte=at) & (Q(leased_until=None) | Q(leased_until__lt=at))


def placed(at: datetime) -> Q:
    """Select what needs no place at its service any more: it has one, is over, or out of time."""
    return ~Q(place=WAITING) | Q(created_at__lte=at - timedelta(seconds=settings.GPU_JOB_SECONDS))


def claim(job_id: uuid.UUID) -> Claim | None:
    """Take the job if it is due and free. `None`: it is not, or somebody is just taking it.

    A job that waits for a place is rung for like any other, but the place goes to whoever's turn it is: the claim may
    be for another job of the same service.
    """
    with transaction.atomic():
        at = clock.now()
        job = RenderJob.objects.select_for_update(skip_locked=True).filter(due(at), placed(at), pk=job_id).first()
        if job is None:
            backend = RenderJob.objects.filter(pk=job_id, place=WAITING).values_list("backend", flat=True).first()
            job = None if backend is None else queue.next_at(backend, at)
        return None if job is None else _take(job, at)


def _take(job: RenderJob, at: datetime) -> Claim:
    token = uuid.uuid4()
    job.lease, job.leased_until = token, at + timedelta(seconds=_duration(job))
    RenderJob.objects.filter(pk=job.pk).update(lease=token, leased_until=job.leased_until)
    return Claim(job, token, at)


@contextmanager
def holding(claim: Claim) -> Iterator[RenderJob]:
    """Open a transaction with the row locked and the lease still ours; raise Lost otherwise.

    The row is fresh: it may have been cancelled meanwhile. Save it yourself, naming the fields.
    """
    with transaction.atomic():
        job = RenderJob.objects.select_for_update().filter(pk=claim.job.pk, lease=claim.token).first()
        if job is None:
            raise Lost
        yield job


def release(job: RenderJob, *, pause: float = 0.0, fault: bool = False, **changes: Any) -> float:  # noqa: ANN401 - columns
    """Write the changes, let go of the held job, and return the seconds until it is due again.

    `fault` counts a failed call: the pause then doubles with each in a row.
    """
    job.faults = job.faults + 1 if fault else 0
    if fault:
        pause = min(BACKOFF_SECONDS * 2 ** min(job.faults - 1, 10), BACKOFF_MOST)
    for name, value in changes.items():
        setattr(job, name, value)
    job.lease = job.leased_until = None
    job.next_attempt_at = clock.now() + timedelta(seconds=pause)
    job.save(update_fields=["faults", "lease", "leased_until", "next_attempt_at", *changes])
    return pause


def _duration(job: RenderJob) -> float:
    """Longer than the one call of the phase that follows, so that a lease runs out only when its worker died."""
    if job.state not in LIVE:
        call = SHORT_SECONDS
    elif not job.upstream_id:
        call = SHORT_SECONDS if job.unresolved else SUBMIT_SECONDS
    else:
        call = FETCH_SECONDS if job.upstream_completed else SHORT_SECONDS
    return call + MARGIN_SECONDS
