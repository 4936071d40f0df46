"""The leaf that stamps are signed under: short-lived, on record before it signs, replaced before it ends.

Its key is one of the keyring's (purpose `claim`). Who issues it is ours (purpose `claim-issuer`, certified by
`claim-issuer.pem` in the claim folder), or somebody else's, who answers a request. The order of each replacement:

    (1) the chain is what it must be, and the key is ours and signs
    (2) the chain is kept in `leaves/`, so that it is known for what it was
    (3) `stamp.signer_certified` is in the log, committed
    (4) the roots, then the chain, take their place; the next stamp is signed under it, by every process

A crash before (4) leaves a leaf on record that never signs, and the next run makes another. The folder's lock is held
throughout: several workers that share a folder renew once.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import transaction

from ledger import es256, keyring, log
from ledger.entry import decode, to_minute
from ledger.models import Entry
from ledger.problem import Problem
from provenance import certificates, claim_profile, claim_signers, issuing
from provenance.certificates import CHAIN_FILE, ROOT_FILE, ClaimChain
from provenance.claim_profile import CertificateUnfit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.keyring import Certified

ISSUER_FILE = "claim-issuer.pem"
LEAVES = "leaves"
SUBJECT = "system:provenance"
CERTIFIED = "stamp.signer_certified"
PART_LEFT = 3  # a leaf is renewed when less than a third of its life is left


class IssuerElsewhere(Problem):
    """The leaf must be renewed, and we do not issue it."""

    code: ClassVar[str] = "issuer-elsewhere"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Somebody else issues the claim certificate"


def current() -> ClaimChain:
    """Return what signs now; raise `ClaimChainUnusable`, or `LeafEnded` in particular. Read anew at each call."""
    return certificates.claim_chain(_folder(), claim_key)


def claim_key(public: bytes) -> keyring.SigningKey:
    """Return the claim key of this public half (65 bytes); raise `KeyUnavailable` if none of ours that stands is it."""
    return keyring.certified_key("claim", public)


def renew(*, actor: str, at_once: bool = False) -> str | None:
    """Issue the next leaf and put it in place, if ours ends soon or its key was rotated; return its serial number.

    `None`: nothing was due. `at_once` does not ask. Raises `IssuerElsewhere` if it is due and we do not issue it, and
    what `keyring` and `claim_profile` raise. A leaf that was put in place by hand comes on record here.
    """
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    with certificates.alone_in(folder):
        leaf = _first(folder / CHAIN_FILE)
        if leaf is not None:
            _certify(leaf, actor=actor)
        ours = (folder / ISSUER_FILE).exists()
        if not at_once and not _is_due(leaf, ours=ours):
            return None
        if not ours:
            ends = "There is none" if leaf is None else f"It ends at {leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
            raise IssuerElsewhere(f"{ends}, and {ISSUER_FILE} is not here.", remedy="claim_leaf request, then install.")
        return _replace(folder, _issued(folder), [], actor=actor)


def request(purpose: Certified, *, organisation: str, country: str, name: str) -> bytes:
    """Return a request (PKCS#10, PEM) for a certificate of the newest key of this purpose."""
    try:
        subject = issuing.subject(organisation=organisation, country=country, name=name)
    except ValueError as error:
        raise CertificateUnfit(f"That is no name for a certificate: {error}.") from error
    return issuing.request(keyring.certified_key(purpose), subject, authority=purpose == "claim-issuer")


def install(chain_pem: bytes, *, root_pem: bytes = b"", actor: str) -> str:
    """Put a leaf that somebody issued for a key of ours into place; return its serial number.

    `root_pem` adds roots to those that verifiers trust. Raises `CertificateUnfit`, and then nothing was replaced.
    """
    chain, roots = _parsed(chain_pem), _parsed(root_pem) if root_pem else []
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    with certificates.alone_in(folder):
        return _replace(folder, chain, roots, actor=actor)


def install_issuer(chain_pem: bytes, *, root_pem: bytes = b"") -> str:
    """Put the certificates of our own issuer into place; return its serial number. Raises `CertificateUnfit`."""
    chain, roots = _parsed(chain_pem), _parsed(root_pem) if root_pem else []
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    with certificates.alone_in(folder):
        known = _roots(folder, roots)
        claim_profile.require_issuer(chain, known, at=datetime.now(UTC))
        _require_ours("claim-issuer", chain[0])
        certificates.write(folder / ROOT_FILE, _pem(known))
        certificates.write(folder / ISSUER_FILE, _pem(chain))
    return str(chain[0].serial_number)


def on_record(serial: str) -> bool:
    """Tell whether the log says of this serial number (decimal) that it was ever ours."""
    entries = Entry.objects.filter(kind=CERTIFIED)
    return any(decode(bytes(entry.body))["serial"] == serial for entry in entries.iterator())


def ends_soon(not_before: datetime, not_after: datetime, *, at: datetime, parts: int = PART_LEFT) -> bool:
    """Tell whether less than one of so many `parts` of a life is left."""
    return (not_after - at) * parts < not_after - not_before


def _is_due(leaf: x509.Certificate | None, *, ours: bool) -> bool:
    if leaf is None or ends_soon(leaf.not_valid_before_utc, leaf.not_valid_after_utc, at=datetime.now(UTC)):
        return True
    newest = keyring.standing("claim")[-1:]
    return ours and any(key.public != es256.point(leaf.public_key()) for key in newest)


def _issued(folder: Path) -> list[x509.Certificate]:
    """Issue a leaf for the newest claim key; return it and its issuers."""
    issuers = certificates.certificates_in((folder / ISSUER_FILE).read_bytes(), folder / ISSUER_FILE)
    issuer, now = issuers[0], datetime.now(UTC)
    claim_profile.require_issuer(issuers, _roots(folder, []), at=now)
    issuer_key = keyring.certified_key("claim-issuer", es256.point(issuer.public_key()))
    found = {each.oid: str(each.value) for each in issuer.subject}
    organisation = found.get(NameOID.ORGANIZATION_NAME, "Countenance")
    subject = x509.Name(
        [
            *(each for each in issuer.subject if each.oid == NameOID.COUNTRY_NAME),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{organisation} claim signer"[:64]),
        ]
    )
    life = timedelta(days=settings.PROVENANCE_LEAF_DAYS)
    key = keyring.certified_key("claim")
    return [issuing.leaf(key, subject, issuer=issuer, issuer_key=issuer_key, at=now, life=life), *issuers]


def _replace(folder: Path, chain: Sequence[x509.Certificate], roots: list[x509.Certificate], *, actor: str) -> str:
    """Take the four steps, in the folder that is held; return the serial number."""
    known = _roots(folder, roots)
    claim_profile.require_leaf(chain, known, at=datetime.now(UTC))  # (1)
    leaf = chain[0]
    _require_ours("claim", leaf)
    serial = str(leaf.serial_number)
    if serial in claim_signers.revoked():
        raise CertificateUnfit(f"The certificate {serial} is revoked.", remedy="Ask for another one, for a new key.")
    (folder / LEAVES).mkdir(exist_ok=True)
    certificates.write(folder / LEAVES / f"{serial}.pem", _pem(chain))  # (2)
    _certify(leaf, actor=actor)  # (3)
    certificates.write(folder / ROOT_FILE, _pem(known))  # (4)
    certificates.write(folder / CHAIN_FILE, _pem(chain))
    return serial


def _certify(leaf: x509.Certificate, *, actor: str) -> None:
    """Put the leaf on record unless it is; strangers see which certificates were ever ours, and for how long."""
    serial = str(leaf.serial_number)
    if on_record(serial):
        return
    public = {
        "serial": serial,
        "not_before": to_minute(leaf.not_valid_before_utc),
        "not_after": to_minute(leaf.not_valid_after_utc),
    }
    with transaction.atomic(durable=True):
        log.append(CERTIFIED, public, actor=actor, subject=SUBJECT, public=public)


def _require_ours(purpose: Certified, certificate: x509.Certificate) -> None:
    """Require that the key is ours, for this purpose and no other, and that it signs."""
    try:
        keyring.certified_key(purpose, es256.point(certificate.public_key())).sign(secrets.token_bytes(32))
    except keyring.KeyUnavailable as error:
        raise CertificateUnfit(
            f"The certificate is not for a {purpose} key of ours that signs: {error.detail}.",
            remedy="Nothing was replaced. Install what was issued for claim_leaf request.",
        ) from error


def _roots(folder: Path, further: list[x509.Certificate]) -> list[x509.Certificate]:
    """Return the roots that verifiers trust, earlier ones included, and further ones."""
    path = folder / ROOT_FILE
    known = certificates.certificates_in(path.read_bytes(), path) if path.exists() else []
    return [*known, *(one for one in further if one not in known)]


def _first(path: Path) -> x509.Certificate | None:
    return certificates.certificates_in(path.read_bytes(), path)[0] if path.exists() else None


def _parsed(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise CertificateUnfit(f"That is no list of certificates in PEM: {error}.") from error


def _pem(chain: Sequence[x509.Certificate]) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in chain)


def _folder() -> Path:
    return Path(settings.PROVENANCE_CLAIM_DIR)
