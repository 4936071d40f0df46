"""Places at a service: never more than it has, in turn, none where it drains or does not answer."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from consent import clock
from gpu_client import breaker, health, jobs, lease, queue, renderers, services, turns
from gpu_client.models import RenderJob, RenderService
from tests.gpu_client.service import MODEL, TOKEN, Service
from tests.gpu_client.world import World, in_threads, run, step

State = RenderJob.State
NAME = "reference"


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_there_is_nothing_to_do_at_first() -> None:
    assert jobs.sweep() == 0


def test_no_more_jobs_are_taken_than_there_are_places_however_many_ask(world: World, house: Service) -> None:
    world.use(house, slots=2)
    ordered = [world.order() for _ in range(6)]
    claims = in_threads(6, lambda: lease.claim(ordered[-1].pk))
    assert {claim.job.pk for claim in claims if claim} == {job.pk for job in ordered[:2]}
    assert RenderJob.objects.filter(place=queue.TAKEN).count() == 2
    assert lease.claim(ordered[3].pk) is None


def test_a_place_that_is_free_again_is_rung_for(world: World, house: Service) -> None:
    world.use(house, slots=1)
    first, second = world.order(), world.order()
    run(first, until=lambda job: job.state == State.RENDERING)
    assert step(second).state == State.QUEUED
    world.rings.clear()
    run(first, until=lambda job: job.upstream_completed)
    assert second.pk in [job for job, _ in world.rings]
    assert run(second, until=lambda job: job.state == State.RENDERING).place == queue.TAKEN


def test_a_poll_looks_for_nobody(world: World, house: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    world.use(house, slots=1)
    first = run(world.order(), until=lambda job: job.state == State.RENDERING)
    looked = list[str]()

    def following(backend: str) -> list[uuid.UUID]:
        looked.append(backend)
        return []

    monkeypatch.setattr(queue, "following", following)
    monkeypatch.setattr("gpu_client.phases.run", lambda _claim: None)
    step(first)
    assert looked == []
    RenderJob.objects.filter(pk=first.pk).update(lease=None, leased_until=None)
    monkeypatch.setattr("gpu_client.phases.run", _completes)
    step(first)
    assert looked == [NAME]


def _completes(claim: lease.Claim) -> None:
    RenderJob.objects.filter(pk=claim.job.pk).update(upstream_completed=True)


def test_another_clients_one_job_does_not_wait_for_a_deluge(
    world: World, house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.use(house, slots=1)
    monkeypatch.setattr(turns, "RUNG", 4)
    deluge = [world.order() for _ in range(9)]
    assert len(world.rings) < 7  # nobody is woken for the end of a long line
    other = world.order()
    # the same permit chain for somebody else: only the client of the row matters to the queue
    RenderJob.objects.filter(pk=other.pk).update(
        client=world.ada.party, turn=queue.stand(NAME, world.ada.party.pk, 1, clock.now())
    )
    claimed = []
    for _ in range(3):
        claim = lease.claim(deluge[-1].pk)
        assert claim is not None
        claimed.append(claim.job.pk)
        RenderJob.objects.filter(pk=claim.job.pk).update(upstream_completed=True)  # its place is free
    assert other.pk in claimed


def test_a_worker_killed_with_a_place_keeps_it_until_another_goes_on(world: World, house: Service) -> None:
    world.use(house, slots=1)
    first, second = world.order(), world.order()
    assert lease.claim(first.pk) is not None  # and its worker dies
    past = clock.now() - timedelta(seconds=2)
    RenderJob.objects.filter(pk=first.pk).update(leased_until=past)
    RenderJob.objects.update(next_attempt_at=past)
    world.rings.clear()
    assert jobs.sweep() == 1
    assert [job for job, _ in world.rings] == [first.pk]
    assert run(first, until=lambda job: job.state == State.RENDERING).place == queue.TAKEN
    second.refresh_from_db()
    assert second.place == queue.WAITING


def test_a_job_that_never_got_a_place_ends_at_its_deadline(world: World, house: Service) -> None:
    world.use(house, slots=1)
    first, second = world.order(), world.order()
    assert lease.claim(first.pk) is not None
    RenderJob.objects.filter(pk=second.pk).update(created_at=clock.now() - timedelta(hours=1))
    assert step(second).error_code == "render-timeout"


def test_a_draining_service_finishes_what_runs_and_gets_nothing_new(world: World) -> None:
    running, waiting = world.order(), world.order()
    run(running, until=lambda job: job.state == State.RENDERING)
    call_command("drain", NAME)
    assert step(waiting).state == State.QUEUED
    with pytest.raises(renderers.ModelUnknown):
        world.order()
    assert run(running).state == State.DELIVERED
    call_command("undrain", NAME)
    assert run(waiting, until=lambda job: job.state == State.RENDERING).backend == NAME


def test_what_waits_at_a_draining_service_goes_to_another_with_the_model(world: World, house: Service) -> None:
    waiting = world.order()
    key = house.state / "sealing-key.hex"
    second = {"name": "second", "url": house.url, "token": TOKEN, "model": MODEL, "sealing_key": key}
    world.settings.GPU_RENDERERS = [*world.settings.GPU_RENDERERS, second]
    services.drain(NAME)
    jobs.sweep()
    waiting.refresh_from_db()
    assert waiting.backend == "second"
    assert run(waiting, until=lambda job: job.state == State.RENDERING).backend == "second"


def test_a_service_that_does_not_answer_is_left_alone_and_then_probed_once(world: World, house: Service) -> None:
    job = world.order()
    world.use(None, sealing_key=house.state / "sealing-key.hex")
    for _ in range(breaker.THRESHOLD):
        step(job)
    row = RenderService.objects.get(pk=NAME)
    assert row.breaker == "open"
    sent = RenderJob.objects.get(pk=job.pk).attempts
    assert step(job).attempts == sent  # no call was made
    world.use(house)
    past = clock.now() - timedelta(seconds=1)
    RenderService.objects.filter(pk=NAME).update(until=past)
    passes = in_threads(6, _enters)
    assert passes.count(True) == 1
    RenderService.objects.filter(pk=NAME).update(until=past)  # the prober died
    run(job, until=lambda job: job.state == State.RENDERING)
    assert RenderService.objects.get(pk=NAME).breaker == "closed"


def _enters() -> bool:
    try:
        health._enter(NAME)
    except health.Resting:
        return False
    return True


def test_a_name_that_is_not_configured_cannot_be_drained(world: World) -> None:
    assert world.settings.GPU_RENDERERS
    with pytest.raises(renderers.RendererMissing):
        services.drain(str(uuid.uuid4()))


def test_a_client_of_weight_two_stands_half_a_round_behind_themselves(world: World) -> None:
    call_command("weigh", str(world.ben.party.pk), "2")
    assert [world.order().turn for _ in range(2)] == [0.5, 1.0]
    assert queue.weight_of(world.ben.party.pk) == 2
    assert queue.weight_of(world.ada.party.pk) == 1
    for party, weight in ((str(world.ben.party.pk), "0"), (str(uuid.uuid4()), "2")):
        with pytest.raises(CommandError):
            call_command("weigh", party, weight)


def test_the_list_of_services_says_how_each_fares(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.order()
    call_command("backends")
    said = capsys.readouterr().out
    assert NAME in said
    assert "closed" in said
