"""Shut one party out from one's likenesses, and let it back in.

Being shut out is no clause of a grant: it holds against every grant of the likeness, those to everyone and those that
are signed later included, until the holder lifts it. The party is not told: whatever it asks for is not covered.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import transaction

from consent import clock, endings, likenesses
from consent.endings import End, Scope
from consent.models import Exclusion, Likeness, Withdrawal
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from consent.models import Grant, Party


class ExclusionInvalid(Problem):
    """There is nobody to shut out: no such party, or oneself."""

    code: ClassVar[str] = "exclusion-invalid"
    title: ClassVar[str] = "This party cannot be shut out"


class ExclusionMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "exclusion-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such exclusion"


def excluded(likeness_ids: Collection[uuid.UUID], client: uuid.UUID) -> set[uuid.UUID]:
    """Return those of the likenesses that have shut this client out. Asked under the caller's locks, if it decides."""
    if not likeness_ids:
        return set()
    rows = Exclusion.objects.filter(likeness__in=likeness_ids, party=client, lifted_at=None)
    return set(rows.values_list("likeness_id", flat=True))


def withdraw_party(party: Party, *, likeness: Likeness | None = None, actor: Party) -> list[Withdrawal]:
    """Shut a party out of one likeness of the actor's, or of all (`None`); return a withdrawal for each.

    One transaction; each likeness has its own entry, because each has its own epoch and its own lock. Grants that name
    nobody else end. Shut out already: the same withdrawal again. Raises `ExclusionInvalid`, `LikenessMissing`.
    """
    if party.pk == actor.pk or party.is_erased:
        raise invalid()
    with transaction.atomic():
        found = endings.lock_all(actor) if likeness is None else [_lock_own(likeness, actor)]
        if not found:
            raise likenesses.missing("/likeness")
        return [shut_out(each, party, actor=actor.actor) for each in found]


def shut_out(likeness: Likeness, party: Party, *, actor: str) -> Withdrawal:
    """Do it for one likeness, which the caller has locked."""
    before = Exclusion.objects.filter(likeness=likeness, party=party, lifted_at=None).first()
    if before is not None:
        return Withdrawal.objects.get(entry_id=before.entry_id)
    alone = [grant for grant in endings.live(likeness) if names_only(grant, party)]
    withdrawal = endings.end(likeness, alone, End(Scope.PARTY, party=party), actor=actor)
    Exclusion.objects.create(likeness=likeness, party=party, created_at=withdrawal.accepted_at, entry=withdrawal.entry)
    return withdrawal


def lift_exclusion(exclusion: Exclusion, *, actor: Party) -> Exclusion:
    """Let a party back in: what still stands covers it again. It widens, so only the holder does it. Twice is once."""
    with transaction.atomic():
        likeness = endings.lock(exclusion.likeness_id)
        if likeness.holder_id != actor.pk:
            raise missing()
        exclusion = Exclusion.objects.get(pk=exclusion.pk)
        if exclusion.lifted_at is None:
            payload: dict[str, object] = {
                "exclusion": str(exclusion.pk),
                "likeness": str(likeness.pk),
                "party": str(exclusion.party_id),
            }
            subject = endings.subject_of(likeness)
            exclusion.lifted_entry = log.append("exclusion.lifted", payload, actor=actor.actor, subject=subject)
            exclusion.lifted_at = clock.now()
            exclusion.save(update_fields=["lifted_at", "lifted_entry"])
    return exclusion


def names_only(grant: Grant, party: Party) -> bool:
    """Tell whether the grant's audience is this party and nobody else. An audience of a form not known here is not."""
    return named(grant) == {str(party.pk)}


def named(grant: Grant) -> set[str]:
    """Return the ids of the parties that the grant's audience names; empty for everyone, oneself, or blanked terms."""
    audience: Any = grant.terms.get("audience") if isinstance(grant.terms, dict) else None
    parties = audience.get("parties") if isinstance(audience, dict) else None
    if not isinstance(parties, list):
        return set()
    return {each["party"] for each in parties if isinstance(each, dict) and isinstance(each.get("party"), str)}


def invalid() -> ExclusionInvalid:
    """Return the one answer for a party that is absent, erased or oneself."""
    remedy = "Name another party, by its id. To stop your own use, withdraw the grant."
    return ExclusionInvalid("There is no such party to shut out.", pointer="/party", remedy=remedy)


def missing() -> ExclusionMissing:
    """Return the one answer for an exclusion that is absent or not the asker's."""
    return ExclusionMissing("There is no such exclusion of yours.", remedy="Use an id that the list gave.")


def _lock_own(likeness: Likeness, actor: Party) -> Likeness:
    held = endings.lock(likeness.pk)
    if held.holder_id != actor.pk or held.state == Likeness.State.WITHDRAWN:
        raise likenesses.missing("/likeness")
    return held
