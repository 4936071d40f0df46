"""How a job ends: one transaction, one entry, words for the requester. Whatever ends badly may be asked for again.

Asking again makes a new job with a new permit; a job never comes back to life.
"""

from __future__ import annotations

from enum import StrEnum

from consent import clock, usage
from gpu_client.models import RenderJob
from ledger import log
from ledger.models import Entry
from ledger.subjectkeys import Erased

ACTOR = "system:gpu_client"
KINDS = {
    RenderJob.State.DELIVERED: "render.delivered",
    RenderJob.State.FAILED: "render.failed",
    RenderJob.State.CANCELLED: "render.cancelled",
}


class Code(StrEnum):
    """Why there is no result. Closed; requesters see the code and the words."""

    TIMEOUT = "render-timeout"
    FAILED = "render-failed"
    REFUSED = "render-refused"
    LOST = "render-lost"
    ABANDONED = "render-abandoned"
    AMBIGUOUS = "render-ambiguous"
    UNTAKEN = "render-service-unavailable"
    UNINTELLIGIBLE = "render-unintelligible"
    TOO_LARGE = "render-too-large"
    NOT_A_FILM = "render-not-a-film"
    WRONG_SHAPE = "render-wrong-shape"
    NO_RENDERER = "render-service-missing"
    CLIP_OPEN = "clip-would-travel-open"
    CLIP_GONE = "clip-unavailable"
    PARENT_GONE = "parent-unavailable"
    PERMIT_USED = "permit-already-used"
    PERMIT_INVALID = "permit-invalid"
    PERMIT_REFUSED = "permit-refused"
    CONSENT_ENDED = "consent-withdrawn"


AGAIN = "Ask for the video again."
WORDS = {
    Code.TIMEOUT: f"The render service did not deliver in time. {AGAIN}",
    Code.FAILED: f"The render service reports that the render failed. {AGAIN}",
    Code.REFUSED: f"The render service refused the order. {AGAIN} If it happens again, tell the operator.",
    Code.LOST: f"The render service no longer knows this render. {AGAIN}",
    Code.ABANDONED: f"The render service stopped this render by itself. {AGAIN}",
    Code.AMBIGUOUS: f"It is not known whether the render service took the order, so it was not sent twice. {AGAIN}",
    Code.UNTAKEN: f"The render service did not take the order while its permit lived. {AGAIN}",
    Code.UNINTELLIGIBLE: f"The render service gave an answer that cannot be true. {AGAIN}",
    Code.TOO_LARGE: f"The render service sent a larger file than we accept. {AGAIN}",
    Code.NOT_A_FILM: f"The render service sent something that is not a video. {AGAIN}",
    Code.WRONG_SHAPE: f"The render service sent a video of another size or length than ordered. {AGAIN}",
    Code.NO_RENDERER: "No render service of this name is configured any more. Tell the operator, then ask again.",
    Code.CLIP_OPEN: "The render service cannot receive clips safely, so none was sent. Tell the operator.",
    Code.CLIP_GONE: "A calibration clip cannot be read any more. Ask its holder to enrol again.",
    Code.PARENT_GONE: "The parent video cannot be read, or is not the one that was permitted. Remix another one.",
    Code.PERMIT_USED: f"The permit was used, but no render of it is known. {AGAIN}",
    Code.PERMIT_INVALID: f"The permit does not fit this order. {AGAIN}",
    Code.PERMIT_REFUSED: f"The permit was not accepted when work was to begin. {AGAIN}",
    Code.CONSENT_ENDED: "Consent for this video has ended.",
}


def end(job: RenderJob, state: RenderJob.State, *, code: str = "", said: str = "", actor: str = ACTOR) -> None:
    """End a live job whose row is locked. `said` is what the service said, cleaned and bounded already.

    From the commit on, nothing that the service sends for it is taken. What is still running there is dismissed by a
    later phase, for which the row stays due.
    """
    if not job.is_live:
        raise ValueError(f"{job} is over")
    words = WORDS.get(Code(code), "") if code in set(Code) else ""
    job.state, job.error_code = state, code
    job.error_detail = " ".join(filter(None, (words, said and f"The service: {said}")))[:500]
    job.dismiss_pending = job.dismiss_pending or bool(job.upstream_id) or job.unresolved
    job.next_attempt_at, job.faults = clock.now(), 0
    job.finished_entry = _record(job, code, actor)
    if state != RenderJob.State.DELIVERED:
        usage.release(job.permit_id)
    fields = ["state", "error_code", "error_detail", "dismiss_pending", "next_attempt_at", "faults", "finished_entry"]
    job.save(update_fields=[*fields, "result_path", "result_sha256", "result_size"])


def _record(job: RenderJob, code: str, actor: str) -> Entry:
    payload: dict[str, object] = {"job": str(job.pk), "video": str(job.video), "permit": str(job.permit_id)}
    if job.state == RenderJob.State.DELIVERED:
        payload |= {"sha256": job.result_sha256, "size": job.result_size}
    else:
        payload |= {"code": code}
    kind = KINDS[RenderJob.State(job.state)]
    try:
        return log.append(kind, payload, actor=actor, subject=job.client.actor)
    except Erased:  # the client is gone; its job must end all the same, and the payload names nobody
        return log.append(kind, payload, actor=actor, subject=ACTOR)
