"""Evidence that a passkey signed a document: an assertion of W3C WebAuthn Level 3 (section 7.2), kept for later."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .cbor import read_cbor
from .findings import CouldNotCheck, NotTrue, require
from .strict import from_base64url, read_json

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP = 0x01, 0x04, 0x08, 0x10
DATA = 37  # bytes of authenticator data before any extension: the relying party's hash, flags, a counter
KTY, ALG = 1, 3
ES256, EDDSA, RS256 = (2, -7), (1, -8), (3, -257)
MIN_RSA_BITS = 2048


@dataclass(frozen=True)
class Assertion:
    """The parts of the evidence, decoded; nothing about them is verified yet."""

    client: dict[str, Any]
    client_bytes: bytes
    data: bytes
    signature: bytes

    @classmethod
    def read(cls, evidence: dict[str, Any]) -> "Assertion":
        """Decode evidence of the type `webauthn`."""
        require(evidence["type"] == "webauthn", "the evidence is of another type")
        names = ("clientDataJSON", "authenticatorData", "signature")
        client_bytes, data, signature = (from_base64url(evidence[name]) for name in names)
        client = read_json(client_bytes)
        require(isinstance(client, dict), "the client data is no object")
        require(len(data) >= DATA, "the authenticator data is cut")
        return cls(client, client_bytes, data, signature)


def check_signed(evidence: dict[str, Any], challenge: bytes, public: bytes) -> None:
    """Return if the passkey `public` (a COSE key) signed this challenge, its person there and verified."""
    assertion = Assertion.read(evidence)
    require(from_base64url(evidence["credential_public_key"]) == public, "the evidence is of another key")
    require(assertion.client["type"] == "webauthn.get", "it was made for something else than a signature")
    require(from_base64url(assertion.client["challenge"]) == challenge, "it was made for another document")
    flags = assertion.data[32]
    require(flags & PRESENT, "the person was not there")
    require(flags & VERIFIED, "the person was not verified")
    require(flags & ELIGIBLE or not flags & BACKED_UP, "the key is backed up though it cannot be")
    try:
        _verify(read_cbor(public), assertion.signature, assertion.data + sha256(assertion.client_bytes).digest())
    except InvalidSignature as error:
        raise NotTrue("the signature does not verify") from error


def check_place(evidence: dict[str, Any], rp_id: str | None, origins: tuple[str, ...]) -> None:
    """Return if it was signed for this relying party, on one of these pages and in no frame of a stranger."""
    assertion = Assertion.read(evidence)
    framed = assertion.client.get("crossOrigin", False) is not False or "topOrigin" in assertion.client
    require(not framed, "it was signed in a frame of another page")
    if rp_id is None or not origins:
        raise CouldNotCheck("the relying party's id and the origin of its pages are not given")
    require(assertion.data[:32] == sha256(rp_id.encode()).digest(), "it was signed for another relying party")
    require(assertion.client["origin"] in origins, f"it was signed on {assertion.client['origin']!r}")


def _verify(key: dict[Any, Any], signature: bytes, message: bytes) -> None:
    """Verify with the algorithm that belongs to the type of the key, and no other."""
    kind = (key[KTY], key[ALG])
    require(all(type(one) is int for one in kind), "type or algorithm of the key is malformed")
    if kind == ES256:
        require(key[-1] == 1, "the key is on another curve than P-256")
        x, y = (_number(key[label]) for label in (-2, -3))
        point = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        point.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    elif kind == EDDSA:
        require(key[-1] == 6, "the key is on another curve than Ed25519")  # noqa: PLR2004 - RFC 9053 section 7.1
        Ed25519PublicKey.from_public_bytes(key[-2]).verify(signature, message)
    elif kind == RS256:
        numbers = rsa.RSAPublicNumbers(_number(key[-2]), _number(key[-1]))
        require(numbers.n.bit_length() >= MIN_RSA_BITS, "the key is too short")
        numbers.public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    else:
        raise NotTrue("type and algorithm of the key do not belong together, or are unknown")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
