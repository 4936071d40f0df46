"""Whether the certificates in a signature lead to anchors of ours. Pure.

The engine has one list of anchors for signers and for the time, so to it a certificate from the root of a time-stamping
authority may sign claims. A public authority's root vouches for many who are not us: the path is walked here again.

The certificates are those of the COSE header x5chain (RFC 9360): label 33, or the text of earlier versions, protected
or not, in exactly one place, as the engine wants it. Their dates are the engine's business, which knows the time of
signing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature

COSE_SIGN1 = 18  # CBOR tag, RFC 9052
LABELS: tuple[int | str, ...] = (33, "x5chain")
LONGEST_PATH = 8


def leads_to(cose: bytes, anchors_pem: str, *, serial: str) -> bool:
    """Tell whether the signer with this `serial` (decimal) is issued, link by link, under one of the anchors."""
    try:
        leaf, *issuers = _chain(cose)
        anchors = x509.load_pem_x509_certificates(anchors_pem.encode())
        return str(leaf.serial_number) == serial and _reaches(leaf, issuers, anchors)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, cbor2.CBORDecodeError, RecursionError):
        return False


def _chain(cose: bytes) -> list[x509.Certificate]:
    message = cbor2.loads(cose)
    protected, unprotected, _payload, _signature = message.value if isinstance(message, cbor2.CBORTag) else message
    if isinstance(message, cbor2.CBORTag) and message.tag != COSE_SIGN1:
        raise ValueError("not a COSE_Sign1")
    found = [*_in(cbor2.loads(protected) if protected else {}), *_in(unprotected)]
    if len(found) != 1:
        raise ValueError("there is not exactly one chain")
    listed = found[0] if isinstance(found[0], list) else [found[0]]
    if not 0 < len(listed) <= LONGEST_PATH:
        raise ValueError("the chain is empty or too long")
    return [x509.load_der_x509_certificate(one) for one in listed]


def _in(header: dict[Any, Any]) -> Iterator[Any]:
    yield from (header[label] for label in LABELS if label in header)


def _reaches(leaf: x509.Certificate, issuers: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate]) -> bool:
    here = leaf
    for issuer in issuers:
        if any(_issued(here, anchor) for anchor in anchors):
            return True
        if not _issued(here, issuer):
            return False
        here = issuer
    return any(_issued(here, anchor) for anchor in anchors)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        may = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return may
