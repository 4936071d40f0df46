"""Take what a render service delivered: hostile bytes, for exactly the job that asked for them, stamped once.

    (1) the permit's entry is in a published checkpoint, so that its proof can travel inside the file
    (2) this worker claims the video; the job must be the one that the video waits for
    (3) the bytes are those whose digest the job recorded; guarded, played through, remuxed, marked, each in a sandbox
    (4) fingerprints, manifest, signature, thumbnail: new files under names of their own
    (5) one transaction: the Stamp row, `video.stamped`, the path and digest of the file, the fingerprints
    (6) after that commit the raw result and the files of earlier attempts are removed

A crash before (5) leaves files that no row names; the next attempt starts again from the raw result. A crash after
(5) leaves the raw result, which nothing reads again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shutil
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from consent import approvals
from consent.media import video as media
from consent.media.guard import UnsafeContainer
from consent.media.sandbox import SandboxFailed
from consent.media.video import MediaRefused
from gpu_client.models import RenderJob
from ledger import log, receipts
from ledger.log import Place
from ledger.problem import Problem
from ledger.proof import Proof
from provenance import (
    authorities,
    certificates,
    fingerprint,
    fingerprinter,
    fingerprints,
    inputs,
    labelling,
    manifest,
    renders,
    stamp,
    waits,
    watermark,
)
from provenance.consent_assertion import BindingDocument, ConsentAssertion
from provenance.fingerprint import Print
from provenance.labelling import Label, LabelMissing
from provenance.manifest import Ingredient, Renderer, SoftBlock
from provenance.models import Stamp, Video
from provenance.stamp import AlreadyStamped, NotTimeStamped

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


class ResultUnusable(Problem):
    """The result is the right job's, and cannot become a video."""

    code: ClassVar[str] = "result-unusable"
    title: ClassVar[str] = "The render service delivered something unusable"


@dataclass(frozen=True, slots=True)
class Made:
    """Files that were made and are named by no row yet; paths are relative to MEDIA_ROOT."""

    path: str
    thumbnail: str
    signed: stamp.Signed
    prints: tuple[Print, ...]
    label: Label


def accept(job: RenderJob) -> Video:
    """Turn a delivered result into a stamped video, or the video into a failed one.

    Raises `ResultRefused` (I7) and `ledger.log.NotYetPublished`, after which it is called again. A repetition for a
    video that this job stamped before changes nothing. A fault of ours, `StampFailed` among them, leaves the video
    waiting for the next of `ATTEMPTS`; `NotTimeStamped` uses none of them up, see `waits`.
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
        made = _make(video, job, place)  # (3) (4)
        return _record(job, made)  # (5) (6)
    except ResultRefused:
        if job.state == RenderJob.State.DELIVERED:
            _remove_raw(job.id)  # nobody will ever ask for it
        raise
    except (ResultUnusable, UnsafeContainer, MediaRefused, SandboxFailed, AlreadyStamped, LabelMissing) as flaw:
        return fail(job, flaw.code, f"{flaw.detail} {flaw.remedy}".strip())
    except NotTimeStamped as missing:
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


def digest_of(path: Path) -> str:
    """Return the hex SHA-256 of a whole file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


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


def _make(video: Video, job: RenderJob, place: Place) -> Made:
    """Make the files of one attempt under names that no other attempt uses; leave none of them if it fails."""
    raw = _unverified_result(job)
    folder = Path(settings.MEDIA_ROOT) / str(video.id)
    folder.mkdir(parents=True, exist_ok=True)
    attempt = uuid4()
    remuxed, final, thumbnail = (folder / f"{attempt}{end}" for end in (".remuxed.mp4", ".mp4", ".jpg"))
    try:
        media.probe_result(raw, max_seconds=video.seconds + 1, size=video.size)
        label = labelling.owed(video)
        media.remux(raw, remuxed, metadata=label.metadata)
        label = labelling.apply(label, video, remuxed)
        prints = fingerprinter.of(remuxed)  # before the signature, which says them
        ingredients, clock = _ingredients(video, job), authorities.time_authority()
        blocks = [SoftBlock(each.start_ms, each.end_ms, each.value) for each in fingerprint.soft_bindings(prints)]
        said = manifest.bound(_manifest(video, job, place, ingredients), blocks)
        said = watermark.entered(said, label.watermark)
        signed = stamp.sign(remuxed, final, said, ingredients, _chain(), authority=clock)
        thumbnail.write_bytes(media.thumbnail(final))
    except BaseException:  # nobody may come after: the video may have been erased meanwhile
        _discard(remuxed, final, thumbnail)
        raise
    finally:
        remuxed.unlink(missing_ok=True)
    root = Path(settings.MEDIA_ROOT)
    return Made(str(final.relative_to(root)), str(thumbnail.relative_to(root)), signed, prints, label)


