"""Enrolment sessions: a notice, a random challenge, a clip that answers it, and three tries before a person looks.

    open_session -> submit_clip (up to three times) -> passed, or in_review -> capture_review.review

1. The clip is measured in the sandbox, outside any transaction.
2. The providers answer; an error of theirs denies and uses up no try.
3. Under the locks of likeness and session it is judged, recorded, and either accepted or put before a person.

Nobody is refused by a program for good. What was measured is sealed; the holder learns which checks failed and what
to do, never a score, and never that somebody else looks alike.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Final

from django.conf import settings
from django.db import transaction

from consent import clock, enrolment, enrolment_notice, likenesses, providers, templates
from consent.media import capture as measuring
from consent.media import challenge, prompted
from consent.models import Enrolment, EnrolmentSession, EnrolmentTry, Likeness
from consent.models.enrolment import PROMPTED, VENDOR
from ledger import base64url, log, vault
from ledger.canonical import canonical
from ledger.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from consent.models import Party

LIFE: Final = timedelta(minutes=30)
TRIES: Final = 3
MOST_A_DAY: Final = 10  # sessions of one holder: who fails twice and begins anew must not climb a hill for ever

State = EnrolmentSession.State
Doubt = EnrolmentSession.Doubt


class SessionMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "enrolment-session-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such enrolment session"


class SessionOver(Problem):
    """The session has ended, or its half hour is over."""

    code: ClassVar[str] = "enrolment-session-over"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The enrolment session is over"


class InReview(Problem):
    """A person of ours is looking at a clip; until they have decided no other is taken."""

    code: ClassVar[str] = "enrolment-in-review"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "A clip is being looked at"


class TooManySessions(Problem):
    """More sessions in a day than anybody needs."""

    code: ClassVar[str] = "enrolment-too-often"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "Too many enrolment sessions"


class EnrolmentClosed(Problem):
    """The operator takes no enrolments now."""

    code: ClassVar[str] = "enrolment-closed"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "Enrolment is closed"


@dataclass(frozen=True, slots=True)
class Judged:
    """A clip with everything that was found out about it, before anything is written."""

    clip: bytes
    capture: measuring.Capture
    verdict: prompted.Verdict
    answered: dict[str, dict[str, object]]
    assertions: tuple[providers.Assertion, ...]
    assurance: str

    @property
    def checks(self) -> dict[str, bool]:
        """Each check by name, and whether it passed."""
        return {str(check.name): check.passed for check in self.verdict.checks}


def open_session(likeness: Likeness, *, language: str, actor: Party) -> EnrolmentSession:
    """Begin a session of half an hour with a fresh challenge. One that is open is over with it."""
    notice = enrolment_notice.in_language(language)
    _check_open(likeness, actor)
    with transaction.atomic():
        likeness = Likeness.objects.select_for_update(no_key=True).get(pk=likeness.pk)
        enrolment.check_state(likeness)
        at = clock.now()
        _check_often(likeness, at)
        EnrolmentSession.objects.filter(likeness=likeness, state=State.OPEN).update(state=State.EXPIRED)
        asked = challenge.draw()
        session = EnrolmentSession(
            id=uuid.uuid4(),
            likeness=likeness,
            language=language,
            notice_sha256=notice.sha256,
            notice_version=notice.version,
            steps=list(asked.steps),
            digits=list(asked.digits),
            opened_at=at,
            expires_at=at + LIFE,
        )
        session.entry = log.append("enrolment.opened", _opening(session), actor=actor.actor, subject=actor.actor)
        session.save(force_insert=True)
    return session


def owned(session_id: uuid.UUID, *, holder: Party) -> EnrolmentSession:
    """Return the holder's session. Raises `SessionMissing`."""
    found = EnrolmentSession.objects.filter(pk=session_id, likeness__holder=holder).select_related("likeness").first()
    if found is None:
        raise SessionMissing("There is no such session of yours.", remedy="Open a session, and use its id.")
    return found


def state_of(session: EnrolmentSession, at: datetime) -> str:
    """Return the state, in which a session that ran out is over."""
    return State.EXPIRED if session.state == State.OPEN and at >= session.expires_at else State(session.state)


def asked_of(session: EnrolmentSession) -> challenge.Challenge:
    """Return what the session asks."""
    return challenge.Challenge(tuple(session.steps), tuple(session.digits))


