"""An erasure leaves nothing of renders but that there were some."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from consent import clock
from consent import erasure as consent_erasure
from consent.erasure import Receipt
from gpu_client import erasure, follower, jobs, results, tasks
from gpu_client.models import RenderJob
from ledger.follower import LoggedEntry
from tests.consent import people
from tests.consent.people import Person
from tests.gpu_client.world import World, dismissed, run

State = RenderJob.State


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_an_erasure_of_somebody_without_renders_finds_none() -> None:
    assert erasure.forget(people.register("ada").party) == 0


def erased(person: Person) -> Receipt:
    receipt = consent_erasure.erase_party(person.party, actor=person.party)
    entry = LoggedEntry(1, receipt.entry.kind, receipt.entry.pk, {})
    for _ in range(2):
        with transaction.atomic():
            follower.handle(entry)
    return receipt


def files() -> list[str]:
    return sorted(path.name for path in Path(settings.GPU_RESULTS_DIR).iterdir())


@pytest.mark.parametrize("who", ["ada", "ben"])  # whom it shows, and who asked for it
def test_a_result_is_removed_and_its_job_blank(world: World, who: str) -> None:
    job = run(world.order(prompt="A very particular prompt"))
    assert job.state == State.DELIVERED
    left = Path(settings.GPU_RESULTS_DIR) / f".{job.pk}.x.part"
    left.write_bytes(b"what a dead worker left")
    assert len(files()) == 2
    erased(getattr(world, who))
    job.refresh_from_db()
    assert (job.prompt, job.attachments, job.error_detail, job.result_path) == ("", [], "", "")
    assert job.erased_at is not None
    assert job.result_sha256
    assert files() == []


def test_a_render_under_way_is_stopped_there_too(world: World) -> None:
    job = run(world.order(), until=lambda job: bool(job.upstream_id))
    erased(world.ada)
    job.refresh_from_db()
    assert (job.state, job.prompt) == (State.CANCELLED, "")
    assert not dismissed(job).dismiss_pending


def test_other_peoples_jobs_stay(world: World) -> None:
    carl = people.register("carl")
    job = world.order()
    erased(carl)
    job.refresh_from_db()
    assert job.prompt
    assert job.erased_at is None


def test_the_database_refuses_a_blank_job_that_was_not_erased(world: World) -> None:
    job = world.order()
    for half in ({"prompt": ""}, {"erased_at": job.created_at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RenderJob.objects.filter(pk=job.pk).update(**half)
    jobs.cancel(job, reason="x", actor="system:test")


def dead_worker(job: RenderJob) -> None:
    """Leave what a worker received that began before the erasure and was killed after it."""
    (Path(settings.GPU_RESULTS_DIR) / f".{job.pk}.y.part").write_bytes(b"her face")
    job.result_file.write_bytes(b"her face")


def test_what_a_dead_worker_received_after_the_visit_goes_at_the_next(world: World) -> None:
    job = world.order()
    erased(world.ada)
    dead_worker(job)
    with transaction.atomic():
        assert erasure.forget(world.ada.party) == 0
    assert files() == []


def test_what_came_back_after_an_erasure_is_swept_for_a_day_and_nothing_else_is(world: World) -> None:
    job, old = world.order(), world.order()
    erased(world.ben)
    noted = Path(settings.GPU_RESULTS_DIR) / "another.mp4"
    noted.write_bytes(b"another's")
    dead_worker(job)
    tasks.sweep_erased()
    assert files() == [noted.name]
    RenderJob.objects.filter(pk=old.pk).update(erased_at=clock.now() - erasure.REVISITED - timedelta(minutes=1))
    dead_worker(old)
    tasks.sweep_erased()
    assert len(files()) == 3


def test_a_file_that_cannot_be_removed_is_left_to_the_next_visit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stubborn, other = world.order(), world.order()
    erased(world.ada)
    dead_worker(stubborn)
    dead_worker(other)
    remove = Path.unlink

    def busy(path: Path, *, missing_ok: bool = False) -> None:
        if str(stubborn.pk) in path.name:
            raise OSError("busy")
        remove(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", busy)
    assert erasure.revisit() == 1
    assert len(files()) == 2


def test_a_worker_whose_job_is_erased_while_it_receives_keeps_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, erasures = results.check, list[Receipt]()

    def meanwhile(job: RenderJob, file: BinaryIO) -> None:
        check(job, file)
        erasures.append(erased(world.ada))

    monkeypatch.setattr(erasure, "remove_files", lambda _job: None)  # the worker has to see to it by itself
    monkeypatch.setattr(results, "check", meanwhile)
    job = run(world.order(), until=lambda _job: bool(erasures))
    assert (job.state, job.result_sha256, job.prompt) == (State.CANCELLED, "", "")
    assert files() == []
