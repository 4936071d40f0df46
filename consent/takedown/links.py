"""Secret links: 256 random bits, of which the database holds a digest alone.

The link of a notice is derived from the one-time token of its form, so that a form that is sent twice gives the same
link, and we need not keep the token. The link itself is sealed with the notice, so that letters can repeat it. Pure.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, ClassVar, Final

from ledger import base64url
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

BYTES: Final = 32


class LinkInvalid(Problem):
    """The link is cut short, has ended, or never was: one answer for all."""

    code: ClassVar[str] = "link-invalid"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "This link leads nowhere"


def new() -> str:
    """Return a new secret as text: unpadded base64url of 32 random bytes."""
    return base64url.encode(secrets.token_bytes(BYTES))


def of_form(token: str) -> str:
    """Return the secret of the notice that the form with this one-time token makes. Raises `LinkInvalid`."""
    return base64url.encode(_digest("notice-link", token))


def lookup(secret: str) -> bytes:
    """Return what the database knows of a notice's secret. Raises `LinkInvalid` for what cannot be one."""
    return _digest("notice-lookup", secret)


def draft_lookup(secret: str) -> bytes:
    """Return what the database knows of a draft's secret."""
    return _digest("draft-lookup", secret)


def draft_key(secret: str) -> bytes:
    """Return the key of a draft: 32 bytes that nobody without the link can make."""
    return _digest("draft-key", secret)


def invalid() -> LinkInvalid:
    """Return the one answer for a link that leads nowhere."""
    remedy = "Use the whole link from our letter. If it has ended, write a new notice; nobody lost what was filed."
    return LinkInvalid("There is nothing behind this link, or not any more.", remedy=remedy)


def _digest(label: str, secret: str) -> bytes:
    raw = _read(base64url.decode, secret)
    return hashlib.sha256(f"countenance/{label}/v1".encode() + b"\0" + raw).digest()


def _read(decode: Callable[[str], bytes], secret: str) -> bytes:
    try:
        raw = decode(secret)
    except (ValueError, TypeError, Problem) as error:
        raise invalid() from error
    if len(raw) != BYTES:
        raise invalid()
    return raw
