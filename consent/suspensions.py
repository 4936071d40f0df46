"""Let permission rest, and bring it back.

A suspended likeness is in a state that no gate accepts; a suspended grant is asked for by `consent.standing` and
`consent.decisions`. Only an entry `consent.resumed` brings either back: a crash, a restore or a late worker cannot.

A holder pauses and resumes what is theirs at once. What staff suspended, another member of staff lifts, or the time
that was promised with it; a holder cannot, and staff cannot lift a holder's pause, which would widen for them.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction

from consent import clock, endings, entries, grants, likenesses, messages, rfc3339, staff
from consent import revocation_reasons as reasons
from consent.models import Grant, Likeness, Message, Party, Suspension
from consent.revocation_reasons import By
from consent.staff import Staff
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet

    from consent.revocation_reasons import Reason

SYSTEM: Final = "system:consent"
BATCH: Final = 256


class SuspensionRefused(Problem):
    """What has ended, or never began, cannot rest; a promised end lies in the future."""

    code: ClassVar[str] = "suspension-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This cannot be suspended"


class SuspensionMissing(Problem):
    """Absent, or not the asker's to lift: one answer for both."""

    code: ClassVar[str] = "suspension-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such suspension"


def suspend(
    target: Likeness | Grant, *, reason: str, actor: Party | Staff, until: datetime | None = None
) -> Suspension:
    """Let a likeness or one grant rest until `until`, or until somebody lifts it (`None`).

    By the same actor suspended already: the same suspension again. Effective once drained (`revocations.drain`).
    """
    with transaction.atomic():
        likeness = endings.lock(target.likeness_id if isinstance(target, Grant) else target.pk)
        grant = Grant.objects.get(pk=target.pk) if isinstance(target, Grant) else None
        given = _may_suspend(likeness, grant, reason, actor)
        twin = _in_force(likeness).filter(grant=grant, actor=actor.actor, reason=reason).first()
        if twin is not None:
            return twin
        _check_target(likeness, grant, until)
        suspension = place(likeness, grant, reason=reason, actor=actor.actor, until=until)
        if isinstance(actor, Staff):
            _tell(suspension, given)
    return suspension


def place(
    likeness: Likeness, grant: Grant | None, *, reason: str, actor: str, until: datetime | None = None
) -> Suspension:
    """Write a suspension in the caller's transaction. The likeness is locked; who may was asked before."""
    resting = _resting(list(_in_force(likeness)), _scope(likeness, grant))
    fresh = [each for each in _scope(likeness, grant) if each.pk not in resting]
    likeness.epoch += 1
    if grant is None:
        likeness.state = Likeness.State.SUSPENDED
    suspension = Suspension(id=uuid.uuid4(), likeness=likeness, grant=grant, reason=reason, actor=actor, until=until)
    suspension.epoch, suspension.accepted_at = likeness.epoch, clock.now()
    payload = _payload(suspension) | {
        "reason": reason,
        "epoch": likeness.epoch,
        "until": None if until is None else rfc3339.write(until),
    }
    suspension.entry = entries.append_end(
        "consent.suspended",
        payload,
        actor=actor,
        subject=endings.subject_of(likeness),
        public={"suspends": [each.entry.commit_text for each in fresh]},
    )
    likeness.save(update_fields=["epoch", "state"])
    suspension.save(force_insert=True)
    return suspension


def resume(suspension: Suspension, *, actor: Party | Staff) -> Suspension:
    """Lift a suspension. What another one covers goes on resting. Twice is once.

    Raises `SuspensionMissing` for a holder whose own it is not, `SecondPersonNeeded` for whoever of staff suspended.
    """
    with transaction.atomic():
        likeness = endings.lock(suspension.likeness_id)
        held = Suspension.objects.select_related("grant").get(pk=suspension.pk)
        _may_resume(held, likeness, actor)
        return _resume(held, likeness, actor.actor)


def resume_due() -> int:
    """Lift what was promised to end by now; return how many."""
    due = Suspension.objects.filter(resumed_at=None, until__lte=clock.now()).order_by("until")
    found = list(due[:BATCH])
    for each in found:
        with transaction.atomic():
            likeness = endings.lock(each.likeness_id)
            _resume(Suspension.objects.select_related("grant").get(pk=each.pk), likeness, SYSTEM)
    return len(found)


