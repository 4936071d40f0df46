"""E-mails that belong to a log-in and to no party: codes, and what a stranger is told who types an address.

They leave by rows as all our e-mail does, never from a request: whether an address is known here cannot be told by how
long an answer takes. A code is good for minutes, so a letter is given up soon.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction

from consent import clock, mailing
from consent.models import LoginLetter
from ledger import subjectkeys, vault

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

logger = logging.getLogger(__name__)
TASK: Final = "consent.tasks.send_login_letter"
SYSTEM: Final = "system:consent"
GIVEN_UP: Final = timedelta(hours=6)

CODE: Final = """{code}

This is your code. Type it on the page where you asked for it. It is good for a few minutes, and once.
If you did not ask for it, do nothing: without it nothing happens. Give it to nobody, not to us either.

Este es su código. Escríbalo en la página donde lo pidió. Vale unos minutos y una sola vez.
Si usted no lo pidió, no haga nada. No se lo dé a nadie, tampoco a nosotros.

{url}
"""
KNOWN: Final = """Somebody, perhaps you, tried to open an account with this address. There is one already.
If it was you, log in: {url}/account/login/
If you cannot, have a code sent to you there. If it was not you, there is nothing to do.

Alguien, quizá usted, intentó abrir una cuenta con esta dirección. Ya existe una.
Si fue usted, entre en {url}/account/login/ y, si no puede, pida allí un código. Si no fue usted, no haga nada.
"""
UNKNOWN: Final = """Somebody, perhaps you, tried to log in with this address. There is no account with it.
If it was you, try your other addresses, or open an account: {url}/account/signup/passkey/
If it was not you, there is nothing to do.

Alguien, quizá usted, intentó entrar con esta dirección. No hay ninguna cuenta con ella.
Si fue usted, pruebe con otra dirección o abra una cuenta: {url}/account/signup/passkey/
"""
LETTERS: Final = {  # allauth's name of the letter -> subject and text
    "email_confirmation_signup": ("Your code / Su código", CODE),
    "email_confirmation": ("Your code / Su código", CODE),
    "login_code": ("Your code / Su código", CODE),
    "password_reset_code": ("Your code / Su código", CODE),
    "account_already_exists": ("You have an account already / Ya tiene una cuenta", KNOWN),
    "unknown_account": ("There is no account / No hay ninguna cuenta", UNKNOWN),
}


def write(name: str, address: str, *, code: str = "") -> LoginLetter:
    """Put one of the letters in the outbox. Raises `KeyError` for one that is not known."""
    subject, text = LETTERS[name]
    return put(address, subject, text.format(code=code, url=settings.PUBLIC_URL))


def put(address: str, subject: str, text: str) -> LoginLetter:
    """Put an e-mail in the outbox, in the caller's transaction; have it sent once that has committed."""
    letter = LoginLetter(mail_due_at=clock.now())
    content = json.dumps({"address": address, "subject": subject, "text": text}).encode()
    letter.content = vault.sealed_bytes(subjectkeys.read(SYSTEM).secret, SYSTEM, _context(letter), content)
    letter.save(force_insert=True)
    transaction.on_commit(partial(mailing.ring, TASK, letter.pk))
    return letter


def opened(letter: LoginLetter) -> dict[str, str]:
    """Return address, subject and text."""
    secret = subjectkeys.read(SYSTEM).secret
    found: dict[str, str] = json.loads(vault.opened_bytes(secret, SYSTEM, _context(letter), bytes(letter.content)))
    return found


def send(letter_id: UUID) -> bool:
    """Send a letter that is due, and delete it; return whether it left now."""
    letter = mailing.claim(LoginLetter.objects.filter(created_at__gt=_oldest()), letter_id)
    if letter is None:
        return False
    content = opened(letter)
    left = mailing.post(letter.pk, content["address"], content["subject"], content["text"])
    if left:
        letter.delete()
    return left


def sweep() -> int:
    """Delete what is given up, and ring for what is due; return how many. Any number of sweepers may run."""
    given_up, _ = LoginLetter.objects.filter(created_at__lte=_oldest()).delete()
    if given_up:
        logger.error("%s e-mails about log-ins never left: given up", given_up)
    return mailing.sweep(LoginLetter.objects.all(), TASK)


def _context(letter: LoginLetter) -> str:
    return f"login letter:{letter.pk}"


def _oldest() -> datetime:
    return clock.now() - GIVEN_UP
