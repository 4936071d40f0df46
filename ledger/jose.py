"""JWS Compact Serialization (RFC 7515 section 7.1) with Ed25519 (RFC 8037), over canonical JSON. Pure."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger import base64url
from ledger.canonical import canonical, parse
from ledger.cose import Signer
from ledger.problem import Problem

ALG = "EdDSA"


class JoseInvalid(Problem):
    """The text is not a JWS in its compact form that a known Ed25519 key signed."""

    code: ClassVar[str] = "jose-invalid"
    title: ClassVar[str] = "Not a token of this key"


def sign(header: Mapping[str, Any], payload: Mapping[str, Any], signer: Signer) -> str:
    """Return the token. The header names its type (`typ`) and key (`kid`): a signature for one use fits no other."""
    head, body = canonical({**header, "alg": ALG}), canonical(dict(payload))
    signed = f"{base64url.encode(head)}.{base64url.encode(body)}"
    return f"{signed}.{base64url.encode(signer.sign(signed.encode()))}"


def verify(text: str, keys: Mapping[str, bytes], *, limit: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and payload of a token that the key named by its `kid` signed. Raises `JoseInvalid`."""
    signed, _, signature = text.rpartition(".")
    try:
        parts = [base64url.decode(part) for part in signed.split(".")]
        header = parse(parts[0])
        public = Ed25519PublicKey.from_public_bytes(keys[header["kid"]])
        public.verify(base64url.decode(signature), signed.encode())
        if len(parts) == len(("header", "payload")) and header["alg"] == ALG and "crit" not in header:
            return header, parse(parts[1], limit=limit)
    except (Problem, ValueError, KeyError, TypeError, InvalidSignature) as error:
        raise JoseInvalid("Not a token of a known key") from error
    raise JoseInvalid("Not a token of this form")


def jwk(public: bytes, key_id: str) -> dict[str, str]:
    """Return a 32-byte Ed25519 key as a JSON Web Key (RFC 8037 section 2)."""
    return {"kty": "OKP", "crv": "Ed25519", "alg": ALG, "use": "sig", "kid": key_id, "x": base64url.encode(public)}
