"""What is asked before an order leaves: permit, consent, attachments. What is not covered is not sent."""

from __future__ import annotations

import hashlib
import time
import uuid
from pathlib import Path

import pytest
from django.db import connection

from consent import clock, permits, revocations
from consent.models import Permit
from gpu_client import jobs
from gpu_client.endings import Code
from gpu_client.models import RenderJob
from ledger import erasure
from tests.gpu_client.service import PROMPT, Desk, Service
from tests.gpu_client.world import World, entries, judge, run

State = RenderJob.State


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_there_is_nothing_to_do_at_first() -> None:
    assert jobs.sweep() == 0


# --- permits ---------------------------------------------------


def test_a_permit_that_expired_unused_is_renewed(world: World, house: Service) -> None:
    world.settings.CONSENT_PERMIT_SECONDS = 1
    job = world.order()
    first = job.permit_id
    time.sleep(1.1)
    world.settings.CONSENT_PERMIT_SECONDS = 60
    before = house.health["accepted"]
    job = run(job)
    assert job.state == State.DELIVERED
    assert job.permit_id != first
    assert house.health["accepted"] == before + 1
    assert Permit.objects.filter(job=job.pk, redeemed_at__isnull=False).get().pk == job.permit_id


def test_a_permit_that_expired_after_a_withdrawal_is_not_renewed(world: World, house: Service) -> None:
    world.settings.CONSENT_PERMIT_SECONDS = 1
    job = world.order()
    time.sleep(1.1)
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    before = house.health["accepted"]
    job = run(job)
    assert (job.state, job.error_code) == (State.CANCELLED, Code.CONSENT_ENDED)
    assert house.health["accepted"] == before


def test_a_withdrawal_before_the_order_leaves_stops_it(world: World, house: Service) -> None:
    job = world.order()
    revocations.withdraw_likeness(world.face, actor=world.ada.party)
    before = house.health["accepted"]
    job = run(job)
    assert (job.state, job.error_code) == (State.CANCELLED, Code.CONSENT_ENDED)
    assert [kind for kind, _ in entries(job)] == ["render.cancelled"]
    assert house.health["accepted"] == before


def test_a_withdrawal_before_work_begins_wins(world: World, house: Service, counter: Desk) -> None:
    def withdraw_first(token: str) -> int:
        try:
            revocations.withdraw_grant(world.grant, actor=world.ada.party)
        finally:
            connection.close()
        return judge(token)

    before = house.health["started"]
    counter.judge = withdraw_first
    try:
        job = run(world.order())
    finally:
        counter.judge = judge
    assert (job.state, job.error_code) == (State.CANCELLED, Code.CONSENT_ENDED)
    assert house.health["started"] == before


def test_a_permit_that_died_in_the_services_queue_is_renewed(world: World, house: Service, counter: Desk) -> None:
    """The service accepted the order, and asked to redeem only when the permit had expired."""

    def late(token: str) -> int:
        time.sleep(max(0.0, (Permit.objects.latest("minted_at").expires_at - clock.now()).total_seconds()) + 0.1)
        counter.judge = judge
        world.settings.CONSENT_PERMIT_SECONDS = 60
        return judge(token)

    world.settings.CONSENT_PERMIT_SECONDS = 2
    before = house.health
    counter.judge = late
    try:
        job = run(world.order())
    finally:
        counter.judge = judge
    assert job.state == State.DELIVERED
    assert job.attempts == 2
    assert house.health["started"] == before["started"] + 1


@pytest.mark.parametrize("change", [{"prompt": PROMPT + "!"}, {"seconds": 2}, {"size": "1280x720"}, {"model": "x"}])
def test_an_order_that_was_changed_after_its_permit_is_not_sent(
    world: World, house: Service, change: dict[str, object]
) -> None:
    job = world.order()
    before = house.health["accepted"]
    RenderJob.objects.filter(pk=job.pk).update(**change)
    job = run(job)
    assert (job.state, job.error_code) == (State.FAILED, Code.PERMIT_INVALID)
    assert house.health["accepted"] == before


def test_the_permit_of_another_job_is_not_used(world: World, house: Service) -> None:
    job, other = world.order(), world.order()
    RenderJob.objects.filter(pk=job.pk).update(permit=other.permit)
    before = house.health["accepted"]
    assert run(job).error_code == Code.PERMIT_INVALID
    assert house.health["accepted"] == before


def test_a_permit_that_somebody_else_used_is_not_sent(world: World, house: Service) -> None:
    job = world.order()
    permits.redeem(job.permit.token, service="somebody")
    before = house.health["accepted"]
    job = run(job)
    assert (job.state, job.error_code, job.attempts) == (State.FAILED, Code.PERMIT_USED, 0)
    assert house.health["accepted"] == before


# --- attachments ---------------------------------------------------


def test_an_erased_clip_is_not_sent(world: World) -> None:
    job = world.order()
    erasure.erase(world.ada.party.actor, actor="system:test", reason="asked for")
    job = run(job)
    assert (job.state, job.error_code, job.attempts) == (State.FAILED, Code.CLIP_GONE, 0)


@pytest.mark.parametrize("content", [None, b"another"])
def test_a_parent_that_is_not_the_permitted_one_is_not_sent(
    world: World, own_folders: Path, content: bytes | None
) -> None:
    digest = hashlib.sha256(b"the parent").hexdigest()
    job = world.order(parent={"role": "parent", "path": "p.mp4", "sha256": digest})
    if content is not None:
        (own_folders / "media" / "p.mp4").write_bytes(content)
    job = run(job)
    assert (job.state, job.error_code, job.attempts) == (State.FAILED, Code.PARENT_GONE, 0)


@pytest.mark.parametrize(
    "reference",
    [
        {"role": "parent", "path": "../keys/log", "sha256": "x"},
        {"role": "parent", "path": "/etc/passwd", "sha256": "x"},
        {"role": "calibration", "blob": "x"},
        {"role": "calibration", "url": "http://x"},
        {"role": "calibration", "blob": str(uuid.uuid4()), "url": "x"},
        {},
    ],
)
def test_an_attachment_is_a_blob_or_a_file_of_ours(world: World, reference: dict[str, str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - a fault of the caller, of which nobody reads the words
        world.order(parent={"sha256": "0" * 64} | reference)
    assert not RenderJob.objects.exists()
