"""Signing up and keys over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent import keys
from consent.models import Party
from ledger import base64url
from tests.consent.api.conftest import Call
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def sign_up(handle: str = "ada") -> dict[str, Any]:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    proof = private.sign(keys.possession_digest(handle, public))
    key = {"algorithm": "Ed25519", "public": base64url.encode(public), "proof": base64url.encode(proof)}
    return {"handle": handle, "name": "Ada Example", "kind": "person", "key": key}


def test_a_stranger_signs_up_and_the_token_works(call: Call) -> None:
    answer = call(None, "post", "parties", sign_up())
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    made = answer.json()
    me = Party.objects.get()
    assert made["party"]["id"] == str(me.pk)
    found = call(None, "get", "parties/me", HTTP_AUTHORIZATION=f"Bearer {made['token']}")
    assert found.json() == made["party"]
    assert "token" not in found.json()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"handle": "Ada!"}, "/handle"),
        ({"handle": None}, "#/handle"),
        ({"name": "A\nB"}, "/name"),
        ({"kind": "estate"}, "#/kind"),
        ({"admin": True}, "#/admin"),
        ({"key": {"algorithm": "RSA", "public": "AA", "proof": "AA"}}, "#/key/algorithm"),
        ({"key": {"algorithm": "Ed25519", "public": "AA==", "proof": "AA"}}, "#/key/public"),
        ({"key": {"algorithm": "Ed25519", "public": "A" * 43, "proof": "AA"}}, "/key/public"),
        ({"key": {"algorithm": "Ed25519", "public": "AA", "proof": "AA", "x": 1}}, "#/key/x"),
    ],
)
def test_a_wrong_field_is_named(call: Call, change: dict[str, Any], pointer: str) -> None:
    answer = call(None, "post", "parties", sign_up() | change)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert answer.json()["remedy"]
    assert not Party.objects.exists()


@pytest.mark.parametrize(
    "body",
    [b" ", b"[]", b"{", b'{"handle":"a","handle":"b"}', b'{"handle":1.5}', b"\xff", b"[" * 100_000, b" " * 70_000],
)
def test_a_body_that_is_no_strict_json_object_is_refused(call: Call, body: bytes) -> None:
    answer = call(None, "post", "parties", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed-json"


@pytest.mark.parametrize("token", ["Bearer", "Bearer ", "Bearer x", "Basic abc", "Bearer " + "x" * 600, "Bearer \x01"])
def test_a_wrong_token_is_401_with_the_way_to_do_better(call: Call, token: str) -> None:
    answer = call(None, "get", "parties/me", HTTP_AUTHORIZATION=token)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "parties?handle=ada"),
        ("get", "parties/me"),
        ("delete", "parties/me"),
        ("get", "parties/me/erasure"),
        ("post", "parties/me/keys"),
        ("get", "parties/me/keys"),
        ("post", "parties/me/keys/x/rotation"),
        ("get", "parties/me/messages"),
        ("post", "parties/me/messages/7f3f2f30-8b5e-4a53-9d5c-1c2f9d1c0a01/read"),
        ("delete", "parties/me/keys/x"),
        ("get", "likenesses"),
        ("post", "likenesses"),
        ("get", "likenesses/7f3f2f30-8b5e-4a53-9d5c-1c2f9d1c0a01"),
        ("post", "likenesses/7f3f2f30-8b5e-4a53-9d5c-1c2f9d1c0a01/enrolments"),
        ("get", "grants"),
        ("post", "grants"),
        ("post", "grants/draft"),
        ("get", "grants/7f3f2f30-8b5e-4a53-9d5c-1c2f9d1c0a01"),
        ("post", "withdrawals"),
        ("get", "withdrawals/7f3f2f30-8b5e-4a53-9d5c-1c2f9d1c0a01"),
        ("post", "decisions"),
        ("get", "attempts"),
        ("post", "permits/redeem"),
        ("get", "export"),
        ("get", "entries/7f3f2f30-8b5e-4a53-9d5c-1c2f9d1c0a01/proof"),
    ],
)
def test_everything_but_signing_up_needs_a_token(call: Call, method: str, path: str) -> None:
    answer = call(None, method, path)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_party_is_found_by_its_whole_handle(call: Call, ada: Person, ben: Person) -> None:
    named = {"id": str(ben.party.pk), "handle": "ben", "name": "Ben Example", "kind": "person"}
    assert call(ada, "get", "parties?handle=ben").json() == {"items": [named]}
    assert call(ada, "get", "parties?handle=be").json() == {"items": []}
    for path in ("parties", "parties?handle=", "parties?handle=%00"):
        assert call(ada, "get", path).status_code == 400


def test_keys_are_added_and_revoked(call: Call, ada: Person, ben: Person) -> None:
    added = call(ada, "post", "parties/me/keys", sign_up()["key"])
    assert added.status_code == 201
    key_id = added.json()["key_id"]
    assert call(ben, "delete", f"parties/me/keys/{key_id}").status_code == 404
    assert call(ada, "delete", "parties/me/keys/a%00b").json()["code"] == "key-missing"
    assert call(ada, "delete", f"parties/me/keys/{key_id}").json()["revoked_at"]
    listed = {key["key_id"]: key["revoked_at"] for key in call(ada, "get", "parties/me").json()["keys"]}
    assert listed[ada.key.key_id] is None
    assert listed[key_id]
