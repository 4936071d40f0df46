"""Render jobs against a real service: each ends once, with an entry, and nothing is rendered twice."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from consent import clock
from gpu_client import client, endings, jobs
from gpu_client.endings import Code
from gpu_client.models import RenderJob
from tests.gpu_client.service import Desk, Service, make_clip
from tests.gpu_client.world import World, dismissed, entries, judge, leftovers, run, step

State = RenderJob.State

# modes that go wrong only when the result is fetched
AT_THE_LAST = {"dribble", "truncated", "wrong-size", "wrong-length", "garbage", "huge", "endless"}


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_there_is_nothing_to_do_at_first() -> None:
    assert jobs.sweep() == 0


def test_a_job_is_delivered_once_with_its_entry(world: World, house: Service) -> None:
    before = house.health
    job = run(world.order())
    assert job.state == State.DELIVERED
    data = job.result_file.read_bytes()
    assert (job.result_sha256, job.result_size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert job.result_path == f"{job.pk}.mp4"
    kind, payload = entries(job)[0]
    assert kind == "render.delivered"
    assert payload["sha256"] == job.result_sha256
    assert payload["video"] == str(job.video)
    assert job.permit.redeemed_at is not None
    assert job.attempts == 1
    assert house.health["started"] == before["started"] + 1
    assert leftovers() == [f"{job.pk}.mp4"]


def test_a_delivered_result_is_no_longer_kept_by_the_service(world: World, house: Service) -> None:
    job = dismissed(run(world.order()))
    assert job.state == State.DELIVERED
    assert not (house.state / "renders" / f"{job.upstream_id}.mp4").exists()


def test_a_remix_sends_its_parent(world: World, own_folders: Path) -> None:
    parent = make_clip(1.0, (320, 180))
    (own_folders / "media" / "p.mp4").write_bytes(parent)
    digest = hashlib.sha256(parent).hexdigest()
    assert run(world.order(parent={"role": "parent", "path": "p.mp4", "sha256": digest})).state == State.DELIVERED


# --- services that disappoint ---------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("slow", Code.TIMEOUT),
        ("busy", Code.TIMEOUT),
        ("dribble", Code.TIMEOUT),
        ("truncated", Code.TIMEOUT),
        ("fail", Code.FAILED),
        ("fail-by-status", Code.FAILED),
        ("wrong-size", Code.WRONG_SHAPE),
        ("wrong-length", Code.WRONG_SHAPE),
        ("garbage", Code.NOT_A_FILM),
        ("garbage-json", Code.UNINTELLIGIBLE),
        ("unknown-status", Code.UNINTELLIGIBLE),
        ("redirect", Code.UNINTELLIGIBLE),
        ("bad-id", Code.UNINTELLIGIBLE),
        ("huge", Code.TOO_LARGE),
        ("endless", Code.TOO_LARGE),
        ("not-found", Code.LOST),
    ],
)
def test_a_service_that_disappoints_ends_the_job_clearly(
    world: World,
    double: Callable[[str | None], Service],
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    code: Code,
) -> None:
    monkeypatch.setattr(client, "FETCH_SECONDS", 1.0 if mode == "dribble" else 20.0)
    world.settings.GPU_RESULT_MAX_BYTES = 4_000_000
    world.settings.GPU_JOB_SECONDS = {"slow": 2, "busy": 2, "dribble": 6, "truncated": 6}.get(mode, 60)
    service = double(mode)
    world.use(service)
    job = run(world.order())
    assert (job.state, job.error_code) == (State.FAILED, code)
    assert job.error_detail.startswith(endings.WORDS[code])
    assert [kind for kind, _ in entries(job)] == ["render.failed"]
    assert entries(job)[0][1]["code"] == code
    assert leftovers() == []
    assert service.health["started"] <= 1
    assert job.upstream_completed == (mode in AT_THE_LAST)


@pytest.mark.parametrize("mode", ["drop-first-response", "silent"])
def test_a_lost_answer_is_asked_for_and_nothing_is_rendered_twice(
    world: World, double: Callable[[str | None], Service], monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setattr(client, "SUBMIT_SECONDS", 3.0)
    service = double(mode)
    world.use(service)
    job = step(world.order())
    assert (job.state, job.unresolved, job.upstream_id) == (State.SUBMITTING, True, "")
    job = run(job)
    assert job.state == State.DELIVERED
    assert job.attempts == 1
    assert (service.health["accepted"], service.health["started"], service.health["completed"]) == (1, 1, 1)


def test_an_order_that_is_sent_twice_is_adopted_not_rendered_twice(
    world: World, house: Service, counter: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service says that it does not know the permit while the order is on its way, and so it is sent again."""
    sent_again = threading.Event()

    def patient(token: str) -> int:
        assert sent_again.wait(30)
        return judge(token)

    before = house.health
    counter.judge = patient
    job = step(world.order())
    first = job.upstream_id
    RenderJob.objects.filter(pk=job.pk).update(upstream_id="", unresolved=True, state=State.SUBMITTING)
    with monkeypatch.context() as patch:
        patch.setattr(client.VideosBackend, "find", lambda *_: None)
        assert not step(job).unresolved
        job = step(job)
    sent_again.set()
    assert (job.attempts, job.upstream_id) == (2, first)
    job = run(job)
    counter.judge = judge
    assert job.state == State.DELIVERED
    after = house.health
    assert (after["accepted"], after["started"]) == (before["accepted"] + 1, before["started"] + 1)
    assert after["reused_permits"] == before["reused_permits"] + 1


