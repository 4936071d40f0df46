"""Signatures of webhooks, as Standard Webhooks 1.0.0 has them. Verify the bytes that arrived, before reading them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOLERANCE: Final = 300  # seconds that the sender's clock may differ from ours, either way
PREFIX: Final = "whsec_"


class NotSigned(Exception):  # noqa: N818 - the word for it
    """This message is not from who holds the secret, or not from now."""


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, *, now: float | None = None
) -> dict[str, Any]:
    """Return the event. `now`: seconds since 1970; None is the clock. More than one secret: during a rotation.

    Raises `NotSigned`. The same `webhook-id` can arrive twice: that is for the receiver to remember.
    """
    sent = {name.lower(): value for name, value in headers.items()}
    message, at = sent.get("webhook-id", ""), sent.get("webhook-timestamp", "")
    if not (message and at.isascii() and at.isdigit() and len(at) <= len("9999999999")):
        raise NotSigned("a header is missing or malformed")
    if abs((time.time() if now is None else now) - int(at)) > TOLERANCE:
        raise NotSigned("too old, or from the future")
    signed = f"{message}.{at}.".encode() + body
    given = [one.removeprefix("v1,") for one in sent.get("webhook-signature", "").split() if one.startswith("v1,")]
    wanted = [hmac.digest(_key(secret), signed, hashlib.sha256) for secret in secrets]
    pairs = [hmac.compare_digest(one.encode(), base64.b64encode(mac)) for one in given for mac in wanted]
    if not any(pairs):
        raise NotSigned("no signature is right")
    event = json.loads(body)
    if not isinstance(event, dict):
        raise NotSigned("not an event")
    return event


def _key(secret: str) -> bytes:
    """Return the bytes of a secret. An empty one would let anybody sign, so it is a `ValueError`, as is bad base64."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret is whsec_ and base64") from error
    if not key:
        raise ValueError("a secret is empty")
    return key
