"""Ordering, stopping and ringing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.admin import site
from django.db import transaction
from django.test import RequestFactory

from consent import clock
from gpu_client import client, doorbell, endings, jobs, lease, phases, renderers
from gpu_client.models import RenderJob
from ledger import erasure
from tests.gpu_client.service import Service
from tests.gpu_client.world import World, dismissed, entries, leftovers, run, step

State = RenderJob.State


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_the_console_changes_nothing(rf: RequestFactory) -> None:
    console, request = site._registry[RenderJob], rf.get("/")
    assert not console.has_add_permission(request)
    assert not console.has_change_permission(request)
    assert not console.has_delete_permission(request)


# --- ordering ---------------------------------------------------
def test_an_order_that_is_rolled_back_was_never_made(world: World) -> None:
    with transaction.atomic():
        world.order()
        transaction.set_rollback(True)
    assert not RenderJob.objects.exists()
    assert world.rings == []


def test_an_order_rings_after_its_commit(world: World) -> None:
    with transaction.atomic():
        job = world.order()
        assert world.rings == []
    assert world.rings == [(job.pk, 0.0)]


def test_an_order_is_written_with_its_permit_or_not_at_all(world: World) -> None:
    permit = world.order().permit
    with pytest.raises(transaction.TransactionManagementError):
        jobs.enqueue(permit, prompt="", model="reference", seconds=1, size="", attachments=[], actor=world.ben.party)


def test_a_model_that_nobody_offers_is_named(world: World) -> None:
    world.use(None, model="another")
    with pytest.raises(renderers.ModelUnknown) as refusal:
        world.order()
    assert refusal.value.pointer == "/model"
    assert "another" in refusal.value.remedy


# --- stopping ---------------------------------------------------


def test_a_cancelled_job_stops_at_the_service(world: World, double: Callable[[str | None], Service]) -> None:
    service = double("slow")
    world.use(service)
    job = run(world.order(), until=lambda job: job.state == State.RENDERING)
    world.rings.clear()
    jobs.cancel(job, reason="deleted-by-client", actor=world.ben.party)
    job.refresh_from_db()
    assert (job.state, job.error_code, job.dismiss_pending) == (State.CANCELLED, "deleted-by-client", True)
    assert world.rings == [(job.pk, 0.0)]
    dismissed(job)
    record = (service.state / "renders" / f"{job.upstream_id}.json").read_text()
    assert '"cancelled"' in record


def test_cancelling_twice_or_too_late_changes_nothing(world: World) -> None:
    job = world.order()
    jobs.cancel(job, reason="once", actor="system:test")
    jobs.cancel(job, reason="twice", actor="system:test")
    job.refresh_from_db()
    assert job.error_code == "once"
    assert len(entries(job)) == 1
    delivered = run(world.order())
    assert jobs.cancel(delivered, reason="late", actor="system:test").state == State.DELIVERED


def test_a_job_cancelled_while_its_order_is_sent_is_stopped_there_too(
    world: World, house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = world.order()
    submit = client.VideosBackend.submit

    def submit_and_cancel(self: client.VideosBackend, *order: object) -> str:
        upstream_id = submit(self, *order)  # type: ignore[arg-type] # passed through
        jobs.cancel(job, reason="deleted-by-client", actor="system:test")
        return upstream_id

    monkeypatch.setattr(client.VideosBackend, "submit", submit_and_cancel)
    job = step(job)
    assert (job.state, bool(job.upstream_id), job.dismiss_pending) == (State.CANCELLED, True, True)
    dismissed(job)
    assert '"cancelled"' in (house.state / "renders" / f"{job.upstream_id}.json").read_text()


def test_a_result_that_arrives_after_the_end_is_not_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = run(world.order(), until=lambda job: job.upstream_completed)
    fetch = client.VideosBackend.fetch

    def fetch_and_cancel(self: client.VideosBackend, *what: object) -> tuple[str, int]:
        received = fetch(self, *what)  # type: ignore[arg-type] # passed through
        jobs.cancel(job, reason="late", actor="system:test")
        return received

    monkeypatch.setattr(client.VideosBackend, "fetch", fetch_and_cancel)
    job = step(job)
    assert (job.state, job.result_path) == (State.CANCELLED, "")
    assert leftovers() == []


def test_a_service_that_cannot_be_told_to_stop_is_left_alone_at_last(world: World, house: Service) -> None:
    job = run(world.order(), until=lambda job: job.state == State.RENDERING)
    jobs.cancel(job, reason="x", actor="system:test")
    world.use(None, sealing_key=house.state / "sealing-key.hex")
    assert step(job).dismiss_pending
    world.settings.GPU_JOB_SECONDS = 0
    assert not step(job).dismiss_pending


def test_the_end_of_a_job_is_on_record_even_for_an_erased_client(world: World) -> None:
    job = world.order()
    erasure.erase(world.ben.party.actor, actor="system:test", reason="asked for")
    jobs.cancel(job, reason="x", actor="system:test")
    job.refresh_from_db()
    assert job.finished_entry is not None
    assert job.finished_entry.sealed.subject_key.subject == endings.ACTOR


# --- ringing ---------------------------------------------------


def test_the_sweeper_rings_for_what_nobody_heard_and_not_too_often(world: World) -> None:
    job = world.order()
    world.rings.clear()
    assert jobs.sweep() == 0  # it may be on its way
    RenderJob.objects.update(next_attempt_at=clock.now() - timedelta(seconds=2))
    assert jobs.sweep() == 1
    assert jobs.sweep() == 0
    assert world.rings == [(job.pk, 0.0)]
    RenderJob.objects.update(rung_at=clock.now() - timedelta(seconds=6))
    assert jobs.sweep() == 1


def test_the_sweeper_rings_for_a_job_whose_worker_died(world: World) -> None:
    job = world.order()
    assert lease.claim(job.pk) is not None
    RenderJob.objects.update(next_attempt_at=clock.now() - timedelta(seconds=2))
    assert jobs.sweep() == 0
    RenderJob.objects.update(leased_until=clock.now() - timedelta(seconds=1))
    assert jobs.sweep() == 1


def test_the_sweeper_leaves_alone_what_is_over(world: World) -> None:
    job = world.order()
    jobs.cancel(job, reason="x", actor="system:test")
    RenderJob.objects.update(next_attempt_at=clock.now() - timedelta(seconds=9))
    assert jobs.sweep() == 0


def test_a_phase_rings_for_the_next(world: World) -> None:
    job = world.order()
    world.rings.clear()
    step(job)
    assert world.rings == [(job.pk, phases.POLL_SECONDS)]
    jobs.advance(job.pk)  # not due: neither work nor a ring
    assert len(world.rings) == 1


def test_a_dead_broker_loses_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def dead(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("celery.app.base.Celery.send_task", dead)
    doorbell.ring(uuid.uuid4(), after=1)
    assert "no worker was woken" in caplog.text