def suspended(grant_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the grants that rest by themselves; whether their likeness does, its state says."""
    rows = Suspension.objects.filter(grant__in=grant_ids, resumed_at=None).values_list("grant_id", flat=True)
    return {pk for pk in rows if pk is not None}


def is_pause(suspension: Suspension) -> bool:
    """Tell whether a holder paused: whoever holds the likeness by now resumes it, or nobody ever could."""
    return suspension.actor.startswith("party:")


def missing() -> SuspensionMissing:
    """Return the one answer for a suspension that is absent or not the asker's."""
    return SuspensionMissing("There is no such suspension of yours.", remedy="Use an id that the list gave.")


def _may_suspend(likeness: Likeness, grant: Grant | None, reason: str, actor: Party | Staff) -> Reason:
    if isinstance(actor, Staff):
        return reasons.suspension(reason, by=frozenset({By.STAFF, By.COURT}))
    if likeness.holder_id != actor.pk:
        raise likenesses.missing("/likeness") if grant is None else grants.missing("/grant")
    return reasons.suspension(reason, by=frozenset({By.HOLDER}))


def _check_target(likeness: Likeness, grant: Grant | None, until: datetime | None) -> None:
    if likeness.state not in {Likeness.State.ACTIVE, Likeness.State.DISPUTED, Likeness.State.SUSPENDED}:
        raise SuspensionRefused("This likeness permits nothing.", pointer="/likeness", remedy="Nothing is to be done.")
    if grant is not None and grant.ended_at is not None:
        raise SuspensionRefused("This grant has ended.", pointer="/grant", remedy="Nothing is to be done.")
    if until is not None and until <= clock.now():
        raise SuspensionRefused("The end lies in the past.", pointer="/until", remedy="Choose one in the future.")


def _may_resume(suspension: Suspension, likeness: Likeness, actor: Party | Staff) -> None:
    if isinstance(actor, Staff):
        if not suspension.actor.startswith(staff.PREFIX):  # a person's own pause is theirs to end
            raise missing()
        staff.require_another(suspension.actor, actor)
    elif likeness.holder_id != actor.pk or not is_pause(suspension):
        raise missing()


def _resume(suspension: Suspension, likeness: Likeness, actor: str) -> Suspension:
    """Write it. The likeness is locked. One that was withdrawn meanwhile stays so; then nothing is resumed."""
    if suspension.resumed_at is not None:
        return suspension
    rest = list(_in_force(likeness).exclude(pk=suspension.pk))
    scope = _scope(likeness, suspension.grant)
    resting = _resting(rest, scope)
    suspension.resumed_at, suspension.resumed_by = clock.now(), actor
    suspension.resumed_entry = entries.append_end(
        "consent.resumed",
        _payload(suspension),
        actor=actor,
        subject=endings.subject_of(likeness),
        public={"resumes": [each.entry.commit_text for each in scope if each.pk not in resting]},
    )
    suspension.save(update_fields=["resumed_at", "resumed_by", "resumed_entry"])
    whole = suspension.grant_id is None and not any(each.grant_id is None for each in rest)
    if whole and likeness.state == Likeness.State.SUSPENDED:
        likeness.state = likenesses.state_in_use(likeness)
        likeness.save(update_fields=["state"])
    if suspension.actor.startswith(staff.PREFIX):
        _tell_resumed(suspension)
    return suspension


def _in_force(likeness: Likeness) -> QuerySet[Suspension]:
    return Suspension.objects.filter(likeness=likeness, resumed_at=None).order_by("accepted_at", "pk")


def _scope(likeness: Likeness, grant: Grant | None) -> list[Grant]:
    """Return the grants that nobody has ended, of the likeness or the one."""
    return [each for each in endings.live(likeness) if grant is None or each.pk == grant.pk]


def _resting(in_force: Collection[Suspension], scope: Collection[Grant]) -> set[uuid.UUID]:
    """Return those of the grants that these suspensions cover: all, if one is of the whole likeness."""
    if any(each.grant_id is None for each in in_force):
        return {each.pk for each in scope}
    return {each.grant_id for each in in_force if each.grant_id is not None}


def _payload(suspension: Suspension) -> dict[str, object]:
    return {
        "suspension": str(suspension.pk),
        "likeness": str(suspension.likeness_id),
        "grant": None if suspension.grant_id is None else str(suspension.grant_id),
    }


def _tell(suspension: Suspension, reason: Reason) -> None:
    facts = {"english": reason.english, "spanish": reason.spanish, "what": _what(suspension)}
    messages.inform(
        suspension.likeness.holder, Message.Kind.CONSENT_SUSPENDED, suspension.entry, appeal=reasons.APPEAL, **facts
    )


def _tell_resumed(suspension: Suspension) -> None:
    if suspension.resumed_entry is not None and not suspension.likeness.holder.is_erased:
        facts = {"what": _what(suspension)}
        messages.inform(suspension.likeness.holder, Message.Kind.CONSENT_RESUMED, suspension.resumed_entry, **facts)


def _what(suspension: Suspension) -> str:
    return "likeness" if suspension.grant_id is None else f"grant {suspension.grant_id}"
