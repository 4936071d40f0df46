"""The signed list of our revoked certificates, as anybody may keep it and verify with it. Pure.

A JWS in its compact form (RFC 7515), signed by the key of status lists. Payload: `iss`, `iat` and `exp` (seconds since
1970), `origin` of the log whose `stamp.signer_revoked` entries it repeats, and `revoked`: a list of `serial` (decimal)
and `since` (UTC minute).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar

from ledger import base64url, jose
from ledger.entry import MINUTE, is_minute, is_serial
from ledger.problem import Problem

TYPE = "claim-revocations+jwt"
LIFE = 86_400  # seconds
MAX_BYTES = 1024 * 1024


class RevocationListUnusable(Problem):
    """The list of revoked certificates is not one that this service signed, or it is too old."""

    code: ClassVar[str] = "revocation-list-unusable"
    title: ClassVar[str] = "The list of revoked certificates cannot be used"


def read(token: str, keys: Mapping[str, bytes], *, at: datetime) -> dict[str, datetime]:
    """Return serial number to since when, of a list that one of `keys` (key id to Ed25519 public key) signed.

    Raises `RevocationListUnusable`; also for one that has ended at `at` (aware): an old list hides new revocations.
    """
    try:
        header, payload = jose.verify(token.strip(), keys, limit=MAX_BYTES)
        revoked = {one["serial"]: one["since"] for one in payload["revoked"]}
        sound = header["typ"] == TYPE and all(is_serial(key) and is_minute(since) for key, since in revoked.items())
        current = payload["iat"] - LIFE <= at.timestamp() < payload["exp"]
    except (Problem, KeyError, TypeError, ValueError) as error:
        raise _unusable("It is not signed by a known key of this service.") from error
    if not sound or not current:
        raise _unusable("It is of another kind." if not sound else "It has ended.")
    return {serial: datetime.strptime(since, MINUTE).replace(tzinfo=UTC) for serial, since in revoked.items()}


def keys_of(document: str) -> dict[str, bytes]:
    """Return the Ed25519 keys of the issuer's document (`/issuers/status`, W3C CID 1.0), by key id."""
    try:
        listed = [one["publicKeyJwk"] for one in json.loads(document)["verificationMethod"]]
        return {str(one["kid"]): base64url.decode(one["x"]) for one in listed if one.get("crv") == "Ed25519"}
    except (Problem, KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unusable("The keys are not the document of who issues it.") from error


def _unusable(detail: str) -> RevocationListUnusable:
    return RevocationListUnusable(detail, remedy="Fetch it anew: GET /v1/claim-revocations.")
