"""The certificates that claims are signed under, and a development chain for machines without a CA.

A claim certificate is an X.509 v3 end-entity certificate in the shape of the C2PA Certificate Policy: P-256,
CA=false, digitalSignature only, the C2PA claim-signing purpose, subject and authority key identifiers. The
file handed to a signer holds the leaf and then the intermediate; verifiers hold the root.

Two files make a chain: `claim-root.pem` (what verifiers trust, earlier roots too) and `claim-chain.pem` (leaf,
intermediate). The key is one of the keyring, found by the leaf's public half, or lies in `claim-key.pem` (0600), as
that of development does. The private keys of the development root and intermediate are forgotten as soon as the chain
is made, so that nobody can issue a second leaf under it.

The files are read for each signature: new ones count from the next stamp on. What an ended leaf has signed stays good
by its time stamp (`timestamps`); `claim_leaves` renews. The development leaf lives two years, because nothing can.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger import durable, es256
from ledger.keyfile import KeyUnavailable
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROOT_FILE = "claim-root.pem"
CHAIN_FILE = "claim-chain.pem"
KEY_FILE = "claim-key.pem"
FILES = (ROOT_FILE, CHAIN_FILE, KEY_FILE)

CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")  # c2pa-kp-claimSigning
DEVELOPMENT_MARK = "DEVELOPMENT"
DEVELOPMENT_LIFETIME = timedelta(days=730)
RENEW = "Renew it: claim_leaf renew, or claim_leaf request and install. What waits is tried again by itself."
CLOCK_SKEW = timedelta(hours=1)  # a verifier's clock may run behind the machine that made the chain


class ClaimChainUnusable(Problem):
    """The certificates or the key cannot sign claims that anybody would accept."""

    code: ClassVar[str] = "claim-chain-unusable"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The claim certificates cannot be used"


class LeafEnded(ClaimChainUnusable):
    """The certificate that stamps are signed under has ended: videos wait until there is another one."""

    code: ClassVar[str] = "claim-leaf-ended"
    title: ClassVar[str] = "The claim certificate has ended"


class Key(Protocol):
    """What signs as the leaf; `ledger.signers.SigningKey` is one."""

    def sign(self, data: bytes) -> bytes:
        """Return r and s of ES256 over `data`, 64 bytes; raise `KeyUnavailable` for none."""


@dataclass(frozen=True, slots=True)
class ClaimChain:
    """What it takes to sign a claim, and what others need in order to trust it."""

    leaf_then_intermediate_pem: str
    key: Key = field(repr=False)
    anchors_pem: str
    serial: str  # of the leaf, in decimal, as C2PA readers report it
    not_before: datetime
    not_after: datetime

    def sign(self, data: bytes) -> bytes:
        """Return an ES256 signature over `data`, r and s, as the engine takes it; raise `KeyUnavailable` for none."""
        return self.key.sign(data)


def claim_chain(folder: Path, key_of: Callable[[bytes], Key] | None = None) -> ClaimChain:
    """Load the chain in `folder`; raise `ClaimChainUnusable` unless key, leaf, issuers and root belong together.

    `key_of` finds a key by its public half (65 bytes) or raises `KeyUnavailable`; `None`: it is in the folder.
    """
    chain_pem, root_pem = _read(folder / CHAIN_FILE), _read(folder / ROOT_FILE)
    leaf, *issuers = certificates_in(chain_pem, folder / CHAIN_FILE)
    roots = certificates_in(root_pem, folder / ROOT_FILE)
    key = _key(folder, leaf, key_of)
    _require_path(leaf, issuers, roots)
    _require_current(leaf)
    begins, ends = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    return ClaimChain(chain_pem.decode(), key, root_pem.decode(), str(leaf.serial_number), begins, ends)


def anchors_pem(folder: Path) -> str:
    """Return the roots that verifiers trust: what was signed is checked whether or not anything can be signed now."""
    found = _read(folder / ROOT_FILE)
    certificates_in(found, folder / ROOT_FILE)
    return found.decode()


def certificates_in(pem: bytes, path: Path) -> list[x509.Certificate]:
    """Return the certificates of a PEM file, at least one; raise `ClaimChainUnusable`, naming it."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except (ValueError, TypeError) as error:
        raise _unusable(f"{path} is not what its name says: {error}.") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unusable(f"{path} cannot be read: {error.strerror}.") from error


