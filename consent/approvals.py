"""Ask the holder about one video, and keep the answer. Silence is a no.

    1. the draft is stamped: `ask`, for each grant of the permit that reserves a yes. The clock starts here, since from
       here on whoever is asked can see what they are asked about
    2. `give` or `refuse`, by whoever may act for the likeness: any one of several to refuse, as many as their rule says
       to give
    3. past its time the answer is no, whether or not `expire_due` has written that down yet

What asks for a yes is what asked for it at gate 1, and what asks for it now: a grant that was narrowed, or replaced by
one that reserves it, is heard before the video is shown.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction
from django.db.models import Q

from consent import authority, clock, decisions, endings, entries, messages, rfc3339, usage
from consent.authority import Act, Why
from consent.facts import terms_of
from consent.models import Approval, ApprovalVoice, Claim, Grant, Likeness, Message, Party
from consent.policy import Duty
from ledger import base64url, log
from ledger.canonical import digest
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from consent.models import Permit

State = Approval.State
SYSTEM: Final = "system:consent"
BATCH: Final = 256
NONE: Final = "none"  # the permit rests on no grant that reserves a yes
_KINDS: Final = {
    State.GIVEN: "approval.given",
    State.REFUSED: "approval.refused",
    State.TIMED_OUT: "approval.timed_out",
}


class ApprovalMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "approval-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such approval"


class ApprovalClosed(Problem):
    """It was answered otherwise, its time is over, or the permission behind it has ended."""

    code: ClassVar[str] = "approval-closed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The approval is closed"


def ask(permit: Permit, video: uuid.UUID, *, actor: str) -> list[Approval]:
    """Ask, in the caller's transaction, whoever reserves a yes to this video and was not asked yet; return those asked.

    A grant whose terms can no longer be read has ended, and is not asked about: gate 3 refuses the video for it.
    """
    asked = set(Approval.objects.filter(permit=permit).values_list("grant_id", flat=True))
    wanted = {pk: hours for pk, hours in _reserved(permit).items() if pk not in asked and hours is not None}
    grants = Grant.objects.select_related("likeness__holder").filter(pk__in=wanted).order_by("pk")
    return [_ask(permit, video, grant, wanted[grant.pk], actor) for grant in grants]


def standing_of(permit: Permit) -> str:
    """Return `refused`, `timed_out`, `pending`, `given`, or `none` where nothing asks for a yes; a no comes first."""
    found = dict(Approval.objects.filter(permit=permit).values_list("grant_id", "state"))
    needed = set(_reserved(permit)) | set(found)
    if not needed:
        return NONE
    states = {found.get(grant, State.PENDING) for grant in needed}
    order = (State.REFUSED, State.TIMED_OUT, State.PENDING, State.GIVEN)
    return str(next(state for state in order if state in states))


def give(approval: Approval, *, actor: Party) -> Approval:
    """Say yes. Of several who decide together it is one voice, until enough have said it. Twice is once."""
    with transaction.atomic():
        held = _held(approval)
        may = authority.may_act(held.grant.likeness_id, actor, Act.GRANT)
        if not may and may.why is not Why.ASSENT_NEEDED:
            raise _refused(may, held, actor)
        if may.purposes is not None and held.permit.decision.use.get("purpose") not in may.purposes:
            raise missing()  # an agent's mandate ends at these purposes
        if held.state == State.GIVEN:
            return held
        _check_open(held)
        if may.why is Why.ASSENT_NEEDED and not _voice(held, actor):
            return held
        return _close(held, State.GIVEN, actor.actor)


def refuse(approval: Approval, *, actor: Party) -> Approval:
    """Say no: anybody who may act for the likeness, alone. Twice is once."""
    with transaction.atomic():
        held = _held(approval)
        if not is_theirs(held.grant.likeness_id, actor):
            raise missing()
        if held.state == State.REFUSED:
            return held
        _check_open(held)
        return _close(held, State.REFUSED, actor.actor)


def expire_due() -> int:
    """Write down the no of those who did not answer in time; return how many."""
    due = Approval.objects.filter(state=State.PENDING, due_at__lte=clock.now()).order_by("due_at", "pk")
    found = list(due[:BATCH])
    for each in found:
        with transaction.atomic():
            held = _held(each)
            if held.state == State.PENDING:
                _close(held, State.TIMED_OUT, SYSTEM)
    return len(found)


def likenesses_of(party: Party) -> list[uuid.UUID]:
    """Return the likenesses for which the party may answer now."""
    claimed = Claim.objects.filter(claimant=party, state=Claim.State.ACCEPTED).values("likeness")
    found = Likeness.objects.filter(Q(holder=party) | Q(pk__in=claimed)).order_by("pk").values_list("pk", flat=True)
    return [likeness for likeness in found if is_theirs(likeness, party)]


def is_theirs(likeness: uuid.UUID, party: Party) -> bool:
    """Tell whether the party has any say over the likeness: to give permission, alone or with others, or to end it."""
    if authority.may_act(likeness, party, Act.WITHDRAW):
        return True
    may = authority.may_act(likeness, party, Act.GRANT)
    return bool(may) or may.why in {Why.ASSENT_NEEDED, Why.DISPUTED}


def missing() -> ApprovalMissing:
    """Return the one answer for an approval that is absent or not the asker's."""
    return ApprovalMissing("There is no such approval of yours.", remedy="Use an id that the list gave.")


