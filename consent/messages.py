"""Tell a party what it must know at once: in its messages, and by e-mail if its log-in has an address.

The message is written in the transaction of what it tells. The e-mail leaves after the commit, by a bell that may be
broken: the row says that it is due, and the sweeper rings again. An e-mail may arrive twice (both with the same
Message-ID), if we crash between sending it and noting so; it is never lost.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from consent import clock
from consent.models import Message
from ledger.problem import Problem

if TYPE_CHECKING:
    from uuid import UUID

    from consent.models import Party
    from ledger.models import Entry

logger = logging.getLogger(__name__)
TASK: Final = "consent.tasks.send_message"
CLAIM: Final = timedelta(seconds=60)  # longer than an attempt takes: nobody else sends it meanwhile
LONGEST: Final = timedelta(hours=1)
ATTEMPTS: Final = 60  # with pauses of an hour: some two days
BATCH: Final = 256

SUBJECTS: Final = {
    Message.Kind.KEY_ADDED: "A new key was added to your account",
    Message.Kind.KEY_ROTATED: "A key of your account was replaced",
    Message.Kind.KEY_REVOKED: "A key of your account was taken out of use",
}
WHAT: Final = {
    Message.Kind.KEY_ADDED: (
        "A new signing key was added to your account: {key_id}. It can sign grants for your likeness."
    ),
    Message.Kind.KEY_ROTATED: (
        "The signing key {old_key_id} of your account was replaced by a new one: {key_id}. "
        "The new one can sign grants for your likeness; the old one signs nothing more."
    ),
    Message.Kind.KEY_REVOKED: "The signing key {key_id} of your account was taken out of use. It signs nothing more.",
}
WHAT_NOW: Final = {
    Message.Kind.KEY_ADDED: "take the key out of use (DELETE {url}/v1/parties/me/keys/{key_id})",
    Message.Kind.KEY_ROTATED: "take the new key out of use (DELETE {url}/v1/parties/me/keys/{key_id})",
    Message.Kind.KEY_REVOKED: "add a key of your own (POST {url}/v1/parties/me/keys)",
}
TEXT: Final = """{what}
This happened on {day} at {time} UTC.

If it was you, there is nothing to do.

If it was not you, somebody else can act in your name. Do this now, in this order:
1. Withdraw your likenesses, so that nobody can use them (POST {url}/v1/withdrawals). This works at once.
2. Then {now}.
3. Look at every key that was ever yours, and at every grant: {url}/v1/parties/me/keys and {url}/v1/grants
4. Tell the people who run this service. What was signed since then can be shown to be not yours.

We never ask for a password, a token or a key by e-mail. The entry in the public log is {commit}.
"""


class MessageMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "message-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such message"


def tell(party: Party, kind: Message.Kind, entry: Entry, **facts: str) -> Message:
    """Write a message about an entry, in the transaction that appends it; have it sent once that has committed."""
    at = clock.now()
    facts["url"] = settings.PUBLIC_URL
    text = TEXT.format(
        what=WHAT[kind].format(**facts),
        now=WHAT_NOW[kind].format(**facts),
        day=f"{at:%-d %B %Y}",
        time=f"{at:%H:%M}",
        commit=entry.commit_text,
        url=settings.PUBLIC_URL,
    )
    due = at if address_of(party) else None
    message = Message.objects.create(
        party=party, kind=kind, subject=SUBJECTS[kind], text=text, entry=entry, mail_due_at=due
    )
    if due is not None:
        transaction.on_commit(partial(ring, message.pk))
    return message


def mark_read(message_id: UUID, *, actor: Party) -> Message:
    """Note that the party has read a message. Twice is once. Raises `MessageMissing`."""
    with transaction.atomic():
        message = Message.objects.select_for_update().filter(pk=message_id, party=actor).first()
        if message is None:
            raise MessageMissing("There is no such message to you.", remedy="Use an id that the list of messages gave.")
        if message.read_at is None:
            message.read_at = clock.now()
            message.save(update_fields=["read_at"])
    return message


def send(message_id: UUID) -> bool:
    """Send a message that is due by e-mail; return whether it left now.

    It is claimed first, in a transaction of its own, so that two workers do not both send it. If we crash before it is
    noted as sent, the claim runs out and it is sent again.
    """
    message = _claim(message_id)
    if message is None:
        return False
    address = address_of(message.party)
    if address is None:
        Message.objects.filter(pk=message.pk).update(mail_due_at=None)
        return False
    try:
        _mail(message, address).send()
    except Exception as error:  # noqa: BLE001 - whatever a mail server does: it stays due, and is tried again
        logger.warning("message %s could not be mailed: %s", message.pk, error.__class__.__name__)
        return False
    Message.objects.filter(pk=message.pk).update(mail_due_at=None, mailed_at=clock.now())
    return True


def sweep() -> int:
    """Ring for what is due; return how many. Any number of sweepers may run."""
    due = Message.objects.filter(mail_due_at__lte=clock.now()).order_by("mail_due_at")
    found = list(due.values_list("pk", flat=True)[:BATCH])
    for message_id in found:
        ring(message_id)
    return len(found)


def ring(message_id: UUID) -> None:
    """Wake a worker. Never raises: the row says what is due."""
    try:
        current_app.send_task(TASK, args=[str(message_id)], ignore_result=True, retry=False)
    except Exception as error:  # noqa: BLE001 - whatever a transport raises, what was to be told is committed
        logger.warning("no worker was woken for message %s: %s", message_id, error.__class__.__name__)


def address_of(party: Party) -> str | None:
    """Return the e-mail address of the party's log-in; `None`: it has no log-in, or that has no address."""
    return (party.user.email or None) if party.user is not None else None


def _claim(message_id: UUID) -> Message | None:
    """Return the message if it is due, with the next attempt put off; `None`: it is not due, or given up."""
    with transaction.atomic():
        rows = Message.objects.select_for_update(of=("self",), skip_locked=True).select_related("party__user")
        message = rows.filter(pk=message_id, mail_due_at__lte=clock.now()).first()
        if message is None:
            return None
        message.mail_attempts += 1
        given_up = message.mail_attempts > ATTEMPTS
        pause = min(LONGEST, CLAIM * 2 ** min(message.mail_attempts - 1, 10))
        message.mail_due_at = None if given_up else clock.now() + pause
        message.save(update_fields=["mail_attempts", "mail_due_at"])
    if given_up:
        logger.error("message %s was never mailed: given up", message.pk)
        return None
    return message


def _mail(message: Message, address: str) -> EmailMessage:
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    headers = {"Message-ID": f"<{message.pk}@{host}>", "Auto-Submitted": "auto-generated"}  # RFC 3834
    return EmailMessage(message.subject, message.text, settings.DEFAULT_FROM_EMAIL, [address], headers=headers)
