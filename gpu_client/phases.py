"""What is done for a job next, by its recovery point. Each phase makes one foreign call, outside any transaction.

    queued      (1) still permitted?  (2) renew what expired unused  (3) note that it is sent; redeem for a service that
                cannot  (4) send it
    unresolved  ask the service what became of an order whose answer was lost
    rendering   ask how far it is
    completed   fetch, check, keep
    over        tell the service to stop and forget

Each phase takes a claim and returns the seconds until the job is due again, `None` if it is not due again. A crash
anywhere leaves the row at its last recovery point; the next worker goes on from there when the lease has run out.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from consent import decisions, permit, permits, standing
from consent.models import Permit
from gpu_client import attachments, endings, health, lease, renderers, results
from gpu_client.client import ClipWouldTravelOpen
from gpu_client.endings import Code
from gpu_client.lease import Claim
from gpu_client.models import RenderJob
from gpu_client.protocol import (
    AlreadySubmitted,
    AmbiguousSubmit,
    Backend,
    RendererLied,
    RendererRefused,
    RendererUnavailable,
    RenderFailed,
    RenderOrder,
    RenderStatus,
    State,
)
from ledger import keyring

logger = logging.getLogger(__name__)
POLL_SECONDS = 0.4
NOT_FOUND = "not-found"
TOO_LARGE = "too-large"
GIVE_UP_AFTER = 2  # render deadlines after which a service that cannot be told to stop is left alone

IMPOSSIBLE: dict[type[Exception], Code] = {
    renderers.RendererMissing: Code.NO_RENDERER,
    attachments.ClipGone: Code.CLIP_GONE,
    attachments.ParentGone: Code.PARENT_GONE,
    ClipWouldTravelOpen: Code.CLIP_OPEN,
}

type Pause = float | None


def run(claim: Claim) -> Pause:  # noqa: PLR0911 - a return per kind of outcome
    """Do the next phase. What the service does wrong becomes an outcome here; only faults of ours come through."""
    job = claim.job
    try:
        if not job.is_live:
            return _dismiss(claim)
        if claim.at >= job.created_at + timedelta(seconds=settings.GPU_JOB_SECONDS):
            return _fail(claim, Code.TIMEOUT)
        return _next_phase(job)(claim)
    except tuple(IMPOSSIBLE) as error:
        return _fail(claim, IMPOSSIBLE[type(error)])
    except health.Resting as rest:
        with lease.holding(claim) as held:
            return lease.release(held, pause=max(0.0, (rest.until - claim.at).total_seconds()))
    except (RendererUnavailable, AmbiguousSubmit) as error:
        logger.info("%s: %s", job, error)
        with lease.holding(claim) as held:
            return lease.release(held, fault=True)
    except RendererLied as error:
        code = Code.TOO_LARGE if error.code == TOO_LARGE and job.upstream_completed else Code.UNINTELLIGIBLE
        return _fail(claim, code, error.detail)
    except RenderFailed as error:
        return _fail(claim, Code.FAILED, error.detail)
    except RendererRefused as error:
        known = bool(job.upstream_id) and error.code == NOT_FOUND
        return _fail(claim, Code.LOST if known else Code.REFUSED, error.detail)


def _next_phase(job: RenderJob) -> Callable[[Claim], Pause]:
    if not job.upstream_id:
        return _resolve if job.unresolved else _submit
    return _fetch if job.upstream_completed else _poll


def _submit(claim: Claim) -> Pause:
    """Send the order, if everybody still agrees at this moment."""
    job = claim.job
    # (1) Nobody has used the permit, and what it rests on stands.
    if not job.redeemed_here and Permit.objects.filter(pk=job.permit_id, redeemed_at__isnull=False).exists():
        return _resolve(claim)
    if not standing.all_stand_for(list(job.permit.grants.values_list("pk", flat=True)), job.client_id):
        return _cancel_for_consent(claim)
    health.require(job.backend)  # before anything is noted or redeemed for it
    # (2) It is a permit of ours, for this order, and in time.
    flaw = _flaw(job, claim.at)
    if flaw is permit.PermitFlaw.EXPIRED:
        return _fail(claim, Code.UNTAKEN) if job.redeemed_here else _renew(claim)
    if flaw is not None:
        return _fail(claim, Code.PERMIT_INVALID)
    return _send(claim, renderers.backend(job.backend))


def _flaw(job: RenderJob, at: datetime) -> permit.PermitFlaw | None:
    """Verify the permit as the service will. `None`: it is genuine, in time, and for exactly this job and order."""
    order = permit.Order(
        prompt_sha256=hashlib.sha256(job.prompt.encode()).hexdigest(),
        model=job.model,
        seconds=job.seconds,
        size=job.size,
        parent_sha256=attachments.parent_sha256(job.attachments),
    )
    keys = {key.key_id: key.public for key in keyring.public_keys("permit")}
    try:
        claims = permit.verify(job.permit.token, keys=keys, order=order, at=at)
    except permit.PermitInvalid as error:
        return error.reason
    return None if claims.job == str(job.pk) else permit.PermitFlaw.ORDER_MISMATCH


def _send(claim: Claim, backend: Backend) -> Pause:
    job = claim.job
    loaded = attachments.load(job.attachments)
    # (3) From this commit on the service may have the order. If we crash, `_resolve` asks it before anything is resent.
    try:
        if not _noted(claim, backend):
            return None
    except permits.PermitReplayed:
        return _fail(claim, Code.PERMIT_USED)
    except permits.PermitRefused as refusal:
        ended = refusal.reason == "consent_ended"
        return _cancel_for_consent(claim) if ended else _fail(claim, Code.PERMIT_REFUSED)
    # (4) The call.
    theirs = renderers.upstream_model(job.backend, job.model)
    order = RenderOrder(str(job.pk), job.prompt, theirs, job.seconds, job.size, loaded)
    try:
        upstream_id = backend.submit(order, job.permit.token)
    except AlreadySubmitted as earlier:
        upstream_id = earlier.upstream_id
    except RendererUnavailable as error:
        logger.info("%s: %s", job, error)
        with lease.holding(claim) as held:
            return lease.release(held, fault=True, unresolved=False)
    except RendererRefused as refusal:
        return _refused(claim, refusal)
    return _adopt(claim, upstream_id)


def _noted(claim: Claim, backend: Backend) -> bool:
    """Note that the order is sent; pass gate 2 in the same transaction for a service that cannot. False: it is over.

    Likenesses are locked before the job, the job before the permit, as everywhere. A permit that was redeemed here
    stays good for this job until it expires, since an order is sent again only when it is known that none was taken.
    """
    job = claim.job
    redeems_here = not backend.capabilities.redeems and not job.redeemed_here
    with transaction.atomic():
        if redeems_here:
            decisions.lock_likenesses(UUID(likeness) for likeness in job.permit.epochs)
        with lease.holding(claim) as held:
            if not held.is_live:
                lease.release(held)
                return False
            if redeems_here:
                permits.redeem(job.permit.token, service=job.backend)
            held.state, held.unresolved, held.attempts = RenderJob.State.SUBMITTING, True, held.attempts + 1
            held.redeemed_here = held.redeemed_here or redeems_here
            held.save(update_fields=["state", "unresolved", "attempts", "redeemed_here"])
    return True


def _refused(claim: Claim, refusal: RendererRefused) -> Pause:
    """Nothing was taken. A permit that ran out on the way is renewed; the service's clock may be ahead of ours."""
    if refusal.code != "permit_expired":
        return _fail(claim, Code.REFUSED, refusal.detail, unresolved=False)
    with lease.holding(claim) as held:
        return lease.release(held, fault=True, unresolved=False)


