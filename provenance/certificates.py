"""The certificates that claims are signed under, and a development chain for machines without a CA.

A claim certificate is an X.509 v3 end-entity certificate in the shape of the C2PA Certificate Policy: P-256,
CA=false, digitalSignature only, the C2PA claim-signing purpose, subject and authority key identifiers. The
file handed to a signer holds the leaf and then the intermediate; verifiers hold the root.

Three files make a chain: `claim-root.pem` (what verifiers trust), `claim-chain.pem` (leaf, intermediate) and
`claim-key.pem` (0600). The private keys of the development root and intermediate are forgotten as soon as the
chain is made, so that nobody can issue a second leaf under it.

The files are read for each signature: new ones count from the next stamp on. What an ended leaf has signed stays good
by its time stamp (`timestamps`); the development leaf lives two years, because nothing renews it.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT_FILE = "claim-root.pem"
CHAIN_FILE = "claim-chain.pem"
KEY_FILE = "claim-key.pem"
FILES = (ROOT_FILE, CHAIN_FILE, KEY_FILE)

CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")  # c2pa-kp-claimSigning
DEVELOPMENT_MARK = "DEVELOPMENT"
DEVELOPMENT_LIFETIME = timedelta(days=730)
CLOCK_SKEW = timedelta(hours=1)  # a verifier's clock may run behind the machine that made the chain


class ClaimChainUnusable(Problem):
    """The certificates or the key cannot sign claims that anybody would accept."""

    code: ClassVar[str] = "claim-chain-unusable"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The claim certificates cannot be used"


@dataclass(frozen=True, slots=True)
class ClaimChain:
    """What it takes to sign a claim, and what others need in order to trust it."""

    leaf_then_intermediate_pem: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    anchors_pem: str
    serial: str  # of the leaf, in decimal, as C2PA readers report it

    def sign(self, data: bytes) -> bytes:
        """Return an ES256 signature (DER) over `data`."""
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))


def claim_chain(folder: Path) -> ClaimChain:
    """Load the chain in `folder`; raise `ClaimChainUnusable` unless key, leaf, issuers and root belong together."""
    try:
        root_pem, chain_pem, key_pem = ((folder / name).read_bytes() for name in FILES)
        key = serialization.load_pem_private_key(key_pem, password=None)
        leaf, *issuers = x509.load_pem_x509_certificates(chain_pem)
        roots = x509.load_pem_x509_certificates(root_pem)
    except OSError as error:
        raise _unusable(f"{error.filename} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise _unusable(f"{folder} holds a file that is not what its name says: {error}.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != leaf.public_key():
        raise _unusable(f"{KEY_FILE} is not the P-256 key of the leaf in {CHAIN_FILE}.")
    _require_path(leaf, issuers, roots)
    _require_current(leaf)
    return ClaimChain(chain_pem.decode(), key, root_pem.decode(), str(leaf.serial_number))


def is_development(chain: ClaimChain) -> bool:
    """Say whether a certificate of `chain` is marked as made for development; production must not start with one."""
    pems = f"{chain.leaf_then_intermediate_pem}\n{chain.anchors_pem}".encode()
    return any(_is_marked(certificate) for certificate in x509.load_pem_x509_certificates(pems))


def make_development_chain(folder: Path) -> None:
    """Make a chain in `folder` unless a whole one is there.

    Safe to call from several processes at once. The root is written last: a chain whose making was cut short
    has no root, has signed nothing, and is made anew.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder):
        if (folder / ROOT_FILE).exists():
            claim_chain(folder)  # raises rather than replace what videos may already rest on
            return
        root, chain, key = _issue()
        _write(folder / KEY_FILE, key, mode=0o600)
        _write(folder / CHAIN_FILE, chain, mode=0o644)
        _write(folder / ROOT_FILE, root, mode=0o644)


def _issue() -> tuple[bytes, bytes, bytes]:
    """Return root, leaf followed by intermediate, and the leaf's key, all PEM."""
    root_key, middle_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    root_name, middle_name = _name("claim root"), _name("claim intermediate")
    root = _certificate(root_name, root_key, root_name, root_key, path_length=1)
    middle = _certificate(middle_name, middle_key, root_name, root_key, path_length=0)
    leaf = _certificate(_name("claim signer"), leaf_key, middle_name, middle_key, path_length=None)
    root_pem, middle_pem, leaf_pem = (c.public_bytes(serialization.Encoding.PEM) for c in (root, middle, leaf))
    key_pem = leaf_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return root_pem, leaf_pem + middle_pem, key_pem


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    path_length: int | None,
) -> x509.Certificate:
    """Issue one certificate; a `path_length` of `None` makes the leaf, which signs claims and nothing else."""
    leaf = path_length is None
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + DEVELOPMENT_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=not leaf, path_length=path_length), critical=True)
        .add_extension(_key_usage(leaf=leaf), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if leaf:
        purposes = x509.ExtendedKeyUsage([CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purposes, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _key_usage(*, leaf: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=leaf,
        key_cert_sign=not leaf,
        crl_sign=not leaf,
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


def _require_path(leaf: x509.Certificate, issuers: list[x509.Certificate], roots: list[x509.Certificate]) -> None:
    """Require that each certificate is signed by the next and the last by one of `roots`."""
    try:
        last = leaf
        for issuer in issuers:
            last.verify_directly_issued_by(issuer)
            last = issuer
    except (ValueError, TypeError, InvalidSignature) as error:
        raise _unusable(f"{CHAIN_FILE} does not hold a leaf followed by its issuers.") from error
    if not any(_issued(last, root) for root in roots):
        raise _unusable(f"{CHAIN_FILE} does not end at a certificate in {ROOT_FILE}.")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _require_current(leaf: x509.Certificate) -> None:
    if not leaf.not_valid_before_utc <= datetime.now(UTC) <= leaf.not_valid_after_utc:
        raise _unusable(f"The leaf in {CHAIN_FILE} is valid until {leaf.not_valid_after_utc:%Y-%m-%d} only.")


def _is_marked(certificate: x509.Certificate) -> bool:
    names = (*certificate.subject, *certificate.issuer)
    return any(DEVELOPMENT_MARK in str(name.value) for name in names)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: without it two processes could leave the key of one beside the leaf of the other."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)  # left by a run that was cut short; never open it with its old mode
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _unusable(detail: str) -> ClaimChainUnusable:
    return ClaimChainUnusable(detail, remedy="Put a matching chain and key into the claim folder, or renew the leaf.")
