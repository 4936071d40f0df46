"""Jobs at services that know no permits: we redeem, nothing is rendered twice, and a kill -9 loses nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from config import environment
from consent import clock, permits, revocations
from consent.models import Permit
from consent.permit import PermitFlaw
from gpu_client import jobs, phases, renderers
from gpu_client.checks import render_services
from gpu_client.endings import Code
from gpu_client.models import RenderJob
from ledger.models import Entry
from tests.gpu_client.doubles.running import GRAPH, TOKEN, Double
from tests.gpu_client.service import MODEL, ROOT, make_clip
from tests.gpu_client.world import World, dismissed, run, step

State = RenderJob.State


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_there_is_nothing_to_do_at_first() -> None:
    assert jobs.sweep() == 0


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    path.write_bytes(make_clip(1.0, (640, 360)))
    return path


@pytest.fixture(scope="module")
def comfy(film: Path) -> Iterator[Double]:
    double = Double("comfyui", film).start()
    yield double
    double.stop()


@pytest.fixture(scope="module")
def vllm(film: Path) -> Iterator[Double]:
    double = Double("vllm-omni", film).start()
    yield double
    double.stop()


@pytest.fixture
def use(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Double], None]:
    """Configure a double as the operator would, for this process and for workers of their own."""
    graph = tmp_path / "graph.json"
    graph.write_text(json.dumps(GRAPH))

    def use(double: Double) -> None:
        double.behave()
        entry: dict[str, Any] = {"name": "foreign", "url": double.url, "token": TOKEN, "dialect": double.dialect}
        entry |= {"models": {MODEL: "theirs"}, "private_link": True, "graph": str(graph)}
        monkeypatch.setenv("GPU_RENDERERS", json.dumps([entry]))
        world.settings.GPU_RENDERERS = environment.renderers("GPU_RENDERERS")

    return use


def killed_worker(database: str, point: str, job: RenderJob) -> None:
    folders = ("LEDGER_KEYS_DIR", "LEDGER_VAULT_DIR", "GPU_RESULTS_DIR", "MEDIA_ROOT")
    own = {name: str(getattr(django_settings, name)) for name in folders} | {"DATABASE_URL": database}
    command = [sys.executable, "-m", "tests.gpu_client.dying_worker", point, str(job.pk)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def forgotten_lease(job: RenderJob) -> RenderJob:
    """Let the dead worker's lease run out."""
    past = clock.now() - timedelta(seconds=2)
    RenderJob.objects.filter(pk=job.pk).update(leased_until=past, next_attempt_at=past)
    return RenderJob.objects.get(pk=job.pk)


@pytest.mark.parametrize("kind", ["comfy", "vllm"])
def test_we_redeem_as_we_send_and_once(
    world: World, use: Callable[[Double], None], request: pytest.FixtureRequest, kind: str
) -> None:
    double = request.getfixturevalue(kind)
    use(double)
    before = double.seen["accepted"]
    job = dismissed(run(world.order()))
    assert (job.state, job.redeemed_here, job.attempts) == (State.DELIVERED, True, 1)
    assert job.permit.redeemed_at is not None
    assert Entry.objects.filter(kind="permit.redeemed").count() == 1
    assert double.seen["accepted"] == before + 1
    assert job.permit.token.encode() not in double.sent


