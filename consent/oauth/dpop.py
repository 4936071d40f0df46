"""A proof of possession: a JWT by which an app shows for one request that it holds a key (RFC 9449, 4.3). Pure.

Whoever checks one has its `jti` remembered elsewhere (`consent.oauth.replays`): here the same proof passes twice.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import jwt

from ledger import base64url
from ledger.canonical import canonical

ALGORITHMS: Final = ("ES256", "EdDSA")
TYPE: Final = "dpop+jwt"
MEMBERS: Final = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}  # RFC 7638, section 3.2; RFC 8037
CURVES: Final = {"ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}
PRIVATE: Final = frozenset({"d", "k", "p", "q", "dp", "dq", "qi", "oth"})
MAX_LENGTH: Final = 4096  # characters of a proof
MAX_JTI: Final = 256
PAST: Final = 60  # seconds by which `iat` may lie before our clock
AHEAD: Final = 5  # and after it
DEFAULT_PORTS: Final = {"https": 443, "http": 80}


class ProofInvalid(Exception):  # noqa: N818 - a refusal, which `possession` turns into a challenge
    """A proof is not one for this request; the text says why."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that passed all but the question whether it was shown before."""

    jkt: str
    jti: str
    issued_at: int


def check(unverified: str, *, method: str, url: str, at: float, token: str | None) -> Proof:
    """Return what a proof for this request proves. `token`: the access token shown with it; `None`: none is yet.

    Raises `ProofInvalid`, for whatever is wrong; nothing is optional. Steps as in section 4.3.
    """
    head = _head(unverified)  # (3), (4), (5), (7): well-formed, its type, an asymmetric algorithm, a public key
    claims = _claims(unverified, head)  # (6): signed by the key that it carries
    _same("htm", claims.get("htm"), method)  # (8)
    sent = claims.get("htu")
    if not isinstance(sent, str) or target(sent) != target(url):  # (9)
        raise ProofInvalid("htu is not the address of this request.")
    issued = _fresh(claims.get("iat"), at)  # (11)
    if token is None:
        if "ath" in claims:
            raise ProofInvalid("ath has no place where no token is shown.")
    else:
        _same("ath", claims.get("ath"), base64url.encode(hashlib.sha256(token.encode()).digest()))  # (12)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise ProofInvalid("jti is missing, or too long.")
    return Proof(thumbprint(head["jwk"]), jti, issued)


def thumbprint(jwk: dict[str, Any]) -> str:
    """Return the base64url SHA-256 of a public key's own members (RFC 7638)."""
    return base64url.encode(hashlib.sha256(canonical({name: jwk[name] for name in MEMBERS[jwk["kty"]]})).digest())


def target(url: str) -> tuple[str, str, int | None, str]:
    """Return an address without query and fragment, so that two spellings of one are equal (section 4.3, note on 9)."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError as error:
        raise ProofInvalid("htu is not an address.") from error
    if parts.username is not None or not parts.hostname:
        raise ProofInvalid("htu is not an address.")
    return parts.scheme, parts.hostname, port, parts.path or "/"


def _head(unverified: str) -> dict[str, Any]:
    if not unverified or len(unverified) > MAX_LENGTH or unverified.count(".") != len("ab"):
        raise ProofInvalid("There is no proof, or it is no JWT.")
    try:
        head = json.loads(base64url.decode(unverified.partition(".")[0]))
    except (ValueError, RecursionError) as error:
        raise ProofInvalid("The proof is no JWT.") from error
    if not isinstance(head, dict) or head.get("typ") != TYPE or "crit" in head or "b64" in head:
        raise ProofInvalid(f"The proof's typ is not {TYPE}.")
    if not isinstance(head.get("alg"), str) or head["alg"] not in ALGORITHMS:
        raise ProofInvalid(f"The proof is signed by none of {', '.join(ALGORITHMS)}.")
    jwk = head.get("jwk")
    if not isinstance(jwk, dict) or (jwk.get("kty"), jwk.get("crv")) != CURVES[head["alg"]] or PRIVATE & set(jwk):
        raise ProofInvalid("The proof carries no public key of its algorithm.")
    if not all(isinstance(jwk.get(name), str) and jwk[name].isascii() for name in MEMBERS[jwk["kty"]]):
        raise ProofInvalid("The proof's key is not whole.")
    return head


def _claims(unverified: str, head: dict[str, Any]) -> dict[str, Any]:
    """Check the signature alone: the times that a JWT may carry are judged by ours, and `exp` has no say."""
    plain = {name: head["jwk"][name] for name in MEMBERS[head["jwk"]["kty"]]}
    options: Any = dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False)
    options |= {"verify_sub": False, "verify_jti": False, "verify_signature": True}
    try:
        key = jwt.PyJWK(plain, algorithm=head["alg"])
        return dict(jwt.decode(unverified, key, algorithms=[head["alg"]], options=options))
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ProofInvalid("The proof's signature is not that of its key.") from error


def _fresh(iat: object, at: float) -> int:
    if not isinstance(iat, int) or isinstance(iat, bool) or not at - PAST <= iat <= at + AHEAD:
        raise ProofInvalid(f"iat is not of the last {PAST} seconds.")
    return iat


def _same(name: str, sent: object, wanted: str) -> None:
    if sent != wanted:
        raise ProofInvalid(f"{name} is not that of this request.")
