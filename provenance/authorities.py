"""Whom the settings trust: for the time of a signature."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from django.conf import settings

from provenance.stamp import LATER, NotTimeStamped
from provenance.timestamps import Authority


def time_authority() -> Authority:
    """Return whom we ask for the time; raise `NotTimeStamped` if nobody is named, or nobody vouches for them."""
    roots = time_anchors_pem()
    if not settings.PROVENANCE_TSA_URL or not roots:
        missing = "PROVENANCE_TSA_ROOTS" if settings.PROVENANCE_TSA_URL else "PROVENANCE_TSA_URL"
        raise NotTimeStamped(f"No time-stamping authority can be trusted: {missing} names none.", remedy=LATER)
    return Authority(settings.PROVENANCE_TSA_URL, roots, float(settings.PROVENANCE_TSA_SECONDS))


def time_anchors_pem() -> str:
    """Return the root certificates (PEM) of those who are believed about the time; empty: nobody is."""
    try:
        pem = Path(settings.PROVENANCE_TSA_ROOTS).read_text()
        x509.load_pem_x509_certificates(pem.encode())
    except (OSError, ValueError):
        return ""
    return pem
