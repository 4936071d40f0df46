"""A small verifier of W3C credentials secured as JWS: the standard library and `cryptography`, and no code of ours.

It follows Verifiable Credentials 2.0, Securing Verifiable Credentials using JOSE and COSE (section 3.1), Controlled
Identifiers 1.0 and Bitstring Status List 1.0 ("Validate Algorithm"); every doubt is an `AssertionError`.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Fetch = Callable[[str], bytes]


def verified(token: str, fetch: Fetch, *, issuer: str, at: datetime) -> dict[str, Any]:
    """Return the credential that `issuer` signed and that holds at `at`. Raises otherwise."""
    head, body, signature = token.split(".")
    header = json.loads(unpadded(head))
    assert (header["typ"], header["cty"], header["alg"]) == ("vc+jwt", "vc", "EdDSA"), header
    key_of(header["kid"], fetch, issuer).verify(unpadded(signature), f"{head}.{body}".encode())
    credential: dict[str, Any] = json.loads(unpadded(body))
    assert credential["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert "VerifiableCredential" in credential["type"]
    assert not {"vc", "vp"} & set(credential)
    assert credential["issuer"] == issuer
    assert moment(credential["validFrom"]) <= at < moment(credential["validUntil"]), "not of this time"
    return credential


def is_set(entry: dict[str, str], fetch: Fetch, *, issuer: str, at: datetime) -> bool:
    """Return the bit of a `credentialStatus` entry."""
    assert entry["type"] == "BitstringStatusListEntry"
    address = entry["statusListCredential"]
    found = verified(fetch(address).decode(), fetch, issuer=issuer, at=at)
    assert (found["id"], "BitstringStatusListCredential" in found["type"]) == (address, True)
    subject = found["credentialSubject"]
    assert subject["type"] == "BitstringStatusList"
    assert subject["statusPurpose"] == entry["statusPurpose"]
    assert subject["encodedList"][0] == "u"
    bits = gzip.decompress(unpadded(subject["encodedList"][1:]))
    assert len(bits) * 8 >= 131072, "too short to hide in"
    index = int(entry["statusListIndex"])
    assert index < len(bits) * 8
    return bool(bits[index // 8] & 0x80 >> index % 8)


def key_of(kid: str, fetch: Fetch, issuer: str) -> Ed25519PublicKey:
    assert kid.partition("#")[0] == issuer, "a key of somebody else"
    document = json.loads(fetch(issuer))
    assert document["id"] == issuer
    assert kid in document["assertionMethod"], "no key of this issuer"
    (method,) = [one for one in document["verificationMethod"] if one["id"] == kid]
    assert (method["controller"], method["type"]) == (issuer, "JsonWebKey")
    key = method["publicKeyJwk"]
    assert (key["kty"], key["crv"]) == ("OKP", "Ed25519")
    return Ed25519PublicKey.from_public_bytes(unpadded(key["x"]))


def moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    assert at.tzinfo is not None
    return at.astimezone(UTC)


def unpadded(text: str) -> bytes:
    assert "=" not in text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
