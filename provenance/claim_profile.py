"""What certificates must be before we sign claims under them, or issue such certificates. Pure.

The shape is that of the C2PA Certificate Policy for claim signing, and of what engines refuse: a leaf that says
CA=false, digitalSignature, the claim-signing purpose and none that reaches further, both key identifiers, a year at
most. An issuer says CA=true and keyCertSign. Whether the key is ours, and what was revoked, `claim_leaves` asks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from ledger import es256
from ledger.problem import Problem
from provenance.certificates import CLAIM_SIGNING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = timedelta(days=366)  # C2PA Certificate Policy, assurance level 1
LONGEST_PATH = 8
ALONGSIDE = {  # purposes that a claim certificate may have beside the one for claims
    CLAIM_SIGNING,
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # documentSigning, RFC 9336
}


class CertificateUnfit(Problem):
    """The certificates are not what is needed; nothing was replaced."""

    code: ClassVar[str] = "certificate-unfit"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The certificates do not fit"


def require_leaf(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], *, at: datetime) -> None:
    """Require a leaf that may sign claims at `at`, then its issuers, up to one of `roots`; raise otherwise."""
    leaf = _first(chain)
    usage = _of(leaf, x509.KeyUsage)
    purposes = set(_of(leaf, x509.ExtendedKeyUsage))
    _require(not _of(leaf, x509.BasicConstraints).ca, "The first certificate is an authority's, not a leaf")
    _require(usage.digital_signature and not usage.key_cert_sign, "The leaf's key usage is not that of a signer")
    _require(CLAIM_SIGNING in purposes, "The leaf is not for claim signing (1.3.6.1.4.1.62558.2.1)")
    _require(purposes <= ALONGSIDE, "The leaf is for further purposes; one key has one purpose")
    _require(leaf.not_valid_after_utc - leaf.not_valid_before_utc <= LONGEST, "The leaf lives longer than 366 days")
    _of(leaf, x509.AuthorityKeyIdentifier)
    _of(leaf, x509.SubjectKeyIdentifier)
    _require(len(chain) > 1, "There is no issuer: a leaf directly under a root is not taken")
    _require_path(chain, roots, at=at)


def require_issuer(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], *, at: datetime) -> None:
    """Require an authority that may issue leaves at `at`, then its issuers, up to one of `roots`; raise otherwise."""
    issuer = _first(chain)
    _require_authority(issuer, below=0)
    _of(issuer, x509.SubjectKeyIdentifier)
    _require_path(chain, roots, at=at, below=1)


def _first(chain: Sequence[x509.Certificate]) -> x509.Certificate:
    _require(0 < len(chain) <= LONGEST_PATH, "There is no certificate, or there are too many")
    try:
        es256.point(chain[0].public_key())
    except ValueError as error:
        raise _unfit("The first certificate's key is not one of P-256") from error
    return chain[0]


def _require_path(
    chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], *, at: datetime, below: int = 0
) -> None:
    """Require that each is valid and issued by the next, which may, and the last by a root; `below`: of the first."""
    for number, certificate in enumerate(chain):
        current = certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc
        _require(current, f"Certificate {number + 1} is not valid now")
        if number + 1 < len(chain):
            _require_authority(chain[number + 1], below=number + below)
            _require(_issued(certificate, chain[number + 1]), f"Certificate {number + 1} is not issued by the next one")
    valid = [root for root in roots if root.not_valid_before_utc <= at < root.not_valid_after_utc]
    ends = any(_issued(chain[-1], root) for root in valid)
    _require(ends, "The last certificate is issued by none of the roots that verifiers trust")
    _require(chain[-1] not in roots, "The chain holds the root; verifiers have it")


def _require_authority(certificate: x509.Certificate, *, below: int) -> None:
    """Require that this one may issue, with `below` more authorities between it and the leaf."""
    constraints, usage = _of(certificate, x509.BasicConstraints), _of(certificate, x509.KeyUsage)
    _require(constraints.ca and usage.key_cert_sign, "An issuer in the chain is not an authority")
    length = constraints.path_length
    _require(length is None or length >= below, "An issuer in the chain may not have so many below it")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _of[Extension: x509.ExtensionType](certificate: x509.Certificate, kind: type[Extension]) -> Extension:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError) as error:
        raise _unfit(f"A certificate lacks {kind.__name__}, or says it in a way that cannot be read") from error


def _require(fits: object, otherwise: str) -> None:
    if not fits:
        raise _unfit(otherwise)


def _unfit(detail: str) -> CertificateUnfit:
    return CertificateUnfit(f"{detail}.", remedy="Nothing was replaced. See docs/runbooks/keys.md for what is needed.")
