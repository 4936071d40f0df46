"""Drafting, signing and listing over HTTP."""

from __future__ import annotations

import pytest

from consent.api.body import write_cursor
from consent.models import Grant, Likeness
from ledger import base64url
from ledger.canonical import digest
from tests.consent import people
from tests.consent.api.conftest import Call
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def test_a_grant_is_drafted_signed_and_recorded(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    asked = {"likeness": str(face.pk), "key": ada.key.key_id, "terms": people.terms(ben.party)}
    draft = call(ada, "post", "grants/draft", asked).json()
    assert "Ben Example" in draft["text"]
    assert base64url.decode(draft["digest"]) == digest("grant", draft["document"])
    signature = base64url.encode(ada.private.sign(base64url.decode(draft["digest"])))
    body = {"document": draft["document"], "signature": signature}
    made = call(ada, "post", "grants", body)
    assert made.status_code == 201
    assert made.json()["standing"] == "stands"
    replayed = call(ada, "post", "grants", body)
    assert (replayed.status_code, replayed.json()["code"]) == (409, "grant-replayed")
    assert call(ada, "get", "grants").json() == {"items": [made.json()], "next": None}


def test_one_changed_character_of_the_document_is_refused(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    asked = {"likeness": str(face.pk), "key": ada.key.key_id, "terms": people.terms(ben.party)}
    document = call(ada, "post", "grants/draft", asked).json()["document"]
    signature = base64url.encode(ada.sign(document))
    document["nonce"] = ("A" if document["nonce"][0] != "A" else "B") + document["nonce"][1:]
    answer = call(ada, "post", "grants", {"document": document, "signature": signature})
    assert (answer.status_code, answer.json()["code"]) == (422, "signature-refused")
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/document"),
        ({"document": [], "signature": "A" * 86}, "#/document"),
        ({"document": {}, "signature": "A" * 86}, "/type"),
        ({"document": {}, "signature": "AA"}, "/signature"),
        ({"document": {}, "signature": "?"}, "#/signature"),
        ({"document": {}, "signature": "A" * 86, "force": True}, "#/force"),
    ],
)
def test_a_wrong_field_is_named(call: Call, ada: Person, body: dict[str, object], pointer: str) -> None:
    answer = call(ada, "post", "grants", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_draft_is_for_ones_own_likeness_and_key(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    asked = {"likeness": str(face.pk), "key": ben.key.key_id, "terms": people.terms(ben.party)}
    theirs = call(ben, "post", "grants/draft", asked)
    absent = call(ben, "post", "grants/draft", asked | {"likeness": people.some_id()})
    assert theirs.status_code == 404
    assert theirs.json() == absent.json()
    assert call(ada, "post", "grants/draft", asked).json()["code"] == "key-unknown"


def test_a_grant_is_shown_to_its_parties_only(
    call: Call, ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    given = people.grant(ada, face, ben.party)
    assert call(ada, "get", f"grants/{given.pk}").json() == call(ben, "get", f"grants/{given.pk}").json()
    hidden, absent = call(carl, "get", f"grants/{given.pk}"), call(carl, "get", f"grants/{people.some_id()}")
    assert hidden.status_code == absent.status_code == 404
    assert {**hidden.json(), "instance": ""} == {**absent.json(), "instance": ""}


def test_pages_neither_skip_nor_repeat(call: Call, ada: Person, face: Likeness) -> None:
    given = [str(people.grant(ada, face).pk) for _ in range(5)]
    Grant.objects.update(created_at=Grant.objects.order_by("pk").first().created_at)  # type: ignore[union-attr]  # there are five
    seen: list[str] = []
    path = "grants?limit=2"
    for _ in range(3):
        page = call(ada, "get", path).json()
        seen += [item["id"] for item in page["items"]]
        path = f"grants?limit=2&cursor={page['next']}"
    assert page["next"] is None
    assert sorted(seen) == sorted(given)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=x", "limit=-1", "limit=1e3", "cursor=", "cursor=AAAA", "cursor=WyJhIiwiYiJd",
        "cursor=" + write_cursor("0001-01-01T00:00:00+23:59", "7f3f2f30-8b5e-4a53-9d5c-1c2f9d1c0a01"),
        "cursor=" + write_cursor("9999-12-31T23:59:59-23:59", "7f3f2f30-8b5e-4a53-9d5c-1c2f9d1c0a01"),
    ],
)  # fmt: skip
def test_a_page_that_is_none_is_refused(call: Call, ada: Person, query: str) -> None:
    answer = call(ada, "get", f"grants?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "query-invalid")


def test_a_passkey_signs_over_http(call: Call, ben: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    eve = people.register_passkey("eve")
    look = people.enrolled(eve, monkeypatch)
    asked = {"likeness": str(look.pk), "key": eve.key.key_id, "terms": people.terms(ben.party)}
    draft = call(eve, "post", "grants/draft", asked).json()
    evidence = eve.passkey.sign(base64url.decode(draft["digest"]))
    body = {"document": draft["document"], "evidence": evidence}
    spoiled = call(eve, "post", "grants", body | {"evidence": evidence | {"signature": "AAAA"}})
    assert (spoiled.status_code, spoiled.json()["code"]) == (422, "evidence-refused")
    assert spoiled.json()["errors"][0]["pointer"] == "/evidence/signature"
    both = call(eve, "post", "grants", body | {"signature": "A" * 86})
    assert (both.status_code, both.json()["errors"][0]["pointer"]) == (422, "#/signature")
    assert call(eve, "post", "grants", {"document": draft["document"]}).status_code == 422
    assert not Grant.objects.exists()
    assert call(eve, "post", "grants", body).status_code == 201
    assert call(eve, "post", "grants", body).json()["code"] == "grant-replayed"


def test_a_draft_tells_nobody_which_likenesses_there_are(call: Call, ben: Person, face: Likeness) -> None:
    for key in (ben.key.key_id, "somebody-elses"):
        asked = {"key": key, "terms": people.terms()}
        there = call(ben, "post", "grants/draft", asked | {"likeness": str(face.pk)})
        absent = call(ben, "post", "grants/draft", asked | {"likeness": people.some_id()})
        assert there.status_code == absent.status_code
        assert there.content == absent.content
