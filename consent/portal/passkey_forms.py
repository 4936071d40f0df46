"""What a browser returns from a passkey, read strictly before allauth stores or checks it.

Only the members that the standard names are kept, so that nothing of a stranger's choosing reaches the database. A key
that could not sign for us (`consent.cosekey`) does not become a log-in either: they are one passkey to its owner.
"""

from __future__ import annotations

from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
    SignupWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext
from fido2 import cbor
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from consent import cosekey
from ledger.problem import Problem

MAX_TEXT: Final = 16_384  # characters of one member; an attestation with certificates has some thousands
MAX_NAME: Final = 60
MADE: Final = ("clientDataJSON", "attestationObject")
SIGNED: Final = ("clientDataJSON", "authenticatorData", "signature", "userHandle")


def kept(credential: object, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the members that we know of a `PublicKeyCredential` as JSON (WebAuthn Level 3 section 5.1); or raise."""
    response = credential.get("response") if isinstance(credential, dict) else None
    if not isinstance(credential, dict) or not isinstance(response, dict):
        raise refused()
    texts = {name: response[name] for name in names if response.get(name) is not None}
    outer = {name: credential.get(name) for name in ("id", "rawId", "type")}
    if not all(
        isinstance(text, str) and text.isascii() and len(text) <= MAX_TEXT
        for text in [*texts.values(), *outer.values()]
    ):
        raise refused()
    extensions = credential.get("clientExtensionResults")
    properties = extensions.get("credProps") if isinstance(extensions, dict) else None
    resident = properties.get("rk") if isinstance(properties, dict) else None
    shown = {"credProps": {"rk": resident}} if isinstance(resident, bool) else {}
    return outer | {"response": texts, "clientExtensionResults": shown}


def refused() -> forms.ValidationError:
    """Return the one refusal: a stranger learns nothing of why."""
    return forms.ValidationError(gettext("This passkey could not be read. Please try again."), code="passkey")


def public_key(authenticator: Authenticator) -> bytes:
    """Return the COSE key of a log-in's passkey in its canonical spelling, as `consent.cosekey` reads it."""
    return cose(authenticator.wrap().authenticator_data)


def cose(data: Any) -> bytes:  # noqa: ANN401 - fido2's AuthenticatorData
    """Return the attested key, in the canonical form of CTAP2."""
    return bytes(cbor.encode(dict(data.credential_data.public_key)))


class _Making(forms.Form):
    """A new passkey."""

    def clean_credential(self) -> dict[str, Any]:
        """Keep what is known, and refuse a key that could not sign."""
        credential = kept(self.cleaned_data["credential"], MADE)
        try:
            made = RegistrationResponse.from_dict(credential)
            data = made.response.attestation_object.auth_data
            cosekey.parse(cose(data))
        except Problem as problem:
            raise forms.ValidationError(gettext("This kind of passkey cannot sign here.")) from problem
        except Exception as error:  # fido2 reads hostile CBOR with errors of many kinds
            raise refused() from error
        if not data.is_user_verified():
            raise forms.ValidationError(gettext("Your device did not check that it is you: unlock it, and try again."))
        return credential

    def clean_name(self) -> str:
        """Keep a short, visible name."""
        name = " ".join("".join(c if c.isprintable() else " " for c in self.cleaned_data["name"]).split())[:MAX_NAME]
        self.cleaned_data["name"] = name
        proposed: str = super().clean_name()  # type: ignore[misc]  # allauth's form, which comes next
        return proposed


class AddPasskeyForm(_Making, AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """Add a passkey to an account."""


class SignupPasskeyForm(_Making, SignupWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """The first passkey of a new account."""


class _Showing(forms.Form):
    """A passkey that somebody has."""

    def clean_credential(self) -> Authenticator:
        """Keep what is known; then allauth checks it."""
        credential = kept(self.cleaned_data["credential"], SIGNED)
        try:
            AuthenticationResponse.from_dict(credential)
            self.cleaned_data["credential"] = credential
            return super().clean_credential()  # type: ignore[misc]  # allauth's form, which comes next
        except forms.ValidationError:
            raise
        except Exception as error:  # fido2 and allauth read hostile bytes with errors of many kinds
            raise refused() from error


class LoginPasskeyForm(_Showing, LoginWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """Log in by a passkey."""


class AuthenticatePasskeyForm(_Showing, AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """The second factor after a password or a code."""


class ReauthenticatePasskeyForm(_Showing, ReauthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """Show again that it is you."""


class EditPasskeyForm(EditWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """Rename a passkey."""

    name = forms.CharField(max_length=MAX_NAME)
