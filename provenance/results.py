"""Take what a render service delivered: hostile bytes, for exactly the job that asked for them, stamped once.

    (1) the permit's entry is in a published checkpoint, so that its proof can travel inside the file
    (2) this worker claims the video; the job must be the one that the video waits for
    (3) files are made of it (`workpiece`), under names that no row knows yet
    (4) one transaction: the Stamp row, `video.stamped`, the path and digest of the file, the fingerprints
    (5) after that commit the raw result and the files of earlier attempts are removed

A crash before (4) leaves files that no row names; the next attempt starts again from the raw result. A crash after
(4) leaves the raw result, which nothing reads again.
"""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from consent import approvals
from consent.media.guard import UnsafeContainer
from consent.media.sandbox import SandboxFailed
from consent.media.video import MediaRefused
from gpu_client.models import RenderJob
from ledger import log
from ledger.problem import Problem
from provenance import fingerprints, renders, waits, workpiece
from provenance.labelling import LabelMissing
from provenance.models import Stamp, Video
from provenance.stamp import AlreadyStamped
from provenance.workpiece import ResultUnusable, Workpiece

STAMPING_TAKES = timedelta(seconds=120)  # after this, a claim is that of a worker that went away
PAUSE = timedelta(seconds=10)  # between two attempts that ended with a fault of ours
ATTEMPTS = 5  # claims of one job that may end without an answer before the video is called failed
SYSTEM = "system:provenance"
WAITING = (Video.State.QUEUED, Video.State.RENDERING, Video.State.STAMPING)
logger = logging.getLogger(__name__)


class ResultRefused(Problem):
    """The result is not one that this video waits for: late, swapped, or of a job that delivered nothing."""

    code: ClassVar[str] = "result-refused"
    title: ClassVar[str] = "The result is refused"


def accept(job: RenderJob) -> Video:
    """Turn a delivered result into a stamped video, or the video into a failed one.

    Raises `ResultRefused` (I7) and `ledger.log.NotYetPublished`, after which it is called again. A repetition for a
    video that this job stamped before changes nothing. A fault of ours, `StampFailed` among them, leaves the video
    waiting for the next of `ATTEMPTS`; `waits.WAITED_FOR` uses none of them up.
    """
    job = RenderJob.objects.select_related("permit__entry").get(pk=job.pk)
    if _stamped_by(job):
        return Video.objects.get(pk=job.video)
    try:
        with transaction.atomic():
            awaiting(job)
        place = log.place(job.permit.entry)  # (1)
        video = _claim(job)  # (2)
        if video is None:
            return Video.objects.get(pk=job.video)
        made = workpiece.make(video, job, place)  # (3)
        return _record(job, made)  # (4) (5)
    except ResultRefused:
        if job.state == RenderJob.State.DELIVERED:
            _remove_raw(job.id)  # nobody will ever ask for it
        raise
    except (ResultUnusable, UnsafeContainer, MediaRefused, SandboxFailed, AlreadyStamped, LabelMissing) as flaw:
        return fail(job, flaw.code, f"{flaw.detail} {flaw.remedy}".strip())
    except waits.WAITED_FOR as missing:
        if not waits.wait(job, missing):
            return fail(job, missing.code, missing.detail)
        raise
    except (OSError, Problem):
        _let_go(job)
        raise


def end_without_result(job: RenderJob) -> Video | None:
    """Let the video of a failed or cancelled job fail for the job's reason; `None`: the job is not over like that."""
    job = RenderJob.objects.get(pk=job.pk)
    if job.state not in (RenderJob.State.FAILED, RenderJob.State.CANCELLED):
        return None
    return fail(job, job.error_code or f"render-{job.state}", job.error_detail)


def fail(job: RenderJob, code: str, detail: str) -> Video:
    """Record that the video of this job will not come. Nothing happens to a video that does not wait for this job."""
    with transaction.atomic():
        video = Video.objects.select_for_update().get(pk=job.video)
        if video.job != job.id or video.state not in WAITING or Stamp.objects.filter(video=video).exists():
            return video
        payload = {"video": str(video.id), "job": str(job.id), "code": code}
        log.append("video.failed", payload, actor=SYSTEM, subject=SYSTEM)
        video.state, video.error_code, video.error_detail = Video.State.FAILED, code[:64], detail[:1000]
        video.claimed_until = None
        video.save(update_fields=["state", "error_code", "error_detail", "claimed_until"])
        transaction.on_commit(partial(tidy, video.id, job.id, frozenset()))
    return video


