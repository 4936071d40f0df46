"""Ask that a ruling be looked at again, by somebody who did not decide before: free, within six months, by either side.

Regulation (EU) 2022/2065, Article 20. Who had a word in any ruling of the case is written down with the appeal; none of
them decides it (`require_fresh`). It is decided by a person.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction

from consent import clock, messages
from consent.models import Appeal, Message, Ruling
from consent.staff import SecondPersonNeeded
from consent.takedown import cases, letters, numbers, words
from consent.takedown.notice_document import MAX_EXPLANATION, UNWRITABLE
from ledger import log, vault
from ledger.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from consent.models import Case, Notice, Party
    from consent.staff import Staff

DECIDE: Final = "consent.decide_appeal"
OPEN_DAYS: Final = timedelta(days=184)  # six months, whichever they are
ANSWER_WITHIN: Final = timedelta(days=7)  # our own target


class AppealRefused(Problem):
    """Six months are over, it says nothing, the ruling is not in force, or it is none of the asker's."""

    code: ClassVar[str] = "appeal-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This cannot be appealed, or not so"


def open_until(ruling: Ruling) -> datetime | None:
    """Return until when a ruling can be appealed; `None`: it is not in force."""
    return None if ruling.in_force_at is None else ruling.in_force_at + OPEN_DAYS


def file_by_notifier(ruling: Ruling, text: str, *, notice: Notice, actor: Party | None) -> Appeal:
    """Appeal as who filed a notice in the case; that it is theirs the caller knows. Twice is once."""
    if notice.case_id != ruling.case_id:
        raise AppealRefused("There is no such ruling on your notice.", remedy="Use one that your page shows.")
    name = notice.subject if actor is None else actor.actor
    return _filed(ruling, text, notice=notice, party=None, subject=notice.subject, name=name)


def file_by_uploader(ruling: Ruling, text: str, *, actor: Party) -> Appeal:
    """Appeal as whose video it is; that it is theirs the caller knows. Twice is once."""
    return _filed(ruling, text, notice=None, party=actor, subject=actor.actor, name=actor.actor)


def text_of(appeal: Appeal) -> str:
    """Return what the appellant wrote. Raises `Erased`."""
    return vault.unseal(appeal.text).decode()


def require_fresh(appeal: Appeal, actor: Staff) -> None:
    """Raise `SecondPersonNeeded` if this member of staff had a word in the case's rulings, before or since."""
    if actor.actor in {*appeal.decided_before, *deciders(appeal.case)}:
        remedy = "Leave it to a colleague who did not decide before."
        raise SecondPersonNeeded("You had a word in what is appealed.", remedy=remedy)


def deciders(case: Case) -> set[str]:
    """Return the actors of all who had a word in the rulings of a case."""
    rows = Ruling.objects.filter(case=case).values_list("proposed_by", "confirmed_by")
    return {name for row in rows for name in row if name}


def _filed(ruling: Ruling, text: str, *, notice: Notice | None, party: Party | None, subject: str, name: str) -> Appeal:
    said = UNWRITABLE.sub("\ufffd", text).strip()
    if not 1 <= len(said) <= MAX_EXPLANATION:
        remedy = f"Write 1 to {MAX_EXPLANATION} characters."
        raise AppealRefused("Say why you think that it is wrong.", pointer="/text", remedy=remedy)
    with transaction.atomic():
        case = cases.locked(ruling.case_id)
        held = Ruling.objects.get(pk=ruling.pk)
        twin = held.appeals.filter(notice=notice, party=party).first()
        if twin is not None:
            return twin
        at, until = clock.now(), open_until(held)
        if held.state != Ruling.State.IN_FORCE or until is None or until < at:
            raise AppealRefused("It is not in force, or the six months are over.", remedy="Write a new notice.")
        appeal = Appeal(id=uuid.uuid4(), number=numbers.drawn("A", Appeal.objects.all()), case=case, ruling=held)
        appeal.notice, appeal.party, appeal.due_at = notice, party, at + ANSWER_WITHIN
        appeal.decided_before = sorted(deciders(case))
        appeal.text = vault.seal(subject, said.encode(), context=f"appeal:{appeal.pk}")
        payload = {"appeal": str(appeal.pk), "ruling": str(held.pk), "case": str(case.pk)}
        appeal.entry = log.append("appeal.received", payload, actor=name, subject=subject)
        appeal.save(force_insert=True)
        cases.raise_version(case)
        _tell(appeal)
    return appeal


def _tell(appeal: Appeal) -> None:
    """Tell whoever asked that it was received."""
    if appeal.notice is not None:
        due = words.moment(appeal.due_at, appeal.notice.language)
        letters.write(appeal.notice, letters.Kind.APPEAL, appeal.entry, due=due)
    if appeal.party is not None:
        messages.write(
            appeal.party,
            Message.Kind.APPEAL_RECEIVED,
            appeal.entry,
            subject=f"We have your appeal / Tenemos su recurso ({appeal.number})",
            text=words.appeal(appeal.number, appeal.case.number, appeal.due_at),
        )
