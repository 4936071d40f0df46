"""Gate 1: ask for a video. Everybody's consent, the permit, the job and the video stand or fall in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from consent import blocks, decisions, disclosure, likenesses, permits, screening
from consent.models import Decision, Likeness, Party, Permit
from consent.permit import Order
from consent.policy import Allow, Use
from consent.takedown import sanctions
from gpu_client import jobs
from ledger.models import Blob
from ledger.problem import Problem
from provenance import asked, asking, leases, lineage, naming, repeats, reuse, sight, uses
from provenance.asked import Asked
from provenance.depiction import Depiction
from provenance.leases import ConsentWithdrawn
from provenance.models import Appearance, Video


class ConsentRequired(Problem):
    """Somebody in the cast does not permit this use. The denial is on record before this is raised."""

    code: ClassVar[str] = "consent-required"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Consent is required"


class PromptNamesAPerson(Problem):
    """The prompt names, or may name, a protected person who is not in the cast. One answer for all of that."""

    code: ClassVar[str] = "prompt-names-a-person"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The prompt may name a person"


class KeyReused(Problem):
    """An idempotency key came back with another request. Never 409: clients of this API retry that."""

    code: ClassVar[str] = "idempotency-key-reused"
    title: ClassVar[str] = "The idempotency key belongs to another request"


class VideoNotFound(Problem):
    """Absent and private are one answer."""

    code: ClassVar[str] = "video-not-found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such video"


class NotRetryable(Problem):
    """Only what failed can be tried again."""

    code: ClassVar[str] = "not-retryable"
    title: ClassVar[str] = "The video did not fail"


class ParentNotReady(Problem):
    """A remix needs a finished video."""

    code: ClassVar[str] = "parent-not-ready"
    title: ClassVar[str] = "The video cannot be remixed"


@dataclass(frozen=True, slots=True)
class Repetition:
    """By what a request would be known again: the client's key, or the try that its library says this is."""

    key: str | None  # None: the client sent none
    attempt: int | None = None  # None: nobody says that this is a try of one call

    def checked_key(self) -> str:
        """Return the key of the video to be made, or raise `RequestInvalid`."""
        if self.key is not None:
            return asked.check_key(self.key)
        return f"made-by-us:{uuid4()}" if self.attempt is None else repeats.key(1 << self.attempt)

    def joined(self, wanted: Asked, actor: Party) -> Video | None:
        """Return the video that this try is about, in the caller's transaction; `None`: it asks for a new one."""
        if self.key is not None or self.attempt is None:
            return None
        return repeats.joined(wanted.sha256(), self.attempt, actor)


@dataclass(frozen=True, slots=True)
class Allowed:
    """A request that was just allowed, inside the transaction that holds the rows of its cast."""

    wanted: Asked
    parent: Video | None  # None: a video of its own
    decision: Decision
    allow: Allow
    actor: Party


def request(
    *,
    prompt: str,
    cast: Collection[UUID | str],
    purpose: str,
    model: str,
    seconds: int | str,
    size: str,
    said: Mapping[str, object] | None = None,
    grants: Collection[UUID | str] = (),
    idempotency_key: str | None = None,
    attempt: int | None = None,
    actor: Party,
) -> Video:
    """Ask for a video of these likenesses, of whom the prompt mentions, and of those whom `grants` are about.

    `said`: the fields of `depiction.FIELDS` that were sent; None: none. `idempotency_key` `None` means that a
    repetition is a new request, unless `attempt` says which try of a client library this is (`provenance.repeats`).
    Raises `RequestInvalid`, `KeyReused`, or `ConsentRequired` once the denial is committed.
    """
    names = naming.named(prompt, cast, grants, actor)
    wanted = asked.check(
        prompt=prompt, cast=names.cast, purpose=purpose, model=model, seconds=seconds, size=size, said=said
    )
    return _once(replace(wanted, names=names), None, Repetition(idempotency_key, attempt), actor)


def remix(
    parent: Video,
    *,
    prompt: str,
    cast: Collection[UUID | str] = (),
    purpose: str | None = None,
    model: str | None = None,
    seconds: int | str | None = None,
    size: str | None = None,
    said: Mapping[str, object] | None = None,
    grants: Collection[UUID | str] = (),
    idempotency_key: str | None = None,
    attempt: int | None = None,
    actor: Party,
) -> Video:
    """Ask for a video made from another: everybody whom the parent shows is asked again, and `cast` besides.

    What is `None` is as in the parent. Raises as `request` does, and `VideoNotFound`, `ParentNotReady`,
    `ConsentWithdrawn`.
    """
    if not may_see(parent, actor):
        raise VideoNotFound("There is no such video.", pointer="/id", remedy="Check the id.")
    if parent.erased_at is not None:
        raise _ended()
    inherited = set(Appearance.objects.filter(video=parent).values_list("likeness_id", flat=True))
    names = naming.named(prompt, cast, grants, actor).with_inherited(inherited)
    wanted = asked.check(
        prompt=prompt,
        cast=names.cast,
        purpose=purpose if purpose is not None else parent.purpose,
        model=model if model is not None else parent.model,
        seconds=seconds if seconds is not None else parent.seconds,
        size=size if size is not None else parent.size,
        parent=parent.id,
        said=said,
        inherited=Depiction.of(uses.use_of(parent)),
        depth=lineage.depth(parent.id) + 1,
    )
    return _once(replace(wanted, names=names), parent, Repetition(idempotency_key, attempt), actor)


