"""Open what is sealed with a notice: by who has its case in hand, and on record before a word of it is handed out.

If we crash in between, somebody is on record who read nothing, and never the reverse. One person is enough: a clock of
two hours knows no second one. What a notice about a minor says, and its files, only child safety opens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from consent import staff
from consent.casework.assignments import WorkNotYours
from consent.models import Assignment
from consent.takedown import documents
from consent.takedown.cases import WORK
from ledger import log, vault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from consent.models import Case, Notice, NoticeEvidence
    from consent.staff import Staff
    from consent.takedown.notice_document import NoticeDocument

QUEUE: Final = "cases"
MINORS: Final = "consent.open_minor_notice"


def require_in_hands(case: Case, *, actor: Staff, may: str = WORK) -> Assignment:
    """Return the assignment of who has a case in hand. Raises `StaffRefused`, `WorkNotYours`."""
    return in_hands(QUEUE, case.pk, actor=actor, may=may)


def in_hands(queue: str, item: UUID, *, actor: Staff, may: str) -> Assignment:
    """Return the assignment of who has an item of any queue in hand. Raises as the above."""
    staff.require(actor, may=may)
    held = Assignment.objects.filter(queue=queue, item=item, actor=actor.actor, ended_at=None).first()
    if held is None:
        raise WorkNotYours("This is not in your hands.", remedy="Take it first; what you wrote is kept.")
    return held


def require_may_open(notice: Notice, *, actor: Staff) -> None:
    """Raise `StaffRefused` where a notice is about a minor and this person is not of child safety."""
    if notice.minor:
        staff.require(actor, may=MINORS)


def read(notice: Notice, *, actor: Staff) -> NoticeDocument:
    """Return what the notifier wrote. Raises `WorkNotYours`, `StaffRefused`, `Erased`."""
    with transaction.atomic():
        require_in_hands(notice.case, actor=actor)
        require_may_open(notice, actor=actor)
        document = documents.of_notice(notice)
        log.append("notice.read", {"notice": str(notice.pk)}, actor=actor.actor, subject=notice.subject)
    return document


def read_evidence(evidence: NoticeEvidence, *, actor: Staff) -> Iterator[bytes]:
    """Return the chunks of a file as it came; it was never decoded. Raises as `read`."""
    notice = evidence.notice
    with transaction.atomic():
        require_in_hands(notice.case, actor=actor)
        require_may_open(notice, actor=actor)
        payload: dict[str, object] = {"notice": str(notice.pk), "evidence": str(evidence.pk)}
        log.append("notice.evidence_read", payload, actor=actor.actor, subject=notice.subject)
    return vault.open_blob(evidence.blob)
