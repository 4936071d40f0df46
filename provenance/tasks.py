"""What Celery runs: each task calls one verb. An id is all that travels; permission never does."""

from __future__ import annotations

import contextlib
from uuid import UUID

from celery import shared_task

from ledger.log import NotYetPublished
from provenance import afterwards, claim_leaves, erasure, publication, waits
from provenance.results import ResultRefused


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def accept_result(video_id: str) -> None:
    """Follow a job that is over. Not yet in a checkpoint, or no time or signature to be had: the sweeper rings again.

    Refused: it said all there is.
    """
    with contextlib.suppress(NotYetPublished, ResultRefused, *waits.WAITED_FOR):
        publication.finish(UUID(video_id))


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_results() -> None:
    """Ring for every video whose job is over and that nobody works on."""
    for video_id in publication.due():
        accept_result.delay(str(video_id))


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_ended() -> None:
    """Remove the files of what rests on a grant that has ended and says so."""
    afterwards.sweep()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_erased() -> None:
    """Remove what came back after an erasure."""
    erasure.revisit()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def renew_leaf() -> None:
    """Take the next claim certificate before ours ends, and put ours on record; a failure is in the worker's log."""
    claim_leaves.renew(actor=claim_leaves.SUBJECT)
