"""Render jobs against a real service: each ends once, with an entry, and nothing is rendered twice."""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.admin import site
from django.db import IntegrityError, connection, transaction
from django.test import RequestFactory

from consent import clock, permits, revocations
from consent.models import Permit
from gpu_client import client, doorbell, endings, jobs, lease, phases, renderers, results
from gpu_client.endings import Code
from gpu_client.models import LIVE, RenderJob
from ledger import log, vault
from ledger.canonical import parse
from ledger.models import Entry
from tests.gpu_client.service import PROMPT, Desk, Service, make_clip
from tests.gpu_client.world import World, dismissed, judge, run, step

State = RenderJob.State


# modes that go wrong only when the result is fetched
AT_THE_LAST = {"dribble", "truncated", "wrong-size", "wrong-length", "garbage", "huge", "endless"}


def entries(job: RenderJob) -> list[tuple[str, dict[str, object]]]:
    """Return the entries about the end of this job."""
    found = Entry.objects.filter(kind__in=endings.KINDS.values()).order_by("created_at")
    opened = [(entry.kind, parse(log.opening(entry).payload)["payload"]) for entry in found]
    return [(kind, payload) for kind, payload in opened if payload["job"] == str(job.pk)]


def leftovers() -> list[str]:
    return sorted(path.name for path in Path(django_settings.GPU_RESULTS_DIR).iterdir())


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_the_console_changes_nothing(rf: RequestFactory) -> None:
    console, request = site._registry[RenderJob], rf.get("/")
    assert not console.has_add_permission(request)
    assert not console.has_change_permission(request)
    assert not console.has_delete_permission(request)


# --- the good way -----------------------------------------------------------------------------------------------------


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


# --- services that disappoint -----------------------------------------------------------------------------------------


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


# --- permits ----------------------------------------------------------------------------------------------------------


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


# --- attachments ------------------------------------------------------------------------------------------------------


def test_an_erased_clip_is_not_sent(world: World) -> None:
    job = world.order()
    vault.erase(world.ada.party.actor, actor="system:test", reason="asked for")
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


# --- stopping ---------------------------------------------------------------------------------------------------------


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
    vault.erase(world.ben.party.actor, actor="system:test", reason="asked for")
    jobs.cancel(job, reason="x", actor="system:test")
    job.refresh_from_db()
    assert job.finished_entry is not None
    assert job.finished_entry.sealed.subject_key.subject == endings.ACTOR


# --- leases -----------------------------------------------------------------------------------------------------------


def in_threads[T](count: int, verb: Callable[[], T]) -> list[T]:
    """Call a verb at one moment on as many connections."""
    barrier, done = threading.Barrier(count), list[T]()

    def call() -> None:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            done.append(verb())
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return done


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


# --- the bell ---------------------------------------------------------------------------------------------------------


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


# --- what the database insists on -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"state": "delivered"},
        {"state": "failed"},
        {"state": "cancelled"},
        {"state": "unheard-of"},
        {"result_size": 5},
        {"result_sha256": "0" * 64},
        {"lease": uuid.uuid4()},
    ],
)
def test_a_row_that_cannot_be_true_is_refused(world: World, change: dict[str, object]) -> None:
    job = world.order()
    with pytest.raises(IntegrityError), transaction.atomic():
        RenderJob.objects.filter(pk=job.pk).update(**change)
