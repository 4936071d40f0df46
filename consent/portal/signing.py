"""Have a passkey of the party sign the digest of a document in the browser, and read back the evidence.

The template includes `consent/portal/sign.html` inside its form, which has `data-sign`, with `asked` from here; it
loads `consent/sign.js`. docs/design/accounts.md shows the twenty lines. The signature is itself a fresh proof of the
person over this very document, so a page that signs needs no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from allauth.mfa.models import Authenticator

from consent import passkeys, webauthn
from consent.portal.passkey_forms import public_key
from consent.webauthn import EvidenceRefused
from ledger import base64url
from ledger.canonical import MalformedJson, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.base_user import AbstractBaseUser

    from consent.models import Party

TIMEOUT: Final = 120_000  # milliseconds that a device waits for its person
MAX_EVIDENCE: Final = 16_384  # bytes of JSON


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of a log-in. `key_id` is the one that it has, or would have, as a key of a party."""

    number: int  # of the log-in's authenticator
    name: str
    credential_id: bytes
    public: bytes
    key_id: str


def of_user(user: AbstractBaseUser) -> list[Passkey]:
    """Return the passkeys with which somebody logs in, oldest first."""
    rows = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN).order_by("pk")
    return [_passkey(row) for row in rows]


def signers(party: Party) -> list[Passkey]:
    """Return the passkeys that can sign for a party in a browser: its keys in use of which its log-in has the passkey.

    Empty: none. A passkey that was registered by the API alone is not among them; nothing says where it lives.
    """
    if party.user is None:
        return []
    in_use = set(party.keys.filter(algorithm=webauthn.ALGORITHM, revoked_at=None).values_list("key_id", flat=True))
    return [found for found in of_user(party.user) if found.key_id in in_use]


def asked(passkey: Passkey, digest: bytes) -> dict[str, Any]:
    """Return what `consent/sign.js` needs to have these 32 bytes signed by this passkey, its person verified."""
    return {
        "options": {
            "challenge": base64url.encode(digest),
            "rpId": passkeys.place().rp_id,
            "allowCredentials": [{"type": "public-key", "id": base64url.encode(passkey.credential_id)}],
            "userVerification": "required",
            "timeout": TIMEOUT,
        },
        "public": base64url.encode(passkey.public),
    }


def evidence(posted: str | None, *, pointer: str = "/evidence") -> Mapping[str, object]:
    """Return the evidence that a form posted, read as strictly as what is signed; what it shows is for the verb.

    Raises `EvidenceRefused`.
    """
    remedy = "Switch JavaScript on for this page and sign again."
    try:
        return parse((posted or "").encode(), limit=MAX_EVIDENCE)
    except (MalformedJson, UnicodeEncodeError) as error:
        raise EvidenceRefused("Nothing was signed.", pointer=pointer, remedy=remedy) from error


def _passkey(row: Authenticator) -> Passkey:
    wrapped = row.wrap()
    public = public_key(row)
    credential_id = bytes(wrapped.authenticator_data.credential_data.credential_id)
    return Passkey(row.pk, wrapped.name, credential_id, public, webauthn.key_id(public))
