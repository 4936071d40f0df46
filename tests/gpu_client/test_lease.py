"""One worker at a time, and no worker out of date."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from consent import clock
from gpu_client import client, jobs, lease, results
from gpu_client.models import LIVE, RenderJob
from tests.gpu_client.service import Service
from tests.gpu_client.world import World, dismissed, entries, in_threads, leftovers, run, step

State = RenderJob.State


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_there_is_nothing_to_do_at_first() -> None:
    assert jobs.sweep() == 0


def test_of_many_workers_one_gets_the_job(world: World) -> None:
    job = world.order()
    claims = in_threads(8, lambda: lease.claim(job.pk))
    assert len(claims) == 8
    assert sum(claim is not None for claim in claims) == 1


def test_many_workers_on_one_job_render_and_deliver_once(world: World, house: Service) -> None:
    job = world.order()
    before = house.health

    def hammer() -> None:
        end = time.monotonic() + 60
        while RenderJob.objects.get(pk=job.pk).state in LIVE and time.monotonic() < end:
            jobs.advance(job.pk)
            time.sleep(0.01)

    in_threads(4, hammer)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (State.DELIVERED, 1)
    assert house.health["accepted"] == before["accepted"] + 1
    assert len(entries(job)) == 1


def test_a_worker_that_slept_through_its_lease_records_nothing(
    world: World, house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = world.order()
    submit = client.VideosBackend.submit

    def submit_slowly(self: client.VideosBackend, *order: object) -> str:
        upstream_id = submit(self, *order)  # type: ignore[arg-type] # passed through
        RenderJob.objects.filter(pk=job.pk).update(lease=uuid.uuid4())  # another worker took over
        return upstream_id

    monkeypatch.setattr(client.VideosBackend, "submit", submit_slowly)
    jobs.advance(job.pk)
    job.refresh_from_db()
    assert (job.state, job.upstream_id, job.unresolved) == (State.SUBMITTING, "", True)
    monkeypatch.undo()
    RenderJob.objects.filter(pk=job.pk).update(leased_until=clock.now() - timedelta(seconds=1))
    before = house.health["accepted"]
    assert run(job).state == State.DELIVERED
    assert house.health["accepted"] == before


def test_no_transaction_is_open_during_a_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    for name in ("submit", "status", "fetch", "cancel"):
        real = getattr(client.VideosBackend, name)

        def spy(self: client.VideosBackend, *given: object, real: Callable[..., object] = real) -> object:
            seen.append(connection.in_atomic_block)
            return real(self, *given)

        monkeypatch.setattr(client.VideosBackend, name, spy)
    dismissed(run(world.order()))
    assert len(seen) >= 4
    assert not any(seen)


def test_a_fault_of_ours_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = run(world.order(), until=lambda job: job.upstream_completed)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(results, "keep", full)
        job = step(job)
    assert (job.state, job.faults, job.lease) == (State.RENDERING, 1, None)
    assert leftovers() == []
    assert run(job).state == State.DELIVERED
