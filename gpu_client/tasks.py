"""Celery's way in: each task is a doorbell that calls one verb."""

from uuid import UUID

from celery import shared_task

from gpu_client import erasure, jobs


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]  # Celery has no annotations
def advance_job(job_id: str) -> None:
    """Bring one job one phase further."""
    jobs.advance(UUID(job_id))


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]  # Celery has no annotations
def sweep_jobs() -> None:
    """Ring for what was not heard."""
    jobs.sweep()


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]  # Celery has no annotations
def sweep_erased() -> None:
    """Remove what came back after an erasure."""
    erasure.revisit()
