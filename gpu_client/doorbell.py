"""Wake a worker. The bell may be broken: the row is the order, and the sweeper rings again."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import current_app

logger = logging.getLogger(__name__)
TASK = "gpu_client.tasks.advance_job"


def ring(job_id: UUID, *, after: float = 0.0) -> None:
    """Ask for `jobs.advance(job_id)` in `after` seconds. Never raises: nothing is lost when nobody hears it."""
    try:
        current_app.send_task(TASK, args=[str(job_id)], countdown=after or None, ignore_result=True, retry=False)
    except Exception as error:  # noqa: BLE001 - whatever a transport raises, the caller's work is done and committed
        logger.warning("no worker was woken for render job %s: %s", job_id, error.__class__.__name__)
