"""Erase a notice: what was written, its files and its letters. The case, its number and its clocks stay.

An open case goes on without it: what was held back stays so until people have decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from consent import clock
from consent.models import Letter, Notice
from ledger import erasure
from ledger.models import Entry
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from uuid import UUID

REASON = "the notifier asked for it"


def erase_notice(notice: Notice, *, actor: str, reason: str = REASON) -> Notice:
    """Destroy the key of a notice, and close its link; not inside a transaction. Twice is once."""
    try:
        with erasure.erasing(notice.subject, actor=actor, reason=reason) as entry:
            held = Notice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
            _blank(held, entry)
    except Erased:
        held = Notice.objects.get(pk=notice.pk)
    return held


def settled(entry_id: UUID) -> Notice | None:
    """Return the notice that an entry `subject.erased` erased, blank; `None`: it erased no notice.

    There is work to do only after a replay, whose entry no row names yet.
    """
    found = Notice.objects.filter(erased_entry_id=entry_id).first()
    subject = None if found is not None else erasure.subject_of(entry_id)
    if subject is None or not subject.startswith("notice:") or not erasure.is_erased(subject):
        return found
    with transaction.atomic():
        held = Notice.objects.select_for_update(of=("self",)).filter(pk=subject.partition(":")[2]).first()
        if held is not None and held.erased_at is None:
            _blank(held, Entry.objects.get(pk=entry_id))
    return held


def _blank(held: Notice, entry: Entry) -> None:
    held.secret_sha256, held.erased_at, held.erased_entry = None, clock.now(), entry
    held.save(update_fields=["secret_sha256", "erased_at", "erased_entry"])
    Letter.objects.filter(notice=held).update(mail_due_at=None)
