"""What allauth asks of us: e-mail that leaves by our outbox, sealed secrets, and passkeys for our domain.

A change of a log-in is told in the transaction that makes it: allauth calls `send_notification_mail` inside the view,
and `consent.portal.accounts` has each of its views in one transaction. If nobody can be told, nothing is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.translation import gettext

from consent import login_letters, logins
from consent.logins import Change
from ledger import base64url, subjectkeys, vault

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser
    from django.http import HttpRequest

SYSTEM: Final = "system:consent"
CONTEXT: Final = "second factor"
TOLD: Final = {  # allauth's name of a notice -> what changed; None: it is told elsewhere, before it is done
    "mfa/email/webauthn_added": Change.PASSKEY_ADDED,
    "mfa/email/webauthn_removed": Change.PASSKEY_REMOVED,
    "mfa/email/totp_activated": None,  # after the commit: `consent.portal.accounts` tells it before
    "mfa/email/totp_deactivated": Change.CODE_APP_REMOVED,
    "mfa/email/recovery_codes_generated": None,  # likewise
    "account/email/password_changed": Change.PASSWORD_CHANGED,
    "account/email/password_set": Change.PASSWORD_CHANGED,
    "account/email/password_reset": Change.PASSWORD_CHANGED,
    "account/email/email_changed": Change.EMAIL_CHANGED,
    "account/email/email_confirm": Change.EMAIL_CHANGED,
    "account/email/email_deleted": Change.EMAIL_CHANGED,
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts: e-mail by rows, notices by our messages."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put a letter (a code, an answer to a stranger) in the outbox. An unknown one is a fault: `KeyError`."""
        login_letters.write(template_prefix.rpartition("/")[2], email, code=str(context.get("code", "")))

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell of a change by every channel; `email`: an address that was the account's until now."""
        del context
        change = TOLD[template_prefix]
        if change is not None:
            logins.note(user, change, former=email)

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Return to the front page."""
        del request
        return "/"


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Second factors."""

    def encrypt(self, text: str) -> str:
        """Seal the secret of a code app, or of recovery codes, under the system's key."""
        secret = subjectkeys.read(SYSTEM).secret
        return base64url.encode(vault.sealed_bytes(secret, SYSTEM, CONTEXT, text.encode()))

    def decrypt(self, encrypted_text: str) -> str:
        """Open it; raises `Undecipherable` for what was tampered with."""
        secret = subjectkeys.read(SYSTEM).secret
        return vault.opened_bytes(secret, SYSTEM, CONTEXT, base64url.decode(encrypted_text)).decode()

    def build_totp_svg(self, url: str) -> str:
        """Draw the code to scan so that it can stand in a page: a strict CSP takes no image from an address of data."""
        drawn: str = super().build_totp_svg(url)
        return drawn[drawn.index("<svg") :]

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last factor of staff, and of who has no password: nothing would be left to ask them for."""
        user = authenticator.user
        others = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
        if others.exclude(pk=authenticator.pk).exists():
            return True
        return bool(user.has_usable_password() and not user.is_staff)

    def generate_authenticator_name(self, user: AbstractUser, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's
        """Propose a name."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey {number}").format(number=number)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return the domain for which passkeys sign as well; allauth would take whatever host was asked for."""
        return {"id": settings.CONSENT_RP_ID, "name": "Countenance"}
