"""COSE_Sign1 (RFC 9052 section 4.2) with Ed25519, in deterministic CBOR (RFC 8949 section 4.2.1). Pure.

Only one spelling of each message is read, so that a message is as good a name for itself as its hash. The CBOR admitted
is integers of 64 bits, byte and text strings, arrays, maps with such integers or text as keys, and null.

cbor2 alone would not do: it passes over trailing bytes and non-minimal lengths, and runs decoders for tags (a regular
expression is one). Its options refuse indefinite lengths and duplicate keys; the heads are therefore checked before it
sees the data, and what it returns must encode to the very same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.problem import Problem

TAG_SIGN1 = b"\xd2"  # tag 18, in its only minimal spelling
ALG, CRIT, CONTENT_TYPE, KID, CLAIMS, TYP = 1, 2, 3, 4, 15, 16  # header labels (RFC 9052 section 3.1, 9597, 9596)
EDDSA = -8
SIGNATURE_BYTES = 64
MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 8
NULL = 0xF6
INTEGER, NEGATIVE, BYTES, TEXT, ARRAY, MAP, _TAG, SIMPLE = range(8)  # major types
SMALLEST = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}  # the least argument that needs this head

Header = dict[int | str, Any]


class CoseInvalid(Problem):
    """The bytes are not a deterministic COSE message signed by a known Ed25519 key."""

    code: ClassVar[str] = "cose-invalid"
    title: ClassVar[str] = "Not a COSE message of this key"


class Signer(Protocol):
    """What signs a message: `ledger.keyring.SigningKey`, for one."""

    @property
    def key_id(self) -> str:
        """The text whose bytes are the `kid`."""

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of the Ed25519 signature."""


@dataclass(frozen=True, slots=True)
class Sign1:
    """A parsed message; nothing about it is verified. `payload` is `None` if it is detached."""

    protected_bytes: bytes
    unprotected: Header
    payload: bytes | None
    signature: bytes

    @property
    def protected(self) -> Header:
        """The protected header."""
        return decode_map(self.protected_bytes)

    @property
    def kid(self) -> bytes:
        """The key's id; raise `CoseInvalid` if the protected header has none."""
        kid = self.protected.get(KID)
        if not isinstance(kid, bytes):
            raise CoseInvalid("The protected header has no kid")
        return kid

    def to_bytes(self) -> bytes:
        """Return the tagged message."""
        return TAG_SIGN1 + encode([self.protected_bytes, self.unprotected, self.payload, self.signature])

    def with_unprotected(self, header: Header) -> "Sign1":
        """Return the same signed message with another unprotected header, which no signature covers."""
        return replace(self, unprotected=header)


def sign(protected: Header, payload: bytes, signer: Signer, *, detached: bool = False) -> Sign1:
    """Sign `payload` under `protected` and the algorithm and kid of the signer; the unprotected header is empty."""
    header = encode({**protected, ALG: EDDSA, KID: signer.key_id.encode()})
    signature = signer.sign(to_be_signed(header, payload))
    return Sign1(header, {}, None if detached else payload, signature)


def parse(data: bytes) -> Sign1:
    """Read a tagged message; raise `CoseInvalid`. Verifies nothing."""
    if data[:1] != TAG_SIGN1:
        raise CoseInvalid("The message does not begin with the tag of COSE_Sign1")
    match decode(data[1:]):
        case [bytes(protected), dict(unprotected), bytes() | None as payload, bytes(signature)]:
            decode_map(protected)
            return Sign1(protected, unprotected, payload, signature)
    raise CoseInvalid("A COSE_Sign1 is a protected and an unprotected header, a payload and a signature")


