"""Close one's door to requests for permission: to one app, or to all; and open it again.

What one app was waiting for is a no then, which it is not told. Being refused is less than being shut out
(`consent.exclusions`): permissions that stand are not touched.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.db import transaction

from consent import approvals, asks, clock, endings, likenesses
from consent.models import Ask, AskRefusal, Likeness
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from consent.models import Party


class AskRefusalMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "ask-refusal-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such closed door"


def refuse(likeness: Likeness, client: Party | None, *, actor: Party) -> AskRefusal:
    """Take no more requests about a likeness from one party, or from anybody (`None`). Twice is once.

    Anybody who decides may, alone. Raises `LikenessMissing`.
    """
    with transaction.atomic():
        held = _lock(likeness, actor)
        found = AskRefusal.objects.filter(likeness=held, client=client, lifted_at=None).first()
        if found is not None:
            return found
        row = AskRefusal(id=uuid.uuid4(), likeness=held, client=client, created_at=clock.now())
        payload: dict[str, object] = {"refusal": str(row.pk), "likeness": str(held.pk)}
        if client is not None:
            payload["party"] = str(client.pk)
        row.entry = log.append("asking.refused", payload, actor=actor.actor, subject=endings.subject_of(held))
        row.save(force_insert=True)
        _decline_all(row)
    return row


def never_again(row: Ask, *, actor: Party) -> AskRefusal:
    """Answer a request with a no to it and to all that this app would ask about this likeness."""
    if row.likeness is None or not row.reached:
        raise asks.missing()
    try:
        return refuse(row.likeness, row.client, actor=actor)
    except likenesses.LikenessMissing as problem:
        raise asks.missing() from problem


def allow(row: AskRefusal, *, actor: Party) -> AskRefusal:
    """Open the door again, for what is asked from now on. Twice is once. Raises `AskRefusalMissing`."""
    with transaction.atomic():
        try:
            held = _lock(row.likeness, actor)
        except likenesses.LikenessMissing as problem:
            raise missing() from problem
        row = AskRefusal.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if row.lifted_at is None:
            payload: dict[str, object] = {"refusal": str(row.pk), "likeness": str(held.pk)}
            row.lifted_entry = log.append(
                "asking.allowed", payload, actor=actor.actor, subject=endings.subject_of(held)
            )
            row.lifted_at = clock.now()
            row.save(update_fields=["lifted_at", "lifted_entry"])
    return row


def in_force(party: Party) -> QuerySet[AskRefusal]:
    """Return the doors that are closed about the likenesses for which a party decides."""
    mine = approvals.likenesses_of(party)
    return AskRefusal.objects.select_related("likeness", "client").filter(likeness__in=mine, lifted_at=None)


def missing() -> AskRefusalMissing:
    """Return the one answer for a door that is absent or not the asker's."""
    return AskRefusalMissing("There is no such closed door of yours.", remedy="Use an id that the list gave.")


def _lock(likeness: Likeness, actor: Party) -> Likeness:
    held = Likeness.objects.select_for_update(no_key=True).get(pk=likeness.pk)
    if not approvals.is_theirs(held.pk, actor):
        raise likenesses.missing("/likeness")
    return held


def _decline_all(row: AskRefusal) -> None:
    """Write the no into what waits, without a word to whoever asked."""
    waiting = Ask.objects.filter(asks.waiting(row.created_at), likeness=row.likeness)
    if row.client is not None:
        waiting = waiting.filter(client=row.client)
    waiting.update(declined_at=row.created_at, declined_entry=row.entry)
