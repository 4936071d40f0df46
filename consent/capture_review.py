"""A person decides on a clip that a program would not: after three tries, or because of a doubt.

The reasons are a closed list. That the digits were not understood is none to refuse: an accent is no offence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction

from consent import capture, enrolment
from consent.media.prompted import Name
from consent.models import EnrolmentSession, Likeness
from consent.models.enrolment import PROMPTED
from consent.staff import StaffRefused
from ledger import erasure, log, vault
from ledger.canonical import parse
from ledger.models import Blob
from ledger.problem import Problem

if TYPE_CHECKING:
    from typing import Any

    from consent.models import EnrolmentTry
    from consent.staff import Staff

State = EnrolmentSession.State

ACCEPTING: Final = {
    "accent": "every check but the digits passed, and a person hears them said",
    "follows": "a person sees that the challenge was followed",
    "different-people": "a possible duplicate is somebody else",
    "same-person": "the enrolled face has changed, and is the same person's",
}
REFUSING: Final = {
    "not-followed": "the challenge was not followed",
    "unusable": "the clip shows too little to enrol",
    "duplicate": "the face is somebody's who is enrolled already",
    "another-person": "the face is not the one that this likeness was enrolled with",
    "presentation-attack": "a person sees a screen, a print, a mask or a fabrication",
}
ACCENT: Final = frozenset({"not-followed", "unusable"})  # no reasons where only the digits were not understood


class ReviewRefused(Problem):
    """The review cannot be recorded like this."""

    code: ClassVar[str] = "review-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The review cannot be recorded"


def waiting(limit: int = 100) -> list[EnrolmentSession]:
    """Return the sessions that wait for a person, those that wait longest first."""
    queue = EnrolmentSession.objects.filter(state=State.IN_REVIEW).select_related("likeness__holder")
    return list(queue.order_by("opened_at", "pk")[:limit])


def findings(session: EnrolmentSession) -> list[dict[str, Any]]:
    """Return what was measured in each try, for a reviewer: checks with their scores, and who looks alike."""
    tries = session.tries.select_related("measured__subject_key").order_by("number")
    return [parse(vault.unseal(tried.measured)) for tried in tries]


def review(session: EnrolmentSession, *, accept: bool, reason: str, actor: Staff) -> EnrolmentSession:
    """Accept or refuse the clip that waits. A refusal destroys clip and template, and bars nobody from trying again."""
    if reason not in (ACCEPTING if accept else REFUSING):
        remedy = f"Use one of: {', '.join(ACCEPTING if accept else REFUSING)}."
        raise ReviewRefused("This is not one of the reasons.", pointer="/reason", remedy=remedy)
    with transaction.atomic():
        likeness = Likeness.objects.select_for_update(no_key=True).select_related("holder").get(pk=session.likeness_id)
        held = EnrolmentSession.objects.select_for_update().get(pk=session.pk)
        held.likeness = likeness
        last = _last_try(held, actor)
        held.verdict = reason
        payload: dict[str, object] = {"session": str(held.pk), "likeness": str(likeness.pk), "number": last.number}
        if accept:
            enrolment.check_state(likeness)
            if held.template is None:
                raise ReviewRefused("There is no face in it that could be enrolled.", remedy="Refuse it.")
            sealed = parse(vault.unseal(last.measured))
            proof = {"checks": last.checks, "providers": sealed["providers"], "reviewed": True}
            assurance = PROMPTED if held.doubt == EnrolmentSession.Doubt.VENDOR else str(sealed["assurance"])
            capture.accept(held, payload | proof, assurance=assurance, actor=actor.actor)
        else:
            _refuse(held, payload | {"reason": reason}, last, actor)
    session.refresh_from_db()
    return session


def _last_try(session: EnrolmentSession, actor: Staff) -> EnrolmentTry:
    """Return the try that waits. Raises if none does, or if the reviewer is the holder."""
    last = session.tries.order_by("number").last()
    if session.state != State.IN_REVIEW or last is None:
        raise ReviewRefused("Nothing of this session waits for a person.", remedy="Look at the queue again.")
    if session.likeness.holder.user_id == actor.user:
        raise StaffRefused("It is your own likeness.", remedy="Ask a colleague to look at it.")
    return last


def _refuse(session: EnrolmentSession, payload: dict[str, object], last: EnrolmentTry, actor: Staff) -> None:
    failed = {name for name, passed in last.checks.items() if not passed}
    if failed == {str(Name.DIGITS)} and payload["reason"] in ACCENT:
        remedy = "Listen to it: accept it for the accent, or name what else is wrong."
        raise ReviewRefused("Only the digits were not understood.", pointer="/reason", remedy=remedy)
    subject = session.likeness.holder.actor
    session.refused_entry = log.append("enrolment.refused", payload, actor=actor.actor, subject=subject)
    clip, template = session.clip, session.template
    session.state, session.clip, session.template = State.REFUSED, None, None
    session.save(update_fields=["state", "clip", "template", "verdict", "refused_entry"])
    if template is not None:
        template.delete()
    if clip is not None:
        _destroy(clip)


def _destroy(clip: Blob) -> None:
    """Remove the row now and the file after the commit. If we crash in between, fsck lists a file without a row."""
    Blob.objects.filter(pk=clip.pk).delete()  # by the query: the instance keeps the id that names the file
    transaction.on_commit(lambda: erasure.remove_files([clip]))