def verify(message: Sign1, keys: Mapping[bytes, bytes], *, detached: bytes | None = None) -> bytes:
    """Return the payload that the key named by `kid` signed; raise `CoseInvalid` for any doubt.

    `keys` maps kids to 32-byte Ed25519 keys. `detached` is the payload of a message that carries none, and `None` for
    one that does: neither is ever guessed. No label is critical here, so a message with `crit` is refused.
    """
    if (message.payload is None) == (detached is None):
        raise CoseInvalid("The payload is attached where it must be detached, or the other way round")
    payload = detached if message.payload is None else message.payload
    if message.protected.get(ALG) != EDDSA or CRIT in message.protected:
        raise CoseInvalid("The algorithm is not EdDSA, or a header is critical that is not known")
    if message.kid not in keys:
        raise CoseInvalid("No known key has this kid", remedy="Ask the issuer for the key")
    try:
        public = Ed25519PublicKey.from_public_bytes(keys[message.kid])
        public.verify(message.signature, to_be_signed(message.protected_bytes, payload or b""))
    except InvalidSignature as error:
        raise CoseInvalid("The signature does not verify") from error
    return payload or b""


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure of RFC 9052 section 4.4, without external data."""
    return encode(["Signature1", protected, b"", payload])


def pem(public: bytes) -> bytes:
    """Return a 32-byte Ed25519 key as PEM SubjectPublicKeyInfo (RFC 8410), which other programs read."""
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def encode(value: object) -> bytes:
    """Return the deterministic bytes of `value`; raise `CoseInvalid` for what is not admitted here."""
    return cbor2.dumps(_ordered(value))


def decode(data: bytes) -> Any:  # noqa: ANN401 - CBOR
    """Return the one value that `data` spells deterministically; raise `CoseInvalid`."""
    _check_heads(data)
    try:
        value = cbor2.loads(data, max_depth=MAX_DEPTH, allow_indefinite=False, allow_duplicate_keys=False)
    except cbor2.CBORDecodeError as error:
        raise CoseInvalid("Not CBOR that is read here") from error
    if encode(value) != data:
        raise CoseInvalid("The CBOR is not in its deterministic form")
    return value


def decode_map(data: bytes) -> Header:
    """Return the map that `data` spells; raise `CoseInvalid`."""
    value = decode(data)
    if not isinstance(value, dict):
        raise CoseInvalid("Not a CBOR map")
    return value


def _ordered(value: object) -> object:
    """Return `value` with the members of each map in the order of their keys' bytes."""
    match value:
        case dict():
            if any(type(key) not in (int, str) for key in value):
                raise CoseInvalid("A map has a key that is neither an integer nor text")
            return {key: _ordered(value[key]) for key in sorted(value, key=cbor2.dumps)}
        case list() | tuple():
            return [_ordered(item) for item in value]
        case bytes() | str() | None:
            return value
        case int() if type(value) is int and -(1 << 64) <= value < 1 << 64:
            return value
    raise CoseInvalid(f"A {type(value).__name__} has no place here")


def _check_heads(data: bytes) -> None:
    """Raise `CoseInvalid` unless `data` is one item of the admitted types, each length minimal, with nothing after."""
    if len(data) > MAX_BYTES:
        raise CoseInvalid(f"More than {MAX_BYTES} bytes")
    at, awaited = 0, 1
    while awaited:
        if awaited > len(data) - at:  # each item has a byte at least: a short input cannot promise a long array
            raise CoseInvalid("The CBOR ends early")
        major, at, argument = _head(data, at)
        awaited -= 1
        if major in (BYTES, TEXT):
            at += argument
        elif major in (ARRAY, MAP):
            awaited += argument * (major - ARRAY + 1)
    if at != len(data):
        raise CoseInvalid("The CBOR ends early, or has bytes after it")


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return the major type of the item at `at`, the place after its head, and its argument."""
    major, info = data[at] >> 5, data[at] & 0x1F
    if data[at] == NULL:
        return major, at + 1, 0
    if major >= _TAG or info > max(SMALLEST):
        raise CoseInvalid("A tag, a float, a simple value or an indefinite length has no place here")
    if info not in SMALLEST:
        return major, at + 1, info
    after = at + 1 + (1 << (info - min(SMALLEST)))
    argument = int.from_bytes(data[at + 1 : after], "big")
    if after > len(data) or argument < SMALLEST[info]:
        raise CoseInvalid("A length or number is cut off, or longer than it need be")
    return major, after, argument
