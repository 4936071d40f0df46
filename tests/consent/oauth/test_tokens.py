"""Tokens: named, listed, bounded, rotated with an overlap, revoked; shown once and stored nowhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from consent import clock, scopes, tokens
from consent.models import ApiToken
from consent.portal.scope_words import WORDS
from ledger import log
from ledger.canonical import parse
from ledger.models import Entry
from tests.consent import logins
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
JSON = "application/json"
INVALID = 'Bearer realm="countenance", error="invalid_token"'


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def said(entry: Entry) -> dict[str, object]:
    return dict(parse(log.opening(entry).payload)["payload"])


def test_a_token_is_made_by_the_api_shown_once_and_listed_without_itself(client: Client, ada: Person) -> None:
    sent = {"name": "The night job", "scopes": ["grants:read", "parties:read"]}
    made = client.post("/v1/tokens", sent, content_type=JSON, headers=ada.headers())
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    token = made.json()["token"]
    assert client.get("/v1/grants", headers=bearer(token)).status_code == 200
    listed = client.get("/v1/tokens", headers=ada.headers())
    assert [(row["name"], row["scopes"]) for row in listed.json()["items"]] == [
        ("The night job", ["grants:read", "parties:read"]),
        ("", None),
    ]
    assert token not in listed.content.decode()
    assert listed.json()["items"][0]["last_used_at"] is not None
    plain = repr(list(ApiToken.objects.values())) + repr(list(Entry.objects.values()))
    assert token not in plain
    entry = ApiToken.objects.get(name="The night job").entry
    assert entry.kind == "token.made"
    assert said(entry)["scope"] == "grants:read parties:read"


def test_no_token_and_a_bad_one_are_told_apart_by_the_challenge(client: Client, ada: Person) -> None:
    without = client.get("/v1/grants")
    assert (without.status_code, without["WWW-Authenticate"]) == (401, 'Bearer realm="countenance"')
    for wrong in ("Bearer x", "Bearer ", f"Basic {ada.token}", f"Bearer {ada.token}x", "Bearer \x00\x01"):
        refused = client.get("/v1/grants", headers={"Authorization": wrong})
        assert (refused.status_code, refused["WWW-Authenticate"]) == (401, INVALID)


@pytest.mark.parametrize("path", ["/v1/grants", "/v1/decisions"])
def test_a_revoked_or_expired_token_is_no_token_at_every_door(client: Client, ada: Person, path: str) -> None:
    ended, first = tokens.make("ended", actor=ada.party)
    late, second = tokens.make("late", actor=ada.party, expires_at=clock.now() + timedelta(hours=1))
    for token in (first, second):
        assert client.post(path, {}, content_type=JSON, headers=bearer(token)).status_code == 422
    assert client.delete(f"/v1/tokens/{ended.public_id}", headers=ada.headers()).status_code == 204
    ApiToken.objects.filter(pk=late.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    for token in (first, second):
        refused = client.post(path, {}, content_type=JSON, headers=bearer(token))
        assert (refused.status_code, refused["WWW-Authenticate"]) == (401, INVALID)
    ended.refresh_from_db()
    assert ended.revoked_entry is not None
    assert ended.revoked_entry.kind == "token.revoked"
    assert client.delete(f"/v1/tokens/{ended.public_id}", headers=ada.headers()).status_code == 404


def test_a_rotated_token_works_beside_the_new_one_until_the_overlap_ends(client: Client, ada: Person) -> None:
    old, first = tokens.make("job", frozenset({"grants:read"}), actor=ada.party)
    path = f"/v1/tokens/{old.public_id}/rotation"
    made = client.post(path, {"overlap_hours": 2}, content_type=JSON, headers=ada.headers()).json()
    assert (made["name"], made["scopes"]) == ("job", ["grants:read"])
    for token in (first, made["token"]):
        assert client.get("/v1/grants", headers=bearer(token)).status_code == 200
    old.refresh_from_db()
    assert old.expires_at is not None
    assert timedelta(hours=1, minutes=59) < old.expires_at - clock.now() <= timedelta(hours=2)
    assert client.post(path, {}, content_type=JSON, headers=ada.headers()).json()["code"] == "token-invalid"
    _, third = tokens.rotate(ApiToken.objects.get(public_id=made["id"]).public_id, 0, actor=ada.party)
    assert client.get("/v1/grants", headers=bearer(made["token"])).status_code == 401
    assert client.get("/v1/grants", headers=bearer(third)).status_code == 200


def test_nobody_makes_rotates_or_registers_more_than_their_own_token_is_good_for(client: Client, ada: Person) -> None:
    _, narrow = tokens.make("narrow", frozenset({"tokens", "grants:read"}), actor=ada.party)
    whole = ApiToken.objects.get(party=ada.party, name="").public_id
    for path, body in (
        ("/v1/tokens", {"name": "wider", "scopes": ["videos:write"]}),
        (f"/v1/tokens/{whole}/rotation", {}),
        ("/v1/apps", {"name": "wider", "scopes": ["videos:write"]}),
    ):
        refused = client.post(path, body, content_type=JSON, headers=bearer(narrow))
        assert (refused.status_code, refused.json()["code"]) == (403, "scope-too-wide")
    same = client.post("/v1/tokens", {"name": "same"}, content_type=JSON, headers=bearer(narrow))
    assert same.json()["scopes"] == ["grants:read", "tokens"]


def test_anothers_token_does_not_exist(client: Client, ada: Person, eve: Person) -> None:
    mine = ApiToken.objects.get(party=ada.party).public_id
    assert client.delete(f"/v1/tokens/{mine}", headers=eve.headers()).status_code == 404
    assert client.post(f"/v1/tokens/{mine}/rotation", {}, content_type=JSON, headers=eve.headers()).status_code == 404
    assert client.get("/v1/grants", headers=ada.headers()).status_code == 200


@pytest.mark.parametrize("name", ["", " x", "a\nb", "\u202ename", "x" * 81, "a\x00"])
def test_a_name_that_cannot_be_shown_is_refused(client: Client, ada: Person, name: str) -> None:
    assert client.post("/v1/tokens", {"name": name}, content_type=JSON, headers=ada.headers()).status_code == 422


def test_the_page_makes_lists_replaces_and_ends_tokens(ada: Person, eve: Person) -> None:
    browser = logins.client_of(logins.own(ada.party))
    asked = browser.post("/me/tokens/new", {"name": "Home", "scopes": ["grants:read"], "days": "30"})
    assert "reauthenticate" in asked["Location"]
    shown = browser.post(asked["Location"], {"password": "correct horse battery", "next": "/me/tokens/new"})
    row = ApiToken.objects.get(name="Home")
    token = shown.content.decode().split("<code>")[1].split("</code>")[0]
    assert tokens.read(token) is not None
    page = browser.get("/me/apps").content.decode()
    assert "Home" in page
    assert "see your permissions" in page
    assert token not in page
    assert "ctn_" in browser.post(f"/me/tokens/{row.public_id}/replacement").content.decode()
    assert browser.post(f"/me/tokens/{row.public_id}/end").status_code == 302
    assert tokens.read(token) is None
    assert logins.client_of(logins.own(eve.party)).post(f"/me/tokens/{row.public_id}/end").status_code == 404
    for hostile in ("<script>alert(1)</script>", "x" * 100_000, "a\x00b", "\u202ea"):
        answer = browser.post("/me/tokens/new", {"name": hostile, "scopes": [hostile], "days": hostile})
        assert answer.status_code == 422
        assert b"<script>alert" not in answer.content


def test_every_scope_has_its_words() -> None:
    assert list(WORDS) == list(scopes.SCOPES)
    assert {name: str(words) for name, words in WORDS.items()} == {
        name: scope.meaning for name, scope in scopes.SCOPES.items()
    }
