"""Decide appeals: by somebody who had no part in the case, on facts, never by a machine alone.

To overturn is to propose another ruling, which a second person without a part confirms; the appeal is settled in that
transaction (`rulings.confirm`). To uphold takes one. Source: Regulation (EU) 2022/2065, Article 20.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from consent import clock, messages
from consent.models import Appeal, Message, Ruling
from consent.takedown import appeals, cases, concerned, decision_words, rulings
from consent.takedown.notice_document import UNWRITABLE
from ledger import log

if TYPE_CHECKING:
    from datetime import datetime

    from consent.staff import Staff
    from consent.takedown.rulings import Terms

DECIDE: Final = appeals.DECIDE
SYSTEM: Final = "system:takedown"


def uphold(appeal: Appeal, facts: str, *, actor: Staff) -> Appeal:
    """Let the ruling stand, and say why. Twice is once. Raises `SecondPersonNeeded`, `AppealRefused`."""
    said = UNWRITABLE.sub("\ufffd", facts).strip()
    if not 1 <= len(said) <= rulings.MAX_FACTS:
        raise appeals.AppealRefused("Say why it stands.", pointer="/facts", remedy="Write a few sentences.")
    with transaction.atomic():
        held = _held(appeal)
        if held.state == Appeal.State.UPHELD:
            return held
        _require_pending(held)
        _require_fresh(held, actor)
        payload: dict[str, object] = {"appeal": str(held.pk), "ruling": str(held.ruling_id), "facts": said}
        _settle(held, Appeal.State.UPHELD, "appeal.upheld", actor.actor, payload)
        _tell(held, said)
    return held


def overturn(
    appeal: Appeal, action: str, *, policy: str, reason: str, facts: str, version: int, actor: Staff,
    terms: Terms = rulings.WHOLE,
) -> Ruling:  # fmt: skip
    """Propose the ruling that replaces the one appealed; the appeal is settled once it is confirmed. Raises as it."""
    with transaction.atomic():
        held = _held(appeal)
        _require_pending(held)
        _require_fresh(held, actor)
        return rulings.reverse(
            held.ruling, action, policy=policy, reason=reason, facts=facts, version=version, actor=actor, terms=terms
        )


def expire(at: datetime) -> int:
    """Close the appeals about rulings that came to their own end: nothing is left to overturn. Return how many."""
    ended = Appeal.objects.filter(state=Appeal.State.PENDING, ruling__ends_at__lte=at).order_by("pk")[:256]
    for appeal in ended:
        with transaction.atomic():
            held = _held(appeal)
            if held.state == Appeal.State.PENDING:
                payload: dict[str, object] = {"appeal": str(held.pk), "ruling": str(held.ruling_id)}
                _settle(held, Appeal.State.EXPIRED, "appeal.closed", SYSTEM, payload)
    return len(ended)


def _held(appeal: Appeal) -> Appeal:
    case = cases.locked(appeal.case_id)
    held = Appeal.objects.select_for_update(of=("self",)).select_related("ruling", "notice", "party").get(pk=appeal.pk)
    held.case = case
    return held


def _require_pending(appeal: Appeal) -> None:
    if appeal.state != Appeal.State.PENDING:
        raise appeals.AppealRefused(f"It is {appeal.state}.", remedy="Read the case again.")


def _require_fresh(appeal: Appeal, actor: Staff) -> None:
    appeals.require_fresh(appeal, actor)
    rulings.require_impartial(appeal.case, actor)


def _settle(appeal: Appeal, state: str, kind: str, name: str, payload: dict[str, object]) -> None:
    appeal.decided_entry = log.append(kind, payload, actor=name, subject=appeal.case.subject)
    appeal.state, appeal.decided_by, appeal.decided_at = state, name, clock.now()
    appeal.save(update_fields=["state", "decided_by", "decided_at", "decided_entry"])
    cases.raise_version(appeal.case)


def _tell(appeal: Appeal, facts: str) -> None:
    """Tell whoever appealed."""
    entry = appeal.decided_entry
    if entry is None:
        return
    if appeal.notice is not None:
        title, body = decision_words.UPHELD[appeal.notice.language]
        concerned.write(appeal.notice, "upheld", entry, title, body.format(facts=facts))
    if appeal.party is not None:
        (title, body), (titulo, cuerpo) = decision_words.UPHELD["en"], decision_words.UPHELD["es"]
        text = f"{body.format(facts=facts)}\n\n{cuerpo.format(facts=facts)}\n"
        subject = f"{title} / {titulo} ({appeal.number})"
        messages.write(appeal.party, Message.Kind.CASE_DECIDED, entry, subject=subject, text=text)
