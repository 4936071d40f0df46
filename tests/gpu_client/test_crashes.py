"""Workers killed between phases: the next one goes on, nothing is rendered twice and nothing is stuck."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from consent import clock
from gpu_client import jobs, lease, queue
from gpu_client.models import RenderJob, RenderService
from ledger.models import Entry
from tests.gpu_client.service import ROOT, Service
from tests.gpu_client.world import World, dismissed, run

State = RenderJob.State


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_there_is_nothing_to_recover_at_first() -> None:
    assert jobs.sweep() == 0


def outside(database: str) -> dict[str, str]:
    """Return the environment of a process that works on the world of the test."""
    renderers = [one | {"sealing_key": str(one["sealing_key"])} for one in settings.GPU_RENDERERS]
    folders = ("LEDGER_KEYS_DIR", "LEDGER_VAULT_DIR", "GPU_RESULTS_DIR", "MEDIA_ROOT")
    environment = os.environ | {name: str(getattr(settings, name)) for name in folders}
    return environment | {"DATABASE_URL": database, "GPU_RENDERERS": json.dumps(renderers)}


def killed_worker(database: str, point: str, job: RenderJob) -> None:
    """Run a worker in its own process until it kills itself."""
    environment = outside(database)
    command = [sys.executable, "-m", "tests.gpu_client.dying_worker", point, str(job.pk)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize(
    "point",
    [
        "before:gpu_client.client/VideosBackend.submit",
        "after:gpu_client.client/VideosBackend.submit",
        "after:gpu_client.client/VideosBackend.status",
        "after:gpu_client.client/VideosBackend.fetch",
        "after:gpu_client.results/keep",
        "before:gpu_client.endings/_record",
    ],
)
def test_a_killed_worker_is_followed_by_another(world: World, fresh_database: str, house: Service, point: str) -> None:
    before = house.health
    job = world.order()
    killed_worker(fresh_database, point, job)
    job.refresh_from_db()
    assert job.lease is not None
    assert job.state != State.DELIVERED
    untouched = (job.state, job.upstream_id)
    jobs.advance(job.pk)  # the dead worker's lease still runs: hands off
    job.refresh_from_db()
    assert (job.state, job.upstream_id) == untouched
    past = clock.now() - timedelta(seconds=2)
    RenderJob.objects.filter(pk=job.pk).update(leased_until=past, next_attempt_at=past)  # time passes
    world.rings.clear()
    assert jobs.sweep() == 1
    assert [ring for ring, _ in world.rings] == [job.pk]
    job = dismissed(run(RenderJob.objects.get(pk=job.pk)))
    assert job.state == State.DELIVERED
    after = house.health
    assert (after["accepted"], after["started"]) == (before["accepted"] + 1, before["started"] + 1)
    assert Entry.objects.filter(kind="render.delivered").count() == 1
    assert Entry.objects.filter(kind="permit.redeemed").count() == 1
    assert sorted(path.name for path in Path(settings.GPU_RESULTS_DIR).iterdir()) == [f"{job.pk}.mp4"]


def test_a_worker_killed_after_the_end_leaves_the_service_to_be_told(
    world: World, fresh_database: str, house: Service
) -> None:
    job = run(world.order())
    killed_worker(fresh_database, "before:gpu_client.client/VideosBackend.cancel", job)
    job.refresh_from_db()
    assert (job.state, job.dismiss_pending) == (State.DELIVERED, True)
    RenderJob.objects.filter(pk=job.pk).update(leased_until=clock.now() - timedelta(seconds=1))
    dismissed(job)
    assert not (house.state / "renders" / f"{job.upstream_id}.mp4").exists()


def test_a_probe_killed_with_the_only_place_keeps_both_until_another_goes_on(
    world: World, fresh_database: str, house: Service
) -> None:
    world.use(house, slots=1)
    first, second = world.order(), world.order()
    past = clock.now() - timedelta(seconds=2)
    service = RenderService.objects.create(name=first.backend, breaker="open", failures=5, trips=1, until=past)
    before = house.health
    killed_worker(fresh_database, "after:gpu_client.client/VideosBackend.submit", first)
    first.refresh_from_db()
    service.refresh_from_db()
    assert (first.place, service.breaker) == (queue.TAKEN, "half-open")
    assert lease.claim(second.pk) is None
    RenderJob.objects.update(next_attempt_at=past)  # time passes
    RenderJob.objects.filter(pk=first.pk).update(leased_until=past)
    RenderService.objects.update(until=past)
    world.rings.clear()
    assert jobs.sweep() == 1
    assert [ring for ring, _ in world.rings] == [first.pk]
    assert run(first).state == State.DELIVERED
    service.refresh_from_db()
    assert service.breaker == "closed"
    after = house.health
    assert (after["accepted"], after["started"]) == (before["accepted"] + 1, before["started"] + 1)
    claim = lease.claim(second.pk)
    assert claim is not None
    assert claim.job.pk == second.pk


def test_several_processes_never_take_more_places_than_there_are(
    world: World, fresh_database: str, house: Service
) -> None:
    world.use(house, slots=2)
    ordered = [world.order() for _ in range(8)]
    command = [sys.executable, "-m", "tests.gpu_client.racing_worker"]
    started = [
        subprocess.Popen(
            command, cwd=ROOT, env=outside(fresh_database), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [json.loads(one.communicate(timeout=90)[0]) for one in started]
    assert sorted(job for one in said for job in one["took"]) == sorted(str(job.pk) for job in ordered)
    assert max(one["most"] for one in said) == 2
