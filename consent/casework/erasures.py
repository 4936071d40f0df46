"""Erase somebody at their request, where they cannot do it themselves: one proposes, another confirms.

The erasure itself is the one that anybody does for themselves (`consent.erasure`), after the confirmation has
committed: it waits until withdrawals are effective. If we crash in between, `finish` does it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from consent import erasure
from consent.casework import acts
from consent.casework.acts import Act
from consent.models import Party, Proposal
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from consent.staff import Staff

ERASE: Final = "erase-on-behalf"


def finish() -> int:
    """Erase whom two people decided to erase, and who is there still; return how many."""
    confirmed = Proposal.objects.filter(act=ERASE, decision=Proposal.Decision.CONFIRMED).values("target")
    waiting = list(Party.objects.filter(pk__in=confirmed, erased_at=None))
    for party in waiting:
        _erase(party)
    return len(waiting)


def _erase(party: Party) -> None:
    try:
        erasure.erase_party(party, actor=party)
    except Erased:  # by themselves, or by a twin of this
        return


def _there(proposal: Proposal) -> None:
    party = acts.found(Party, proposal.target)
    if party.erased_at is not None:
        raise acts.ActRefused("They are erased already.", pointer="/target", remedy="Nothing is left to be done.")


def _after_commit(_proposal: Proposal, _actor: Staff) -> None:
    transaction.on_commit(finish)


acts.register_act(
    Act(
        ERASE, "Erase somebody at their request", "consent.propose_erasure", "consent.confirm_erasure",
        check=_there, carry_out=_after_commit,
    )
)  # fmt: skip
