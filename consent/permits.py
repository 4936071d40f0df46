"""Mint, renew and redeem permits.

Gate 1 is `decisions.decide_locked` and `mint` in one transaction; gate 2 is
`redeem`. Both hold the likeness rows FOR SHARE, in the order of their ids, before
any permit row.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import IntegrityError, transaction

from consent import clock, decisions, disclosure, permit, rfc3339, standing, usage
from consent.models import Decision, Grant, Likeness, Permit
from consent.permit import Order, PermitClaims
from consent.policy import Allow
from ledger import base64url, keyring, log
from ledger.canonical import canonical
from ledger.commitment import commit, new_salt
from ledger.problem import Problem

if TYPE_CHECKING:
    from consent.models import Party
    from ledger.models import Entry


class PermitRefused(Problem):
    """The permit may not be used. `reason` says why."""

    code: ClassVar[str] = "permit-refused"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The permit may not be used"

    def __init__(self, reason: str, detail: str, remedy: str = "Ask for a new permit.") -> None:
        """Carry the reason as a member of the problem document too."""
        super().__init__(detail, pointer="/permit", remedy=remedy, reason=reason)
        self.reason = reason


class PermitReplayed(PermitRefused):
    """The permit, or another one for the same job, has been used."""

    code: ClassVar[str] = "permit-replayed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The permit has been used"


def mint(decision: Decision, allow: Allow, *, job: uuid.UUID, video: uuid.UUID, order: Order, actor: Party) -> Permit:
    """Make the permit for an allowance, in the transaction that decided it and still holds its locks.

    The permit ends with the first grant that it rests on, or after CONSENT_PERMIT_SECONDS.
    """
    grants = list(Grant.objects.select_related("entry").filter(pk__in=[pk for _, pk in allow.grants]).order_by("pk"))
    cast = [likeness for likeness, _ in allow.grants]
    epochs = {str(pk): epoch for pk, epoch in Likeness.objects.filter(pk__in=cast).values_list("pk", "epoch")}
    _check_basis(decision, allow, grants, epochs)
    salt, prompt_salt = new_salt(), new_salt()
    row = Permit(id=uuid.uuid4(), decision=decision, job=job, video=video, epochs=epochs, binding_salt=salt)
    row.binding_document = {
        "video": str(video),
        "permit": str(row.pk),
        "grants": sorted(grant.entry.commit_text for grant in grants),
        # The document travels inside the file, and a prompt can be guessed: its salt stays sealed in the entry.
        "prompt": base64url.encode(commit(prompt_salt, bytes.fromhex(order.prompt_sha256), label="prompt")),
    }
    binding = commit(salt, canonical(row.binding_document), label="binding")
    start = decision.decided_at.replace(microsecond=0)  # tokens speak in whole seconds
    row.expires_at = min(start + timedelta(seconds=settings.CONSENT_PERMIT_SECONDS), allow.until.replace(microsecond=0))
    claims = PermitClaims(str(row.pk), str(job), start, row.expires_at, order, tuple(sorted(epochs.items())), binding)
    row.token = permit.mint(claims, keyring.signing_key("permit"))
    row.entry = _log_minted(row, grants, binding, prompt_salt, actor)
    decision.entry = row.entry
    decisions.record(decision)
    row.save(force_insert=True)
    for grant in grants:
        usage.count(row, grant, client=decision.client_id, seconds=decision.use["seconds"])
    return row


def renew(old: Permit, *, actor: Party) -> Permit:
    """Pass gate 1 again for a permit that nobody used, and mint another for the same job and video.

    Raises `PermitReplayed` if the job's permit has been used, and `Denied` if consent no longer covers
    the use. `Denied` is raised after the denial is recorded, unless a transaction of the caller's own undoes it.
    """
    claims = permit.read(old.token, keys=_keys())
    with transaction.atomic():
        decisions.lock_likenesses(uuid.UUID(likeness) for likeness, _ in claims.epochs)  # always before any counter
        usage.release(old.pk)
        decision, outcome = decisions.decide_locked(decisions.use_of(old.decision), actor=actor)
        if Permit.objects.select_for_update().filter(job=old.job, redeemed_at__isnull=False).exists():
            raise PermitReplayed("permit_replayed", "This job has begun.", "Follow the job instead.")
        if isinstance(outcome, Allow):
            return mint(decision, outcome, job=old.job, video=old.video, order=claims.order, actor=actor)
    raise decisions.Denied(decision, disclosure.reasons_for(decision, actor))


def redeem(token: str, *, service: str) -> Permit:
    """Use a permit, as the render begins. `service` names the render service that asks.

    Raises `PermitInvalid` for what is no permit, `PermitReplayed` for one that was used, and
    `PermitRefused` for one whose consent does not stand now.
    """
    claims = permit.read(token, keys=_keys())  # (1) we signed exactly this
    try:
        with transaction.atomic():
            decisions.lock_likenesses(uuid.UUID(likeness) for likeness, _ in claims.epochs)
            # From here on no withdrawal of this cast commits before we do; one that did is seen below.
            row = Permit.objects.select_for_update(of=("self",)).filter(pk=claims.permit, token=token).first()
            return _redeem(row, claims, service)
    except IntegrityError as error:  # another permit of the same job won
        raise PermitReplayed("permit_replayed", "This job has begun under another permit.") from error


def _redeem(row: Permit | None, claims: PermitClaims, service: str) -> Permit:
    if row is None:  # (2) we have it on record: a token from before a restore is worth nothing
        raise PermitRefused("permit_unknown", "This permit is not on record.")
    if row.redeemed_at is not None:  # (3) it is used once
        raise PermitReplayed("permit_replayed", "This permit has been used.")
    at = clock.now()
    permit.check_time(claims, at)  # (4) now, by the database's clock
    resting = dict(row.grants.values_list("likeness_id", "pk"))
    whole = {str(likeness) for likeness in resting} == {likeness for likeness, _ in claims.epochs}
    # (5) each likeness that we signed for has a grant that stands, and none of the cast has shut the client out
    if not whole or not standing.all_stand_for(resting.values(), row.decision.client_id):
        raise PermitRefused("consent_ended", "Consent for this render no longer stands.", "The holder must grant anew.")
    if not _decided_alike(row):  # (6) and if anything about the cast has changed, the use is still covered
        raise PermitRefused("consent_ended", "Consent for this render was narrowed.", "The holder must grant anew.")
    if not usage.is_held(row):  # (7) and nothing that it counted was given back, as for a job that is over
        raise PermitRefused("permit_released", "What this permit counted was given back.")
    if _moved(claims):  # (8) and who decides is who decided when it was minted
        raise PermitRefused("authority_moved", "Somebody else decides over a likeness now.", "Ask for the video again.")
    payload: dict[str, object] = {"permit": str(row.pk), "job": str(row.job), "service": service}
    client = row.decision.client
    row.redeemed_entry = log.append("permit.redeemed", payload, actor=f"service:{service}", subject=client.actor)
    row.redeemed_at = at
    row.save(update_fields=["redeemed_at", "redeemed_entry"])
    return row


def _decided_alike(row: Permit) -> bool:
    """Say whether the use would be allowed now, asked again only if something may have changed since gate 1.

    Epochs show it, but for whether the client is still mutual: that is up to grants of the client's own likenesses.
    """
    now = {str(pk): epoch for pk, epoch in Likeness.objects.filter(pk__in=row.epochs).values_list("pk", "epoch")}
    if now == row.epochs and not row.grants.filter(terms__audience__kind="mutuals").exists():
        return True
    use = decisions.use_of(row.decision, counted=True)
    return bool(decisions.decide_locked(use, actor=row.decision.client)[1])


def _moved(claims: PermitClaims) -> bool:
    """Tell whether authority over anybody in the cast has moved, or is disputed, since. The rows are held."""
    epochs = dict(claims.epochs)
    since = {str(row.pk): row.authority_epoch for row in Likeness.objects.filter(pk__in=epochs)}
    return any(likeness not in since or epoch < since[likeness] for likeness, epoch in epochs.items())


def _check_basis(decision: Decision, allow: Allow, grants: list[Grant], epochs: dict[str, int]) -> None:
    """Mint only from an allowance whose every likeness and grant was found again; an empty one permits nothing."""
    whole = len(grants) == len({pk for _, pk in allow.grants}) and set(epochs) == {pk for pk, _ in allow.grants}
    if not allow.grants or not whole or decision.outcome != Decision.Outcome.ALLOW or decision.entry_id is not None:
        raise ValueError("not a fresh allowance: there is nothing to mint from")


def _log_minted(row: Permit, grants: list[Grant], binding: bytes, prompt_salt: bytes, actor: Party) -> Entry:
    payload: dict[str, object] = {
        "permit": str(row.pk),
        "decision": str(row.decision.pk),
        "job": str(row.job),
        "video": str(row.video),
        "use": row.decision.use,
        "grants": [str(grant.pk) for grant in grants],
        "epochs": row.epochs,
        "expires": rfc3339.write(row.expires_at),
        "salt": base64url.encode(bytes(row.binding_salt)),
        "prompt_salt": base64url.encode(prompt_salt),
    }
    public: dict[str, object] = {"binding": base64url.encode(binding)}
    return log.append("permit.minted", payload, actor=actor.actor, subject=actor.actor, public=public)


def _keys() -> dict[str, bytes]:
    return {key.key_id: key.public for key in keyring.public_keys("permit")}
