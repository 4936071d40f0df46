"""Proven abuse is counted, on both sides, for a year; it never silences anybody.

Three strikes within a year, and a notifier's notices hold nothing back any more until a person has read them; they are
taken, answered and decided like everybody else's. What three mean for an uploader is for whoever takes uploads to ask
(`count`). A member of staff gives one, another takes it back.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction
from django.db.models import Q

from consent import clock, staff
from consent.models import Strike
from consent.takedown import cases, documents, floods
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from consent.models import Case, Notice, Party
    from consent.staff import Staff

GIVE: Final = "consent.give_strike"
LASTS: Final = timedelta(days=365)
KEPT: Final = timedelta(days=365)  # after its end
BARRED_AT: Final = 3


class StrikeRefused(Problem):
    """There is no such reason, or nobody to count it against."""

    code: ClassVar[str] = "strike-refused"
    title: ClassVar[str] = "This cannot be counted"


def give_notifier(notice: Notice, reason: str, *, actor: Staff) -> Strike:
    """Count a proven abuse against who wrote a notice. Twice for one case is once. Raises `StrikeRefused`, `Erased`."""
    email = documents.of_notice(notice).claimant.email
    address = b"" if notice.party_id is not None else _address(email)
    if notice.party_id is None and not email:
        raise StrikeRefused("The notice has no address.", remedy="There is nobody to count it against.")
    return _given(notice.case, Strike.Side.NOTIFIER, reason, actor, party=notice.party, address=address)


def give_uploader(case: Case, party: Party, reason: str, *, actor: Staff) -> Strike:
    """Count a proven abuse against whose video it was. Twice for one case is once. Raises `StrikeRefused`."""
    return _given(case, Strike.Side.UPLOADER, reason, actor, party=party, address=b"")


def reverse(strike: Strike, *, actor: Staff) -> Strike:
    """Count it no more; by another than who gave it. Twice is once. Raises `SecondPersonNeeded`."""
    with transaction.atomic():
        held = Strike.objects.select_for_update(of=("self",)).select_related("case").get(pk=strike.pk)
        if held.reversed_at is not None:
            return held
        staff.require_another(held.given_by, actor)
        payload = {"strike": str(held.pk), "case": str(held.case_id)}
        held.reversed_entry = log.append("strike.reversed", payload, actor=actor.actor, subject=held.case.subject)
        held.reversed_at, held.reversed_by = clock.now(), actor.actor
        held.save(update_fields=["reversed_at", "reversed_by", "reversed_entry"])
    return held


def count(side: str, *, party: Party | None = None, email: str = "") -> int:
    """Count the strikes that stand now against a party, and against an address where one is given."""
    who = Q(pk=None)
    if party is not None:
        who |= Q(party=party)
    if email:
        who |= Q(address=_address(email))
    return Strike.objects.filter(who, side=side, reversed_at=None, ends_at__gt=clock.now()).count()


def barred(party: Party | None, email: str) -> bool:
    """Tell whether this notifier's word holds nothing back by itself any more."""
    return count(Strike.Side.NOTIFIER, party=party, email=email) >= BARRED_AT


def sweep() -> int:
    """Delete the strikes that ended a year ago; return how many. The log keeps that there was one, of nobody."""
    gone, _ = Strike.objects.filter(ends_at__lt=clock.now() - KEPT).delete()
    return gone


def _given(case: Case, side: str, reason: str, actor: Staff, *, party: Party | None, address: bytes) -> Strike:
    if reason not in Strike.Reason.values:
        remedy = f"Give one of these: {', '.join(Strike.Reason.values)}."
        raise StrikeRefused("This is no reason for it.", pointer="/reason", remedy=remedy)
    with transaction.atomic():
        held = cases.locked(case.pk)
        twin = Strike.objects.filter(case=held, side=side, party=party, address=address, reversed_at=None).first()
        if twin is not None:
            return twin
        strike = Strike(id=uuid.uuid4(), side=side, case=held, party=party, address=address, reason=reason)
        strike.given_by, strike.ends_at = actor.actor, clock.now() + LASTS
        payload = {"strike": str(strike.pk), "case": str(held.pk), "side": side, "reason": reason}
        strike.entry = log.append("strike.given", payload, actor=actor.actor, subject=held.subject)
        strike.save(force_insert=True)
        cases.raise_version(held)
    return strike


def _address(email: str) -> bytes:
    """Return the keyed hash of an address; capitals do not make another person."""
    return floods.hashed("strike-address", email.strip().lower())
