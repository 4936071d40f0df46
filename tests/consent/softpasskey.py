"""A passkey made of software, which claims what it is told to claim: presence and verification are not proven."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import base64url

KINDS = ("ES256", "EdDSA", "RS256")
Evidence = dict[str, Any]


def number(value: int) -> bytes:
    return value.to_bytes(-(-value.bit_length() // 8), "big")


class SoftPasskey:
    """One credential of one relying party, on one page."""

    def __init__(self, kind: str = "ES256", *, rp_id: str = "localhost", origin: str = "http://localhost:8000") -> None:
        self.kind, self.rp_id, self.origin = kind, rp_id, origin
        self.counter = 0  # as a synced passkey: it does not count
        self._ec = ec.generate_private_key(ec.SECP256R1())
        self._ed = Ed25519PrivateKey.generate()
        self._rsa = rsa.generate_private_key(65537, 2048) if kind == "RS256" else None

    @property
    def cose(self) -> dict[int, Any]:
        """The members of the public key."""
        if self.kind == "ES256":
            point = self._ec.public_key().public_numbers()
            return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        if self._rsa is not None:
            return {1: 3, 3: -257, -1: number(self._rsa.public_key().public_numbers().n), -2: number(65537)}
        return {1: 1, 3: -8, -1: 6, -2: self._ed.public_key().public_bytes_raw()}

    @property
    def public(self) -> bytes:
        return cbor2.dumps(self.cose)

    def sign(
        self,
        challenge: bytes,
        /,
        *,
        flags: int = 0x05,
        rp_id: str = "",
        rest: bytes = b"",
        **client: Any,  # noqa: ANN401 - members of JSON
    ) -> Evidence:
        """Return the evidence of an assertion; `client` changes members of the client data, `None` takes one out."""
        made = {"type": "webauthn.get", "challenge": base64url.encode(challenge), "origin": self.origin}
        members = made | {"crossOrigin": False} | client
        client_bytes = json.dumps({name: value for name, value in members.items() if value is not None}).encode()
        data = sha256((rp_id or self.rp_id).encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big") + rest
        return self.evidence(client_bytes, data)

    def evidence(self, client_bytes: bytes, data: bytes) -> Evidence:
        """Sign these bytes, whatever they are."""
        return {
            "type": "webauthn",
            "clientDataJSON": base64url.encode(client_bytes),
            "authenticatorData": base64url.encode(data),
            "signature": base64url.encode(self._signature(data + sha256(client_bytes).digest())),
            "credential_public_key": base64url.encode(self.public),
        }

    def _signature(self, message: bytes) -> bytes:
        if self.kind == "ES256":
            return self._ec.sign(message, ec.ECDSA(hashes.SHA256()))
        if self._rsa is not None:
            return self._rsa.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self._ed.sign(message)
