"""Passkeys over HTTP: signing up with one, adding one, putting one in another's place."""

from __future__ import annotations

from typing import Any

import pytest

from consent import keys, passkeys
from consent.models import SpentChallenge
from ledger import base64url
from tests.consent import people
from tests.consent.api.conftest import Call
from tests.consent.people import Person
from tests.consent.softpasskey import SoftPasskey

pytestmark = pytest.mark.django_db


def shown(call: Call, handle: str, passkey: SoftPasskey) -> dict[str, Any]:
    """Ask for a challenge, answer it, and return the member `key` of a request."""
    challenge = call(None, "post", "challenges").json()["challenge"]
    asked = passkeys.possession_digest(handle, passkey.public, challenge)
    key = {"algorithm": "WebAuthn", "public": base64url.encode(passkey.public)}
    return key | {"evidence": passkey.sign(asked), "challenge": challenge}


def test_a_challenge_is_for_anybody_and_is_cached_by_nobody(call: Call) -> None:
    answer = call(None, "post", "challenges")
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"challenge", "expires_at"}
    assert not SpentChallenge.objects.exists()
    assert call(None, "post", "challenges").json() != answer.json()


def test_a_stranger_signs_up_with_a_passkey_once(call: Call) -> None:
    body = {"handle": "dora", "name": "Dora", "kind": "person", "key": shown(call, "dora", SoftPasskey())}
    made = call(None, "post", "parties", body)
    assert made.status_code == 201
    (key,) = made.json()["party"]["keys"]
    assert (key["algorithm"], key["public"]) == ("WebAuthn", body["key"]["public"])  # type: ignore[index]  # just made
    again = call(None, "post", "parties", body | {"handle": "dora"})
    assert again.status_code == 409
    elsewhere = call(None, "post", "parties", body | {"handle": "fay"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "evidence-refused")


def test_a_passkey_joins_with_the_word_of_a_key_in_use(call: Call, ada: Person) -> None:
    passkey = SoftPasskey()
    key = shown(call, "ada", passkey)
    refused = call(ada, "post", "parties/me/keys", key)
    assert (refused.status_code, refused.json()["code"]) == (422, "signature-refused")
    asked = keys.approval_digest(ada.party, ada.key.key_id, passkey.public, "WebAuthn")
    word = {"key": ada.key.key_id, "signature": base64url.encode(ada.private.sign(asked))}
    made = call(ada, "post", "parties/me/keys", key | {"approval": word})
    assert made.status_code == 201
    listed = call(ada, "get", "parties/me/keys").json()["items"]
    assert [item["algorithm"] for item in listed] == ["Ed25519", "WebAuthn"]


def test_a_passkey_takes_anothers_place(call: Call) -> None:
    eve, passkey = people.register_passkey("eve"), SoftPasskey("EdDSA")
    asked = keys.rotation_digest(eve.party, eve.key, passkey.public, "WebAuthn")
    body = {"key": shown(call, "eve", passkey), "evidence": eve.passkey.sign(asked)}
    path = f"parties/me/keys/{eve.key.key_id}/rotation"
    spoiled = call(eve, "post", path, body | {"evidence": passkey.sign(asked)})
    assert (spoiled.status_code, spoiled.json()["code"]) == (422, "evidence-refused")
    assert call(eve, "post", path, body).status_code == 201


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"evidence": None}, "#/evidence"),
        ({"evidence": "AAAA"}, "#/evidence"),
        ({"challenge": None}, "#/challenge"),
        ({"challenge": "A" * 300}, "#/challenge"),
        ({"proof": "AAAA"}, "#/proof"),
        ({"algorithm": "webauthn"}, "#/algorithm"),
        ({"algorithm": "Ed25519"}, "#/proof"),
        ({"public": "AAAA"}, "/key/public"),
        ({"public": base64url.encode(SoftPasskey().public)}, "/key/evidence/credential_public_key"),
        ({"challenge": "A"}, "/key/evidence/clientDataJSON"),
        ({"approval": {"key": "x"}}, "#/approval/signature"),
        ({"approval": {"key": "x", "signature": "AA", "evidence": {}}}, "#/approval/signature"),
        ({"approval": {"signature": "AA"}}, "#/approval/key"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_wrong_field_is_named(call: Call, ada: Person, change: dict[str, Any], pointer: str) -> None:
    body = shown(call, "ada", SoftPasskey()) | change
    body = {name: value for name, value in body.items() if value is not None}
    answer = call(ada, "post", "parties/me/keys", body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_an_app_key_with_evidence_beside_its_proof_is_refused(call: Call, ada: Person) -> None:
    body = {"algorithm": "Ed25519", "public": "AAAA", "proof": "AAAA", "evidence": {}}
    assert call(ada, "post", "parties/me/keys", body).json()["errors"][0]["pointer"] == "#/evidence"


@pytest.mark.parametrize("both", [{}, {"approval": "AAAA", "evidence": {}}], ids=["none", "two"])
def test_a_rotation_has_one_word_of_the_old_key(call: Call, ada: Person, both: dict[str, Any]) -> None:
    body = {"key": shown(call, "ada", SoftPasskey())} | both
    answer = call(ada, "post", f"parties/me/keys/{ada.key.key_id}/rotation", body)
    assert answer.json()["errors"][0]["pointer"] == "#/approval"
