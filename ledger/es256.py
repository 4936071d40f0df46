"""ECDSA over P-256 with SHA-256 (ES256, RFC 7518 section 3.4), for the keys that X.509 certificates vouch for. Pure.

A public half is the uncompressed point of SEC 1 section 2.3.3: 65 bytes. A secret is the private number, 32 bytes, big
endian. A signature is r and s, 32 bytes each; modules and services that write it in DER are understood as well.
"""

from contextlib import suppress
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

POINT_BYTES = 65
HALF = 32  # bytes of r, of s, and of a secret
HASHED = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class Key:
    """A private key in memory; its number does not show."""

    _private: ec.EllipticCurvePrivateKey

    @classmethod
    def of(cls, secret: bytes) -> "Key":
        """Return the key of this secret; raise `ValueError` if it is no private number of the curve."""
        return cls(ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1()))

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of the signature over `data`."""
        return raw(self._private.sign(data, HASHED))

    def __repr__(self) -> str:
        return "Key(P-256)"


def new_secret() -> bytes:
    """Make a secret."""
    return ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(HALF)


def public_of(secret: bytes) -> bytes:
    """Return the public half of a secret; raise `ValueError` if it is none."""
    return point(ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1()).public_key())


def point(public: object) -> bytes:
    """Return the 65 bytes of a public key; raise `ValueError` unless it is one of P-256."""
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise ValueError("not a key of P-256")  # noqa: TRY004 - a key of another curve is a wrong value
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def public_key(public: bytes) -> ec.EllipticCurvePublicKey:
    """Return the public key of these 65 bytes; raise `ValueError` if they are no point of the curve."""
    if len(public) != POINT_BYTES:
        raise ValueError("a point has 65 bytes")
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)


def verified(public: bytes, signature: bytes, data: bytes) -> bytes:
    """Return the 64 bytes of the signature if it is this key's over `data`; raise `InvalidSignature` otherwise."""
    key = public_key(public)
    for der, out in _readings(signature):
        try:
            key.verify(der, data, HASHED)
        except InvalidSignature:
            continue
        return out
    raise InvalidSignature


def raw(der: bytes) -> bytes:
    """Return r and s of a signature in DER; raise `ValueError` if it is none."""
    r, s = decode_dss_signature(der)
    if r.bit_length() > HALF * 8 or s.bit_length() > HALF * 8:
        raise ValueError("not a signature of this curve")
    return r.to_bytes(HALF) + s.to_bytes(HALF)


def _readings(signature: bytes) -> list[tuple[bytes, bytes]]:
    """Return what the bytes may be, each in DER and as r and s; 64 bytes of DER are possible, if hardly ever met."""
    found = []
    if len(signature) == 2 * HALF:
        halves = (int.from_bytes(signature[:HALF]), int.from_bytes(signature[HALF:]))
        found.append((encode_dss_signature(*halves), signature))
    with suppress(ValueError):
        found.append((signature, raw(signature)))
    return found
