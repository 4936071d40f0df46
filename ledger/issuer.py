"""Who issues our credentials: one controlled identifier document (W3C CID 1.0) for each purpose of a key.

The grants' issuer and that of status lists are two, so that a key of the one can never speak as the other. An ended key
stays: what it signed stays true. A compromised one is gone, and with it whatever it signed.
"""

from typing import Any, Literal, get_args

from django.conf import settings

from ledger import jose, keyring

Purpose = Literal["credential", "status"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
CONTEXT = ["https://www.w3.org/ns/cid/v1"]


def address(purpose: Purpose) -> str:
    """Return the issuer's IRI, where its document is served."""
    return f"{settings.PUBLIC_URL}/issuers/{purpose}"


def document(purpose: Purpose) -> dict[str, Any]:
    """Return the document: the keys whose signatures count by themselves, as verification methods."""
    keys = keyring.public_keys(purpose)
    return {
        "@context": CONTEXT,
        "id": address(purpose),
        "verificationMethod": [
            {
                "id": f"{address(purpose)}#{key.key_id}",
                "type": "JsonWebKey",
                "controller": address(purpose),
                "publicKeyJwk": jose.jwk(key.public, key.key_id),
            }
            for key in keys
        ],
        "assertionMethod": [f"{address(purpose)}#{key.key_id}" for key in keys],
    }
