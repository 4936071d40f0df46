"""A grant as a W3C Verifiable Credential 2.0: this service attests that it recorded the grant, and where to ask on.

Pure. It names nobody: the likeness and whoever is permitted are UUIDs, texts that people wrote (credit, scripts,
description) stay out, and what is not said here is covered by the digest of the ODRL policy. Whether the grant still
stands is not in it: `credentialStatus` names the bits of two Bitstring Status Lists (Bitstring Status List 1.0).

Secured as a JWS with `typ` `vc+jwt` (Securing Verifiable Credentials using JOSE and COSE, section 3.1.1): the payload
is the credential itself, and there is no `vc` claim.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from consent import rfc3339
from consent.exports import odrl
from consent.exports.granted import urn
from consent.exports.profile import PREFIXES, namespace, word
from consent.terms import Everyone, Mutuals, Named
from ledger import base64url, jose
from ledger.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consent.exports.granted import Granted
    from ledger.cose import Signer

CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
TYPE: Final = "vc+jwt"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where the grant is on record. Digests are base64url; `number` is its place in every status list."""

    statement_digest: str
    commitment: str
    log: str
    number: int


def credential(
    granted: Granted, recorded: Recorded, *, bearer: str, issuer: str, lists: Mapping[str, str], base: str
) -> Json:
    """Return the unsecured credential for `bearer`, a party's id: other named parties are not told to those it shows.

    `lists` maps each status purpose to the address of its list.
    """
    window = granted.terms.window
    return {
        "@context": [CONTEXT, {"cn": namespace(base), "loc": PREFIXES["loc"]}],
        "id": f"{base}/v1/grants/{granted.id}/exports/credential",
        "type": ["VerifiableCredential", "cn:LikenessGrantCredential"],
        "issuer": issuer,
        "validFrom": rfc3339.write(window.not_before),
        "validUntil": rfc3339.write(window.not_after),
        "credentialSubject": _subject(granted, recorded, bearer, base),
        "credentialStatus": [_status(purpose, lists[purpose], recorded.number) for purpose in sorted(lists)],
    }


def sign(unsecured: Json, signer: Signer) -> str:
    """Return the credential as a JWS; the key's id is a verification method of the issuer's document."""
    return jose.sign({"typ": TYPE, "cty": "vc", "kid": f"{unsecured['issuer']}#{signer.key_id}"}, unsecured, signer)


def policy_digest(granted: Granted, base: str) -> str:
    """Return the digest of the grant's ODRL policy, which covers every term."""
    return base64url.encode(hashlib.sha256(canonical(odrl.policy(granted, base=base))).digest())


def _subject(granted: Granted, recorded: Recorded, bearer: str, base: str) -> Json:
    terms = granted.terms
    subject: Json = {
        "id": urn(granted.id),
        "type": "cn:LikenessGrant",
        "cn:likeness": {"id": urn(granted.likeness)},
        "cn:recipient": [{"id": one} for one in _recipients(granted, bearer)],
        "cn:purpose": _words("purpose", terms.purposes),
        "cn:shows": _words("modality", terms.modalities),
        "cn:scene": _words("sceneClass", terms.scenes.allowed),
        "cn:training": terms.training,
        "cn:termsVersion": terms.version,
        "cn:policyDigest": policy_digest(granted, base),
        "cn:statementDigest": recorded.statement_digest,
        "cn:entryCommitment": recorded.commitment,
        "cn:log": recorded.log,
    }
    if terms.territories is not None:
        subject["cn:territory"] = [{"id": f"loc:{code}"} for code in sorted(terms.territories)]
    return subject


def _recipients(granted: Granted, bearer: str) -> list[str]:
    match granted.terms.audience:
        case Named(parties=parties):
            return [urn(named.party) for named in parties if bearer in {named.party, granted.grantor}]
        case Mutuals():
            return ["cn:Mutual"]
        case Everyone():
            return ["cn:Everyone"]
        case _:
            return ["cn:Holder"]


def _status(purpose: str, address: str, number: int) -> Json:
    return {
        "id": f"{address}#{number}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(number),
        "statusListCredential": address,
    }


def _words(kind: str, values: frozenset[str]) -> list[Json]:
    return [{"id": word(kind, value)} for value in sorted(values)]
