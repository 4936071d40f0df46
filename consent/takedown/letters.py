"""Write to somebody without an account: on the status page, and by e-mail if the notice has an address.

A letter is written in the transaction of what it tells, and sealed under its notice. The e-mail leaves after the commit
(`consent.mailing`). A notice that was erased is told nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction

from consent import clock, mailing
from consent.models import Letter
from consent.takedown import documents, regimes, words
from consent.takedown.words import Kind
from ledger import vault
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from uuid import UUID

    from consent.models import Notice
    from consent.takedown.notice_document import NoticeDocument
    from ledger.models import Entry

__all__ = ["Kind", "link", "read", "send", "sweep", "write"]
TASK: Final = "consent.tasks.send_letter"


def write(notice: Notice, kind: Kind, entry: Entry, **facts: str) -> Letter | None:
    """Tell whoever filed a notice, in the transaction that appends the entry; `None`: the notice was erased."""
    try:
        document, secret = documents.of_notice(notice), documents.link_of(notice)
    except Erased:
        return None
    language = notice.language
    said = _facts(notice, document, entry) | {"link": link(secret)} | facts
    return deliver(
        notice, kind, entry, words.subject(kind, language, notice.number), words.text(kind, language, **said)
    )


def deliver(notice: Notice, kind: str, entry: Entry, subject: str, text: str) -> Letter | None:
    """Seal and put in the outbox a letter whose words somebody else chose; `None`: the notice was erased."""
    try:
        document = documents.of_notice(notice)
        letter = Letter(notice=notice, kind=kind, subject=subject, entry=entry)
        letter.text = vault.seal(notice.subject, text.encode(), context=f"letter:{letter.pk}")
    except Erased:
        return None
    letter.mail_due_at = clock.now() if document.claimant.email else None
    letter.save(force_insert=True)
    if letter.mail_due_at is not None:
        transaction.on_commit(partial(mailing.ring, TASK, letter.pk))
    return letter


def read(letter: Letter) -> str:
    """Return what the letter says. Raises `Erased`."""
    return vault.unseal(letter.text).decode()


def send(letter_id: UUID) -> bool:
    """Send a letter that is due by e-mail; return whether it left now."""
    rows = Letter.objects.select_related("notice__document__subject_key", "text__subject_key")
    letter = mailing.claim(rows, letter_id)
    if letter is None:
        return False
    try:
        address, text = documents.of_notice(letter.notice).claimant.email, read(letter)
    except Erased:  # between the claim and this line; the outbox holds it no more
        return False
    if not mailing.post(letter.pk, address, letter.subject, text):
        return False
    Letter.objects.filter(pk=letter.pk).update(mailed_at=clock.now(), mail_due_at=None)
    return True


def sweep() -> int:
    """Ring for letters that are due; return how many. Any number of sweepers may run."""
    return mailing.sweep(Letter.objects.all(), TASK)


def link(secret: str) -> str:
    """Return the address of a notice's page."""
    return f"{settings.PUBLIC_URL}/takedown/status/{secret}/"


def _facts(notice: Notice, document: NoticeDocument, entry: Entry) -> dict[str, str]:
    """Return what every letter may say. A time that there is not is empty: no letter of that kind says it."""
    language, due = notice.language, notice.due_at
    lacks = regimes.nearest(document)
    each = (one.spanish if language == "es" else one.english for one in lacks)
    return {
        "number": notice.number,
        "case": notice.case.number,
        "commit": entry.commit_text,
        "now": words.moment(clock.now(), language),
        "due": "" if due is None else words.moment(due, language),
        "missing": "\n".join(f"- {line}" for line in dict.fromkeys(each)),
    }
