"""Seal an attachment to one render service, for one job: RFC 9180, base mode, X25519, HKDF-SHA256, AES-256-GCM.

Shared by the client, which seals, and the service, which opens. Base mode proves nothing about the sender; the permit
that travels beside it does. The job id is in `info`, so a clip sealed for one job does not open in another.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
MEDIA_TYPE = "application/vnd.countenance.sealed"
KEY_SIZE = 32  # bytes, RFC 7748 section 5
OVERHEAD = 48  # bytes: the encapsulated key (32) and the AEAD tag (16)


class SealBroken(ValueError):  # noqa: N818 - what happened, in one word
    """Not sealed to this key, for another job, or changed on the way. Which of them cannot be told apart."""


def seal(plaintext: bytes, *, public: bytes, job: str) -> bytes:
    """Return the encapsulated key and the ciphertext. Only the holder of `public`'s private half can open it."""
    return SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(public), info=_info(job))


def unseal(sealed: bytes, *, key: X25519PrivateKey, job: str) -> bytes:
    """Return the plaintext, or raise SealBroken."""
    try:
        return SUITE.decrypt(sealed, key, info=_info(job))
    except (InvalidTag, ValueError) as error:
        message = "The attachment does not open with this key for this job."
        raise SealBroken(message) from error


def parse_public(text: str) -> bytes:
    """Read a public sealing key from its hex text (64 digits, surrounding white space allowed)."""
    public = bytes.fromhex(text.strip())
    if len(public) != KEY_SIZE:
        message = f"An X25519 public key has {KEY_SIZE} bytes, this one has {len(public)}."
        raise ValueError(message)
    return public


def _info(job: str) -> bytes:
    return b"countenance/clip/v1\0" + job.encode()