def retry(video: Video, *, actor: Party) -> Video:
    """Ask again for a video that failed: gate 1 once more, a new permit and a new job; the old job's result is void."""
    if video.client_id != actor.id:
        raise VideoNotFound("There is no such video.", pointer="/id", remedy="Check the id.")
    edge = video.parents.select_related("parent").first()
    parent = edge.parent if edge else None
    cast = tuple(sorted(video.appearances.values_list("likeness_id", flat=True)))
    wanted = Asked(
        prompt=video.prompt,
        cast=cast,
        purpose=video.purpose,
        model=video.model,
        seconds=video.seconds,
        size=video.size,
        parent=parent.id if parent else None,
        shown=Depiction.of(uses.use_of(video)),
        depth=lineage.depth(video.id),
    )
    with transaction.atomic(durable=True):
        decision, allow = _decide(wanted, actor)
        if allow is not None:
            video = Video.objects.select_for_update().get(pk=video.pk)
            if video.state != Video.State.FAILED:
                raise NotRetryable(f"The video is {video.state}.", pointer="/id", remedy="Retry only what failed.")
            allowed = Allowed(wanted, parent, decision, allow, actor)
            permit = _permit(allowed, video.id)
            video.job, video.entry, video.state = permit.job, permit.entry, Video.State.QUEUED
            video.error_code = video.error_detail = ""
            video.claimed_until, video.claims, video.waits = None, 0, 0
            video.save()
            rest_on(video, permit)
            _dispatch(allowed, permit)
    if allow is None:
        raise _refusal(decision, wanted, actor)
    return video


def may_see(video: Video, party: Party) -> bool:
    """Say whether a video exists as far as this party is concerned: its client, and who may see for somebody in it."""
    if video.client_id == party.id:
        return video.deleted_at is None
    return sight.sees(party, video)


def rest_on(video: Video, permit: Permit) -> None:
    """Make the video's appearances those of this permit: whom it shows, under which grant, at which epoch.

    A permit that was renewed, or a retry, may rest on another grant of the same likeness.
    """
    Appearance.objects.filter(video=video).delete()
    Appearance.objects.bulk_create(
        Appearance(
            video=video,
            likeness_id=resting.grant.likeness_id,
            grant=resting.grant,
            epoch=permit.epochs[str(resting.grant.likeness_id)],
            created_at=video.created_at,
            entry=permit.entry,
        )
        for resting in permit.rests_on.select_related("grant")
    )


def _once(wanted: Asked, parent: Video | None, repetition: Repetition, actor: Party) -> Video:
    """Do it once for each (client, key), however many requests race: the unique constraint decides which was first."""
    key = repetition.checked_key()
    if (made := _already(wanted, key, actor)) is not None:
        return made
    try:
        with transaction.atomic(durable=True):
            if (made := repetition.joined(wanted, actor)) is not None:
                return made
            decision, allow = _decide(wanted, actor)
            if allow is not None:
                _require_counted_on(wanted, allow)
                return _make(Allowed(wanted, parent, decision, allow, actor), key)
    except IntegrityError:
        # The other request committed first; permit, job and entry of this one are undone with its video.
        if (made := _already(wanted, key, actor)) is not None:
            return made
        raise
    raise _refusal(decision, wanted, actor)


def _already(wanted: Asked, key: str, actor: Party) -> Video | None:
    """Return the video of this key; `None`: the key is new. The same key for something else is refused."""
    video = Video.objects.filter(client=actor, idempotency_key=key).first()
    if video is not None and video.request_sha256 != wanted.sha256():
        raise KeyReused(
            "This key was used for another request.",
            pointer="/Idempotency-Key",
            remedy="Send a new key with a new request, the same key only to repeat one.",
        )
    return video


def _decide(wanted: Asked, actor: Party) -> tuple[Decision, Allow | None]:
    """Ask for everybody in the cast, then about the prompt; holds the cast's rows until the transaction ends.

    `None`: denied, and recorded. What is permitted to nobody is not screened: that would tell of names for nothing.
    Raises `RequestsRefused` while proven violations of the asker's count.
    """
    sanctions.require_may_ask(actor)
    cast = frozenset(str(likeness) for likeness in wanted.cast)
    remix = wanted.parent is not None
    use = Use(cast, str(actor.id), wanted.purpose, remix=remix, seconds=wanted.seconds, depth=wanted.depth)
    decision, answer = decisions.decide_locked(wanted.shown.use(use), actor=actor)
    if not isinstance(answer, Allow):
        return decision, None
    screened = screening.screen(wanted.prompt, cast=wanted.cast)
    if not isinstance(screened, screening.Clear):
        return screening.deny(screened, decision), None
    return decision, answer


