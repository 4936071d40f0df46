"""COSE_Sign1 (RFC 9052 section 4.2) with EdDSA, and the keys that sign it."""

import re
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .cbor import read_cbor, write_cbor
from .findings import NotTrue, Unreadable, require
from .strict import from_base64url

ALG, CRIT, TYPE, KID, CLAIMS, VDS = 1, 2, 16, 4, 15, 395
UNDERSTOOD = {ALG, CRIT, KID, CLAIMS, TYPE, VDS}
EDDSA = -8
ISSUER, SUBJECT, EXPIRES, ISSUED = 1, 2, 4, 6
PARTS = 4
SIGN1 = b"\xd2"  # tag 18 in its shortest spelling


@dataclass(frozen=True)
class Sign1:
    """A parsed message. Nothing about it is verified yet; `payload` is `None` where it is detached."""

    protected: bytes
    header: dict[Any, Any]
    unprotected: dict[Any, Any]
    payload: bytes | None
    signature: bytes

    def verify(self, key: Ed25519PublicKey, payload: bytes) -> None:
        """Return if `key` signed the headers and `payload`; raise `NotTrue` otherwise."""
        message = write_cbor(["Signature1", self.protected, b"", payload])
        try:
            key.verify(self.signature, message)
        except InvalidSignature as error:
            raise NotTrue("the signature does not verify") from error


def read_sign1(data: bytes) -> Sign1:
    """Return a tagged COSE_Sign1 signed with EdDSA by a named key; raise `NotTrue` for anything else."""
    require(data[:1] == SIGN1, "it is not a tagged COSE_Sign1")
    parts = read_cbor(data[1:])
    require(isinstance(parts, list) and len(parts) == PARTS, "it does not have four parts")
    protected, unprotected, payload, signature = parts
    require(isinstance(protected, bytes) and isinstance(signature, bytes), "a part is of another type")
    require(isinstance(unprotected, dict) and isinstance(payload, bytes | None), "a part is of another type")
    header = read_cbor(protected)
    require(isinstance(header, dict), "its protected header is not a map")
    require(not set(header) & set(unprotected), "a header stands both protected and not")
    require(_is(header.get(ALG), EDDSA), "its algorithm is not EdDSA")
    require(isinstance(header.get(KID), bytes) and header[KID], "it names no key")
    if CRIT in header:
        critical = header[CRIT]
        require(isinstance(critical, list) and critical, "what it calls critical is malformed")
        require(all(label in UNDERSTOOD and label in header for label in critical), "it calls critical what is unknown")
    return Sign1(protected, header, unprotected, payload, signature)


def claims_of(header: dict[Any, Any]) -> dict[Any, Any]:
    """Return the claims of a protected header: who (iss) says it about what (sub); raise `NotTrue` if either lacks."""
    claims = header.get(CLAIMS)
    if not isinstance(claims, dict):
        raise NotTrue("it has no claims")
    for label, name in ((ISSUER, "issuer"), (SUBJECT, "subject")):
        require(isinstance(claims.get(label), str) and claims[label], f"its claims name no {name}")
    return claims


def is_second(value: object) -> bool:
    """Tell whether `value` is a time in seconds since 1970."""
    return type(value) is int and 0 < value < 1 << 40


def _is(value: object, expected: int) -> bool:
    return type(value) is int and value == expected


def parse_key(text: str) -> Ed25519PublicKey:
    """Read an Ed25519 public key, PEM or 32 bytes of base64url; raise `Unreadable` for anything else."""
    try:
        if "-----BEGIN" in text:
            key = load_pem_public_key(text.encode())
            require(isinstance(key, Ed25519PublicKey), "it is of another algorithm")
            return key  # type: ignore[return-value]  # held by the line above
        return Ed25519PublicKey.from_public_bytes(from_base64url(re.sub(r"\s", "", text)))
    except Exception as error:  # the library raises errors of several kinds for a bad key
        raise Unreadable(f"the key: {error}") from error
