"""Stop everything of somebody at once: for whoever is frightened and does not want to choose.

Pausing is the first way: it stops more at once than an end does, since what a clause keeps visible rests too, and
nothing is lost by a fright. One transaction; each likeness has its own entry, because each has its own epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from consent import endings, revocations, suspensions
from consent.models import Likeness

if TYPE_CHECKING:
    from consent.models import Party, Suspension, Withdrawal

PAUSED: Final = "paused"  # the one reason that a holder gives
RESTING: Final = (Likeness.State.ACTIVE, Likeness.State.SUSPENDED, Likeness.State.DISPUTED)


def pause_everything(*, actor: Party) -> list[Suspension]:
    """Let every likeness of the actor's rest; those at rest by their own word already: the same suspension again."""
    with transaction.atomic():
        held = [each for each in endings.lock_all(actor) if each.state in RESTING]
        return [suspensions.suspend(each, reason=PAUSED, actor=actor) for each in held]


def end_everything(*, actor: Party) -> list[Withdrawal]:
    """End every likeness of the actor's for good, with every grant of it."""
    with transaction.atomic():
        return [revocations.withdraw_likeness(each, actor=actor) for each in endings.lock_all(actor)]
