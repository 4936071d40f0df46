"""Read both sides before an appeal or a counter-notice is answered: by who has it in hand, and on record.

What each wrote is sealed under whoever wrote it. Each document that is handed out is an entry of its own, made before
a word of it leaves; `None` stands for what was erased meanwhile. Nobody hears a matter of a side of which they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from consent import staff
from consent.casework import own_queues
from consent.takedown import appeals, cases, counter_notices, documents, reading
from ledger import log
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from consent.models import Appeal, Case, CounterNotice, Notice
    from consent.staff import Staff
    from consent.takedown.notice_document import NoticeDocument

APPEALS: Final = "appeals"
COUNTER_NOTICES: Final = "counter-notices"
SECOND_LOOKS: Final = "second-looks"
MOST: Final = 20  # of each side; who hears more reads them one by one in their case


@dataclass(frozen=True, slots=True)
class Heard:
    """What both sides wrote. `appeal` None: erased, or this is about no appeal.

    `withheld`: notices about a minor, which this person does not open.
    """

    appeal: str | None
    notices: list[tuple[Notice, NoticeDocument | None]]
    withheld: list[Notice]
    counters: list[tuple[CounterNotice, dict[str, Any] | None]]


def of_appeal(appeal: Appeal, *, actor: Staff) -> Heard:
    """Return what both sides say, for who has the appeal in hand. Raises `WorkNotYours`."""
    with transaction.atomic():
        reading.in_hands(APPEALS, appeal.pk, actor=actor, may=appeals.DECIDE)
        subject = appeal.party.actor if appeal.notice is None and appeal.party is not None else appeal.case.subject
        if appeal.notice is not None:
            reading.require_may_open(appeal.notice, actor=actor)
            subject = appeal.notice.subject
        written = _opened(lambda: appeals.text_of(appeal))
        if written is not None:
            log.append("appeal.read", {"appeal": str(appeal.pk)}, actor=actor.actor, subject=subject)
        return Heard(written, *_notices(appeal.case, actor), _counters(appeal.case, actor))


def of_counter_notice(counter: CounterNotice, *, actor: Staff) -> Heard:
    """Return what both sides say, for who has the counter-notice in hand. Raises `WorkNotYours`."""
    with transaction.atomic():
        reading.in_hands(COUNTER_NOTICES, counter.pk, actor=actor, may=cases.WORK)
        return Heard(None, *_notices(counter.case, actor), _counters(counter.case, actor))


def again(case: Case, sample: UUID, *, actor: Staff) -> Heard:
    """Return what both sides say, for who looks again at a decision that was drawn. Raises `WorkNotYours`."""
    with transaction.atomic():
        reading.in_hands(SECOND_LOOKS, sample, actor=actor, may=own_queues.LOOK_AGAIN)
        return Heard(None, *_notices(case, actor), _counters(case, actor))


def _notices(case: Case, actor: Staff) -> tuple[list[tuple[Notice, NoticeDocument | None]], list[Notice]]:
    """Return what may be opened, with what it says, and what may not."""
    found: list[tuple[Notice, NoticeDocument | None]] = []
    withheld: list[Notice] = []
    rows = list(case.notices.filter(withdrawn_at=None).order_by("filed_at", "pk")[:MOST])
    minors = any(notice.minor for notice in rows) and not _of_child_safety(actor)
    for notice in rows:
        if notice.minor and minors:
            withheld.append(notice)
            continue
        document = _opened(lambda notice=notice: documents.of_notice(notice))  # type: ignore[misc]  # bound at once
        if document is not None:
            log.append("notice.read", {"notice": str(notice.pk)}, actor=actor.actor, subject=notice.subject)
        found.append((notice, document))
    return found, withheld


def _of_child_safety(actor: Staff) -> bool:
    try:
        staff.require(actor, may=reading.MINORS)
    except staff.StaffRefused:
        return False
    return True


def _counters(case: Case, actor: Staff) -> list[tuple[CounterNotice, dict[str, Any] | None]]:
    found = []
    rows = case.counter_notices.filter(withdrawn_at=None).select_related("party").order_by("filed_at", "pk")
    for counter in rows[:MOST]:
        document = _opened(lambda counter=counter: counter_notices.document_of(counter))  # type: ignore[misc]  # as above
        if document is not None:
            payload: dict[str, object] = {"counter_notice": str(counter.pk)}
            log.append("counternotice.read", payload, actor=actor.actor, subject=counter.party.actor)
        found.append((counter, document))
    return found


def _opened[Found](read: Callable[[], Found]) -> Found | None:
    try:
        return read()
    except Erased:
        return None
