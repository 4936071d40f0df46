"""Ask a request for the proof that its token's key signed it (RFC 9449, section 7). No proof, no entry."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from django.conf import settings

from consent.oauth import dpop, replays

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

SCHEME: Final = "dpop"
HEADER: Final = "DPoP"
TOKEN, PROOF = "invalid_token", "invalid_dpop_proof"


class NotPossessed(Exception):  # noqa: N818 - a refusal, which the door turns into a challenge
    """The token's key did not sign this request; `error` is the challenge's code."""

    def __init__(self, error: str, why: str) -> None:
        super().__init__(why)
        self.error = error


def challenge(error: str) -> str:
    """Return the `WWW-Authenticate` of section 7.1."""
    return f'DPoP realm="countenance", error="{error}", algs="{" ".join(dpop.ALGORITHMS)}"'


def check(request: Request | HttpRequest, token: str, jkt: str, scheme: str) -> None:
    """Raise `NotPossessed` unless the key `jkt` signed this request, for the first time.

    A token that is bound is none for the scheme Bearer, nor is a bearer token one for this scheme.
    """
    if not jkt:
        raise NotPossessed(TOKEN, "This token is bound to no key. Show it as a bearer token.")
    if scheme != SCHEME:
        raise NotPossessed(TOKEN, "This token is bound to a key. Show it with the scheme DPoP and a proof.")
    if proved(request, token) != jkt:
        raise NotPossessed(TOKEN, "This token is bound to another key than the proof's.")


def proved(request: Request | HttpRequest, token: str | None) -> str:
    """Return the thumbprint of the key that signed this request. `token`: `None` where one is being asked for.

    Two proofs in one request are none. Raises `NotPossessed`.
    """
    try:
        unverified = request.headers.get(HEADER, "")
        proof = dpop.check(
            unverified, method=str(request.method), url=settings.PUBLIC_URL + request.path, at=time.time(), token=token
        )
    except dpop.ProofInvalid as error:
        raise NotPossessed(PROOF, str(error)) from error
    if not replays.first_time(proof):
        raise NotPossessed(PROOF, "This proof was shown before. Make one for each request.")
    return proof.jkt
