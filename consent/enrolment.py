"""Enrol a likeness from a calibration clip: measured in a sandbox, sealed under the holder's key."""

from __future__ import annotations

import hashlib
import io
import uuid
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Final

from django.conf import settings
from django.db import transaction

from consent import likenesses
from consent.media import clip
from consent.media.clip import ClipTooLarge
from consent.models import Enrolment, Likeness
from consent.models.enrolment import MEASURED_ONLY
from ledger import log, vault
from ledger.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from consent.models import Party

NOTICE: Final = (
    "We will measure the face and the voice in this clip, and store the clip encrypted under a key of your own. "
    "It is used to make videos that your grants cover, and for nothing else. "
    "You can withdraw at any moment; erasing destroys the key.\n"
)
NOTICE_SHA256: Final = hashlib.sha256(NOTICE.encode()).hexdigest()


class LikenessWithdrawn(Problem):
    """A withdrawn likeness stays withdrawn."""

    code: ClassVar[str] = "likeness-withdrawn"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The likeness is withdrawn"


class EnrolmentNeedsSession(Problem):
    """A clip that answered a challenge is not replaced by one that answered none."""

    code: ClassVar[str] = "enrolment-needs-session"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This likeness is enrolled by a session"


def enrol(likeness: Likeness, unverified_clip: BinaryIO, *, actor: Party) -> Enrolment:
    """Check and seal a clip; from then on the likeness is active. A second clip replaces the first for new renders.

    Nobody asked for anything in this clip: its assurance is "measured-only". `capture` is for more.
    Raises `ClipRefused` for a clip that does not show one speaking person (`ClipTooLarge` for one that is not read to
    its end), `UnsafeContainer` for what is no sound MP4, and `SandboxFailed` if it could not be checked.
    """
    if likeness.holder_id != actor.pk:
        raise likenesses.missing()
    check_state(likeness)  # before the costly probe, and again under the lock
    _check_unprompted(likeness)
    data = read_clip(unverified_clip)
    report = clip.probe(data)
    with transaction.atomic():
        likeness = Likeness.objects.select_for_update(no_key=True).get(pk=likeness.pk)
        check_state(likeness)
        _check_unprompted(likeness)
        enrolment = Enrolment(id=uuid.uuid4(), likeness=likeness, probe=report.record(), notice_sha256=NOTICE_SHA256)
        payload: dict[str, object] = {
            "likeness": str(likeness.pk),
            "enrolment": str(enrolment.pk),
            "clip_sha256": hashlib.sha256(data).hexdigest(),
            "notice_sha256": NOTICE_SHA256,
            "probe": report.record(),
        }
        enrolment.blob = vault.store_blob(actor.actor, io.BytesIO(data), context=f"enrolment:{enrolment.pk}")
        enrolment.entry = log.append("enrolment.accepted", payload, actor=actor.actor, subject=actor.actor)
        enrolment.save(force_insert=True)
        likeness.state = likenesses.state_in_use(likeness)
        likeness.save(update_fields=["state"])
    return enrolment


def fresh_proof_at(likeness: Likeness) -> datetime | None:
    """Return when the newest clip of the holder's that answered a challenge was accepted; `None`: none that stands."""
    prompted = Enrolment.objects.filter(
        likeness=likeness,
        likeness__state=Likeness.State.ACTIVE,
        erased_at=None,
        blob__subject_key__subject=f"party:{likeness.holder_id}",  # not of who held it before
    ).exclude(assurance=MEASURED_ONLY)
    return prompted.order_by("created_at", "pk").values_list("created_at", flat=True).last()


def _check_unprompted(likeness: Likeness) -> None:
    """Raise if the likeness has more than a measured clip: whoever stole a token has no face to answer with."""
    if Enrolment.objects.filter(likeness=likeness).exclude(assurance=MEASURED_ONLY).exists():
        raise EnrolmentNeedsSession("It was enrolled by answering a challenge.", remedy="Open an enrolment session.")


def check_state(likeness: Likeness) -> None:
    """Raise `LikenessWithdrawn` unless the likeness may be enrolled."""
    if likeness.state not in {Likeness.State.ENROLLING, Likeness.State.ACTIVE}:
        if likeness.state == Likeness.State.SUSPENDED:
            remedy = "Resume it first, or ask the people who run this service why it is suspended."
            raise LikenessWithdrawn("This likeness is suspended.", remedy=remedy)
        if likeness.state == Likeness.State.DISPUTED:
            raise LikenessWithdrawn("Somebody else claims this likeness.", remedy="Wait until that is settled.")
        raise LikenessWithdrawn("You withdrew this likeness.", remedy="Register a new likeness and enrol that.")
    likenesses.check_claimed(likeness)


def read_clip(source: BinaryIO) -> bytes:
    """Return the bytes. Raises `ClipTooLarge`, having read at most one byte more: a claimed size is not believed."""
    limit = settings.CONSENT_CLIP_MAX_BYTES
    data = source.read(limit + 1)
    if len(data) > limit:
        raise too_large()
    return data


def too_large() -> ClipTooLarge:
    """Return the refusal of an upload past the limit."""
    remedy = f"Send at most {settings.CONSENT_CLIP_MAX_BYTES} bytes."
    return ClipTooLarge("The clip is larger than any that is read.", pointer="/clip", remedy=remedy)
