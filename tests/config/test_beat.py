"""The sweepers' clock depends on no file."""

from __future__ import annotations

from celery.beat import PersistentScheduler, Service

from config.celery import app


def test_the_clock_of_the_sweepers_keeps_no_file() -> None:
    scheduler = Service(app, scheduler_cls=app.conf.beat_scheduler).get_scheduler()
    assert not isinstance(scheduler, PersistentScheduler)
    assert set(scheduler.schedule) >= set(app.conf.beat_schedule)
