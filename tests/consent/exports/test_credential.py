"""A credential of a grant names nobody, says where to ask whether it stands, and verifies without code of ours."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given

from consent.exports import credential, profile
from consent.exports.credential import Recorded
from consent.exports.granted import Granted
from consent.terms import Everyone
from ledger import jose
from tests import outsider
from tests.consent.exports.grants import BASE, BEN, CLEO, EVERYONE, FULL, GRANTOR, GRANTS, START
from tests.consent.exports.jsonld import compact_iris, unmapped

EXAMPLES = Path(__file__).parents[3] / "docs/examples"
ISSUER = f"{BASE}/issuers/credential"
LISTS = {one: f"{BASE}/status/grants/bitstring/{one}" for one in ("revocation", "suspension")}
RECORDED = Recorded("c3RhdGVtZW50", "Y29tbWl0bWVudA", "log.countenance.example", 7)
# Those terms of https://www.w3.org/ns/credentials/v2 that are used here, as copies of that context have them.
VC_TERMS = {
    "id", "type", "VerifiableCredential", "issuer", "validFrom", "validUntil", "credentialSubject", "credentialStatus",
    "BitstringStatusListEntry", "statusPurpose", "statusListIndex", "statusListCredential",
}  # fmt: skip


@dataclass(frozen=True)
class Signer:
    private: Ed25519PrivateKey
    key_id: str = "0123456789abcdef"

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1"))


def fetch(address: str) -> bytes:
    assert address == ISSUER
    kid = f"{ISSUER}#{SIGNER.key_id}"
    key = jose.jwk(SIGNER.private.public_key().public_bytes_raw(), SIGNER.key_id)
    method = {"id": kid, "type": "JsonWebKey", "controller": ISSUER, "publicKeyJwk": key}
    return json.dumps({"id": ISSUER, "verificationMethod": [method], "assertionMethod": [kid]}).encode()


def made(granted: Granted = FULL, bearer: str = GRANTOR) -> dict[str, Any]:
    return credential.credential(granted, RECORDED, bearer=bearer, issuer=ISSUER, lists=LISTS, base=BASE)


@given(GRANTS)
def test_every_word_is_in_the_context_and_every_word_of_ours_in_the_profile(granted: Granted) -> None:
    document = made(granted)
    assert unmapped(document, VC_TERMS) == set()
    defined = {term["@id"] for term in profile.document(BASE)["@graph"]}
    assert {term for term in compact_iris(document) if term.startswith("cn:")} <= defined


@given(GRANTS, GRANTS)
def test_the_digest_of_the_policy_covers_every_term(one: Granted, other: Granted) -> None:
    assume(one != other)
    assert credential.policy_digest(one, BASE) != credential.policy_digest(other, BASE)


def test_nothing_that_a_person_wrote_is_in_it() -> None:
    text = json.dumps(made())
    assert [said for said in ("Ada", "Hello", "Trailers", "spring-2027", "vote", GRANTOR) if said in text] == []


def test_the_grantor_is_told_all_recipients_and_each_of_them_only_itself() -> None:
    def told(bearer: str) -> list[str]:
        return [one["id"] for one in made(bearer=bearer)["credentialSubject"]["cn:recipient"]]

    assert told(GRANTOR) == [f"urn:uuid:{BEN}", f"urn:uuid:{CLEO}"]
    assert told(CLEO) == [f"urn:uuid:{CLEO}"]
    assert isinstance(EVERYONE.terms.audience, Everyone)
    assert made(EVERYONE)["credentialSubject"]["cn:recipient"] == [{"id": "cn:Everyone"}]


def test_a_stranger_verifies_it_and_finds_its_place_in_two_lists() -> None:
    found = outsider.verified(credential.sign(made(), SIGNER), fetch, issuer=ISSUER, at=START)
    assert found == made()
    assert [entry["statusPurpose"] for entry in found["credentialStatus"]] == ["revocation", "suspension"]
    assert {entry["statusListIndex"] for entry in found["credentialStatus"]} == {"7"}
    assert {entry["statusListCredential"] for entry in found["credentialStatus"]} == set(LISTS.values())


@pytest.mark.parametrize("at", [START - timedelta(seconds=1), FULL.terms.window.not_after])
def test_it_holds_inside_its_window_only(at: Any) -> None:  # noqa: ANN401 - a time
    with pytest.raises(AssertionError, match="not of this time"):
        outsider.verified(credential.sign(made(), SIGNER), fetch, issuer=ISSUER, at=at)


def test_a_changed_credential_and_another_signer_are_not_believed() -> None:
    head, _, signature = credential.sign(made(), SIGNER).split(".")
    _, body, _ = credential.sign(made(replace(FULL, likeness=BEN)), SIGNER).split(".")
    other = Signer(Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\2"))
    for token in (f"{head}.{body}.{signature}", credential.sign(made(), other)):
        with pytest.raises(InvalidSignature):
            outsider.verified(token, fetch, issuer=ISSUER, at=START)


def test_the_example_is_what_is_made() -> None:
    assert json.loads((EXAMPLES / "grant-credential.json").read_text()) == made()
    token = (EXAMPLES / "grant-credential.jwt").read_text().strip()
    assert token == credential.sign(made(), SIGNER)