def _stamped_by(job: RenderJob) -> bool:
    return Stamp.objects.filter(video_id=job.video, video__job=job.id).exists()


def _claim(job: RenderJob) -> Video | None:
    """Reserve the video for this worker; `None`: another one is at work on it, or all attempts are used up."""
    with transaction.atomic():
        video = awaiting(job)
        free = Video.objects.filter(pk=video.pk, claims__lt=ATTEMPTS).exclude(claimed_until__gt=Now())
        taken = free.update(state=Video.State.STAMPING, claimed_until=Now() + STAMPING_TAKES, claims=video.claims + 1)
    if taken:
        return video
    if video.claims >= ATTEMPTS:
        fail(job, "stamping-failed", "The result could not be made into a video, however often it was tried.")
    return None


def _let_go(job: RenderJob) -> None:
    """Let the next attempt begin before the claim of this one would have run out."""
    waiting = Video.objects.filter(pk=job.video, job=job.pk, state=Video.State.STAMPING, stamp__isnull=True)
    waiting.update(claimed_until=Now() + PAUSE)


def awaiting(job: RenderJob) -> Video:
    """Return the video, locked, if it waits for a result of exactly this job; raise `ResultRefused` if it does not."""
    video = Video.objects.select_for_update().filter(pk=job.video).first()
    if video is None or video.job != job.id:
        raise ResultRefused(f"No video waits for a result of job {job.id}.", remedy="Nothing: it was replaced.")
    if job.state != RenderJob.State.DELIVERED:
        raise ResultRefused(f"Job {job.id} is {job.state}, it has delivered nothing.")
    if video.state not in WAITING:
        raise ResultRefused(f"The result came too late: the video is {video.state}.")
    if Stamp.objects.filter(video=video).exists():
        raise ResultRefused("The video has its stamp already.")
    return video


def _record(job: RenderJob, made: Workpiece) -> Video:
    """Enter the stamp in the log and the rows, unless somebody else was first or the video no longer waits."""
    sealed: dict[str, object] = {"job": str(job.id), "permit": str(job.permit_id), "result_sha256": job.result_sha256}
    try:
        with transaction.atomic():
            video = awaiting(job)
            payload = {"video": str(video.id)} | sealed | made.payload()
            entry = log.append("video.stamped", payload, actor=SYSTEM, subject=SYSTEM)
            Stamp.objects.create(
                video=video,
                manifest_label=made.signed.manifest_label,
                claim_sha256=made.signed.claim_sha256,
                file_sha256=made.signed.file_sha256,
                bmff_sha256=made.signed.bmff_sha256,
                entry=entry,
            )
            renders.rest_on(video, job.permit)
            approvals.ask(job.permit, video.id, actor=SYSTEM)
            video.path, video.thumbnail_path = made.path, made.thumbnail
            video.file_sha256, video.claimed_until = made.signed.file_sha256, None
            video.error_code = video.error_detail = ""  # it may have waited for a time stamp
            names = ["path", "thumbnail_path", "file_sha256", "claimed_until", "error_code", "error_detail"]
            video.save(update_fields=names)
            fingerprints.record(video, made.prints, entry)  # last: it waits for other stamps
            transaction.on_commit(partial(tidy, video.id, job.id, made.files))
    except ResultRefused:
        made.discard()
        raise
    return video


def tidy(video: UUID, job: UUID, kept: frozenset[str]) -> None:
    """Remove the raw result and every file of the video that no row names; what fails here is only litter."""
    _remove_raw(job)
    root = Path(settings.MEDIA_ROOT)
    folder = root / str(video)
    for path in folder.glob("*") if folder.is_dir() else ():
        if str(path.relative_to(root)) not in kept:
            path.unlink(missing_ok=True)
    if not kept:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_raw(job: UUID) -> None:
    (Path(settings.GPU_RESULTS_DIR) / f"{job}.mp4").unlink(missing_ok=True)
