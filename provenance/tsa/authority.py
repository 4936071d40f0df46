"""The authority's key and certificates: made at the first start, in a folder of its own.

`tsa-root.pem` is what verifiers trust, for time stamps and nothing else; `tsa-chain.pem` is the signer's certificate;
`tsa-key.pem` (0600) its key. The root's key is forgotten once the signer is certified. The signer's certificate has
the one purpose that RFC 3161 section 2.3 asks for: timeStamping, critical and alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger import durable

ROOT_FILE, CHAIN_FILE, KEY_FILE = "tsa-root.pem", "tsa-chain.pem", "tsa-key.pem"
DEVELOPMENT_MARK = "DEVELOPMENT"
LIFETIME = timedelta(days=3650)  # what it stamps in development stays readable for as long as anybody develops
CLOCK_SKEW = timedelta(hours=1)


class AuthorityUnfit(ValueError):  # noqa: N818 - says what it is
    """The folder holds no key and certificate that belong together."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who stamps. `key` is P-256 and signs with SHA-256."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """Return an ECDSA signature (DER, SHA-256) over `data`."""
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))


def load(folder: Path) -> Authority:
    """Return the authority in `folder`; raise `AuthorityUnfit` if there is none."""
    try:
        key = serialization.load_pem_private_key((folder / KEY_FILE).read_bytes(), password=None)
        certificate, *_ = x509.load_pem_x509_certificates((folder / CHAIN_FILE).read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise AuthorityUnfit(f"{folder} holds no time-stamping authority: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise AuthorityUnfit(f"{KEY_FILE} is not the key of the certificate in {CHAIN_FILE}")
    return Authority(certificate, key)


def make(folder: Path) -> None:
    """Make an authority unless a whole one is there; the root is written last and says that it is whole."""
    if (folder / ROOT_FILE).exists():
        load(folder)  # raises rather than replace what files may already rest on
        return
    root_key, key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = _name("time stamp root"), _name("time stamp signer")
    root = _builder(root_name, root_name, root_key, root_key).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    root = root.add_extension(_usage(signer=False), critical=True)
    signer = _builder(name, root_name, key, root_key).add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    signer = signer.add_extension(_usage(signer=True), critical=True)
    signer = signer.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    _write_key(folder / KEY_FILE, key)
    pem = serialization.Encoding.PEM
    durable.replace(folder / CHAIN_FILE, signer.sign(root_key, hashes.SHA256()).public_bytes(pem))
    durable.replace(folder / ROOT_FILE, root.sign(root_key, hashes.SHA384()).public_bytes(pem))


def is_development(certificate: x509.Certificate) -> bool:
    """Say whether a certificate is marked as made for development; production must not trust it."""
    return any(DEVELOPMENT_MARK in str(one.value) for one in (*certificate.subject, *certificate.issuer))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, issuer_key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _usage(*, signer: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signer,
        key_cert_sign=not signer,
        crl_sign=not signer,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(role: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CH"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Countenance"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Countenance {DEVELOPMENT_MARK} {role}"),
        ]
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)  # what a start that was cut short left behind was never used
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