def submit_clip(session: EnrolmentSession, unverified_clip: BinaryIO, *, actor: Party) -> EnrolmentTry:
    """Judge a clip: accepted, one more try, or a person's to decide. Returns the try; the session is refreshed.

    Raises `ClipRefused`, `UnsafeContainer` and `SandboxFailed` for what could not be judged at all, and
    `ProviderFailed`: none of them uses up a try.
    """
    if session.likeness.holder_id != actor.pk:
        raise SessionMissing("There is no such session of yours.", remedy="Open a session, and use its id.")
    _check_running(session)  # before the costly measuring, and again under the locks
    judged = _judge(session, enrolment.read_clip(unverified_clip))
    with transaction.atomic():
        likeness = Likeness.objects.select_for_update(no_key=True).select_related("holder").get(pk=session.likeness_id)
        enrolment.check_state(likeness)
        held = EnrolmentSession.objects.select_for_update().get(pk=session.pk)
        _check_running(held)
        held.likeness = likeness
        tried = _record(held, judged, actor)
    session.refresh_from_db()
    return tried


def _opening(session: EnrolmentSession) -> dict[str, object]:
    return {
        "session": str(session.pk),
        "likeness": str(session.likeness_id),
        "language": session.language,
        "notice_sha256": session.notice_sha256,
        "notice_version": session.notice_version,
        "steps": session.steps,
        "digits": session.digits,
    }


def _check_open(likeness: Likeness, actor: Party) -> None:
    if likeness.holder_id != actor.pk:
        raise likenesses.missing()
    if not settings.CONSENT_ENROLMENT_OPEN:
        raise EnrolmentClosed("No enrolments are taken now.", remedy="Try again another day.")


def _check_often(likeness: Likeness, at: datetime) -> None:
    if EnrolmentSession.objects.filter(likeness=likeness, state=State.IN_REVIEW).exists():
        raise InReview("A person is looking at your last clip.", remedy="Wait for their decision.")
    since = at - timedelta(days=1)
    if EnrolmentSession.objects.filter(likeness__holder=likeness.holder_id, opened_at__gt=since).count() >= MOST_A_DAY:
        raise TooManySessions(f"You opened {MOST_A_DAY} sessions in a day.", remedy="Try again tomorrow.")


def _check_running(session: EnrolmentSession) -> None:
    if session.state == State.IN_REVIEW:
        raise InReview("A person is looking at your last clip.", remedy="Wait for their decision.")
    if state_of(session, clock.now()) != State.OPEN:
        raise SessionOver("The session is over.", remedy="Open another one: it has a challenge of its own.")


def _judge(session: EnrolmentSession, data: bytes) -> Judged:
    """Measure, ask the providers and judge. Writes nothing."""
    asked, measured = asked_of(session), measuring.measure(data)
    face, speech = providers.face_embedder(), providers.speech_recogniser()
    found = providers.ask(face, lambda: tuple(face.templates(measured)))
    heard = providers.ask(speech, lambda: tuple(speech.hear(measured, len(asked.digits))))
    verdict = prompted.judge(measured, asked, templates=found, alike=face.alike, heard=heard)
    answered = {"face_embedder": providers.record(face), "speech_recogniser": providers.record(speech)}
    vouched: list[providers.Assertion] = []
    assurance = PROMPTED
    detection, proofing = providers.attack_detection(), providers.identity_proofing()
    if detection is not None:
        word = providers.ask(detection, lambda: detection.assess(measured, asked))
        vouched.append(word)
        answered["attack_detection"] = providers.record(detection)
        assurance = f"{VENDOR}{word.scheme}" if word.passed else PROMPTED
    if proofing is not None:
        vouched.append(providers.ask(proofing, lambda: proofing.prove(measured, session.likeness.holder.actor)))
        answered["identity_proofing"] = providers.record(proofing)
    return Judged(data, measured, verdict, answered, tuple(vouched), assurance)


