"""Gate 3: whether a stamped video may be seen; and how it ceases to be seen."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import ClassVar, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from consent import approvals, blocks, decisions
from consent.models import Approval, Party
from consent.policy import Deny
from consent.standing import Standing, standing
from gpu_client import jobs
from gpu_client.models import RenderJob
from ledger import log
from ledger.problem import Problem
from provenance import copies, faces, lineage, results, workpiece
from provenance.models import Stamp, Video
from provenance.results import SYSTEM, WAITING
from provenance.uses import permit_of, use_of

OVER = (RenderJob.State.DELIVERED, RenderJob.State.FAILED, RenderJob.State.CANCELLED)
WITHDRAWN = "consent-withdrawn"
State = Approval.State
NOES: dict[str, str] = {State.REFUSED: "approval-refused", State.TIMED_OUT: "approval-timed-out"}  # the client's code
OURS = (  # no holder's doing
    "not-stamped", "file-differs-from-stamp", "faces-refused", "faces-not-reviewed", "copy-of-blocked",
    "copy-not-reviewed",
)  # fmt: skip

# Locked in the order of their ids, as everywhere, so that two that stop the same videos cannot wait for each other.
WITHHOLD: Final = """
WITH held AS (
    SELECT id FROM provenance_video WHERE id = ANY(%(videos)s) AND state = ANY(%(states)s) ORDER BY id FOR UPDATE
)
UPDATE provenance_video SET state = 'withheld', error_code = %(code)s, error_detail = %(because)s, claimed_until = NULL
FROM held WHERE provenance_video.id = held.id RETURNING held.id
"""


class NotTheClient(Problem):
    """Only the client that asked for a video may delete it."""

    code: ClassVar[str] = "not-the-client"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The video is another client's"


def finish(video_id: UUID) -> Video:
    """Bring a video whose job is over as far as it can come now: stamped, published, withheld or failed."""
    video = Video.objects.get(pk=video_id)
    job = RenderJob.objects.filter(pk=video.job).first()
    if video.state not in WAITING or job is None:
        return video
    if job.state in (RenderJob.State.FAILED, RenderJob.State.CANCELLED):
        return results.end_without_result(job) or video
    if job.state == RenderJob.State.DELIVERED:
        video = results.accept(job)
    if not Stamp.objects.filter(video=video).exists():
        return video
    faces.screen(video)
    return publish(video)


def publish(video: Video) -> Video:
    """Decide again, against the grants that were captured at gate 1, and publish or withhold.

    Holds the likeness rows from the decision to the commit, so that a withdrawal is either seen here or comes after;
    gate 4 sees the latter. The video and what it was made from are held against a block in the same way. A video that
    is not a stamped draft is returned as it is, and so is one that waits for a person to look at its faces, or at what
    it is like and has to stay down, for somebody's yes, or for the end of a block, which may be lifted; a no withholds
    it, unless something else does first.
    """
    on_disk, compared = _digest_on_disk(video), copies.compare(video)
    with transaction.atomic():
        blocks.hold(lineage.with_ancestors([video.pk]))
        reasons = consent_objections(video)
        blocked = lineage.BLOCKED in lineage.stops([video.pk]).get(video.pk, ())
        video = Video.objects.select_for_update().get(pk=video.pk)
        if video.state != Video.State.STAMPING:
            return video
        reasons += _stamp_objections(video, on_disk)
        of_people = [faces.objections(video), copies.objections(video, compared)]
        if None in of_people and not reasons:
            return video
        reasons += [one for found in of_people for one in found or []]
        if reasons:
            return _withhold(video, _code(reasons), reasons, actor=SYSTEM)
        answer = State.PENDING if blocked else _approval(video)
        if answer == State.PENDING:
            return video
        if answer in NOES:
            return _withhold(video, NOES[answer], [f"approval_{answer}"], actor=SYSTEM)
        log.append("video.published", {"video": str(video.id)}, actor=SYSTEM, subject=SYSTEM)
        video.state, video.published_at = Video.State.PUBLISHED, Now()
        video.save(update_fields=["state", "published_at"])
    video.refresh_from_db()
    return video


def _approval(video: Video) -> str:
    """Return how the yes of those who reserved it stands, asking whoever came to reserve it since the stamp."""
    permit = permit_of(video)
    approvals.ask(permit, video.id, actor=SYSTEM)
    return approvals.standing_of(permit)


def consent_objections(video: Video) -> list[str]:
    """Return why the people depicted do not permit this video now; takes their rows FOR SHARE.

    Both questions are asked: whether the same use would be allowed today, and whether each grant that it was allowed
    under, its ancestors' included, still stands. Another grant that would do today does not replace one that ended.
    """
    _, outcome = decisions.decide_locked(use_of(video), actor=video.client)
    reasons = sorted({str(one.reason) for one in outcome.reasons}) if isinstance(outcome, Deny) else []
    held = lineage.grants_behind(video.id)
    answers = standing(held) if held else {}
    if not held or any(answers.get(grant) is not Standing.STANDS for grant in held):
        reasons.append("grant-no-longer-stands")
    if lineage.SHUT_OUT in lineage.stops([video.id]).get(video.id, ()):
        reasons.append("client-shut-out")
    return reasons


def withhold(videos: Collection[UUID], *, because: str, code: str = WITHDRAWN, published: bool = True) -> int:
    """Withhold every one of these that could still be seen or come to be seen; returns how many that were.

    With `published` False, only those that were never published: what was may stay by its grant's after-end clause.
    In the caller's transaction. Rows are locked in the order of their ids, so that two cascades cannot deadlock.
    """
    return len(withhold_each(videos, because=because, code=code, published=published))


def withhold_each(
    videos: Collection[UUID], *, because: str, code: str = WITHDRAWN, published: bool = True
) -> list[UUID]:
    """Do it, and return which they were: two statements and one entry for all of them, however many they are."""
    states = [*WAITING, Video.State.PUBLISHED] if published else [*WAITING]
    with connection.cursor() as cursor:
        cursor.execute(WITHHOLD, {"videos": list(videos), "states": states, "code": code, "because": because})
        found = sorted(row[0] for row in cursor.fetchall())
    if found:
        payload: dict[str, object] = {"videos": [str(each) for each in found], "reasons": [because]}
        log.append("video.withheld", payload, actor=SYSTEM, subject=SYSTEM)
    return found


def delete(video: Video, *, actor: Party) -> Video:
    """Let its client delete a video: it is withheld, its job is cancelled, its files are removed after the commit."""
    if video.client_id != actor.id:
        raise NotTheClient("Another client asked for this video.", pointer="/id", remedy="Delete your own.")
    with transaction.atomic():
        video = Video.objects.select_for_update().get(pk=video.pk)
        if video.deleted_at is not None:
            return video
        under_way = video.state in WAITING
        _withhold(video, "deleted-by-client", ["deleted-by-client"], actor=actor.actor)
        transaction.on_commit(partial(results.tidy, video.id, video.job, frozenset()))
        video.path = video.thumbnail_path = ""
        video.deleted_at = Now()
        video.save(update_fields=["path", "thumbnail_path", "deleted_at"])
        if under_way and (job := RenderJob.objects.filter(pk=video.job).first()) is not None:
            jobs.cancel(job, reason="deleted-by-client", actor=actor)
    video.refresh_from_db()
    return video


def due(limit: int = 100) -> list[UUID]:
    """Return the videos whose job is over and that nobody works on: the doorbell was lost, or it rang too early.

    Those that only wait for a person to look, for somebody's yes, or for the end of a block, are among them again when
    that is decided, or its time is up.
    """
    over = RenderJob.objects.filter(pk=OuterRef("job"), state__in=OVER)
    unclaimed = Q(claimed_until=None) | Q(claimed_until__lt=Now())
    asked = Approval.objects.filter(video=OuterRef("pk"))
    waits = Exists(asked.filter(state=State.PENDING)) & ~Exists(asked.filter(state__in=NOES))
    found = Video.objects.filter(unclaimed, Exists(over), ~waits, state__in=WAITING).exclude(faces.undecided())
    found = found.exclude(copies.undecided())
    found = found.exclude(id__in=RawSQL(lineage.BLOCKED_NOW, []))  # noqa: S611 - a constant, without parameters
    found = found.order_by("created_at")
    return list(found.values_list("id", flat=True)[:limit])


def _withhold(video: Video, code: str, reasons: list[str], *, actor: str) -> Video:
    payload = {"video": str(video.id), "reasons": reasons}
    log.append("video.withheld", payload, actor=actor, subject=SYSTEM)
    video.state, video.error_code, video.claimed_until = Video.State.WITHHELD, code, None
    video.error_detail = ", ".join(reasons)[:1000]
    video.save(update_fields=["state", "error_code", "error_detail", "claimed_until"])
    return video


def _digest_on_disk(video: Video) -> str | None:
    """Return the hex SHA-256 of the stamped file; `None`: there is none. Read before any row is locked."""
    path = Path(settings.MEDIA_ROOT) / video.path
    return workpiece.digest_of(path) if video.path and path.is_file() else None


def _stamp_objections(video: Video, on_disk: str | None) -> list[str]:
    """Return why the file is not the one that was stamped."""
    record = Stamp.objects.filter(video=video).first()
    if record is None:
        return ["not-stamped"]
    if on_disk is None or not on_disk == record.file_sha256 == video.file_sha256:
        return ["file-differs-from-stamp"]
    return []


def _code(reasons: list[str]) -> str:
    """Return the one code that a client reads; consent comes first, since it is what it can do something about."""
    return reasons[0] if reasons[0] in OURS else WITHDRAWN
