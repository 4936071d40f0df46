"""The public key of a passkey as COSE spells it (RFC 9052 section 7; W3C WebAuthn Level 3 section 6.5.1.1). Pure.

Three kinds are known: ES256 on P-256, EdDSA on Ed25519 and RS256 with 2048 to 4096 bits. What verifies a signature is
chosen by the key alone, never by what comes with the signature. A key is read in one spelling only, the one that
WebAuthn demands of authenticators, so that one key cannot be registered twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cbor2
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent import signing
from consent.signing import KeyRefused

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_KEY_BYTES: Final = 1024  # an RSA key of 4096 bits has 528
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 4096  # more would cost us more to verify than them to send
RSA_EXPONENT: Final = 65537  # what authenticators make
COORDINATE_BYTES: Final = 32
P256: Final = 1
ED25519: Final = 6  # RFC 9053 section 7.1
MAX_DEPTH: Final = 4

EC2_LABELS: Final = (1, 3, -1, -2, -3)  # kty, alg, crv, x, y in the order of CTAP2's canonical form
OKP_LABELS: Final = (1, 3, -1, -2)  # kty, alg, crv, x
RSA_LABELS: Final = (1, 3, -1, -2)  # kty, alg, n, e

REMEDY: Final = "Make a passkey of ES256 (-7), EdDSA (-8) or RS256 (-257, 2048 to 4096 bits), and send its COSE key."


@dataclass(frozen=True, slots=True)
class CoseKey:
    """A key that was read in full. `verify` takes signature and data, and raises `InvalidSignature`."""

    algorithm: int
    verify: Callable[[bytes, bytes], None]


def parse(data: bytes, *, pointer: str = "/key/public") -> CoseKey:
    """Read the bytes of a COSE key. Raises `KeyRefused` for everything but a usable key of a known kind."""
    members = _members(data, pointer)
    kind = (members.get(1), members.get(3))
    reader = _READERS.get(kind) if all(type(part) is int for part in kind) else None
    if reader is None:
        raise _refused("Type and algorithm of the key do not belong together, or are not known.", pointer)
    labels, read = reader
    if cbor2.dumps({label: members.get(label) for label in labels}) != data:
        raise _refused("The key has other members than its kind, or another spelling than the canonical one.", pointer)
    try:
        return read(members)
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, KeyRefused) as error:
        raise _refused("The key is no usable key of its kind.", pointer) from error


def _members(data: bytes, pointer: str) -> dict[Any, Any]:
    if len(data) > MAX_KEY_BYTES:
        raise _refused(f"The key has more than {MAX_KEY_BYTES} bytes.", pointer)
    try:
        members = cbor2.loads(data, max_depth=MAX_DEPTH, allow_indefinite=False, allow_duplicate_keys=False)
    except Exception as error:  # its errors have no common base: a bad nesting can be a RecursionError
        raise _refused("The key is not CBOR.", pointer) from error
    if type(members) is not dict:
        raise _refused("The key is no map.", pointer)
    return members


def _es256(members: dict[int, Any]) -> CoseKey:
    x, y = (_fixed(members[label]) for label in (-2, -3))
    _same(members[-1], P256)
    point = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    return CoseKey(-7, lambda signature, data: point.verify(signature, data, ec.ECDSA(hashes.SHA256())))


def _eddsa(members: dict[int, Any]) -> CoseKey:
    x = _fixed(members[-2])
    _same(members[-1], ED25519)
    signing.check_key(x)  # not of small order
    return CoseKey(-8, Ed25519PublicKey.from_public_bytes(x).verify)


def _rs256(members: dict[int, Any]) -> CoseKey:
    modulus, exponent = (_number(members[label]) for label in (-1, -2))
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS or modulus % 2 == 0 or exponent != RSA_EXPONENT:
        raise ValueError("size, modulus or exponent")
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return CoseKey(-257, lambda signature, data: key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256()))


_READERS: Final[dict[tuple[object, object], tuple[tuple[int, ...], Callable[[dict[int, Any]], CoseKey]]]] = {
    (2, -7): (EC2_LABELS, _es256),
    (1, -8): (OKP_LABELS, _eddsa),
    (3, -257): (RSA_LABELS, _rs256),
}


def _fixed(value: object) -> bytes:
    if type(value) is not bytes or len(value) != COORDINATE_BYTES:
        raise ValueError("a coordinate is not of 32 bytes")
    return value


def _number(value: object) -> int:
    """Read an unsigned number in its shortest form (RFC 8230 section 4)."""
    if type(value) is not bytes or not value or value[0] == 0:
        raise ValueError("a number is empty or begins with zero")
    return int.from_bytes(value)


def _same(value: object, expected: int) -> None:
    if type(value) is not int or value != expected:
        raise ValueError("the curve is another")


def _refused(detail: str, pointer: str) -> KeyRefused:
    return KeyRefused(detail, pointer=pointer, remedy=REMEDY)
