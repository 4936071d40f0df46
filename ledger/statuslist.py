"""IETF Token Status List: two bits for each grant, signed as a JWT or a CWT with a short life. Pure.

Grant g is entry g of the list. The bytes of the array fill from the least significant bit; what is published is zlib of
them, what the log records is SHA-256 of them uncompressed, since compression has no single spelling. Up to three
entries of the last byte belong to no grant and read as valid: a grant's own proof, not this list, shows that it exists.

Our tokens hold exactly the members that are read here, one of them private: `as_of`, the number of log entries whose
state the list shows. Tokens of other issuers, which may hold more, are not read.
"""

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger import base64url, canonical, cose, jose
from ledger.cose import Signer
from ledger.problem import Problem

VALID, INVALID, SUSPENDED = 0, 1, 2
BITS, PER_BYTE, HIGHEST = 2, 4, 3
MAX_ARRAY = 64 * 1024 * 1024  # bytes once uncompressed: 268 million grants
MAX_TOKEN = 32 * 1024 * 1024
SKEW = 60  # seconds by which the issuer's clock may be ahead of the reader's
JWT_TYPE, CWT_TYPE = "statuslist+jwt", "application/statuslist+cwt"
SUB, EXP, IAT, TTL, LIST = 2, 4, 6, 65534, 65533  # CWT claims
MEMBERS = {"sub", "iat", "exp", "ttl", "as_of", "status_list"}
CLAIMS = {"sub": SUB, "exp": EXP, "iat": IAT, "ttl": TTL, "as_of": "as_of", "status_list": LIST}


class StatusListInvalid(Problem):
    """The bytes are not a status list that its issuer stands by at this time, or it has no such entry."""

    code: ClassVar[str] = "status-list-invalid"
    title: ClassVar[str] = "Not a status list to rely on"


@dataclass(frozen=True, slots=True)
class StatusList:
    """The status of every grant after the first `as_of` entries. Times are seconds since 1970, `ttl` is in seconds."""

    uri: str
    array: bytes
    as_of: int
    issued_at: int
    expires_at: int
    ttl: int

    def status(self, index: int) -> int:
        """Return the status of one grant; raise `StatusListInvalid` beyond the list: absent is never valid."""
        return status(self.array, index)

    def stale_at(self, fetched_at: int) -> int:
        """Return the second from which a copy fetched at `fetched_at` may not be used any more."""
        return min(fetched_at + self.ttl, self.expires_at)


def pack(statuses: Iterable[int]) -> bytes:
    """Return the bit array: four statuses a byte, the first in the lowest bits, the rest of the last byte zero."""
    array = bytearray()
    for place, one in enumerate(statuses):
        if not VALID <= one <= HIGHEST:
            raise StatusListInvalid(f"{one} does not fit into {BITS} bits")
        if place % PER_BYTE == 0:
            array.append(0)
        array[-1] |= one << (place % PER_BYTE * BITS)
    return bytes(array)


def unpack(array: bytes, count: int) -> list[int]:
    """Return the first `count` statuses; raise `StatusListInvalid` if the array is of another number of grants."""
    if len(array) != -(-count // PER_BYTE) or any(
        status(array, place) for place in range(count, len(array) * PER_BYTE)
    ):
        raise StatusListInvalid(f"The array is not one of {count} grants")
    return [status(array, place) for place in range(count)]


