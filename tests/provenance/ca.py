"""An operator's certificate authority: a root and an intermediate elsewhere, which answer requests, well or badly."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provenance.certificates import CLAIM_SIGNING, key_usage

GOOD: tuple[x509.ObjectIdentifier, ...] = (CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION)
AUTHORITY: dict[str, Any] = {"ca": True, "path_length": 0, "ends": timedelta(days=400)}


def named(text: str) -> x509.Name:
    named = [(NameOID.COUNTRY_NAME, "CH"), (NameOID.ORGANIZATION_NAME, "Example Studio"), (NameOID.COMMON_NAME, text)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in named])


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem(*chain: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in chain)


def certificate(
    subject: x509.Name,
    public: Any,  # noqa: ANN401 - keys of any kind, the wrong ones too
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool = False,
    path_length: int | None = None,
    begins: timedelta = timedelta(hours=-1),
    ends: timedelta = timedelta(days=30),
    purposes: tuple[x509.ObjectIdentifier, ...] = GOOD,
    usage: x509.KeyUsage | None = None,
    without: tuple[type[x509.ExtensionType], ...] = (),
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
    )
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=ca, path_length=path_length), True),
        (usage or key_usage(leaf=not ca), True),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),
    ]
    if not ca:
        extensions.append((x509.ExtendedKeyUsage(purposes), False))
    for extension, critical in extensions:
        if not isinstance(extension, without):
            builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())


@dataclass
class Authority:
    """Keeps its keys to itself."""

    name: str = "Example"
    root_key: ec.EllipticCurvePrivateKey = field(default_factory=key)
    middle_key: ec.EllipticCurvePrivateKey = field(default_factory=key)

    def __post_init__(self) -> None:
        top, public = named(f"{self.name} root"), self.root_key.public_key()
        self.root = certificate(top, public, top, self.root_key, ca=True, ends=timedelta(days=3650))
        self.middle = self.intermediate(self.middle_key.public_key())

    def intermediate(self, public: Any, **changes: Any) -> x509.Certificate:  # noqa: ANN401 - as above
        name = named(f"{self.name} intermediate")
        return certificate(name, public, self.root.subject, self.root_key, **(AUTHORITY | changes))

    def answer(self, request_pem: bytes, **changes: Any) -> x509.Certificate:  # noqa: ANN401 - as above
        """Issue a leaf for a request whose signature is good."""
        asked = x509.load_pem_x509_csr(request_pem)
        assert asked.is_signature_valid
        return certificate(asked.subject, asked.public_key(), self.middle.subject, self.middle_key, **changes)

    def answer_issuer(self, request_pem: bytes) -> x509.Certificate:
        """Certify the asker as one who issues leaves."""
        asked = x509.load_pem_x509_csr(request_pem)
        assert asked.is_signature_valid
        assert asked.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        return certificate(asked.subject, asked.public_key(), self.root.subject, self.root_key, **AUTHORITY)
