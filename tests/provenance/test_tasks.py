"""Tasks: a doorbell that may ring too early, too late or twice."""

from __future__ import annotations

import pytest

from provenance import tasks
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


def test_a_bell_that_rings_too_early_and_twice_ends_in_one_published_video() -> None:
    video = w.world().ask()
    tasks.accept_result(str(video.id))
    w.deliver(video, w.clip())
    tasks.accept_result(str(video.id))  # not in a checkpoint yet
    w.publish_log()
    for _ in range(3):
        tasks.accept_result(str(video.id))
    video.refresh_from_db()
    assert video.state == "published"
    assert w.entries("video.stamped") == w.entries("video.published") == 1


def test_the_sweeper_rings_for_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    world = w.world()
    waiting, _other = world.ask(), world.ask()
    w.deliver(waiting, b"bytes")
    rung: list[str] = []
    monkeypatch.setattr(tasks.accept_result, "delay", rung.append)
    tasks.sweep_results()
    assert rung == [str(waiting.id)]