def _resolve(claim: Claim) -> Pause:
    """Find out whether the service took an order whose answer we do not have. Sends nothing."""
    job = claim.job
    backend = renderers.backend(job.backend)
    if not backend.remembers_permits:
        return _fail(claim, Code.AMBIGUOUS)
    upstream_id = backend.find(str(job.permit_id), str(job.pk))
    if upstream_id is not None:
        return _adopt(claim, upstream_id)
    if not job.redeemed_here and Permit.objects.filter(pk=job.permit_id, redeemed_at__isnull=False).exists():
        return _fail(claim, Code.PERMIT_USED, unresolved=False)
    # It has not. Should the order still be on its way, the service refuses the second one, naming the first.
    with lease.holding(claim) as held:
        return lease.release(held, unresolved=False)


def _adopt(claim: Claim, upstream_id: str) -> Pause:
    """Note under which name the service renders. Also for a job that ended meanwhile: it must be told to stop."""
    with lease.holding(claim) as held:
        if not held.is_live:
            return lease.release(held, upstream_id=upstream_id, unresolved=False, dismiss_pending=True)
        state = RenderJob.State.RENDERING
        return lease.release(held, pause=POLL_SECONDS, upstream_id=upstream_id, unresolved=False, state=state)


def _renew(claim: Claim) -> Pause:
    """Pass gate 1 again: the permit expired before anybody used it.

    If we crash after the new permit, before the row names it, the next worker renews once more; of all of a job's
    permits one can be redeemed.
    """
    job = claim.job
    try:
        renewed = permits.renew(job.permit, actor=job.client)
    except decisions.Denied:
        return _cancel_for_consent(claim)
    except permits.PermitReplayed:
        return _fail(claim, Code.PERMIT_USED)
    with lease.holding(claim) as held:
        return lease.release(held, permit=renewed)