def _record(session: EnrolmentSession, judged: Judged, actor: Party) -> EnrolmentTry:
    """Write the try with its one entry, under the locks."""
    number = session.tries.count() + 1
    doubt, note = _doubt(session.likeness, judged, number)
    tried = EnrolmentTry(id=uuid.uuid4(), session=session, number=number, checks=judged.checks)
    sealed = _measurements(judged, note)
    tried.measured = vault.seal(actor.actor, sealed, context=f"enrolment-try:{tried.pk}")
    payload: dict[str, object] = {
        "session": str(session.pk),
        "likeness": str(session.likeness_id),
        "number": number,
        "clip_sha256": hashlib.sha256(judged.clip).hexdigest(),
        "checks": judged.checks,
        "providers": judged.answered,
        "measured_sha256": hashlib.sha256(sealed).hexdigest(),
    }
    accepted = judged.verdict.passed and doubt == Doubt.NONE
    if accepted:
        _keep(session, judged, actor)
        made = accept(session, payload, assurance=judged.assurance, actor=actor.actor)
        tried.entry = made.entry
    else:
        tried.entry = log.append("enrolment.tried", payload, actor=actor.actor, subject=actor.actor)
        if doubt != Doubt.NONE:
            _keep(session, judged, actor)
            session.state, session.doubt = State.IN_REVIEW, doubt
            session.save(update_fields=["state", "doubt", "clip", "template"])
    tried.save(force_insert=True)
    return tried


def _doubt(likeness: Likeness, judged: Judged, number: int) -> tuple[Doubt, dict[str, object]]:
    """Say why a person must decide, if one must, and what they should know. Searches only if somebody will decide."""
    template, passed = judged.verdict.template, judged.verdict.passed
    note: dict[str, object] = {}
    doubt = Doubt.NONE
    if not passed and number < TRIES:
        return doubt, note
    if template is not None:
        face = providers.face_embedder()
        found = templates.look_alikes(template, of=likeness, model=face.model_sha256, within=face.candidate)
        own = templates.distance_to_own(template, of=likeness, model=face.model_sha256)
        note = {"look_alikes": found.record(), "own_thousandths": None if own is None else round(own * 1000)}
        if found.candidates:
            doubt = Doubt.DUPLICATE
        elif own is not None and not own <= face.same:
            doubt = Doubt.CHANGED
    if not all(word.passed for word in judged.assertions):
        doubt = Doubt.VENDOR
    return (doubt if passed else Doubt.TRIES), note


def _measurements(judged: Judged, note: dict[str, object]) -> bytes:
    """Return what is sealed of a try. The salt keeps its hash, which the holder sees, from being guessed at."""
    return canonical(
        {
            "salt": secrets.token_hex(16),
            "checks": [check.record() for check in judged.verdict.checks],
            "providers": judged.answered,
            "assertions": [
                {
                    "scheme": word.scheme,
                    "passed": word.passed,
                    "issuer": word.issuer,
                    "statement": base64url.encode(word.statement),
                }
                for word in judged.assertions
            ],
            "assurance": judged.assurance,
            "note": note,
        }
    )


def _keep(session: EnrolmentSession, judged: Judged, actor: Party) -> None:
    """Seal clip and template. A clip that is neither accepted nor waits for a person is not kept."""
    context = f"enrolment-session:{session.pk}"
    session.clip = vault.store_blob(actor.actor, io.BytesIO(judged.clip), context=context)
    template = judged.verdict.template
    if template is not None:
        model = str(judged.answered["face_embedder"]["model_sha256"])
        session.template = templates.seal(actor.actor, template, model=model, context=context)


def accept(session: EnrolmentSession, payload: dict[str, object], *, assurance: str, actor: str) -> Enrolment:
    """Enrol the clip that the session keeps, with its one entry, under the caller's locks and in their transaction."""
    likeness = session.likeness
    subject = likeness.holder.actor
    made = Enrolment(
        id=uuid.uuid4(),
        likeness=likeness,
        assurance=assurance,
        blob=session.clip,
        template=session.template,
        probe={"assurance": assurance, **{name: payload[name] for name in ("checks", "providers") if name in payload}},
        notice_sha256=session.notice_sha256,
    )
    stated = {**payload, "enrolment": str(made.pk), "assurance": assurance, "notice_sha256": session.notice_sha256}
    made.entry = log.append("enrolment.accepted", stated, actor=actor, subject=subject)
    made.save(force_insert=True)
    templates.forget_older(made)
    session.state, session.enrolment, session.clip, session.template = State.PASSED, made, None, None
    session.save(update_fields=["state", "enrolment", "clip", "template", "verdict"])
    likeness.state = likenesses.state_in_use(likeness)
    likeness.save(update_fields=["state"])
    return made
