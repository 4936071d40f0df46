"""Token Status List tokens (IETF draft-ietf-oauth-status-list), as JWT and as CWT, and what a log says of the same."""

import zlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .cbor import read_cbor
from .cose import EXPIRES, ISSUED, SUBJECT, TYPE, is_second, read_sign1
from .findings import CouldNotCheck, Findings, NotTrue, require
from .state import NAMES, PER_BYTE, VALID, Grants, Recorded
from .strict import from_base64url, read_json

JWT_TYPE, CWT_TYPE = "statuslist+jwt", "application/statuslist+cwt"
TTL, LIST = 65534, 65533
BITS = 2
MAX_LIST = 64 * 1024 * 1024  # bytes after decompression: a quarter of a thousand million grants
SKEW = 60  # seconds by which the issuer's clock may run before ours
PARTS = 3


@dataclass(frozen=True)
class Token:
    """The claims of a token whose signature holds."""

    subject: Any
    issued: Any
    expires: Any
    ttl: Any
    as_of: Any
    bits: Any
    compressed: Any


def check(
    data: bytes, key: Ed25519PublicKey, *, now: float, uri: str | None = None, index: int | None = None
) -> tuple[Findings, Token | None, bytes]:
    """Check a token by itself; return what was found, the token and its list, empty if it could not be had.

    `uri` and `index` are those of the reference that led here; what is not given is not compared.
    """
    findings = Findings()
    token: Token | None = None
    statuses = b""
    with findings.check("the token is a status list token, signed by the given key"):
        token = _jwt(data, key) if data[:2] == b"ey" else _cwt(data, key)
    if token is None:
        return findings, None, b""
    with findings.check("it says which list it is"):
        require(isinstance(token.subject, str) and token.subject, "it names none")
        require(uri is None or token.subject == uri, f"it is the list {token.subject!r}")
    with findings.check("it was issued, has not expired, and says how long it may be kept"):
        _check_times(token, now)
    with findings.check("its list has two bits for each grant, and inflates to a sane size"):
        statuses = _inflated(token)
    if index is not None:
        with findings.check(f"grant {index} is {NAMES[VALID]}"):
            found = status_of(statuses, index)
            require(found == VALID, f"it is {NAMES[found]}")
    return findings, token, statuses


def _jwt(data: bytes, key: Ed25519PublicKey) -> Token:
    parts = data.decode("ascii").strip().split(".")
    require(len(parts) == PARTS, "it does not have three parts")
    header = read_json(from_base64url(parts[0]))
    require(header.get("typ") == JWT_TYPE, "its type is another")
    require(header.get("alg") == "EdDSA", "its algorithm is not EdDSA")
    require("crit" not in header, "it calls critical what is unknown")
    try:
        key.verify(from_base64url(parts[2]), f"{parts[0]}.{parts[1]}".encode())
    except InvalidSignature as error:
        raise NotTrue("the signature does not verify") from error
    claims = read_json(from_base64url(parts[1]))
    held = claims.get("status_list", {})
    compressed = from_base64url(held["lst"])
    subject, issued, expires, ttl, as_of = (claims.get(name) for name in ("sub", "iat", "exp", "ttl", "as_of"))
    return Token(subject, issued, expires, ttl, as_of, held.get("bits"), compressed)


def _cwt(data: bytes, key: Ed25519PublicKey) -> Token:
    signed = read_sign1(data)
    require(signed.header.get(TYPE) == CWT_TYPE, "its type is another")
    if signed.payload is None:
        raise NotTrue("its claims are missing")
    signed.verify(key, signed.payload)
    claims = read_cbor(signed.payload)
    held = claims.get(LIST, {})
    subject, issued, expires, ttl, as_of = (claims.get(label) for label in (SUBJECT, ISSUED, EXPIRES, TTL, "as_of"))
    return Token(subject, issued, expires, ttl, as_of, held.get("bits"), held.get("lst"))


def _check_times(token: Token, now: float) -> None:
    require(is_second(token.issued) and is_second(token.expires), "a time is missing or malformed")
    require(type(token.ttl) is int and token.ttl > 0, "its time to live is missing or malformed")
    require(token.issued <= now + SKEW, "it is dated in the future")
    require(token.issued < token.expires, "it expired before it was issued")
    require(now < token.expires, "it has expired")


def _inflated(token: Token) -> bytes:
    require(type(token.bits) is int and token.bits == BITS, "it has another number of bits")
    stream = zlib.decompressobj()
    try:
        statuses = stream.decompress(token.compressed, MAX_LIST + 1)
    except zlib.error as error:
        raise NotTrue("the list is not compressed with zlib") from error
    require(len(statuses) <= MAX_LIST, "the list is too large")
    require(stream.eof and not stream.unused_data, "the list is cut, or holds more than itself")
    return statuses


def status_of(statuses: bytes, index: int) -> int:
    """Return the two bits of one grant, the least significant first; raise `NotTrue` if there are none."""
    require(0 <= index < len(statuses) * PER_BYTE, "the list ends before it")
    return statuses[index // PER_BYTE] >> 2 * (index % PER_BYTE) & 3


def place_of(token: Token) -> int:
    """Return the index of the recorded state for which the token stands; raise `NotTrue` if it names none."""
    if type(token.as_of) is not int or token.as_of < 0:
        raise NotTrue("the token names no recorded state")
    return token.as_of


def check_log(statuses: bytes, grants: Grants | None, index: int | None, findings: Findings) -> None:
    """Compare the list with the state that a log records at the token's place, and recomputed from its entries."""
    kept: Recorded | None = None
    with findings.check("the log records the state for which the token stands"):
        if grants is None:
            raise CouldNotCheck("the log does not hold")
        kept = grants.kept
        require(kept is not None, "there is no such entry, or the log is not published as far")
    with findings.check("the token's list is the one that the entries give"):
        if kept is None:
            raise CouldNotCheck("there is nothing to compare with")
        require(statuses == kept.bits, "it is another")
    if index is not None:
        with findings.check(f"the log has a grant {index}"):
            if kept is None:
                raise CouldNotCheck("there is nothing to compare with")
            require(0 <= index < kept.grants, "it has not")