def test_an_ambiguous_order_to_a_forgetful_service_is_not_sent_twice(
    world: World, double: Callable[[str | None], Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = double("drop-first-response")
    world.use(service)
    monkeypatch.setattr(client.VideosBackend, "remembers_permits", property(lambda _self: False))
    job = run(world.order())
    assert (job.state, job.error_code, job.attempts) == (State.FAILED, Code.AMBIGUOUS, 1)
    assert service.health["accepted"] == 1


def test_a_service_that_comes_back_in_time_delivers(
    world: World, double: Callable[[str | None], Service], house: Service
) -> None:
    world.use(None, sealing_key=house.state / "sealing-key.hex")
    job = step(step(world.order()))
    assert (job.state, job.faults) == (State.SUBMITTING, 2)
    assert job.next_attempt_at > clock.now() + timedelta(seconds=0.5)  # the pause has doubled
    world.use(house)
    assert run(job).state == State.DELIVERED


def test_a_service_that_stays_away_ends_the_job_at_its_deadline(world: World, house: Service) -> None:
    world.use(None, sealing_key=house.state / "sealing-key.hex")
    world.settings.GPU_JOB_SECONDS = 1
    job = run(world.order())
    assert (job.state, job.error_code) == (State.FAILED, Code.TIMEOUT)


def test_a_restarted_service_has_lost_what_it_was_rendering(
    world: World, double: Callable[[str | None], Service]
) -> None:
    service = double("slow")
    world.use(service)
    job = run(world.order(), until=lambda job: job.state == State.RENDERING)
    service.stop(kill=True)
    service.misbehave = None
    world.use(service.start())
    job = run(job)
    assert (job.state, job.error_code) in {(State.FAILED, Code.FAILED), (State.DELIVERED, "")}
    assert service.health["started"] == 0


def test_after_a_failure_a_new_job_may_be_asked_for(
    world: World, double: Callable[[str | None], Service], house: Service
) -> None:
    world.use(double("fail"))
    failed = run(world.order())
    world.use(house)
    again = run(world.order())
    assert (failed.state, again.state) == (State.FAILED, State.DELIVERED)
    assert failed.pk != again.pk


def test_a_service_without_a_sealing_key_gets_no_clip(world: World, house: Service) -> None:
    before = house.health["accepted"]
    world.use(house, sealing_key=None)
    job = run(world.order())
    assert (job.state, job.error_code) == (State.FAILED, Code.CLIP_OPEN)
    assert house.health["accepted"] == before


def test_a_service_that_is_configured_no_more_ends_the_job(world: World) -> None:
    job = world.order()
    world.settings.GPU_RENDERERS = []
    job = dismissed(job)
    assert (job.state, job.error_code) == (State.FAILED, Code.NO_RENDERER)
