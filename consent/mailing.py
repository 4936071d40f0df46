"""How an e-mail leaves whose row says that it is due: rung for after the commit, claimed, tried again with pauses.

The bell may be broken: the sweeper rings again. An e-mail may arrive twice (both with the same Message-ID), if we crash
between sending it and noting so; it is never lost before `ATTEMPTS` are used up.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from consent import clock
from consent.models import Farewell, Letter, LoginLetter, Message

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from consent.models import Party

logger = logging.getLogger(__name__)
CLAIM: Final = timedelta(seconds=60)  # longer than an attempt takes: nobody else sends it meanwhile
LONGEST: Final = timedelta(hours=1)
ATTEMPTS: Final = 60  # with pauses of an hour: some two days
BATCH: Final = 256


def ring(task: str, row: UUID) -> None:
    """Wake a worker. Never raises: the row says what is due."""
    try:
        current_app.send_task(task, args=[str(row)], ignore_result=True, retry=False)
    except Exception as error:  # noqa: BLE001 - whatever a transport raises, what was to be told is committed
        logger.warning("no worker was woken for e-mail %s: %s", row, error.__class__.__name__)


def sweep[Mail: (Message, Farewell, Letter, LoginLetter)](rows: QuerySet[Mail], task: str) -> int:
    """Ring for what is due; return how many. Any number of sweepers may run."""
    due = rows.filter(mail_due_at__lte=clock.now()).order_by("mail_due_at")
    found = list(due.values_list("pk", flat=True)[:BATCH])
    for row in found:
        ring(task, row)
    return len(found)


def claim[Mail: (Message, Farewell, Letter, LoginLetter)](rows: QuerySet[Mail], row_id: UUID) -> Mail | None:
    """Return the row if it is due, with the next attempt put off; `None`: it is not due, or given up.

    In a transaction of its own, so that two workers do not both send it. If we crash before it is noted as sent, the
    claim runs out and it is sent again.
    """
    with transaction.atomic():
        free = rows.select_for_update(of=("self",), skip_locked=True)
        row = free.filter(pk=row_id, mail_due_at__lte=clock.now()).first()
        if row is None:
            return None
        row.mail_attempts += 1
        given_up = row.mail_attempts > ATTEMPTS
        pause = min(LONGEST, CLAIM * 2 ** min(row.mail_attempts - 1, 10))
        row.mail_due_at = None if given_up else clock.now() + pause
        row.save(update_fields=["mail_attempts", "mail_due_at"])
    if given_up:
        logger.error("e-mail %s never left: given up", row_id)
        return None
    return row


def post(row: UUID, address: str, subject: str, text: str) -> bool:
    """Send one e-mail; return whether it left. Whatever a mail server does, it stays due, and is tried again."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    headers = {"Message-ID": f"<{row}@{host}>", "Auto-Submitted": "auto-generated"}  # RFC 3834
    try:
        EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [address], headers=headers).send()
    except Exception as error:  # noqa: BLE001 - see above; the words of a mail server may hold the address
        logger.warning("e-mail %s did not leave: %s", row, error.__class__.__name__)
        return False
    return True


def address_of(party: Party) -> str | None:
    """Return the e-mail address of the party's log-in; `None`: it has no log-in, or that has no address."""
    return (party.user.email or None) if party.user is not None else None