def status(array: bytes, index: int) -> int:
    """Return the status at `index`; raise `StatusListInvalid` if the array has none there."""
    if not 0 <= index < len(array) * PER_BYTE:
        raise StatusListInvalid(f"The list has no entry {index}")
    return array[index // PER_BYTE] >> (index % PER_BYTE * BITS) & HIGHEST


def digest(array: bytes) -> bytes:
    """Return what `state.recorded` holds of the list."""
    return hashlib.sha256(array).digest()


def compress(array: bytes) -> bytes:
    """Return the `lst` of a token."""
    return zlib.compress(array, level=9)


def decompress(data: bytes) -> bytes:
    """Return the bit array; raise `StatusListInvalid` for other bytes, bytes after it, or more than is reasonable."""
    reader = zlib.decompressobj()
    try:
        array = reader.decompress(data, MAX_ARRAY)
    except zlib.error as error:
        raise StatusListInvalid("The list is not zlib data") from error
    if not reader.eof or reader.unused_data:
        raise StatusListInvalid("The list is cut off, too long, or followed by something")
    return array


def sign_jwt(made: StatusList, signer: Signer) -> str:
    """Return the token as a JWT (`application/statuslist+jwt`)."""
    return jose.sign(
        {"kid": signer.key_id, "typ": JWT_TYPE}, _members(made, base64url.encode(compress(made.array))), signer
    )


def verify_jwt(text: str, *, uri: str, keys: Mapping[bytes, bytes], at: int) -> StatusList:
    """Return the list of this `uri` that a key signed and that holds at the second `at`; raise a `Problem` otherwise.

    `keys` maps kids to 32-byte Ed25519 keys, those of status lists only.
    """
    signed, _, signature = text.rpartition(".")
    parts = [_from_base64url(part) for part in (*signed.split("."), signature)]
    if len(text) > MAX_TOKEN or len(parts) != len(("header", "claims", "signature")):
        raise StatusListInvalid("A JWT has three parts")
    head = canonical.parse(parts[0])
    kid = head.get("kid")
    if not isinstance(kid, str) or head != {"alg": "EdDSA", "kid": kid, "typ": JWT_TYPE}:
        raise StatusListInvalid("The header is not that of a status list token")
    if kid.encode() not in keys:
        raise StatusListInvalid("No known key has this kid", remedy="Ask the issuer for the key")
    try:
        Ed25519PublicKey.from_public_bytes(keys[kid.encode()]).verify(parts[2], signed.encode())
    except InvalidSignature as error:
        raise StatusListInvalid("The signature does not verify") from error
    return _checked(canonical.parse(parts[1], limit=MAX_TOKEN), uri=uri, at=at)


def sign_cwt(made: StatusList, signer: Signer) -> bytes:
    """Return the token as a CWT (`application/statuslist+cwt`): COSE_Sign1, without the tag of a CWT."""
    members = _members(made, compress(made.array))
    return cose.sign(
        {cose.TYP: CWT_TYPE}, cose.encode({CLAIMS[name]: members[name] for name in members}), signer
    ).to_bytes()


def verify_cwt(data: bytes, *, uri: str, keys: Mapping[bytes, bytes], at: int) -> StatusList:
    """Return the list of this `uri` that a key signed and that holds at the second `at`; raise otherwise."""
    message = cose.parse(data)
    payload = cose.verify(message, keys)
    if message.unprotected or message.protected != {cose.ALG: cose.EDDSA, cose.KID: message.kid, cose.TYP: CWT_TYPE}:
        raise StatusListInvalid("The headers are not those of a status list token")
    names = {claim: name for name, claim in CLAIMS.items()}
    claims = {names.get(claim, claim): value for claim, value in cose.decode_map(payload).items()}
    return _checked(claims, uri=uri, at=at)


def _members(made: StatusList, lst: str | bytes) -> dict[str, Any]:
    return {
        "sub": made.uri,
        "iat": made.issued_at,
        "exp": made.expires_at,
        "ttl": made.ttl,
        "as_of": made.as_of,
        "status_list": {"bits": BITS, "lst": lst},
    }


def _checked(claims: Mapping[Any, Any], *, uri: str, at: int) -> StatusList:
    """Return the list of authenticated claims; raise unless they are ours, of this uri, and hold at `at`."""
    if set(claims) != MEMBERS or claims["sub"] != uri:
        raise StatusListInvalid("The token has other claims than a status list, or is of another address")
    numbers = [claims[name] for name in ("as_of", "iat", "exp", "ttl")]
    if any(type(number) is not int or number < 0 for number in numbers):
        raise StatusListInvalid("A claim is not a whole number")
    as_of, issued_at, expires_at, ttl = numbers
    if not (ttl > 0 and issued_at < expires_at and issued_at - SKEW <= at < expires_at):
        raise StatusListInvalid("The token is over, or not of this time", remedy="Fetch a fresh one")
    return StatusList(uri, decompress(_lst(claims["status_list"])), as_of, issued_at, expires_at, ttl)


def _lst(found: object) -> bytes:
    match found:
        case {"bits": 2, "lst": bytes(data), **rest} if not rest:
            return data
        case {"bits": 2, "lst": str(text), **rest} if not rest:
            return _from_base64url(text)
    raise StatusListInvalid("The status list does not have two bits an entry")


def _from_base64url(text: str) -> bytes:
    try:
        return base64url.decode(text)
    except ValueError as error:
        raise StatusListInvalid("Not base64url") from error
