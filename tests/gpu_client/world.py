"""A small world for jobs: Ada is enrolled and grants Ben; a desk redeems for real; the settings name a renderer."""

from __future__ import annotations

import hashlib
import io
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction

from consent import clock, decisions, enrolment, likenesses, permits
from consent.media import clip as clip_media
from consent.models import Grant, Likeness
from consent.permit import Order
from consent.policy import Allow
from gpu_client import endings, jobs
from gpu_client.models import LIVE, RenderJob
from ledger import keyring, log
from ledger.canonical import parse
from ledger.models import Entry
from ledger.problem import Problem
from tests.consent import people
from tests.consent.people import Person
from tests.gpu_client.service import MODEL, PROMPT, SECONDS, SIZE, TOKEN, Desk, Service

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


def judge(token: str) -> int:
    """Redeem as the API does, on a connection of this thread's own."""
    try:
        permits.redeem(token, service="reference")
    except Problem as problem:
        return problem.status
    finally:
        connection.close()
    return 200


def start_service(folder: Path, keys: Path, desk: Desk, misbehave: str | None = None) -> Service:
    public = {key.key_id: key for key in keyring.key_files("permit", keys)}
    hexes = {key_id: key.public.hex() for key_id, key in public.items()}
    return Service(folder, hexes, desk.url, misbehave).start()


@dataclass
class World:
    """What a test needs to order renders and follow them."""

    settings: Settings
    ada: Person
    ben: Person
    face: Likeness
    grant: Grant
    rings: list[tuple[uuid.UUID, float]] = field(default_factory=list)

    def use(self, service: Service | None, **changes: Any) -> None:  # noqa: ANN401 - of any key of the setting
        """Make this the one configured render service; `None`: one that is not there."""
        url = service.url if service else "http://127.0.0.1:9"
        key = service.state / "sealing-key.hex" if service else None
        renderer = {"name": "reference", "url": url, "token": TOKEN, "model": MODEL, "sealing_key": key}
        self.settings.GPU_RENDERERS = [renderer | changes]

    def order(self, *, prompt: str = PROMPT, parent: dict[str, Any] | None = None) -> RenderJob:
        """Pass gate 1 and put the order in the outbox, as `provenance.renders` does."""
        blob = likenesses.calibration_blob(self.face)
        facts = Order(
            hashlib.sha256(prompt.encode()).hexdigest(), MODEL, SECONDS, SIZE, parent["sha256"] if parent else None
        )
        with transaction.atomic():
            decision, allow = decisions.decide_locked(people.use(self.ben.party, self.face), actor=self.ben.party)
            assert isinstance(allow, Allow)
            permit = permits.mint(
                decision, allow, job=uuid.uuid4(), video=uuid.uuid4(), order=facts, actor=self.ben.party
            )
            return jobs.enqueue(
                permit,
                prompt=prompt,
                model=MODEL,
                seconds=SECONDS,
                size=SIZE,
                attachments=[{"role": "calibration", "blob": str(blob.pk)}, *([parent] if parent else [])],
                actor=self.ben.party,
            )


def step(job: RenderJob) -> RenderJob:
    """Advance once without waiting for the pause that the last phase asked for."""
    RenderJob.objects.filter(pk=job.pk, lease=None).update(next_attempt_at=clock.now() - timedelta(seconds=1))
    jobs.advance(job.pk)
    job.refresh_from_db()
    return job


def run(
    job: RenderJob, *, until: Callable[[RenderJob], bool] = lambda job: job.state not in LIVE, seconds: float = 60
) -> RenderJob:
    """Advance until the job is where it should be."""
    end = time.monotonic() + seconds
    while not until(step(job)):
        assert time.monotonic() < end, f"the job does not get there: {job}, {job.error_code}"
        time.sleep(0.05)  # each look is a dozen queries
    return job


def dismissed(job: RenderJob) -> RenderJob:
    """Advance until the service has been told that the job is over."""
    return run(job, until=lambda job: job.state not in LIVE and not job.dismiss_pending)


def make_world(settings: Settings, monkeypatch: pytest.MonkeyPatch, clip: bytes) -> World:
    monkeypatch.setattr(clip_media, "probe", lambda _data: people.MEASURED)
    ada, ben = people.register("ada"), people.register("ben")
    face = likenesses.register_likeness(name="Ada", kind="person", actor=ada.party)
    enrolment.enrol(face, io.BytesIO(clip), actor=ada.party)
    face.refresh_from_db()
    world = World(settings, ada, ben, face, people.grant(ada, face, ben.party))
    monkeypatch.setattr("gpu_client.doorbell.ring", lambda job, *, after=0.0: world.rings.append((job, after)))
    return world


def entries(job: RenderJob) -> list[tuple[str, dict[str, object]]]:
    """Return the entries about the end of this job."""
    found = Entry.objects.filter(kind__in=endings.KINDS.values()).order_by("created_at")
    opened = [(entry.kind, parse(log.opening(entry).payload)["payload"]) for entry in found]
    return [(kind, payload) for kind, payload in opened if payload["job"] == str(job.pk)]


def leftovers() -> list[str]:
    return sorted(path.name for path in Path(django_settings.GPU_RESULTS_DIR).iterdir())


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