def _poll(claim: Claim) -> Pause:
    status = renderers.backend(claim.job.backend).status(claim.job.upstream_id)
    match status.state:
        case State.QUEUED | State.IN_PROGRESS:
            with lease.holding(claim) as held:
                return lease.release(held, pause=POLL_SECONDS, progress=status.progress)
        case State.COMPLETED:
            with lease.holding(claim) as held:
                return lease.release(held, progress=100, upstream_completed=True)
        case State.CANCELLED:
            return _fail(claim, Code.ABANDONED)
        case _:
            return _failed_there(claim, status)


def _failed_there(claim: Claim, status: RenderStatus) -> Pause:
    if status.error_code != "permit_refused":
        return _fail(claim, Code.FAILED, status.error_detail)
    fresh = Permit.objects.get(pk=claim.job.permit_id)
    if not standing.all_stand_for(list(fresh.grants.values_list("pk", flat=True)), claim.job.client_id):
        return _cancel_for_consent(claim)
    if fresh.redeemed_at is not None or claim.at < fresh.expires_at:
        return _fail(claim, Code.PERMIT_REFUSED, status.error_detail)
    # It waited there for longer than the permit lives. Nothing was rendered, so it starts again under a new one.
    with lease.holding(claim) as held:
        if not held.is_live:
            return lease.release(held)
        return lease.release(held, upstream_id="", state=RenderJob.State.QUEUED)


def _fetch(claim: Claim) -> Pause:
    """Copy the result, check its shape, give it its name and record it: the last two with the row locked."""
    job = claim.job
    backend = renderers.backend(job.backend)
    with results.receiving(job, claim.token) as file:
        sha256, size = backend.fetch(job.upstream_id, file, settings.GPU_RESULT_MAX_BYTES)
        try:
            results.check(job, file)
        except results.NotAFilm as flaw:
            return _fail(claim, Code.NOT_A_FILM, str(flaw))
        except results.WrongShape as flaw:
            return _fail(claim, Code.WRONG_SHAPE, str(flaw))
        with lease.holding(claim) as held:
            if held.is_live:
                results.keep(held, file)
                held.result_path, held.result_sha256, held.result_size = held.result_file.name, sha256, size
                endings.end(held, RenderJob.State.DELIVERED)
            return lease.release(held)


def _dismiss(claim: Claim) -> Pause:
    """Make the service stop and forget a job that is over here. Given up after a while: its permit is long dead."""
    job = claim.job
    overdue = claim.at >= job.created_at + timedelta(seconds=settings.GPU_JOB_SECONDS * GIVE_UP_AFTER)
    try:
        backend = renderers.backend(job.backend)
        if not job.upstream_id and backend.remembers_permits:
            found = backend.find(str(job.permit_id), str(job.pk))
            if found is not None:
                return _adopt(claim, found)
        elif job.upstream_id:
            backend.cancel(job.upstream_id)
    except RendererUnavailable:
        if not overdue:
            raise
        logger.warning("%s: the render service could not be told to stop", job)
    except (RendererRefused, RendererLied, renderers.RendererMissing) as error:
        logger.warning("%s: the render service cannot be told to stop: %s", job, error)
    with lease.holding(claim) as held:
        lease.release(held, dismiss_pending=False, unresolved=False)
    return None


def _cancel_for_consent(claim: Claim) -> Pause:
    return _end(claim, RenderJob.State.CANCELLED, Code.CONSENT_ENDED)


def _fail(claim: Claim, code: Code, said: str = "", *, unresolved: bool | None = None) -> Pause:
    return _end(claim, RenderJob.State.FAILED, code, said, unresolved=unresolved)


def _end(claim: Claim, state: RenderJob.State, code: Code, said: str = "", *, unresolved: bool | None = None) -> Pause:
    """End the job unless somebody else did. `unresolved` None: what is known of an order sent stays as it is."""
    with lease.holding(claim) as held:
        changes = {} if unresolved is None else {"unresolved": unresolved}
        if held.is_live:
            held.unresolved = changes.get("unresolved", held.unresolved)
            endings.end(held, state, code=code, said=said)
        pause = lease.release(held, **changes)
        return pause if held.dismiss_pending else None