def _require_counted_on(wanted: Asked, allow: Allow) -> None:
    """Refuse what would rest on another grant than one that the client named: it may cost or owe something else."""
    counted = wanted.names.grants if wanted.names is not None else frozenset()
    if counted - {UUID(grant) for _, grant in allow.grants}:
        raise asked.RequestInvalid(
            "The use would rest on another grant of the same likeness.",
            pointer="/grant",
            remedy="Leave the grant out: of several, the narrowest that covers the use counts.",
        )


def _make(allowed: Allowed, key: str) -> Video:
    video_id, wanted = uuid4(), allowed.wanted
    permit = _permit(allowed, video_id)
    video = Video.objects.create(
        id=video_id,
        client=allowed.actor,
        prompt=wanted.prompt,
        purpose=wanted.purpose,
        model=wanted.model,
        seconds=wanted.seconds,
        size=wanted.size,
        idempotency_key=key,
        request_sha256=wanted.sha256(),
        job=permit.job,
        created_at=allowed.decision.decided_at,
        entry=permit.entry,
    )
    rest_on(video, permit)
    if allowed.parent is not None:
        lineage.record(video, allowed.parent, permit.entry)
    _dispatch(allowed, permit)
    return video


def _permit(allowed: Allowed, video: UUID) -> Permit:
    """Mint the permit for exactly this order. The parent is asked about now, while the rows of its cast are held."""
    wanted, parent = allowed.wanted, allowed.parent
    if parent is not None:
        _require_showable(parent)
        reuse.require_open(parent, allowed.actor)
    order = Order(
        prompt_sha256=hashlib.sha256(wanted.prompt.encode()).hexdigest(),
        model=wanted.model,
        seconds=wanted.seconds,
        size=wanted.size,
        parent_sha256=parent.file_sha256 if parent else None,
    )
    return permits.mint(allowed.decision, allowed.allow, job=uuid4(), video=video, order=order, actor=allowed.actor)


def _require_showable(parent: Video) -> None:
    blocks.hold(lineage.with_ancestors([parent.id]))
    parent.refresh_from_db()
    if lineage.BLOCKED in lineage.stops([parent.id]).get(parent.id, ()):
        raise leases.blocked("/id")
    if parent.state == Video.State.WITHHELD or (
        parent.state == Video.State.PUBLISHED and parent.id not in leases.standing_now([parent.id])
    ):
        raise _ended()
    if parent.state != Video.State.PUBLISHED:
        raise ParentNotReady(f"The video is {parent.state}.", pointer="/id", remedy="Wait until it is completed.")


def _ended() -> ConsentWithdrawn:
    return ConsentWithdrawn("The video to remix is no longer permitted.", pointer="/id", remedy="Remix another.")


def _dispatch(allowed: Allowed, permit: Permit) -> None:
    """Put the order in the outbox: the calibration clip of everybody in the cast, and the parent's file."""
    wanted, parent = allowed.wanted, allowed.parent
    cast = Likeness.objects.filter(pk__in=wanted.cast).order_by("pk")
    attachments = [{"role": "calibration", "blob": str(_clip(likeness).pk)} for likeness in cast]
    if parent is not None:
        attachments.append({"role": "parent", "path": parent.path, "sha256": parent.file_sha256})
    jobs.enqueue(
        permit,
        prompt=wanted.prompt,
        model=wanted.model,
        seconds=wanted.seconds,
        size=wanted.size,
        attachments=attachments,
        actor=allowed.actor,
    )


def _clip(likeness: Likeness) -> Blob:
    """Return the calibration clip; a likeness that has none is answered as a bad request, never as 409."""
    try:
        return likenesses.calibration_blob(likeness)
    except likenesses.NotEnrolled as refusal:
        raise asked.RequestInvalid(refusal.detail, pointer="/likeness", remedy=refusal.remedy) from refusal


def _refusal(decision: Decision, wanted: Asked, actor: Party) -> ConsentRequired | PromptNamesAPerson:
    """Say what this client may know of the reasons."""
    if screening.was_the_prompt(decision):
        return PromptNamesAPerson(
            "The prompt names, or may name, a person who is not in the cast.",
            pointer="/prompt",
            remedy="If you mean a person, name their likeness in the cast; otherwise say it in other words.",
            decision_id=str(decision.id),
        )
    reasons = disclosure.reasons_for(decision, actor)
    return ConsentRequired(
        "Not every likeness in this video is covered by a grant for this use.",
        pointer="/likeness",
        remedy="Ask the holders for a grant that covers it; `reasons` says what is missing.",
        decision_id=str(decision.id),
        reasons=reasons if wanted.names is None else wanted.names.told(reasons),
        ask_url=asking.url(),
    )