def _unverified_result(job: RenderJob) -> Path:
    """Return the raw file, whose bytes are those that the job recorded and nothing else is known of them."""
    path = job.result_file
    if not path.is_file():
        raise ResultUnusable("The delivered file is gone.", remedy="Retry the video.")
    if path.stat().st_size != job.result_size or digest_of(path) != job.result_sha256:
        raise ResultUnusable("The delivered file is not the one that was received.", remedy="Retry the video.")
    return path


def _chain() -> certificates.ClaimChain:
    return certificates.claim_chain(Path(settings.PROVENANCE_CLAIM_DIR))


def _ingredients(video: Video, job: RenderJob) -> list[Ingredient]:
    """List what went into the video: a clip for each likeness, the prompt, and the parent if it is still itself."""
    described = inputs.of(video, job.permit)
    edge = video.parents.select_related("parent").first()
    if edge is None:
        return described
    path = Path(settings.MEDIA_ROOT) / edge.parent.path
    if not edge.parent.path or not path.is_file() or digest_of(path) != edge.parent.file_sha256:
        raise ResultUnusable("The video that this one was made from is gone or altered.", remedy="Remix another one.")
    return [Ingredient.parent(path), *described]


def _manifest(video: Video, job: RenderJob, place: Place, ingredients: list[Ingredient]) -> dict[str, object]:
    entry = job.permit.entry
    consent = ConsentAssertion(
        origin=settings.LEDGER_ORIGIN,
        entry=bytes(entry.body),
        index=place.index,
        proof=Proof(place.index, place.path, place.text).text(),
        salt=bytes(job.permit.binding_salt),
        document=BindingDocument.parse(job.permit.binding_document),
        status_url=f"{settings.PUBLIC_URL}/v1/videos/{video.id}/status",
        receipt=receipts.receipt_at(bytes(entry.body), place),
    )
    # `config.checks` keeps a model of this name out of production: it composes, and generates nothing.
    renderer = Renderer(job.backend, "1", job.model, generative="reference" not in job.model)
    write = manifest.remixed if ingredients[0].relationship == manifest.Relationship.PARENT else manifest.created
    return write(video=video.id, renderer=renderer, ingredients=ingredients, consent=consent)


def _record(job: RenderJob, made: Made) -> Video:
    """Enter the stamp in the log and the rows, unless somebody else was first or the video no longer waits."""
    try:
        with transaction.atomic():
            video = awaiting(job)
            entry = log.append("video.stamped", _payload(video, job, made), actor=SYSTEM, subject=SYSTEM)
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
            transaction.on_commit(partial(tidy, video.id, job.id, frozenset({made.path, made.thumbnail})))
    except ResultRefused:
        _discard(*(Path(settings.MEDIA_ROOT) / name for name in (made.path, made.thumbnail)))
        raise
    return video


def _discard(*files: Path) -> None:
    """Remove files that no row will name, and their folder if nothing else is in it."""
    for file in files:
        file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        files[0].parent.rmdir()


def _payload(video: Video, job: RenderJob, made: Made) -> dict[str, object]:
    return {
        "video": str(video.id),
        "job": str(job.id),
        "permit": str(job.permit_id),
        "result_sha256": job.result_sha256,
        "manifest": made.signed.manifest_label,
        "claim_sha256": made.signed.claim_sha256,
        "file_sha256": made.signed.file_sha256,
        "fingerprints": fingerprint.digest(made.prints),
        "label": made.label.record(),
        "bmff_sha256": made.signed.bmff_sha256,
    }


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
