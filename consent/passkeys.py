"""Passkeys (WebAuthn) as keys of a party: where they sign for us, and what shows that one holds one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from consent import challenges, cosekey, webauthn
from ledger import base64url
from ledger.canonical import digest

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Possession:
    """What shows that somebody holds a new passkey: its assertion over `possession_digest`, challenge included."""

    evidence: Mapping[str, object]
    challenge: str


def place() -> webauthn.Place:
    """Return where passkeys sign for us, as configured."""
    return webauthn.Place(settings.CONSENT_RP_ID, frozenset(settings.CONSENT_ORIGINS))


def possession_digest(handle: str, public: bytes, challenge: str) -> bytes:
    """Return the 32 bytes that a new passkey signs; `public` is its COSE key, `challenge` the text that we issued."""
    document = {
        "handle": handle,
        "algorithm": webauthn.ALGORITHM,
        "public": base64url.encode(public),
        "challenge": challenge,
    }
    return digest("key-possession", document)


def check_possession(handle: str, public: bytes, shown: Possession) -> int:
    """Return the passkey's counter; raise unless it is usable and its holder answered the challenge with it.

    The challenge counts as answered once `challenges.spend` says so, in the transaction that adds the key.
    """
    cosekey.parse(public)
    asked = possession_digest(handle, public, shown.challenge)
    return webauthn.check(shown.evidence, asked, public, place(), pointer="/key/evidence").counter


def spend(shown: Possession) -> None:
    """Count the challenge as answered, in the caller's transaction."""
    challenges.spend(shown.challenge)
