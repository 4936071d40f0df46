"""Celery's way in: each task is a doorbell that calls one verb."""

from celery import shared_task

from consent import denials, revocations


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def drain_overdue() -> None:
    """Make effective the withdrawals whose door did not live to do it."""
    revocations.drain_overdue()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def digest_denials() -> None:
    """Log the hour's denials."""
    denials.digest_denials()
