"""Signatures of webhooks, as Standard Webhooks 1.0.0 has them ("Signature scheme" and "Webhook Headers"). Pure.

HMAC-SHA256 over "<webhook-id>.<webhook-timestamp>.<body>", base64, behind "v1,"; several are separated by a space.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, ClassVar, Final

from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32  # the specification asks for 24 to 64


class WebhookSecretInvalid(Problem):
    """A secret is whsec_ and the base64 of 24 to 64 bytes."""

    code: ClassVar[str] = "webhook-secret-invalid"
    title: ClassVar[str] = "This is no secret of a webhook"


def new_secret() -> str:
    """Return a fresh secret in the form that receivers' libraries take."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(secret_texts: Sequence[str], message: str, at: int, body: bytes) -> dict[str, str]:
    """Return the three headers. `at`: seconds since 1970. More than one secret: while the older one is being replaced.

    Raises `WebhookSecretInvalid`; and `ValueError` without a secret, since what nobody signed must not leave.
    """
    if not secret_texts:
        raise ValueError("a webhook without a secret cannot be signed")
    signed = f"{message}.{at}.".encode() + body
    given = [hmac.new(_key(text), signed, hashlib.sha256).digest() for text in secret_texts]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join("v1," + base64.b64encode(one).decode() for one in given),
    }


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(PREFIX).encode("ascii"), validate=True)
    except ValueError:
        key = b""
    if not text.startswith(PREFIX) or not 24 <= len(key) <= 64:  # noqa: PLR2004 - the specification's own numbers
        raise WebhookSecretInvalid("The stored secret cannot be read.", remedy="Rotate the webhook's secret.")
    return key
