"""Answer counter-notices, and give back what is due back at its date, unless it was shown that a court was asked.

Two people say beforehand that a video comes back; their word is on record before the date, and the date is kept by
`give_back` without them. Where nobody said so by the date that is a breach, and nothing comes back by itself: no
machine, and no one person, lifts what people swore to. Where no rule knows a date the appeal is the remedy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from consent import blocks, clock, messages
from consent.models import Case, CounterNotice, Message, Ruling
from consent.takedown import cases, decision_words, effects, rulings
from consent.takedown.notice_document import UNWRITABLE
from ledger import log

if TYPE_CHECKING:
    from datetime import datetime

    from consent.staff import Staff

SYSTEM = "system:takedown"


def accept(counter: CounterNotice, facts: str, *, version: int, actor: Staff) -> Ruling:
    """Propose that the video comes back at the counter-notice's date; another confirms it (`rulings.confirm`).

    Raises `RulingRefused` where no rule knows a date (intimate images, orders) or a suit stands, and as `decide`.
    """
    case = counter.case
    if counter.restore_at is None:
        raise rulings.RulingRefused("No rule gives this video back by a date.", remedy="The appeal is the remedy.")
    _require_open(counter)
    if counter.suit_at is not None:
        raise rulings.RulingRefused("A court was asked.", remedy="Wait for what it says.")
    terms = rulings.Terms(applies_at=max(counter.restore_at, clock.now()))
    before = case.rulings.filter(state=Ruling.State.IN_FORCE).order_by("-in_force_at").first()
    if before is None:
        return rulings.decide(
            case, "refuse", policy="permitted", reason="counter-notice", facts=facts, version=version, actor=actor,
            terms=terms,
        )  # fmt: skip
    return rulings.reverse(
        before, "restore", policy="permitted", reason="counter-notice", facts=facts, version=version, actor=actor,
        terms=terms,
    )  # fmt: skip


def reject(counter: CounterNotice, facts: str, *, actor: Staff) -> CounterNotice:
    """Say that it gives nothing back, and why: it is none, or plainly untrue. Twice is once."""
    said = UNWRITABLE.sub("\ufffd", facts).strip()
    if not 1 <= len(said) <= rulings.MAX_FACTS:
        raise rulings.RulingRefused("Say why.", pointer="/facts", remedy="Write a few sentences.")
    with transaction.atomic():
        case = cases.locked(counter.case_id)
        held = CounterNotice.objects.select_for_update(of=("self",)).select_related("party").get(pk=counter.pk)
        if held.outcome == CounterNotice.Outcome.REJECTED:
            return held
        _require_open(held)
        rulings.require_impartial(case, actor)
        payload = {"counter_notice": str(held.pk), "case": str(case.pk), "facts": said}
        held.outcome_entry = log.append("counternotice.rejected", payload, actor=actor.actor, subject=case.subject)
        held.outcome, held.outcome_by, held.outcome_at = CounterNotice.Outcome.REJECTED, actor.actor, clock.now()
        held.save(update_fields=["outcome", "outcome_by", "outcome_at", "outcome_entry"])
        cases.raise_version(case)
        _tell(held, said)
    return held


def give_back(at: datetime) -> int:
    """Do what two people ordered for a date that has come; return how many. Any number may run."""
    due = Ruling.objects.filter(state=Ruling.State.IN_FORCE, applied_at=None, applies_at__lte=at)
    return sum(_given(each) for each in due.order_by("applies_at", "pk")[:256])


def overdue(at: datetime) -> list[CounterNotice]:
    """Return the counter-notices whose date has come and about which nobody decided."""
    due = CounterNotice.objects.filter(restore_at__lte=at, suit_at=None, withdrawn_at=None, outcome="")
    return list(due.exclude(case__state=Case.State.CLOSED).select_related("case").order_by("restore_at", "pk")[:256])


def _given(ruling: Ruling) -> bool:
    with transaction.atomic():
        case = Case.objects.get(pk=ruling.case_id)
        if case.video is not None:
            blocks.hold_alone(case.video)
        held_case = cases.locked(case.pk)
        held = Ruling.objects.select_for_update(of=("self",)).get(pk=ruling.pk)
        held.case = held_case
        sued = held_case.counter_notices.filter(suit_at__isnull=False, withdrawn_at=None).exists()
        if sued or held.applied_at is not None or held.state != Ruling.State.IN_FORCE:
            return False
        log.append("ruling.applied", {"ruling": str(held.pk)}, actor=SYSTEM, subject=held_case.subject)
        effects.apply(held)
        cases.raise_version(held_case)
    return True


def _require_open(counter: CounterNotice) -> None:
    if counter.outcome or counter.withdrawn_at is not None:
        raise rulings.RulingRefused("It was answered, or taken back.", remedy="Read the case again.")


def _tell(counter: CounterNotice, facts: str) -> None:
    if counter.outcome_entry is None:
        return
    (title, body), (titulo, cuerpo) = decision_words.REJECTED["en"], decision_words.REJECTED["es"]
    text = f"{body.format(facts=facts)}\n\n{cuerpo.format(facts=facts)}\n"
    subject = f"{title} / {titulo} ({counter.number})"
    messages.write(counter.party, Message.Kind.CASE_DECIDED, counter.outcome_entry, subject=subject, text=text)
