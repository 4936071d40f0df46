"""How consent ends, whoever ends it: the likeness row FOR UPDATE, the epoch one higher, one entry, the grants ended.

What every verb that ends something has in common. Who may call for it is asked by the verbs themselves
(`consent.revocations`, `consent.exclusions`, `consent.revocation_proposals`, `consent.undo`).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consent import clock, entries
from consent.models import Grant, Likeness, Withdrawal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consent.models import Party

Scope = Withdrawal.Scope


@dataclass(frozen=True, slots=True)
class End:
    """What is ended, and for which reason; the reason is empty where the person takes consent back themself."""

    scope: Scope
    grant: Grant | None = None
    party: Party | None = None
    reason: str = ""


def lock(likeness_id: uuid.UUID) -> Likeness:
    """Return the row FOR UPDATE: every gate that holds it FOR SHARE has finished, and no other begins."""
    return Likeness.objects.select_for_update().get(pk=likeness_id)


def lock_all(holder: Party) -> list[Likeness]:
    """Return every row of a holder that is not withdrawn, locked in the order in which the gates take them."""
    return list(
        Likeness.objects.select_for_update()
        .filter(holder=holder)
        .exclude(state=Likeness.State.WITHDRAWN)
        .order_by("pk")
    )


def live(likeness: Likeness) -> list[Grant]:
    """Return the grants of a likeness that nobody has ended: at most `grants.MAX_LIVE`, so that one entry names all."""
    return list(Grant.objects.select_related("entry").filter(likeness=likeness, ended_at=None).order_by("pk"))


def with_replaced(grant: Grant) -> list[Grant]:
    """Return the grant and every one that it replaced, directly or not: what was made under them ends with it."""
    line = [grant]
    replaced = Grant.objects.select_related("entry").filter(ended_at=None)
    while (last := replaced.filter(superseded_by=line[-1]).first()) is not None:
        line.append(last)
    return line


def end(likeness: Likeness, ended: Sequence[Grant], what: End, *, actor: str) -> Withdrawal:
    """Write the end of these grants in the caller's transaction. The likeness is locked; the grants may be none."""
    at = clock.now()
    likeness.epoch += 1
    if what.scope == Scope.LIKENESS:
        likeness.state = Likeness.State.WITHDRAWN
    withdrawal = Withdrawal(
        id=uuid.uuid4(), likeness=likeness, scope=what.scope, grant=what.grant, party=what.party, reason=what.reason
    )
    withdrawal.actor, withdrawal.epoch, withdrawal.accepted_at = actor, likeness.epoch, at
    withdrawal.entry = entries.append_end(
        "consent.revoked" if what.reason else "consent.withdrawn",
        _payload(withdrawal),
        actor=actor,
        subject=subject_of(likeness),
        public={"ends": [each.entry.commit_text for each in ended]},
    )
    withdrawal.save(force_insert=True)
    likeness.save(update_fields=["epoch", "state"])
    Grant.objects.filter(pk__in=[each.pk for each in ended]).update(ended_at=at, ended_by=withdrawal)
    if what.reason or what.scope == Scope.SINCE:
        _keep_nothing(likeness, ended, what)
    return withdrawal


def _keep_nothing(likeness: Likeness, ended: Sequence[Grant], what: End) -> None:
    """Let nothing stay visible by a clause of grants that were revoked, or signed by a thief.

    Such a clause is the word of the person for their own end of consent. Who may never have given any has none; and
    where the whole likeness is revoked, neither has what ended before.
    """
    whole = what.scope == Scope.LIKENESS
    concerned = Grant.objects.filter(likeness=likeness) if whole else Grant.objects.filter(pk__in=[g.pk for g in ended])
    concerned.filter(after_end__in=("keep", "keep_with_label")).update(after_end="hide")


def subject_of(likeness: Likeness) -> str:
    """Return under whose key entries about a likeness are sealed: its holder can export them, whoever acted."""
    return f"party:{likeness.holder_id}"


def _payload(withdrawal: Withdrawal) -> dict[str, object]:
    payload: dict[str, object] = {
        "withdrawal": str(withdrawal.pk),
        "likeness": str(withdrawal.likeness_id),
        "grant": None if withdrawal.grant_id is None else str(withdrawal.grant_id),
        "epoch": withdrawal.epoch,
    }
    if withdrawal.party_id is not None:
        payload["party"] = str(withdrawal.party_id)
    if withdrawal.reason:
        payload["reason"] = withdrawal.reason
    return payload
