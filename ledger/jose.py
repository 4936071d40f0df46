"""JWS Compact Serialization (RFC 7515 section 7.1) with Ed25519 (RFC 8037), over canonical JSON. Pure."""

from collections.abc import Mapping
from typing import Any

from ledger import base64url
from ledger.canonical import canonical
from ledger.cose import Signer

ALG = "EdDSA"


def sign(header: Mapping[str, Any], payload: Mapping[str, Any], signer: Signer) -> str:
    """Return the token. The header names its type (`typ`) and key (`kid`): a signature for one use fits no other."""
    head, body = canonical({**header, "alg": ALG}), canonical(dict(payload))
    signed = f"{base64url.encode(head)}.{base64url.encode(body)}"
    return f"{signed}.{base64url.encode(signer.sign(signed.encode()))}"


def jwk(public: bytes, key_id: str) -> dict[str, str]:
    """Return a 32-byte Ed25519 key as a JSON Web Key (RFC 8037 section 2)."""
    return {"kty": "OKP", "crv": "Ed25519", "alg": ALG, "use": "sig", "kid": key_id, "x": base64url.encode(public)}
