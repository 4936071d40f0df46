"""An erasure leaves nothing of videos but that there were some."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from consent import clock, erasure
from consent.erasure import Receipt
from consent.media.video import MediaRefused
from gpu_client.models import RenderJob
from ledger.follower import LoggedEntry
from provenance import cascade, renders, results, tasks, workpiece
from provenance import erasure as videos
from provenance.models import Video
from provenance.standing import public_standing
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def short_leases(settings: Settings) -> None:
    settings.SERVING_LEASE_SECONDS = 0.01


def erased(person: w.Person) -> Receipt:
    receipt = erasure.erase_party(person.party, actor=person.party)
    for _ in range(2):
        cascade.handle(LoggedEntry(1, receipt.entry.kind, receipt.entry.pk, {}))
    return receipt


def files() -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_videos_drafts_and_remixes_with_the_person_are_removed() -> None:
    world = w.world()
    first = w.shown(world.ask(idempotency_key="a-key-with-a-name-in-it"), b"first")
    remix = w.shown(renders.remix(first, prompt="By night", actor=world.ben.party), b"remix")
    waiting = world.ask()
    litter = Path(settings.MEDIA_ROOT) / str(first.pk) / "attempt.remuxed.mp4"
    litter.write_bytes(b"what a dead worker left")
    erased(world.ada)
    for video in Video.objects.filter(pk__in=[first.pk, remix.pk, waiting.pk]):
        assert (video.prompt, video.path, video.thumbnail_path, video.request_sha256) == ("", "", "", "")
        assert (video.state, video.error_code, video.error_detail) == ("withheld", "consent-withdrawn", "")
        assert video.idempotency_key == f"erased:{video.pk}"
    assert files() == []
    assert public_standing(first.pk) == "withdrawn"


def test_the_videos_of_an_erased_client_are_removed_and_nobodys_consent_is_said_to_have_ended() -> None:
    world, other = w.world(), w.world()
    video = w.shown(world.ask(), b"mine")
    kept = w.shown(other.ask(), b"another's")
    erased(world.ben)
    video.refresh_from_db()
    assert (video.state, video.error_code, video.prompt) == ("withheld", videos.CLIENT_ERASED, "")
    assert public_standing(video.pk) == "consented"
    assert {path.read_bytes() for path in files()} >= {b"another's"}
    assert Video.objects.get(pk=kept.pk).state == "published"


def test_a_failure_to_remove_a_file_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    world = w.world()
    video = w.shown(world.ask(), b"first")

    def fail(*_given: object) -> None:
        raise OSError("busy")

    monkeypatch.setattr("shutil.rmtree", fail)
    receipt = erasure.erase_party(world.ada.party, actor=world.ada.party)
    entry = LoggedEntry(1, receipt.entry.kind, receipt.entry.pk, {})
    with pytest.raises(OSError, match="busy"), transaction.atomic():
        cascade.handle(entry)
    assert Video.objects.get(pk=video.pk).prompt
    monkeypatch.undo()
    cascade.handle(entry)
    assert files() == []


def test_the_database_refuses_a_blank_video_that_was_not_erased() -> None:
    video = w.shown(w.world().ask(), b"first")
    for half in ({"prompt": ""}, {"request_sha256": ""}, {"erased_at": video.created_at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Video.objects.filter(pk=video.pk).update(**half)


def dead_worker(video: Video) -> None:
    """Leave what a worker wrote that began before the erasure and was killed after it."""
    folder = Path(settings.MEDIA_ROOT) / str(video.pk)
    folder.mkdir(exist_ok=True)
    (folder / "attempt.mp4").write_bytes(b"her face")


def test_what_a_dead_worker_wrote_after_the_visit_goes_at_the_next() -> None:
    world = w.world()
    video = w.shown(world.ask(), b"first")
    receipt = erased(world.ada)
    dead_worker(video)
    cascade.handle(LoggedEntry(1, receipt.entry.kind, receipt.entry.pk, {}))
    assert files() == []


@pytest.mark.parametrize("who", ["ada", "ben"])  # whom it shows, and who asked for it
def test_what_came_back_after_an_erasure_is_swept_for_a_day_and_nothing_else_is(who: str) -> None:
    world, other = w.world(), w.world()
    video, old = w.shown(world.ask(), b"first"), w.shown(world.ask(), b"second")
    w.shown(other.ask(), b"another's")
    erased(getattr(world, who))
    kept = files()
    dead_worker(video)
    tasks.sweep_erased()
    assert files() == kept
    Video.objects.filter(pk=old.pk).update(erased_at=clock.now() - videos.REVISITED - timedelta(minutes=1))
    dead_worker(old)
    tasks.sweep_erased()
    assert len(files()) == len(kept) + 1


def test_one_folder_that_cannot_be_removed_does_not_save_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    world = w.world()
    stubborn, other = w.shown(world.ask(), b"first"), w.shown(world.ask(), b"second")
    erased(world.ada)
    dead_worker(stubborn)
    dead_worker(other)
    remove = shutil.rmtree

    def busy(folder: Path) -> None:
        if folder.name == str(stubborn.pk):
            raise OSError("busy")
        remove(folder)

    monkeypatch.setattr("shutil.rmtree", busy)
    assert videos.revisit() == 1
    assert [path.parent.name for path in files()] == [str(stubborn.pk)]


@pytest.fixture
def overtaken(monkeypatch: pytest.MonkeyPatch) -> tuple[Video, RenderJob]:
    """Let the erasure come while a worker has looked at the result and has not yet begun to write."""
    world = w.world()
    video = world.ask()
    w.publish_log()
    job = w.deliver(video, w.clip())
    look = workpiece._unverified_result

    def meanwhile(job: RenderJob) -> Path:
        raw = look(job)
        kept = raw.read_bytes()
        erased(world.ada)
        raw.write_bytes(kept)  # as if it were open
        return raw

    monkeypatch.setattr(workpiece, "_unverified_result", meanwhile)
    return video, job


def test_a_worker_that_is_done_with_an_erased_video_leaves_nothing(overtaken: tuple[Video, RenderJob]) -> None:
    video, job = overtaken
    with pytest.raises(results.ResultRefused):
        results.accept(job)
    assert not (Path(settings.MEDIA_ROOT) / str(video.pk)).exists()
    assert not job.result_file.exists()


def test_a_worker_that_fails_with_an_erased_video_leaves_nothing(
    overtaken: tuple[Video, RenderJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_final: Path) -> bytes:
        raise MediaRefused("It shows no picture.")

    monkeypatch.setattr("consent.media.video.thumbnail", fail)
    video, job = overtaken
    assert results.accept(job).state == "withheld"
    assert not (Path(settings.MEDIA_ROOT) / str(video.pk)).exists()
