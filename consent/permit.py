"""The permit: a signed, short-lived capability to render one job.

Pure, and used by render services as well as by us: no Django, no database, no
clock. Everything that a service can check without asking anybody is checked by
`verify`; what it must ask (single use, consent still standing) is `redeem`.

    token   = base64url(canonical(payload)) "." base64url(signature)
    payload = {"v": 1, "id": <permit>, "key": <key id>, "caveats": [[tag, ...], ...]}
    signature: Ed25519 (RFC 8032) over digest("permit", payload)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent import caveats
from consent.caveats import Order
from ledger import base64url
from ledger.canonical import canonical, digest, parse
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["Order", "PermitClaims", "PermitFlaw", "PermitInvalid", "mint", "read", "verify"]

VERSION: Final = 1
MAX_TOKEN: Final = 16384  # characters; a cast of 64 fits


class PermitFlaw(StrEnum):
    """Why a token is no permit."""

    ALTERED = "altered"  # not a token of ours in its only spelling
    FORGED = "forged"  # no key that we know signed exactly these bytes
    NOT_YET = "not-yet-valid"
    EXPIRED = "expired"
    ORDER_MISMATCH = "order-mismatch"


class PermitInvalid(Problem):
    """The token does not permit what is asked of it; `.reason` says why."""

    code: ClassVar[str] = "permit-invalid"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The permit does not cover this render"

    def __init__(self, reason: PermitFlaw, detail: str) -> None:
        """Carry the reason as a member of the problem document too."""
        super().__init__(detail, remedy="Ask for a new permit for exactly this order.", reason=str(reason))
        self.reason = reason


class Signer(Protocol):
    """An Ed25519 key that can sign."""

    @property
    def key_id(self) -> str:
        """The name under which the public key is published."""

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature."""


@dataclass(frozen=True, slots=True)
class PermitClaims:
    """What a permit says."""

    permit: str
    job: str
    not_before: datetime
    expires: datetime
    order: Order
    epochs: tuple[tuple[str, int], ...]
    binding: bytes  # the commitment in the log entry `permit.minted`


def mint(claims: PermitClaims, key: Signer) -> str:
    """Return the token for these claims. Raises `ValueError` for claims that no reader would accept."""
    order = claims.order
    items = caveats.write(
        (
            caveats.Window(claims.not_before, claims.expires),
            caveats.Job(claims.job),
            caveats.Prompt(order.prompt_sha256),
            caveats.Model(order.model),
            caveats.Seconds(order.seconds),
            caveats.Size(order.size),
            caveats.Parent(order.parent_sha256),
            caveats.Epochs(claims.epochs),
            caveats.Binding(claims.binding),
        )
    )
    caveats.read(items)  # never sign what we would refuse to read
    payload = {"v": VERSION, "id": claims.permit, "key": key.key_id, "caveats": items}
    token = base64url.encode(canonical(payload)) + "." + base64url.encode(key.sign(digest("permit", payload)))
    if len(token) > MAX_TOKEN:
        raise ValueError("the cast is too large for one permit")
    return token


def read(token: str, *, keys: Mapping[str, bytes]) -> PermitClaims:
    """Return what our key signed. Says nothing about the time or the order. Raises `PermitInvalid`."""
    try:
        unverified_payload, signature = _unverified_parts(token)
        key = keys.get(str(unverified_payload["key"]))
        permit, found = _uuid(unverified_payload["id"]), caveats.read(unverified_payload["caveats"])
    except (ValueError, KeyError, Problem) as error:
        raise PermitInvalid(PermitFlaw.ALTERED, "This is not a permit in its only spelling.") from error
    if key is None:
        raise PermitInvalid(PermitFlaw.FORGED, "The permit names a key that is not ours.")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, digest("permit", unverified_payload))
    except (InvalidSignature, ValueError) as error:
        raise PermitInvalid(PermitFlaw.FORGED, "The permit's signature does not match its content.") from error
    return _claims(permit, found)


def verify(token: str, *, keys: Mapping[str, bytes], order: Order, at: datetime) -> PermitClaims:
    """Check a permit offline against the order it is presented for. Raises `PermitInvalid`.

    `keys` maps key id to 32 bytes; `at` is the verifier's own clock. There is no
    leeway: a service whose clock is wrong by a permit's lifetime renders nothing.
    """
    claims = read(token, keys=keys)  # (1) our key signed exactly this
    check_time(claims, at)  # (2) it is valid now
    for caveat in _order_caveats(claims.order):  # (3) it is for this order, in every part
        if (part := caveat.mismatch(order)) is not None:
            raise PermitInvalid(PermitFlaw.ORDER_MISMATCH, f"The permit is for another {part}.")
    return claims


def check_time(claims: PermitClaims, at: datetime) -> None:
    """Raise `PermitInvalid` unless the permit is valid at `at`."""
    if at < claims.not_before:
        raise PermitInvalid(PermitFlaw.NOT_YET, "The permit is not valid yet.")
    if at >= claims.expires:
        raise PermitInvalid(PermitFlaw.EXPIRED, "The permit has expired.")


def _unverified_parts(token: str) -> tuple[dict[str, object], bytes]:
    if len(token) > MAX_TOKEN:
        raise ValueError("too long")
    head, dot, tail = token.partition(".")
    data = base64url.decode(head)
    payload: dict[str, object] = parse(data)
    known = set(payload) == {"v", "id", "key", "caveats"} and type(payload["v"]) is int and payload["v"] == VERSION
    if not dot or not known or canonical(payload) != data or not isinstance(payload["key"], str):
        raise ValueError("not a payload of version 1 in its only spelling")
    signature = base64url.decode(tail)
    return payload, signature


def _uuid(value: object) -> str:
    if not isinstance(value, str) or str(UUID(value)) != value:
        raise ValueError("not a UUID in its usual spelling")
    return value


def _order_caveats(order: Order) -> tuple[caveats.Caveat, ...]:
    return (
        caveats.Prompt(order.prompt_sha256),
        caveats.Model(order.model),
        caveats.Seconds(order.seconds),
        caveats.Size(order.size),
        caveats.Parent(order.parent_sha256),
    )


def _claims(permit: str, found: tuple[caveats.Caveat, ...]) -> PermitClaims:
    """`caveats.read` has made sure that each tag is there exactly once, in this order."""
    match found:
        case (
            caveats.Window(not_before, expires),
            caveats.Job(job),
            caveats.Prompt(prompt),
            caveats.Model(model),
            caveats.Seconds(seconds),
            caveats.Size(size),
            caveats.Parent(parent),
            caveats.Epochs(epochs),
            caveats.Binding(binding),
        ):
            order = Order(prompt, model, seconds, size, parent)
            return PermitClaims(permit, job, not_before, expires, order, epochs, binding)
    raise PermitInvalid(PermitFlaw.ALTERED, "The permit has limits that this reader does not keep.")
