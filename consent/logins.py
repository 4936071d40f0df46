"""What changes how one logs in: told at once by every channel, and on record.

For an account with a party that is one entry, one message in the portal with its e-mail, and the webhooks that follow
the entry. Before an account has a party there is nobody to keep a record of: it gets the e-mail alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction

from consent import clock, login_letters, messages
from consent.models import Message, Party
from ledger import log

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

KIND: Final = "login.changed"


class Change(StrEnum):
    """What changed; only ever added to."""

    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    CODE_APP_ADDED = "code-app-added"
    CODE_APP_REMOVED = "code-app-removed"
    RECOVERY_CODES_MADE = "recovery-codes-made"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a change
    EMAIL_CHANGED = "email-changed"
    LINKED = "linked"


SAYS: Final = {  # English, Spanish
    Change.PASSKEY_ADDED: ("A passkey was added to your log-in", "Se añadió una llave de acceso a su cuenta"),
    Change.PASSKEY_REMOVED: ("A passkey was removed from your log-in", "Se quitó una llave de acceso de su cuenta"),
    Change.CODE_APP_ADDED: ("A code app was added to your log-in", "Se añadió una aplicación de códigos a su cuenta"),
    Change.CODE_APP_REMOVED: (
        "The code app was removed from your log-in",
        "Se quitó la aplicación de códigos de su cuenta",
    ),
    Change.RECOVERY_CODES_MADE: (
        "New recovery codes were made for your log-in",
        "Se crearon nuevos códigos de recuperación para su cuenta",
    ),
    Change.PASSWORD_CHANGED: ("The password of your log-in was changed", "Se cambió la contraseña de su cuenta"),
    Change.EMAIL_CHANGED: (
        "The e-mail address of your log-in was changed",
        "Se cambió la dirección de correo de su cuenta",
    ),
    Change.LINKED: ("Your account can now be used by a log-in", "Su cuenta ya puede usarse con un inicio de sesión"),
}
TEXT: Final = """{english}.
This happened on {day} at {time} UTC.

If it was you, there is nothing to do.

If it was not you, somebody else may be in your account. Do this now:
1. Log in at {url}/account/login/ and log out everywhere else: {url}/account/sessions/
2. Remove what is not yours, and look at your keys: {url}/me/keys
3. If you gave permission for anything that you did not mean to, take it back. That works at once.

{spanish}.
Si fue usted, no tiene que hacer nada.
Si no fue usted, entre en {url}/account/login/, cierre todas las demás sesiones ({url}/account/sessions/), quite lo que
no sea suyo y revise sus llaves: {url}/me/keys

We never ask for a password, a code or a key by e-mail. / Nunca pedimos contraseñas, códigos ni llaves por correo.
"""


def note(user: AbstractBaseUser, change: Change, *, former: str | None = None) -> None:
    """Record a change of a log-in and tell its owner, in the caller's transaction: if that fails nothing changes.

    `former`: the address that the log-in had before, which is told too; `None`: it has not changed.
    """
    subject, text = words(change)
    address = str(getattr(user, "email", ""))
    with transaction.atomic():
        party = Party.objects.select_related("user").filter(user_id=user.pk, erased_at=None).first()
        if party is not None:
            payload: dict[str, object] = {"party": str(party.pk), "change": str(change)}
            entry = log.append(KIND, payload, actor=party.actor, subject=party.actor)
            messages.write(party, Message.Kind.LOGIN_CHANGED, entry, subject=subject, text=text)
        elif address:
            login_letters.put(address, subject, text)
        if former and former.casefold() != address.casefold():
            login_letters.put(former, subject, text)


def words(change: Change) -> tuple[str, str]:
    """Return subject and text of the notice, in English and Spanish. They name no address."""
    english, spanish = SAYS[change]
    at = clock.now()
    text = TEXT.format(
        english=english, spanish=spanish, day=f"{at:%-d %B %Y}", time=f"{at:%H:%M}", url=settings.PUBLIC_URL
    )
    return f"{english} / {spanish}", text
