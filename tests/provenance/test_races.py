"""Several connections at once, with real commits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from consent import revocations
from consent.models import Permit
from gpu_client.models import RenderJob
from provenance import asked, publication, renders, results, workpiece
from provenance.models import Stamp, Video
from provenance.renders import ConsentRequired
from tests.provenance import world as w


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at the same time, each on a connection of its own; return what each gave or raised."""
    start = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            start.wait(10)
            answers[place] = act()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_two_requests_that_race_with_one_key_render_once(fresh_database: str) -> None:
    world = w.world()
    found = together(*[lambda: world.ask(idempotency_key="race").pk] * 4)
    assert len(set(found)) == 1, found
    assert RenderJob.objects.count() == Permit.objects.count() == Video.objects.count() == 1
    assert w.entries("permit.minted") == 1


def test_a_denial_is_committed_although_the_request_ends_in_an_exception(fresh_database: str) -> None:
    world = w.world()
    (refused,) = together(lambda: world.ask(purpose="advertising"))
    assert isinstance(refused, ConsentRequired)
    assert world.likeness.attempts.count() == 1


def test_a_withdrawal_waits_for_a_dispatch_under_way_and_then_ends_it(fresh_database: str) -> None:
    """The likeness row is held from the decision to the commit of permit, job and video."""
    world = w.world()
    held, go = threading.Event(), threading.Event()

    def slow_dispatch() -> object:
        with transaction.atomic():
            wanted = asked.check(
                prompt="a",
                cast=[world.likeness.pk],
                purpose="entertainment",
                model=w.MODEL,
                seconds=w.SECONDS,
                size=w.SIZE,
            )
            decision, allow = renders._decide(wanted, world.ben.party)
            held.set()
            assert not go.wait(0.5), "the withdrawal did not wait"
            return renders._make(renders.Allowed(wanted, None, decision, allow, world.ben.party), "k")  # type: ignore[arg-type]

    def withdraw() -> object:
        held.wait(10)
        withdrawal = revocations.withdraw_grant(world.grant, actor=world.ada.party)
        go.set()
        return withdrawal

    video, withdrawal = together(slow_dispatch, withdraw)
    assert isinstance(video, Video), video
    assert not isinstance(withdrawal, Exception), withdrawal
    assert list(world.grant.appearances.values_list("video", flat=True)) == [video.pk]


def test_two_workers_with_one_result_make_one_stamp(fresh_database: str) -> None:
    world = w.world()
    video = world.ask()
    w.publish_log()
    job = w.deliver(video, w.clip())
    together(lambda: results.accept(job), lambda: results.accept(job))
    video.refresh_from_db()
    assert Stamp.objects.filter(video=video).count() == 1
    assert w.entries("video.stamped") == 1
    assert workpiece.digest_of(Path(settings.MEDIA_ROOT) / video.path) == video.file_sha256


def test_a_withdrawal_between_the_decision_and_publication_waits_or_is_seen(fresh_database: str) -> None:
    world = w.world()
    video = w.shown(world.ask(), b"bytes")
    Video.objects.filter(pk=video.pk).update(state="stamping", published_at=None)
    published, withdrawal = together(
        lambda: publication.publish(video), lambda: revocations.withdraw_grant(world.grant, actor=world.ada.party)
    )
    assert isinstance(published, Video), published
    assert not isinstance(withdrawal, Exception)
    time.sleep(0)
    assert (published.state == "published") == (w.entries("video.published") == 1)
    assert published.state in ("published", "withheld")