def _key(folder: Path, leaf: x509.Certificate, key_of: Callable[[bytes], Key] | None) -> Key:
    """Return the key of the leaf. The folder's own is of an earlier leaf once the keyring has taken over."""
    try:
        public = es256.point(leaf.public_key())
    except ValueError as error:
        raise _unusable(f"The leaf in {CHAIN_FILE} is {error}.") from error
    if key_of is None or (folder / KEY_FILE).exists():
        lying = _lying(folder / KEY_FILE)
        if lying.public == public:
            return lying
    if key_of is None:
        raise _unusable(f"{KEY_FILE} is not the P-256 key of the leaf in {CHAIN_FILE}.")
    try:
        return key_of(public)
    except KeyUnavailable as error:
        raise _unusable(f"{error.detail}, and the leaf in {CHAIN_FILE} needs it.") from error


@dataclass(frozen=True, slots=True)
class _Lying:
    """The key that lies in the folder."""

    public: bytes
    _private: ec.EllipticCurvePrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        return es256.raw(self._private.sign(data, es256.HASHED))


def _lying(path: Path) -> _Lying:
    try:
        found = serialization.load_pem_private_key(_read(path), password=None)
        public = es256.point(found.public_key())
    except (ValueError, TypeError) as error:
        raise _unusable(f"{path} is not what its name says: {error}.") from error
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise _unusable(f"{path} is not a key of P-256.")
    return _Lying(public, found)


def is_development(chain: ClaimChain) -> bool:
    """Say whether a certificate of `chain` is marked as made for development; production must not start with one."""
    pems = f"{chain.leaf_then_intermediate_pem}\n{chain.anchors_pem}".encode()
    return any(_is_marked(certificate) for certificate in x509.load_pem_x509_certificates(pems))


def make_development_chain(folder: Path, key_of: Callable[[bytes], Key] | None = None) -> None:
    """Make a chain in `folder` unless a whole one is there.

    Safe to call from several processes at once. The root is written last: a chain whose making was cut short
    has no root, has signed nothing, and is made anew.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder):
        if (folder / ROOT_FILE).exists():
            claim_chain(folder, key_of)  # raises rather than replace what videos may already rest on
            return
        root, chain, key = _issue()
        write(folder / KEY_FILE, key, mode=0o600)
        write(folder / CHAIN_FILE, chain)
        write(folder / ROOT_FILE, root)


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
        .add_extension(key_usage(leaf=leaf), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if leaf:
        purposes = x509.ExtendedKeyUsage([CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purposes, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def key_usage(*, leaf: bool) -> x509.KeyUsage:
    """Return what a key may do: a leaf's signs data, an issuer's certificates."""
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
    now = datetime.now(UTC)
    if now < leaf.not_valid_before_utc:
        raise _unusable(f"The leaf in {CHAIN_FILE} is valid from {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC on.")
    if now >= leaf.not_valid_after_utc:
        until = f"{leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        raise LeafEnded(f"The leaf in {CHAIN_FILE} is valid until {until} only.", remedy=RENEW)


def _is_marked(certificate: x509.Certificate) -> bool:
    names = (*certificate.subject, *certificate.issuer)
    return any(DEVELOPMENT_MARK in str(name.value) for name in names)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: without it two processes could leave the key of one beside the leaf of the other."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Put a file into the folder that is held (`alone_in`): whole, or not at all, and on the disk when this returns."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)  # left by a run that was cut short; never open it with its old mode
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    durable.sync_folder(path.parent)


def _unusable(detail: str) -> ClaimChainUnusable:
    return ClaimChainUnusable(detail, remedy="Put a matching chain and key into the claim folder, or renew the leaf.")
