"""Ed25519 keys and signatures of parties (RFC 8032).

Pure. A key of small order is refused: under it one signature fits every message,
so that its owner could disown what they signed.
"""

from __future__ import annotations

import hashlib
from typing import ClassVar, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger import base64url
from ledger.problem import Problem

ALGORITHM: Final = "Ed25519"
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P


class SignatureRefused(Problem):
    """The signature is not the named key's over exactly this document."""

    code: ClassVar[str] = "signature-refused"
    title: ClassVar[str] = "The signature does not fit"


class KeyRefused(Problem):
    """The key cannot be used."""

    code: ClassVar[str] = "key-refused"
    title: ClassVar[str] = "The key cannot be used"


def key_id(public: bytes) -> str:
    """Return the id of a key: 22 characters that depend on nothing but the key."""
    return base64url.encode(hashlib.sha256(b"countenance/party-key/v1\0" + public).digest()[:16])


def check_key(public: bytes, *, pointer: str = "/key/public") -> None:
    """Raise `KeyRefused` unless `public` is a point of the curve, in its only spelling, and not of small order."""
    if len(public) != KEY_BYTES or _order_divides_eight(public):
        raise KeyRefused(
            "This is not a usable Ed25519 public key.", pointer=pointer, remedy="Send the 32 bytes of a fresh key."
        )


def check_length(signature: bytes | None) -> None:
    """Raise `SignatureRefused` for a signature that cannot be one of Ed25519; `None`: a passkey signed instead."""
    if signature is not None and len(signature) != SIGNATURE_BYTES:
        raise SignatureRefused(
            "An Ed25519 signature has 64 bytes.", pointer="/signature", remedy="Send all of them in base64url."
        )


def check_signature(public: bytes, signature: bytes, data: bytes, *, pointer: str, remedy: str) -> None:
    """Raise `SignatureRefused` unless the key signed exactly `data`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError) as error:
        raise SignatureRefused(
            "The signature does not fit the key and the document.", pointer=pointer, remedy=remedy
        ) from error


def _order_divides_eight(public: bytes) -> bool:
    """Double the point three times (RFC 8032 section 5.1.4, in affine form); the identity means a small order.

    Also True for bytes that are no point or not the point's only spelling.
    """
    y, sign = int.from_bytes(public, "little") & (2**255 - 1), public[31] >> 7
    if y >= _P:
        return True
    x = _root((y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P)
    if x is None or (x == 0 and sign):
        return True
    if x & 1 != sign:
        x = _P - x
    for _ in range(3):
        product = _D * x * x * y * y
        x, y = (
            2 * x * y * pow(1 + product, -1, _P) % _P,
            (y * y + x * x) * pow(1 - product, -1, _P) % _P,
        )
    return (x, y) == (0, 1)


def _root(square: int) -> int | None:
    """Return a square root modulo p (RFC 8032 section 5.1.3), or `None` if there is none."""
    root = pow(square, (_P + 3) // 8, _P)
    if root * root % _P != square:
        root = root * pow(2, (_P - 1) // 4, _P) % _P
    return root if root * root % _P == square else None