def _reserved(permit: Permit) -> dict[uuid.UUID, timedelta | None]:
    """Return the grants of the permit that reserve a yes, then or now, and the time for it; None: not to be read."""
    then = {owed["grant"] for owed in permit.decision.obligations if owed["duty"] == Duty.APPROVE}
    found: dict[uuid.UUID, timedelta | None] = {}
    for grant in Grant.objects.filter(permits=permit).order_by("pk"):
        times = [terms.approval for each in _line(grant) if (terms := terms_of(each.terms)) is not None]
        given = [time for time in times if time is not None]
        if given or str(grant.pk) in then:
            found[grant.pk] = given[-1] if given else None
    return found


def _line(grant: Grant) -> list[Grant]:
    """Return the grant and what took its place, one after the other: what holds now is the last."""
    line = [grant]
    while (following := line[-1].superseded_by) is not None:
        line.append(following)
    return line


def _ask(permit: Permit, video: uuid.UUID, grant: Grant, time: timedelta, actor: str) -> Approval:
    at = clock.now()
    approval = Approval(id=uuid.uuid4(), permit=permit, grant=grant, video=video, asked_at=at, due_at=at + time)
    payload: dict[str, object] = _payload(approval) | {"permit": str(permit.pk), "due": rfc3339.write(approval.due_at)}
    subject = endings.subject_of(grant.likeness)
    approval.entry = entries.append_end("approval.asked", payload, actor=actor, subject=subject)
    approval.save(force_insert=True)
    until = f"{approval.due_at:%Y-%m-%d %H:%M} UTC"
    for party in _asked(grant.likeness, at):
        messages.inform(
            party, Message.Kind.APPROVAL_ASKED, approval.entry, video=str(video), approval=str(approval.pk), until=until
        )
    return approval


def _asked(likeness: Likeness, at: datetime) -> list[Party]:
    """Return whom to tell: everybody who decides, and the holder."""
    ids = {*authority.principals(likeness, at), likeness.holder_id}
    return list(Party.objects.select_related("user").filter(pk__in=ids, erased_at=None).order_by("pk"))


def _held(approval: Approval) -> Approval:
    """Return the row, locked, with the likeness held first, in the order of the gates."""
    decisions.lock_likenesses([approval.grant.likeness_id])
    rows = Approval.objects.select_for_update(of=("self",))
    return rows.select_related("grant__likeness", "permit__decision").get(pk=approval.pk)


def _check_open(held: Approval) -> None:
    if held.state != State.PENDING:
        remedy = "To stop a video that you approved, withdraw the grant."
        raise ApprovalClosed(f"It is {held.state} already.", remedy=remedy)
    if clock.now() >= held.due_at:
        raise ApprovalClosed("Its time is over, which is a no.", remedy="Ask for the video to be made again.")
    if held.grant.ended_at is not None:
        raise ApprovalClosed("The permission behind it has ended.", remedy="Nothing is to be done.")


def _refused(may: authority.Authority, held: Approval, actor: Party) -> Problem:
    """Return what who may not say yes is told: why, if they have any say at all."""
    if may.why is Why.DISPUTED and is_theirs(held.grant.likeness_id, actor):
        remedy = "Wait until it is settled. You can still say no."
        return authority.AuthorityRefused("Somebody else claims authority over this likeness.", remedy=remedy)
    return missing()


def _voice(held: Approval, actor: Party) -> bool:
    """Write down one yes of several; tell whether those of now who said it suffice."""
    if not held.voices.filter(party=actor).exists():
        act = digest("approval", {"approval": str(held.pk), "video": str(held.video)})
        payload: dict[str, object] = {
            "likeness": str(held.grant.likeness_id),
            "act": base64url.encode(act),
            "kind": "approval",
        }
        entry = log.append("authority.assented", payload, actor=actor.actor, subject=actor.actor)
        ApprovalVoice.objects.create(approval=held, party=actor, entry=entry)
    return authority.suffice(held.grant.likeness, set(held.voices.values_list("party_id", flat=True)))


def _close(held: Approval, state: Approval.State, actor: str) -> Approval:
    """Write the answer. After a no, what the permit counted is given back: nothing is shown for it."""
    subject = endings.subject_of(held.grant.likeness)
    held.decided_entry = entries.append_end(_KINDS[state], _payload(held), actor=actor, subject=subject)
    held.state, held.decided_at, held.decided_by = state, clock.now(), actor
    held.save(update_fields=["state", "decided_at", "decided_by", "decided_entry"])
    if state != State.GIVEN:
        usage.release(held.permit_id)
    return held


def _payload(approval: Approval) -> dict[str, object]:
    return {"approval": str(approval.pk), "video": str(approval.video), "grant": str(approval.grant_id)}


def waiting(videos: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """Return which of the videos wait for a yes, and until when the first of them has to come."""
    rows = Approval.objects.filter(video__in=videos, state=State.PENDING).order_by("-due_at")
    return dict(rows.values_list("video", "due_at"))