def test_a_withdrawal_before_the_order_is_sent_wins(
    world: World, use: Callable[[Double], None], vllm: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It commits between the first look at consent and the redemption."""
    use(vllm)
    job, flaw = world.order(), phases._flaw
    before = vllm.seen["accepted"]

    def withdrawn_meanwhile(*given: Any) -> Any:  # noqa: ANN401 - passed through
        revocations.withdraw_grant(world.grant, actor=world.ada.party)
        return flaw(*given)

    monkeypatch.setattr(phases, "_flaw", withdrawn_meanwhile)
    job = step(job)
    assert (job.state, job.error_code, job.attempts) == (State.CANCELLED, Code.CONSENT_ENDED, 0)
    assert vllm.seen["accepted"] == before


def test_a_permit_that_somebody_else_used_is_not_sent(
    world: World, use: Callable[[Double], None], comfy: Double
) -> None:
    use(comfy)
    job = world.order()
    permits.redeem(job.permit.token, service="somebody")
    before = comfy.seen["accepted"]
    job = run(job)
    assert (job.state, job.error_code) == (State.FAILED, Code.PERMIT_USED)
    assert comfy.seen["accepted"] == before


def test_a_busy_service_is_asked_again_under_the_same_redemption(
    world: World, use: Callable[[Double], None], vllm: Double
) -> None:
    use(vllm)
    vllm.behave("busy")
    job = step(step(world.order()))
    assert (job.state, job.attempts, job.unresolved) == (State.SUBMITTING, 2, False)
    vllm.behave()
    assert run(job).state == State.DELIVERED
    assert Permit.objects.filter(job=job.pk, redeemed_at__isnull=False).count() == 1


def test_an_order_that_nobody_took_while_its_permit_lived_ends(
    world: World, use: Callable[[Double], None], vllm: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(vllm)
    vllm.behave("busy")
    job = step(world.order())
    monkeypatch.setattr(phases, "_flaw", lambda *_: PermitFlaw.EXPIRED)
    job = step(job)
    assert (job.state, job.error_code) == (State.FAILED, Code.UNTAKEN)


@pytest.mark.parametrize(
    "point",
    [
        "before:consent.permits/redeem",
        "after:consent.permits/redeem",
        "before:gpu_client.dialects.comfyui/ComfyUI.submit",
        "after:gpu_client.dialects.comfyui/ComfyUI.submit",
        "after:gpu_client.dialects.comfyui/ComfyUI.status",
        "after:gpu_client.dialects.comfyui/ComfyUI.fetch",
        "after:gpu_client.results/keep",
        "before:gpu_client.endings/_record",
    ],
)
def test_a_worker_killed_at_any_step_is_followed_by_another(
    world: World, fresh_database: str, use: Callable[[Double], None], comfy: Double, point: str
) -> None:
    use(comfy)
    job, before = world.order(), comfy.seen["accepted"]
    killed_worker(fresh_database, point, job)
    job = dismissed(run(forgotten_lease(job)))
    assert job.state == State.DELIVERED
    assert comfy.seen["accepted"] == before + 1
    assert [Entry.objects.filter(kind=kind).count() for kind in ("render.delivered", "permit.redeemed")] == [1, 1]
    assert sorted(path.name for path in Path(django_settings.GPU_RESULTS_DIR).iterdir()) == [f"{job.pk}.mp4"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_where_nothing_can_be_found_again_the_job_ends_and_nothing_is_sent_twice(
    world: World, fresh_database: str, use: Callable[[Double], None], vllm: Double, when: str
) -> None:
    use(vllm)
    job, before = world.order(), vllm.seen["accepted"]
    killed_worker(fresh_database, f"{when}:gpu_client.dialects.videos_shape/VideosShape.submit", job)
    job = dismissed(run(forgotten_lease(job)))
    assert (job.state, job.error_code) == (State.FAILED, Code.AMBIGUOUS)
    assert vllm.seen["accepted"] == before + (when == "after")


@pytest.mark.parametrize(("mode", "code"), [("fail", Code.FAILED), ("garbage", Code.NOT_A_FILM), ("forget", Code.LOST)])
def test_a_foreign_service_that_disappoints_ends_the_job_clearly(
    world: World, use: Callable[[Double], None], vllm: Double, mode: str, code: Code
) -> None:
    use(vllm)
    job = step(world.order())
    vllm.behave(mode)
    job = run(job)
    assert (job.state, job.error_code) == (State.FAILED, code)


# --- several services -------------------------------------------------------------------------------------------------


def test_of_several_services_the_one_with_least_to_do_is_asked(world: World) -> None:
    one = {"url": "http://127.0.0.1:9", "token": "", "model": MODEL}
    world.settings.GPU_RENDERERS = [one | {"name": "a"}, one | {"name": "b", "share": 2}, one | {"name": "c"}]
    world.settings.GPU_RENDERERS[2]["draining"] = True
    assert [world.order().backend for _ in range(6)] == ["a", "b", "b", "a", "b", "b"]
    world.settings.GPU_RENDERERS[0]["draining"] = True
    assert world.order().backend == "b"
    world.settings.GPU_RENDERERS[1]["draining"] = True
    with pytest.raises(renderers.ModelUnknown):
        world.order()


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ({}, None),
        ({"dialect": "sglang"}, None),
        ({"dialect": "sora"}, "gpu_client.E001"),
        ({"dialect": "sglang", "private_link": True}, "gpu_client.E002"),
        ({"dialect": "sglang", "private_link": True, "url": "http://127.0.0.1:1"}, None),
        ({"dialect": "comfyui"}, "gpu_client.E004"),
        ({"dialect": "fal", "inputs": {"seconds": "s"}}, "gpu_client.E004"),
    ],
)
def test_a_service_that_could_not_work_does_not_start(
    settings: Settings,
    entry: dict[str, Any],
    error: str | None,
) -> None:
    settings.DEVELOPMENT = False
    usual = {"name": "a", "url": "https://gpu.example", "token": "t", "model": "m"}
    settings.GPU_RENDERERS = [usual | entry]
    assert [one.id for one in render_services(None)] == ([error] if error else [])
    settings.GPU_RENDERERS = [usual, usual]
    assert [one.id for one in render_services(None)] == ["gpu_client.E003"]
