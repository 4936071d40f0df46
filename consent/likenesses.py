"""Register likenesses, find one's own, and hand the calibration clip to a render."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.db import transaction

from consent.models import Claim, ClaimDocument, Enrolment, Likeness, Suspension
from consent.parties import check_shown_name
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from consent.models import Party
    from ledger.models import Blob


class LikenessKindRefused(Problem):
    """Only a living person registers their own likeness without further evidence."""

    code: ClassVar[str] = "likeness-kind-refused"
    title: ClassVar[str] = "This kind of likeness cannot be registered like this"


class LikenessMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "likeness-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such likeness"


class ClaimNeeded(Problem):
    """Nobody's authority over this likeness is accepted yet."""

    code: ClassVar[str] = "claim-needed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "A claim of authority has to be accepted first"


class NotEnrolled(Problem):
    """The likeness has no calibration clip, or may not be shown any more."""

    code: ClassVar[str] = "likeness-not-enrolled"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The likeness is not enrolled"


def register_likeness(*, name: str, kind: str, actor: Party) -> Likeness:
    """Register one's own likeness. It can be granted once it is enrolled."""
    check_shown_name(name)
    if kind != Likeness.Kind.PERSON:
        remedy = 'Use "person". For minors, the dead and characters make a claim of authority (POST /v1/claims).'
        raise LikenessKindRefused("You can register only your own living likeness.", pointer="/kind", remedy=remedy)
    likeness = Likeness(id=uuid.uuid4(), holder=actor, kind=kind, name=name)
    with transaction.atomic():
        payload: dict[str, object] = {"likeness": str(likeness.pk), "name": name, "kind": kind}
        likeness.entry = log.append("likeness.registered", payload, actor=actor.actor, subject=actor.actor)
        likeness.save(force_insert=True)
    return likeness


def missing(pointer: str | None = None) -> LikenessMissing:
    """Return the one answer for a likeness that is absent or not the asker's."""
    return LikenessMissing("There is no such likeness of yours.", pointer=pointer, remedy="Use an id that you hold.")


def owned(likeness_id: uuid.UUID, *, holder: Party, pointer: str | None = None) -> Likeness:
    """Return the holder's likeness. Raises `LikenessMissing`."""
    likeness = Likeness.objects.filter(pk=likeness_id, holder=holder).first()
    if likeness is None:
        raise missing(pointer)
    return likeness


def state_in_use(likeness: Likeness) -> Likeness.State:
    """Return in which state a likeness is that is enrolled and not withdrawn: held, at rest, or active.

    Asked by every verb that would make it active: what one act lifts, another may still hold. The caller has the row.
    """
    if Claim.objects.filter(likeness=likeness, state=Claim.State.DISPUTED).exists():
        return Likeness.State.DISPUTED
    if Suspension.objects.filter(likeness=likeness, grant=None, resumed_at=None).exists():
        return Likeness.State.SUSPENDED
    return Likeness.State.ACTIVE


def check_claimed(likeness: Likeness) -> None:
    """Raise `ClaimNeeded` unless it is an adult's own, or a claim of authority over it was accepted."""
    own = likeness.kind == Likeness.Kind.PERSON and likeness.adult_on is None
    if not own and likeness.authority_entry_id is None:
        remedy = "Wait until your claim is accepted; its due date is shown with it."
        raise ClaimNeeded("Your authority over this likeness is not accepted yet.", remedy=remedy)


def calibration_blob(likeness: Likeness) -> Blob:
    """Return the newest accepted clip, for a render that holds a permit. Raises `NotEnrolled`.

    A character, or somebody who died, has no clip: then the newest reference of an accepted claim.
    """
    if likeness.state == Likeness.State.ACTIVE:
        blob = _clip(likeness) or _reference(likeness)
        if blob is not None and blob.erased_at is None:
            return blob
    raise NotEnrolled("There is no calibration clip to render from.", remedy="Enrol the likeness first.")


def _clip(likeness: Likeness) -> Blob | None:
    enrolments = Enrolment.objects.select_related("blob").filter(likeness=likeness, erased_at=None)
    enrolment = enrolments.order_by("created_at", "pk").last()
    return None if enrolment is None else enrolment.blob


def _reference(likeness: Likeness) -> Blob | None:
    """Never of a living person, who shows their own face."""
    if likeness.kind == Likeness.Kind.PERSON:
        return None
    documents = ClaimDocument.objects.select_related("blob").filter(
        claim__likeness=likeness, claim__state=Claim.State.ACCEPTED, kind=ClaimDocument.Kind.REFERENCE
    )
    document = documents.order_by("added_at", "pk").last()
    return None if document is None else document.blob
