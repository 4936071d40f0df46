"""What a render service delivered, from hostile bytes to one stamp."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction

from gpu_client.models import RenderJob
from ledger import log
from ledger.log import NotYetPublished
from provenance import certificates, fingerprinter, publication, renders, results, stamp, standing, workpiece
from provenance.models import Fingerprint, Stamp, Video
from provenance.results import ResultRefused
from provenance.stamp import StampFailed
from provenance.verify import Consent, Integrity, LogTrust, Signer, Since, verify
from tests.provenance import world as w

if TYPE_CHECKING:
    from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def mp4() -> bytes:
    return w.clip()


def stamped_files(video: Video) -> list[str]:
    folder = Path(settings.MEDIA_ROOT) / str(video.id)
    return sorted(path.suffix for path in folder.glob("*")) if folder.is_dir() else []


def raw_of(job: RenderJob) -> Path:
    return Path(settings.GPU_RESULTS_DIR) / f"{job.id}.mp4"


def check(video: Video, anchors: str | None = None) -> Any:  # noqa: ANN401 - a report
    chain = certificates.claim_chain(settings.PROVENANCE_CLAIM_DIR)
    from ledger import keyring

    return verify(
        Path(settings.MEDIA_ROOT) / video.path,
        anchors_pem=anchors or chain.anchors_pem,
        log=LogTrust.from_vkey(keyring.log_vkey()),
        standing=standing.since,
        stamps=standing.stamp_of,
    )


def test_a_delivered_result_becomes_a_stamped_video(
    mp4: bytes, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, mp4)
    with django_capture_on_commit_callbacks(execute=True):
        video = results.accept(job)
    record = Stamp.objects.get(video=video)
    opened = log.opening(record.entry).payload.decode()
    report = check(video)
    assert video.state == "stamping"
    assert record.file_sha256 == video.file_sha256 == workpiece.digest_of(Path(settings.MEDIA_ROOT) / video.path)
    for part in (record.manifest_label, record.claim_sha256, record.file_sha256, str(job.id), job.result_sha256):
        assert part in opened
    assert (report.integrity.verdict, report.signer.verdict) == (Integrity.INTACT, Signer.OURS)
    assert (report.consent.verdict, report.since.verdict) == (Consent.PROVEN, Since.STANDING)
    assert stamped_files(video) == [".jpg", ".jpg", ".mp4"]
    assert not raw_of(job).exists()


def test_a_remix_names_its_parent_as_an_ingredient(mp4: bytes) -> None:
    world = w.world()
    parent = world.ask()
    w.publish_log()
    w.deliver(parent, mp4)
    parent = publication.finish(parent.pk)
    remix = renders.remix(parent, prompt="By night", actor=world.ben.party)
    w.publish_log()
    w.deliver(remix, w.clip(shade=30))
    remix = publication.finish(remix.pk)
    report = check(remix)
    assert remix.state == "published"
    assert [one.manifest_label for one in report.lineage if one.manifest_label] == [parent.stamp.manifest_label]
    assert report.ok


def test_before_the_permit_is_in_a_checkpoint_nothing_happens(mp4: bytes) -> None:
    video = w.world().ask()
    job = w.deliver(video, mp4)
    with pytest.raises(NotYetPublished):
        results.accept(job)
    video.refresh_from_db()
    assert (video.state, video.claims) == ("queued", 0)
    w.publish_log()
    assert results.accept(job).stamp


def test_a_result_that_is_repeated_makes_no_second_stamp(mp4: bytes) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, mp4)
    first = results.accept(job)
    assert results.accept(job).path == first.path
    assert Stamp.objects.count() == w.entries("video.stamped") == 1


def test_a_late_result_of_a_replaced_job_is_refused(mp4: bytes) -> None:
    world = w.world()
    video = world.ask()
    old = RenderJob.objects.get(pk=video.job)
    Video.objects.filter(pk=video.pk).update(state="failed", error_code="render-timeout")
    again = renders.retry(video, actor=world.ben.party)
    w.publish_log()
    late = w.deliver(Video(job=old.id), mp4)
    with pytest.raises(ResultRefused):
        results.accept(late)
    again.refresh_from_db()
    assert again.state == "queued"
    assert not raw_of(late).exists()
    assert not Stamp.objects.exists()


def test_a_result_for_a_withheld_video_is_refused_and_removed(mp4: bytes) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, mp4)
    Video.objects.filter(pk=video.pk).update(state="withheld", error_code="consent-withdrawn")
    with pytest.raises(ResultRefused):
        results.accept(job)
    assert not raw_of(job).exists()


def test_a_job_that_names_another_video_is_refused(mp4: bytes) -> None:
    world = w.world()
    mine, other = world.ask(), world.ask()
    w.publish_log()
    for stranger in (other.id, uuid4()):
        swapped = w.deliver(mine, mp4)
        swapped.video = stranger
        swapped.save()
        with pytest.raises(ResultRefused):
            results.accept(swapped)
    assert not Stamp.objects.exists()


def test_a_job_that_delivered_nothing_is_refused() -> None:
    video = w.world().ask()
    with pytest.raises(ResultRefused):
        results.accept(RenderJob.objects.get(pk=video.job))


def test_bytes_that_were_swapped_after_delivery_fail_the_video(mp4: bytes) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, mp4)
    changed = bytearray(mp4)
    changed[-1] ^= 1
    raw_of(job).write_bytes(bytes(changed))
    video = results.accept(job)
    assert (video.state, video.error_code) == ("failed", "result-unusable")
    assert not Stamp.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"not a video at all",
        b"\0" * 4096,
        w.clip(seconds=1)[:9000],
        w.clip(seconds=1, size="640x360"),
        w.clip(seconds=9),
    ],
    ids=["text", "zeros", "truncated", "wrong-size", "too-long"],
)
def test_what_cannot_be_used_fails_the_video_in_words(
    data: bytes, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, data)
    with django_capture_on_commit_callbacks(execute=True):
        video = results.accept(job)
    assert video.state == "failed"
    assert video.error_code
    assert video.error_detail
    assert w.entries("video.failed") == 1
    assert not Stamp.objects.exists()
    assert stamped_files(video) == []
    assert not raw_of(job).exists()


class Crash(BaseException):
    """The process is gone: no handler of ours runs."""


@pytest.mark.parametrize(
    "step",
    ["media.remux", "labelling.apply", "stamp.sign", "media.thumbnail", "media.sheet", "log.append", "renders.rest_on"],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_at_any_step_is_made_good_by_the_next_attempt(
    mp4: bytes,
    step: str,
    when: str,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, mp4)
    module, name = step.split(".")
    owner = getattr(workpiece, module, None) or getattr(results, module)
    whole = getattr(owner, name)

    def crash(*given: Any, **named: Any) -> None:  # noqa: ANN401 - whatever the step takes
        if when == "after":
            whole(*given, **named)
        raise Crash

    monkeypatch.setattr(owner, name, crash)
    with pytest.raises(Crash), transaction.atomic():
        results.accept(job)
    monkeypatch.undo()
    assert not Stamp.objects.exists()
    Video.objects.filter(pk=video.pk).update(claimed_until=None)  # the claim has run out
    with django_capture_on_commit_callbacks(execute=True):
        video = results.accept(job)
    assert Stamp.objects.count() == w.entries("video.stamped") == 1
    assert stamped_files(video) == [".jpg", ".jpg", ".mp4"]
    assert not raw_of(job).exists()


def test_while_one_worker_is_at_it_another_keeps_away(mp4: bytes) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, mp4)
    assert results._claim(job) is not None
    assert results._claim(job) is None
    assert results.accept(job).state == "stamping"
    assert not Stamp.objects.exists()


def test_a_fault_of_ours_is_tried_again_and_at_last_ends(mp4: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, mp4)

    def full(*_given: object, **_named: object) -> None:
        raise StampFailed("The disk is full.")

    monkeypatch.setattr(stamp, "sign", full)
    for _ in range(results.ATTEMPTS):
        with pytest.raises(StampFailed):
            results.accept(job)
        video.refresh_from_db()
        assert video.state == "stamping"
        Video.objects.filter(pk=video.pk).update(claimed_until=None)
    assert results.accept(job).error_code == "stamping-failed"
    assert w.entries("video.failed") == 1


def test_a_job_that_failed_fails_its_video_with_its_words() -> None:
    video = w.world().ask()
    job = RenderJob.objects.get(pk=video.job)
    from gpu_client import endings

    with transaction.atomic():
        endings.end(job, RenderJob.State.FAILED, code=endings.Code.TIMEOUT)
    ended = results.end_without_result(job)
    assert ended is not None
    assert (ended.state, ended.error_code) == ("failed", "render-timeout")
    assert "in time" in ended.error_detail
    results.end_without_result(job)
    assert w.entries("video.failed") == 1


def test_without_fingerprints_there_is_no_stamp_but_another_attempt(
    mp4: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, mp4)

    def failed(arguments: list[str], data: bytes) -> bytes:
        raise fingerprinter.FingerprintFailed(f"{len(arguments)} {len(data)}")

    with monkeypatch.context() as patched:
        patched.setattr(fingerprinter, "_run", failed)
        with pytest.raises(fingerprinter.FingerprintFailed):
            results.accept(job)
    video.refresh_from_db()
    assert (video.state, Stamp.objects.count(), Fingerprint.objects.count()) == ("stamping", 0, 0)
    assert stamped_files(video) == []
    Video.objects.filter(pk=video.pk).update(claimed_until=None)
    assert results.accept(job).path
    assert Fingerprint.objects.filter(video=video, entry=Stamp.objects.get(video=video).entry).exists()
