"""Make requests for certificates, and claim certificates, with keys that may lie in a module or a service. Pure.

The library writes certificates with private keys of its own kind only. It asks them for nothing but signatures, so a
key that lies elsewhere is put before it as `_Elsewhere`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NoReturn, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger import es256
from provenance.certificates import CLAIM_SIGNING, CLOCK_SKEW, key_usage

HALF = es256.HALF


class Key(Protocol):
    """A key of P-256 with its public half; `ledger.signers.SigningKey` is one."""

    @property
    def public(self) -> bytes:
        """Return the 65 bytes of the point."""

    def sign(self, data: bytes) -> bytes:
        """Return r and s over `data`; raise `KeyUnavailable` for none."""


def subject(*, organisation: str, country: str, name: str) -> x509.Name:
    """Return a subject; raise `ValueError` for a country that is not two letters, or text that is too long."""
    named = [(NameOID.COUNTRY_NAME, country), (NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, name)]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in named])


def request(key: Key, name: x509.Name, *, authority: bool) -> bytes:
    """Return a certificate signing request (PKCS#10, PEM) for a claim signer, or for who issues to them."""
    builder = (
        x509.CertificateSigningRequestBuilder(name)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
        .add_extension(key_usage(leaf=not authority), critical=True)
    )
    if not authority:
        builder = builder.add_extension(_purposes(), critical=False)
    return builder.sign(_Elsewhere(key), hashes.SHA256()).public_bytes(Encoding.PEM)


def leaf(
    key: Key, name: x509.Name, *, issuer: x509.Certificate, issuer_key: Key, at: datetime, life: timedelta
) -> x509.Certificate:
    """Issue a claim certificate from an hour before `at`, for slow clocks, never beyond its issuer's own end."""
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    public, begins = es256.public_key(key.public), max(at - CLOCK_SKEW, issuer.not_valid_before_utc)
    return (
        x509.CertificateBuilder(issuer.subject, name, public, x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(min(begins + life, issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(leaf=True), critical=True)
        .add_extension(_purposes(), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(_Elsewhere(issuer_key), hashes.SHA256())
    )


def _purposes() -> x509.ExtendedKeyUsage:
    """Return what a leaf is for; engines that do not know claim signing yet look for the second."""
    return x509.ExtendedKeyUsage([CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])


class _Elsewhere(ec.EllipticCurvePrivateKey):
    """A key that signs and shows nothing."""

    def __init__(self, key: Key) -> None:
        self._key = key

    def sign(
        self, data: bytes | bytearray | memoryview, signature_algorithm: ec.EllipticCurveSignatureAlgorithm
    ) -> bytes:
        """Return the signature in DER, as certificates carry it."""
        if not isinstance(signature_algorithm.algorithm, hashes.SHA256):
            raise TypeError("this key signs with SHA-256")
        signature = self._key.sign(bytes(data))
        return encode_dss_signature(int.from_bytes(signature[:HALF]), int.from_bytes(signature[HALF:]))

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Return the public half."""
        return es256.public_key(self._key.public)

    @property
    def curve(self) -> ec.EllipticCurve:
        """Return the curve."""
        return ec.SECP256R1()

    @property
    def key_size(self) -> int:
        """Return the size in bits."""
        return 256

    def exchange(self, *_args: object, **_kwargs: object) -> NoReturn:
        """Refuse."""
        raise TypeError("this key signs and does nothing else")

    def private_numbers(self) -> NoReturn:
        """Refuse."""
        raise TypeError("the private half is elsewhere")

    def private_bytes(self, *_args: object, **_kwargs: object) -> NoReturn:
        """Refuse."""
        raise TypeError("the private half is elsewhere")

    def __copy__(self) -> _Elsewhere:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> _Elsewhere:
        return self
