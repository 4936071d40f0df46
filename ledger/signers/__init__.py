"""Who signs with a key: its own file, a PKCS#11 module, or a key service in the cloud. Pure.

A backend gives the public half and 64 bytes of Ed25519 (RFC 8032) for any bytes, or those of ES256 (`ledger.es256`; DER
will do) with a key that certificates vouch for. It raises, and `KeyUnavailable` is all
that a caller sees of it; what it returns counts only after it has verified under the public half in the key file, so
that a wrong label, another key of the same name or a disturbed computation gives no signature at all.
"""

from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger import es256
from ledger.keyfile import CERTIFIED, KeyFile, KeyUnavailable
from ledger.signers import kms, pkcs11

SIGNATURE_BYTES = 64


class Backend(Protocol):
    """What signs. It may be called from several threads, and before and after a fork."""

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of the signature over `data`, within seconds, or raise."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that can sign: one of P-256 has a `public` of 65 bytes. The private half does not appear in its `repr`."""

    key_id: str
    public: bytes
    _backend: Backend = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of the signature over `data`; raise `KeyUnavailable` for none."""
        signature = self._backend.sign(data)
        try:
            if len(self.public) == es256.POINT_BYTES:
                return es256.verified(self.public, signature, data)
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, data)
        except (InvalidSignature, ValueError, TypeError) as error:
            raise KeyUnavailable(f"What signs for key {self.key_id} does not sign as this key") from error
        return signature

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id})"


def opened(key: KeyFile) -> SigningKey:
    """Return the key ready to sign. A module or service is asked only when something is signed."""
    return SigningKey(key.key_id, key.public, _backend(key))


def _backend(key: KeyFile) -> Backend:
    if key.backend == "pkcs11":
        return pkcs11.Key(**key.options, p256=key.purpose in CERTIFIED)
    if key.backend == "kms":
        return kms.Key(key.public, key.options)
    if key.backend != "file" or key.secret is None:
        raise KeyUnavailable(f"Nobody signs for key {key.key_id}")
    return es256.Key.of(key.secret) if key.purpose in CERTIFIED else Ed25519PrivateKey.from_private_bytes(key.secret)
