"""Make a claim of authority, add what shows it, and take it back or end it.

A claim about the dead, a character or a minor registers the likeness too: it stays `enrolling`, and nobody can permit
anything with it, until two people have accepted the claim (`consent.reviews`).
"""

from __future__ import annotations

import hashlib
import io
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Final

from django.db import IntegrityError, transaction

from consent import authority, claimform, clock, entries, keys, letters, likenesses, rfc3339, staff
from consent.media import guard
from consent.models import Claim, ClaimDocument, ClaimReview, Likeness, Message, Party, PartyKey
from consent.parties import check_shown_name
from ledger import base64url, log, vault
from ledger.canonical import canonical, digest, parse
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from consent.claimform import ClaimForm
    from consent.keys import Signed
    from consent.staff import Staff

ANSWER_WITHIN: Final = timedelta(hours=72)  # the same for a family and for a studio
ISSUED_WITHIN: Final = timedelta(minutes=10)
MAX_WAITING: Final = 20  # claims of one party that nobody has decided
MAX_DOCUMENTS: Final = 20
MAX_DOCUMENT_BYTES: Final = 10 * 1024 * 1024
WAITING: Final = (Claim.State.OPEN, Claim.State.DISPUTED)
MAGIC: Final = {"application/pdf": b"%PDF-", "image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
CLIP: Final = "video/mp4"


class ClaimMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "claim-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such claim"


class ClaimRefused(Problem):
    """The claim cannot be taken as it is."""

    code: ClassVar[str] = "claim-refused"
    title: ClassVar[str] = "The claim cannot be taken"


class ClaimClosed(Problem):
    """The claim is decided, withdrawn or ended."""

    code: ClassVar[str] = "claim-closed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The claim is closed"


class DocumentRefused(Problem):
    """The file is of no kind that is taken, or larger than is read, or one too many."""

    code: ClassVar[str] = "claim-document-refused"
    title: ClassVar[str] = "The document cannot be taken"


def draft(asked: Mapping[str, Any], *, key: PartyKey, actor: Party) -> dict[str, Any]:
    """Return the document to read and sign; `asked` has likeness or subject, role, basis, share, limits."""
    document = {
        "type": claimform.TYPE,
        "v": claimform.VERSION,
        "id": str(uuid.uuid4()),
        "claimant": str(actor.pk),
        "key": key.key_id,
        "issued_at": rfc3339.write(clock.now()),
        "sworn": claimform.SWORN,
        "likeness": None,
        "subject": None,
        "share": 1,
        "limits": None,
        **asked,
    }
    claimform.parse(document)
    return document


def make_claim(document: Mapping[str, Any], signed: Signed, *, actor: Party) -> Claim:
    """Record a sworn claim, and with a subject register its likeness. Raises a Problem for each thing that is wrong.

    An id that is nobody's likeness makes a claim like any other: staff will refuse it, and nobody learns what exists.
    """
    form = claimform.parse(dict(document))  # (1) every field is known and of its form
    if form.claimant != str(actor.pk):  # (2) the actor is who claims
        raise ClaimRefused("You are not this claimant.", pointer="/claimant", remedy="Claim with your own party id.")
    try:
        with transaction.atomic():
            key = keys.key_in_use(actor, form.key)  # (3) the key is theirs and signed exactly this
            remedy = 'Sign digest("claim", document) with the key that the document names.'
            keys.check_signed(key, signed, digest("claim", dict(document)), pointer="/signature", remedy=remedy)
            _check_new(form, actor)  # (4) just now, for the first time, and not one of too many
            return _made(form, dict(document), signed, actor)
    except IntegrityError as error:
        if Claim.objects.filter(pk=form.id).exists():  # a twin won the race
            raise _replayed() from error
        raise


def add_document(claim: Claim, source: BinaryIO, *, kind: str, actor: Party) -> ClaimDocument:
    """Seal one file with a claim that waits: evidence (PDF, JPEG, PNG), or a reference (JPEG, PNG, MP4).

    Nothing of it is decoded here, ever: what it is, its first bytes say, and of an MP4 the boxes.
    """
    data = source.read(MAX_DOCUMENT_BYTES + 1)
    media_type = _media_type(data, kind)
    with transaction.atomic():
        claim = Claim.objects.select_for_update(of=("self",)).get(pk=claim.pk)
        if claim.claimant_id != actor.pk:
            raise missing()
        if claim.state not in WAITING:
            raise closed(claim)
        if claim.documents.count() >= MAX_DOCUMENTS:
            remedy = "Put several pages into one PDF."
            raise DocumentRefused(f"The claim has {MAX_DOCUMENTS} documents.", pointer="/document", remedy=remedy)
        return _sealed(claim, data, kind, media_type, actor)


def withdraw_claim(claim: Claim, *, actor: Party) -> Claim:
    """Take back one's own claim, or lay down the authority that it gave. Twice is once."""
    with transaction.atomic():
        likeness, claim = locked(claim.pk)
        if claim.claimant_id != actor.pk:
            raise missing()
        if claim.state in WAITING or claim.state == Claim.State.ACCEPTED:
            _end(claim, likeness, actor.actor, "withdrawn by the claimant")
        elif claim.state == Claim.State.REFUSED:
            raise closed(claim)
    return claim


def end(claim: Claim, *, actor: Party | Staff) -> Claim:
    """End an accepted claim: a principal ends an agent's, and two of the staff end anybody's. Twice is once."""
    with transaction.atomic():
        likeness, claim = locked(claim.pk)
        if isinstance(actor, Party):
            held = {} if likeness is None else authority.principals(likeness, clock.now())
            if claim.role != Claim.Role.AGENT or actor.pk not in held:
                raise missing()
        if claim.state == Claim.State.ENDED:
            return claim
        if claim.state != Claim.State.ACCEPTED:
            raise closed(claim)
        if not isinstance(actor, Party):
            staff.require_another(recommended(claim, ClaimReview.Verdict.END), actor)
        _end(claim, likeness, actor.actor, "ended")
        letters.write(claim.claimant, Message.Kind.CLAIM_ENDED, _ended_entry(claim), claim=str(claim.pk))
    return claim


def of(claim_id: UUID, *, party: Party) -> Claim:
    """Return a claim that the party may see: its own, or an agent's over a likeness about which it decides."""
    claim = Claim.objects.select_related("likeness").filter(pk=claim_id).first()
    if claim is not None and claim.claimant_id == party.pk:
        return claim
    about = None if claim is None or claim.role != Claim.Role.AGENT else claim.likeness
    if claim is not None and about is not None and party.pk in authority.principals(about, clock.now()):
        return claim
    raise missing()


def document_of(claim: Claim) -> dict[str, Any]:
    """Return what the claimant signed. Raises `Erased` once they are."""
    document: dict[str, Any] = parse(vault.unseal(claim.statement))["document"]
    return document


def recommended(claim: Claim, verdict: str) -> str:
    """Return who of the staff recommended this last; "" if the last word on the claim was another."""
    last = claim.reviews.order_by("pk").last()  # numbers are drawn while the claim is held
    return last.actor if last is not None and last.verdict == verdict else ""


def locked(claim_id: UUID) -> tuple[Likeness | None, Claim]:
    """Return likeness and claim, held in this order; a likeness is never given to a claim later."""
    likeness_id = Claim.objects.values_list("likeness_id", flat=True).get(pk=claim_id)
    likeness = None if likeness_id is None else Likeness.objects.select_for_update().get(pk=likeness_id)
    claim = Claim.objects.select_for_update(of=("self",)).select_related("claimant").get(pk=claim_id)
    return likeness, claim


def lift_hold(likeness: Likeness | None) -> None:
    """Let a likeness go on once no claim about it is disputed any more. It is held by the caller, and saved here."""
    if likeness is None or likeness.state != Likeness.State.DISPUTED:
        return
    likeness.state = likenesses.state_in_use(likeness)
    likeness.save(update_fields=["state"])


def missing() -> ClaimMissing:
    """Return the one answer for a claim that is absent or not the asker's."""
    return ClaimMissing("There is no such claim of yours.", remedy="Use the id that you were given.")


def too_large() -> DocumentRefused:
    """Return the refusal of a file past the limit."""
    remedy = f"Send at most {MAX_DOCUMENT_BYTES} bytes."
    return DocumentRefused("The file is larger than any that is read.", pointer="/document", remedy=remedy)


def closed(claim: Claim) -> ClaimClosed:
    """Return the refusal of an act on a claim that is in no state for it."""
    return ClaimClosed(f"The claim is {claim.state}.", remedy="Make a new claim, if something has changed.")


def _check_new(form: ClaimForm, actor: Party) -> None:
    at = clock.now()
    if abs(at - form.issued_at) > ISSUED_WITHIN:
        raise ClaimRefused("The claim was not signed just now.", pointer="/issued_at", remedy="Draft it again.")
    if form.limits is not None and form.limits.not_after <= at:
        raise ClaimRefused("The mandate is over.", pointer="/limits/not_after", remedy="Use an end in the future.")
    if form.subject is not None and form.subject.adult_on is not None and form.subject.adult_on <= at.date():
        remedy = "Adults register their own likeness."
        raise ClaimRefused("They are of age.", pointer="/subject/adult_on", remedy=remedy)
    if form.subject is not None and form.subject.adult_on is not None and form.subject.adult_on > _unborn(at):
        remedy = "Send the day on which they turn 18."
        raise ClaimRefused("They are not born yet.", pointer="/subject/adult_on", remedy=remedy)
    if Claim.objects.filter(pk=form.id).exists():
        raise _replayed()
    Party.objects.select_for_update(no_key=True).get(pk=actor.pk)  # of two at once, the second counts the first
    if Claim.objects.filter(claimant=actor, state__in=WAITING).count() >= MAX_WAITING:
        remedy = "Wait for an answer, or take back claims that you no longer need."
        raise ClaimRefused(f"{MAX_WAITING} of your claims wait already.", remedy=remedy)


def _unborn(at: datetime) -> date:
    """Return the day by which whoever is born by now is 18, wherever they are."""
    return (at + timedelta(days=18 * 366)).date()


def _made(form: ClaimForm, document: dict[str, Any], signed: Signed, actor: Party) -> Claim:
    proof = {"signature": base64url.encode(signed)} if isinstance(signed, bytes) else {"evidence": dict(signed)}
    likeness = _likeness(form, actor)
    known = Claim.objects.filter(claimant=actor, decided_entry__isnull=False).exclude(state=Claim.State.REFUSED)
    payload: dict[str, object] = {
        "claim": str(form.id),
        "statement": base64url.encode(digest("claim", document)),
        "likeness": None if likeness is None else str(likeness.pk),
    }
    claim = Claim(
        id=form.id,
        claimant=actor,
        likeness=likeness,
        role=form.role,
        share=form.share,
        tier=Claim.Tier.VERIFIED if known.exists() else Claim.Tier.NEW,
        statement=vault.seal(actor.actor, canonical({"document": document, **proof}), context=f"claim:{form.id}"),
        due_at=clock.now() + ANSWER_WITHIN,
        entry=log.append("claim.made", payload, actor=actor.actor, subject=actor.actor),
    )
    if form.limits is not None:
        claim.acts, claim.not_after = list(form.limits.acts), form.limits.not_after
        claim.purposes = None if form.limits.purposes is None else list(form.limits.purposes)
    claim.save(force_insert=True)
    due = f"{claim.due_at:%-d %B %Y, %H:%M}"
    letters.write(actor, Message.Kind.CLAIM_MADE, claim.entry, claim=str(claim.pk), due=due)
    if claim.role == Claim.Role.AGENT and likeness is not None:
        for party in Party.objects.filter(pk__in=authority.principals(likeness, clock.now())).order_by("pk"):
            letters.write(party, Message.Kind.CLAIM_NEEDS_YOU, claim.entry, claim=str(claim.pk))
    return claim


def _likeness(form: ClaimForm, actor: Party) -> Likeness | None:
    """Return the likeness on record, `None` if there is none; or register the subject, held by the claimant."""
    subject = form.subject
    if subject is None:
        return Likeness.objects.filter(pk__in=[form.likeness], erased_at=None).first()
    check_shown_name(subject.name)
    likeness = Likeness(
        id=uuid.uuid4(),
        holder=actor,
        kind=subject.kind,
        name=subject.name,
        heirs_rule=subject.rule,
        adult_on=subject.adult_on,
    )
    payload: dict[str, object] = {"likeness": str(likeness.pk), "name": subject.name, "kind": subject.kind}
    likeness.entry = log.append("likeness.registered", payload, actor=actor.actor, subject=actor.actor)
    likeness.save(force_insert=True)
    return likeness


def _media_type(data: bytes, kind: str) -> str:
    if kind not in ClaimDocument.Kind.values:
        raise DocumentRefused("Of no kind known.", pointer="/kind", remedy='Use "evidence" or "reference".')
    if len(data) > MAX_DOCUMENT_BYTES:
        raise too_large()
    found = next((name for name, magic in MAGIC.items() if data.startswith(magic)), None)
    if kind == ClaimDocument.Kind.REFERENCE and found is None and data[4:8] == b"ftyp":
        guard.inspect(io.BytesIO(data), max_bytes=MAX_DOCUMENT_BYTES, pointer="/document")
        return CLIP
    if found is None or (kind == ClaimDocument.Kind.REFERENCE and found == "application/pdf"):
        known = "JPEG, PNG or MP4" if kind == ClaimDocument.Kind.REFERENCE else "PDF, JPEG or PNG"
        raise DocumentRefused("The file is of no kind that is taken.", pointer="/document", remedy=f"Send {known}.")
    return found


def _sealed(claim: Claim, data: bytes, kind: str, media_type: str, actor: Party) -> ClaimDocument:
    row = ClaimDocument(id=uuid.uuid4(), claim=claim, kind=kind, media_type=media_type)
    payload: dict[str, object] = {
        "claim": str(claim.pk),
        "document": str(row.pk),
        "kind": kind,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    row.blob = vault.store_blob(actor.actor, io.BytesIO(data), context=f"claim-document:{row.pk}")
    row.entry = log.append("claim.documented", payload, actor=actor.actor, subject=actor.actor)
    row.save(force_insert=True)
    return row


def _end(claim: Claim, likeness: Likeness | None, actor: str, why: str) -> None:
    waiting = claim.state in WAITING
    payload = {"claim": str(claim.pk), "why": why}
    claim.ended_entry = entries.append_end("claim.ended", payload, actor=actor, subject=claim.claimant.actor)
    claim.ended_at = clock.now()
    claim.state = Claim.State.WITHDRAWN if waiting else Claim.State.ENDED
    claim.save(update_fields=["state", "ended_at", "ended_entry"])
    lift_hold(likeness)


def _ended_entry(claim: Claim) -> Any:  # noqa: ANN401 - an entry, which a claim that has ended always has
    return claim.ended_entry


def _replayed() -> ClaimRefused:
    return ClaimRefused("A claim with this id is on record.", pointer="/id", remedy="Draft a new claim.")
