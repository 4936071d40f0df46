"""Evidence that a passkey signed a digest: an assertion (W3C WebAuthn Level 3 section 7.2), kept for strangers. Pure.

The challenge is never random here: it is the digest of the very document that is approved, so the evidence says which.
The place where a passkey signs (`Place`) is configured, never taken from the evidence. Whether a document was
signed before is for the caller to know: an assertion verifies as often as it is shown.

Not claimed: that the person read the text. No authenticator shows it; our page does.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Final

import cbor2
from cryptography.exceptions import InvalidSignature

from consent import cosekey
from ledger import base64url
from ledger.canonical import MalformedJson, parse
from ledger.problem import Problem

ALGORITHM: Final = "WebAuthn"
TYPE: Final = "webauthn"
BYTES: Final = {  # the members of evidence that hold bytes (unpadded base64url), and how many at most
    "clientDataJSON": 4096,
    "authenticatorData": 1024,
    "signature": 512,  # RS256 with 4096 bits
    "credential_public_key": cosekey.MAX_KEY_BYTES,
}
CLIENT_MEMBERS: Final = ("type", "challenge", "origin", "crossOrigin", "topOrigin")

# Authenticator data (section 6.1): SHA-256 of the relying party's id, flags, a counter of 32 bits, extensions.
FIXED: Final = 37
USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, KEY_ATTACHED, EXTENDED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
MAX_DEPTH: Final = 8

REMEDY: Final = (
    "Call navigator.credentials.get() on our page with the digest as its challenge, and send what it returns."
)


class EvidenceRefused(Problem):
    """The assertion does not show that this passkey signed exactly this, here, with its person verified."""

    code: ClassVar[str] = "evidence-refused"
    title: ClassVar[str] = "The passkey's evidence does not hold"


class CounterWentBack(Problem):
    """The passkey has counted less than it had before: there may be a copy of it."""

    code: ClassVar[str] = "passkey-counter-went-back"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The passkey may have been copied"


@dataclass(frozen=True, slots=True)
class Place:
    """Where passkeys sign for us: the relying party's id, and the origins of its pages. None of them: nowhere."""

    rp_id: str
    origins: frozenset[str]


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a verified assertion says. `counter` is 0 for passkeys that do not count, synced ones above all."""

    signature: bytes
    counter: int
    backed_up: bool


def check(
    unverified_evidence: object, challenge: bytes, public: bytes, place: Place, *, pointer: str = "/evidence"
) -> Assertion:
    """Return what the evidence says if the passkey `public` (a COSE key) signed `challenge` at `place`; or raise.

    Raises `EvidenceRefused`, `KeyRefused` for a key that is none.
    """
    parts = _read(unverified_evidence, pointer)  # (1) five members, each of its form and size
    if parts["credential_public_key"] != public:  # (2) of the key that the caller knows
        raise _refused("It is the evidence of another key.", f"{pointer}/credential_public_key")
    key = cosekey.parse(public, pointer=f"{pointer}/credential_public_key")
    client, data = parts["clientDataJSON"], parts["authenticatorData"]
    _check_client(client, challenge, place, f"{pointer}/clientDataJSON")  # (3) for this document, on a page of ours
    _check_data(data, place, f"{pointer}/authenticatorData")  # (4) for us, the person there and verified
    try:  # (5) all of it signed, by the algorithm of the key
        key.verify(parts["signature"], data + sha256(client).digest())
    except (InvalidSignature, ValueError) as error:
        raise _refused("The signature does not fit the key and what it is over.", f"{pointer}/signature") from error
    return Assertion(parts["signature"], int.from_bytes(data[33:FIXED]), bool(data[32] & BACKED_UP))


def key_id(public: bytes) -> str:
    """Return the id of a passkey: 22 characters that depend on nothing but its COSE key."""
    return base64url.encode(sha256(b"countenance/party-passkey/v1\0" + public).digest()[:16])


def check_counter(before: int, now: int, *, pointer: str = "/evidence") -> None:
    """Raise `CounterWentBack` unless the counter grew, or was never used (section 7.2 step 22: both are 0)."""
    if (before or now) and now <= before:
        remedy = "Revoke this key, and register a fresh passkey."
        raise CounterWentBack(f"The passkey counts {now} after {before}.", pointer=pointer, remedy=remedy)


def _read(unverified: object, pointer: str) -> dict[str, bytes]:
    if not isinstance(unverified, dict) or unverified.get("type") != TYPE:
        raise _refused(f'Evidence is an object of the type "{TYPE}".', pointer)
    for name in unverified:
        if name not in BYTES and name != "type":
            raise _refused("Evidence has a member that is not known.", pointer)
    return {name: _bytes(unverified.get(name), name, limit, pointer) for name, limit in BYTES.items()}


def _bytes(value: object, name: str, limit: int, pointer: str) -> bytes:
    at = f"{pointer}/{name}"
    if not isinstance(value, str) or not 0 < len(value) <= limit * 4 // 3 + 2:
        raise _refused(f"1 to {limit} bytes in base64url are required here.", at)
    try:
        data = base64url.decode(value)
    except ValueError as error:
        raise _refused("This is not base64url without padding.", at) from error
    if len(data) > limit:
        raise _refused(f"{len(data)} bytes are more than {limit}.", at)
    return data


def _check_client(data: bytes, challenge: bytes, place: Place, at: str) -> None:
    """Check the client data (section 5.8.1).

    Members that the standard may add are signed and mean nothing to us: browsers do add some, to keep readers
    tolerant. Twins, and names that differ from a known one by their case only, would let two readers see two things.
    """
    try:
        client = parse(data, limit=BYTES["clientDataJSON"])
    except MalformedJson as error:
        raise _refused("The client data is not strict JSON.", at) from error
    known = {name.casefold() for name in CLIENT_MEMBERS}
    for name in client:
        if name not in CLIENT_MEMBERS and name.casefold() in known:
            raise _refused("The client data has a member whose name looks like another's.", at)
    if client.get("type") != "webauthn.get":
        raise _refused("It was made for something else than a signature.", at)
    if client.get("challenge") != base64url.encode(challenge):
        raise _refused("It was made for another document.", at)
    origin = client.get("origin")
    if not isinstance(origin, str) or origin not in place.origins:
        raise _refused("It was made on a page that is not ours.", at)
    if client.get("crossOrigin", False) is not False or "topOrigin" in client:
        raise _refused("It was made in a frame of another page.", at)


def _check_data(data: bytes, place: Place, at: str) -> None:
    if len(data) < FIXED:
        raise _refused("The authenticator data is cut.", at)
    if not place.rp_id or data[:32] != sha256(place.rp_id.encode()).digest():
        raise _refused("It was made for another relying party.", at)
    flags = data[32]
    if not flags & USER_PRESENT:
        raise _refused("The person was not there.", at)
    if not flags & USER_VERIFIED:
        raise _refused("The person was not verified.", at)
    if flags & BACKED_UP and not flags & BACKUP_ELIGIBLE:
        raise _refused("The passkey is backed up though it cannot be.", at)
    if flags & KEY_ATTACHED or not _extensions_fit(data[FIXED:], extended=bool(flags & EXTENDED)):
        raise _refused("The authenticator data holds something else than its flags say.", at)


def _extensions_fit(rest: bytes, *, extended: bool) -> bool:
    """Tell whether what follows is one map of extensions, or nothing where none are said to follow."""
    if not extended:
        return not rest
    try:
        value = cbor2.loads(rest, max_depth=MAX_DEPTH, allow_indefinite=False, allow_duplicate_keys=False)
        return type(value) is dict and cbor2.dumps(value) == rest
    except Exception:  # noqa: BLE001 - its errors have no common base; whatever it is, it is no map
        return False


def _refused(detail: str, at: str) -> EvidenceRefused:
    return EvidenceRefused(detail, pointer=at, remedy=REMEDY)
