"""One's keys over HTTP: the whole history, with what proves it."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from consent import keychain, keys
from consent.keychain import Link
from consent.models import Message
from ledger import base64url, keyring, proof
from ledger.merkle import leaf_hash
from tests.consent.api.conftest import Call
from tests.consent.people import Person
from tests.consent.test_keys import added, fresh, rotated
from tests.provenance.world import publish_log

pytestmark = pytest.mark.django_db


def rotation(person: Person) -> dict[str, Any]:
    public, shown = fresh(person.party.handle)
    approval = person.private.sign(keys.rotation_digest(person.party, person.key, public))
    key = {"algorithm": "Ed25519", "public": base64url.encode(public), "proof": base64url.encode(shown)}
    return {"key": key, "approval": base64url.encode(approval)}


def events(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the events of a list of keys, each once, in order."""
    found = {event["number"]: event for item in items for event in (item["registered"], item["revoked"]) if event}
    return [found[number] for number in sorted(found)]


def links(items: list[dict[str, Any]]) -> list[Link]:
    parts = ("entry", "salt", "payload")
    return [Link(*(base64url.decode(event[part]) for part in parts)) for event in events(items)]


def test_every_key_is_listed_with_a_chain_that_holds(call: Call, ada: Person) -> None:
    second, third = added(ada), rotated(ada)
    keys.revoke_key(second, actor=ada.party)
    answer = call(ada, "get", "parties/me/keys").json()
    assert answer["next"] is None
    assert [item["key_id"] for item in answer["items"]] == [ada.key.key_id, second.key_id, third.key_id]
    assert [item["revoked"] and item["revoked"]["kind"] for item in answer["items"]] == [
        "key.rotated",
        "key.revoked",
        None,
    ]
    assert answer["items"][0]["revoked"] == answer["items"][2]["registered"]
    in_use = keychain.verify(str(ada.party.pk), links(answer["items"]))
    assert in_use == {item["key_id"]: item["revoked_at"] is None for item in answer["items"]}
    assert {event["proof"] for event in events(answer["items"])} == {"not-yet-published"}


def test_each_event_comes_with_a_proof_once_it_is_published(call: Call, ada: Person) -> None:
    added(ada)
    publish_log()
    known = [key.public for key in keyring.public_keys("log")]
    for event in events(call(ada, "get", "parties/me/keys").json()["items"]):
        shown = proof.parse(event["proof"])
        leaf = leaf_hash(base64url.decode(event["entry"]))
        assert proof.verify(shown, leaf, origin=settings.LEDGER_ORIGIN, keys=known)
        assert call(ada, "get", event["proof_url"].removeprefix("/v1/")).content.decode() == event["proof"]


def test_pages_lose_and_repeat_nothing(call: Call, ada: Person) -> None:
    for _ in range(4):
        added(ada)
    whole = call(ada, "get", "parties/me/keys").json()["items"]
    read: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = call(ada, "get", f"parties/me/keys?limit=2{cursor}").json()
        read += answer["items"]
        if answer["next"] is None:
            break
        cursor = f"&cursor={answer['next']}"
    assert read == whole


@pytest.mark.parametrize("query", ["cursor=x", "cursor=WyJ4Il0", "cursor=WyItMSJd", "limit=0", "limit=101", "cursor="])
def test_a_cursor_that_we_did_not_give_is_refused(call: Call, ada: Person, query: str) -> None:
    assert call(ada, "get", f"parties/me/keys?{query}").status_code == 400


def test_a_key_is_replaced_and_its_party_told(call: Call, ada: Person, ben: Person) -> None:
    body = rotation(ada)
    path = f"parties/me/keys/{ada.key.key_id}/rotation"
    assert call(ben, "post", path, body).json()["code"] == "key-missing"
    made = call(ada, "post", path, body)
    assert made.status_code == 201
    assert call(ada, "post", path, body).status_code == 422
    told = call(ada, "get", "parties/me/messages").json()
    assert (told["unread"], told["items"][0]["kind"]) == (1, "key-rotated")
    assert made.json()["key_id"] in told["items"][0]["text"]


@pytest.mark.parametrize("change", [{"approval": "AA"}, {"approval": None}, {"key": {}}, {"more": 1}])
def test_a_wrong_rotation_is_refused(call: Call, ada: Person, change: dict[str, Any]) -> None:
    answer = call(ada, "post", f"parties/me/keys/{ada.key.key_id}/rotation", rotation(ada) | change)
    assert answer.status_code == 422
    assert ada.party.keys.count() == 1


def test_messages_are_read_page_by_page_and_marked(call: Call, ada: Person, ben: Person) -> None:
    for _ in range(3):
        added(ada)
    first = call(ada, "get", "parties/me/messages?limit=2").json()
    second = call(ada, "get", f"parties/me/messages?limit=2&cursor={first['next']}").json()
    ids = [item["id"] for item in first["items"] + second["items"]]
    assert len(set(ids)) == 3
    assert second["next"] is None
    assert call(ben, "post", f"parties/me/messages/{ids[0]}/read").json()["code"] == "message-missing"
    assert call(ada, "post", f"parties/me/messages/{ids[0]}/read").json()["read_at"]
    assert call(ada, "get", "parties/me/messages").json()["unread"] == 2
    assert call(ben, "get", "parties/me/messages").json() == {"items": [], "unread": 0, "next": None}
    assert Message.objects.filter(read_at=None).count() == 2
