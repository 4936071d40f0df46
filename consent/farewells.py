"""Tell somebody that they were erased: one last e-mail, to the address that they had.

Whoever holds a stolen token can erase its party, and every message to it goes with the rest; without this nobody would
hear of it. Nothing is kept for it but the address, sealed, for two days at most.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction

from consent import clock, mailing
from consent.models import Farewell
from ledger import subjectkeys, vault

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from ledger.models import Entry

logger = logging.getLogger(__name__)
TASK: Final = "consent.tasks.send_farewell"
SYSTEM: Final = "system:consent"
GIVEN_UP: Final = timedelta(days=2)

SUBJECT: Final = "Your account was erased"
TEXT: Final = """Your account with us was erased, with every likeness, grant, key and message of it.
This happened on {day} at {time} UTC. It cannot be undone.

If it was you, there is nothing to do. This is the last that you hear from us; your address is deleted now.

If it was not you, somebody else acted in your name. Tell the people who run this service at once, with this e-mail:
answer it, or go to {url}. From the moment of the erasure on nobody can use your likeness here.

The entry in the public log is {commit}. Anybody can look it up: {url}/log/?q={commit}
"""


def write(address: str, entry: Entry) -> Farewell:
    """Put the last e-mail in the outbox, in the transaction that erases; have it sent once that has committed."""
    farewell = Farewell(entry=entry, mail_due_at=clock.now())
    secret = subjectkeys.read(SYSTEM).secret
    farewell.address = vault.sealed_bytes(secret, SYSTEM, _context(farewell), address.encode())
    farewell.save(force_insert=True)
    transaction.on_commit(partial(mailing.ring, TASK, farewell.pk))
    return farewell


def send(farewell_id: UUID) -> bool:
    """Send a farewell that is due, and delete it; return whether it left now."""
    farewell = mailing.claim(Farewell.objects.filter(created_at__gt=_oldest()), farewell_id)
    if farewell is None:
        return False
    secret = subjectkeys.read(SYSTEM).secret
    address = vault.opened_bytes(secret, SYSTEM, _context(farewell), bytes(farewell.address)).decode()
    left = mailing.post(farewell.pk, address, SUBJECT, _text(farewell.entry))
    if left:
        farewell.delete()
    return left


def sweep() -> int:
    """Delete what is given up, and ring for what is due; return how many. Any number of sweepers may run."""
    given_up, _ = Farewell.objects.filter(created_at__lte=_oldest()).delete()
    if given_up:
        logger.error("%s people were not told that they were erased: given up", given_up)
    return mailing.sweep(Farewell.objects.all(), TASK)


def _text(entry: Entry) -> str:
    at = entry.created_at
    return TEXT.format(day=f"{at:%-d %B %Y}", time=f"{at:%H:%M}", url=settings.PUBLIC_URL, commit=entry.commit_text)


def _context(farewell: Farewell) -> str:
    return f"farewell:{farewell.pk}"


def _oldest() -> datetime:
    return clock.now() - GIVEN_UP
