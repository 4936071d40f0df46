"""Apps: they show a secret for a token, and act for somebody only within what that person let them do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from consent import clock, erasure, scopes, tokens
from consent.models import ApiToken, Authorisation, Grant, Likeness, OAuthClient
from consent.oauth import authorisations, clients
from consent.oauth.redirection import RedirectRefused
from ledger.canonical import digest
from ledger.models import Entry
from tests.consent import logins, people
from tests.consent.oauth.apps import BACK, CHALLENGE, App, answer_of, app
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
JSON = "application/json"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def box(carl: Person) -> App:
    return app(carl, "videos:read", "grants", "grants:read", "webhooks")


@pytest.fixture
def browser(ada: Person) -> Client:
    """Ada's, in which she has just shown who she is."""
    client = logins.client_of(logins.own(ada.party))
    asked = client.get("/me/tokens/new")["Location"]
    client.post(asked, {"password": "correct horse battery", "next": "/me/tokens/new"})
    return client


def code_of(browser: Client, box: App, *ticked: str, **changed: str) -> str:
    path = "/oauth/authorize?" + "&".join(f"{k}={v}" for k, v in box.question(**changed).items())
    return answer_of(browser.post(path, {"scopes": list(ticked), "days": "30", "yes": "1"}))["code"]


def test_an_app_shows_its_secret_and_acts_for_its_own_party(client: Client, box: App, carl: Person) -> None:
    for answer in (
        box.ask(),
        box.post(
            "/oauth/token",
            {"grant_type": "client_credentials", "client_id": str(box.row.pk), "client_secret": box.secret},
            {},
        ),
    ):
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        given = answer.json()
        assert given["token_type"] == "Bearer"
        assert 3590 <= given["expires_in"] <= 3600
        assert "refresh_token" not in given
        assert client.get("/v1/grants", headers=bearer(given["access_token"])).status_code == 200
        assert client.get("/v1/parties/me", headers=bearer(given["access_token"])).status_code == 403
    less = box.ask(scope="grants:read").json()
    assert less["scope"] == "grants:read"
    assert client.get("/v1/webhooks", headers=bearer(less["access_token"])).status_code == 403
    assert str(tokens.read(less["access_token"]).party) == str(carl.party.pk)  # type: ignore[union-attr]  # it is good


@pytest.mark.parametrize(
    ("sent", "error", "status"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
        ({"grant_type": ""}, "invalid_request", 400),
        ({"scope": "account"}, "invalid_grant", 400),
        ({"scope": "everything"}, "invalid_grant", 400),
        ({"client_id": str(uuid4())}, "invalid_client", 401),
        ({"client_secret": "twice"}, "invalid_request", 400),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": BACK}, "invalid_request", 400),
        (
            {"grant_type": "refresh_token", "refresh_token": "x\ud83d".encode("utf-8", "replace").decode()},
            "invalid_grant",
            400,
        ),
        ({"scope": "x" * 2000}, "invalid_request", 400),
        ({"scope": "a\x00"}, "invalid_request", 400),
    ],
    ids=range(10),
)
def test_a_wrong_request_is_refused_in_the_words_of_rfc_6749(
    box: App, sent: dict[str, str], error: str, status: int
) -> None:
    asked = {"grant_type": "client_credentials"} | sent
    answer = box.post("/oauth/token", asked, {"Authorization": box.basic()})
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.has_header("WWW-Authenticate") == (status == 401)


def test_what_is_no_form_or_no_app_is_refused(client: Client, box: App) -> None:
    kind = "application/x-www-form-urlencoded"
    twice = b"grant_type=client_credentials&grant_type=client_credentials"
    for body, headers in (
        (twice, {"Authorization": box.basic()}),
        (b"", {}),
        (b"\xff=\xfe", {"Authorization": "Basic é"}),
    ):
        assert client.post("/oauth/token", body, content_type=kind, headers=headers).status_code in {400, 401}
    assert client.post("/oauth/token", {"a": "b"}, content_type=JSON).status_code == 400
    assert client.get("/oauth/token").status_code == 405
    box.secret = box.secret[:-1] + ("A" if box.secret[-1] != "A" else "B")
    assert box.ask().status_code == 401


def test_two_secrets_are_good_at_a_time_and_one_ends_at_once(client: Client, box: App, carl: Person) -> None:
    path = f"/v1/apps/{box.row.pk}/secrets"
    first = client.get(f"/v1/apps/{box.row.pk}", headers=carl.headers()).json()["secrets"][0]["id"]
    made = client.post(path, headers=carl.headers()).json()
    other = App(box.row, made["secret"])
    assert [box.ask().status_code, other.ask().status_code] == [200, 200]
    assert client.post(path, headers=carl.headers()).status_code == 409
    assert client.delete(f"{path}/{first}", headers=carl.headers()).status_code == 204
    assert [box.ask().status_code, other.ask().status_code] == [401, 200]
    assert client.delete(f"{path}/{first}", headers=carl.headers()).status_code == 404


def test_an_app_is_registered_by_the_api_and_its_secret_is_stored_nowhere(
    client: Client, carl: Person, eve: Person
) -> None:
    sent = {"name": "Box", "scopes": ["videos:read"], "redirect_uris": [BACK], "dpop_required": True}
    made = client.post("/v1/apps", sent, content_type=JSON, headers=carl.headers())
    assert made.status_code == 201
    body = made.json()
    assert body["app"]["dpop_required"] is True
    assert body["secret"]["secret"] not in client.get("/v1/apps", headers=carl.headers()).content.decode()
    path = f"/v1/apps/{body['app']['id']}"
    assert client.get(path, headers=eve.headers()).status_code == 404
    assert client.delete(path, headers=eve.headers()).status_code == 404
    assert client.delete(path, headers=carl.headers()).status_code == 204
    assert client.get(path, headers=carl.headers()).status_code == 404
    assert list(Entry.objects.filter(kind__startswith="app.").values_list("kind", flat=True).order_by("kind")) == [
        "app.registered",
        "app.removed",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.org/", "https://app.example.org/#x", "https://a@app.example.org/", "javascript:alert(1)",
        "https:///x", "/back", "https://app.example.org/*", "https://app.example.org/\n", "https://ex\u0430mple.org/",
        "https://app.example.org:99999/", "http://localhost.evil.example/", "data:text/html,x",
    ],
)  # fmt: skip
def test_nobody_is_sent_back_to_such_an_address(carl: Person, url: str) -> None:
    with pytest.raises(RedirectRefused):
        clients.register("Box", frozenset({"videos:read"}), actor=carl.party, redirect_uris=[url])


@pytest.mark.parametrize("scope", ["account", "tokens"])
def test_no_app_can_have_the_scopes_that_change_the_account(carl: Person, scope: str) -> None:
    with pytest.raises(clients.AppInvalid):
        clients.register("Box", frozenset({scope}), actor=carl.party)


def test_a_person_is_asked_in_plain_words_and_unticks_what_they_like(
    browser: Client, client: Client, box: App, ada: Person
) -> None:
    path = "/oauth/authorize?" + "&".join(f"{k}={v}" for k, v in box.question().items())
    page = browser.get(path)
    text = page.content.decode()
    for words in (
        "Film Box",
        "Carl Example",
        "see your permissions",
        "30 days",
        "never sign for you",
        "app.example.org",
    ):
        assert words in text
    assert "name addresses that are told" not in text  # webhooks cannot be lent
    assert "form-action 'self' https://app.example.org" in page["Content-Security-Policy"]
    assert page["Referrer-Policy"] == "same-origin"  # with none, browsers send `Origin: null`, and the form is refused
    answer = answer_of(browser.post(path, {"scopes": ["grants:read"], "days": "1", "yes": "1"}))
    assert answer["state"] == "s1"
    assert answer["iss"]
    given = box.exchange(answer["code"]).json()
    assert given["scope"] == "grants:read"
    held = tokens.read(given["access_token"])
    assert held is not None
    assert (held.party, held.client) == (ada.party.pk, box.row.pk)
    assert client.get("/v1/grants", headers=bearer(given["access_token"])).status_code == 200
    assert client.get("/v1/videos", headers=bearer(given["access_token"])).status_code == 403
    more = box.ask("refresh_token", refresh_token=given["refresh_token"], scope="grants:read videos:read")
    assert more.json()["error"] == "invalid_grant"
    again = box.ask("refresh_token", refresh_token=given["refresh_token"]).json()
    assert client.get("/v1/grants", headers=bearer(again["access_token"])).status_code == 200


def test_a_no_and_a_wrong_question_go_back_to_the_app(browser: Client, box: App) -> None:
    def sent(**changed: str) -> Any:  # noqa: ANN401 - Django's test answer
        return browser.get("/oauth/authorize", box.question(**changed))

    assert answer_of(sent(response_type="token"))["error"] == "unsupported_response_type"
    assert answer_of(sent(code_challenge_method="plain"))["error"] == "invalid_request"
    assert answer_of(sent(code_challenge=""))["error"] == "invalid_request"
    assert answer_of(sent(scope="account"))["error"] == "invalid_scope"
    assert answer_of(sent(scope="webhooks"))["error"] == "invalid_scope"
    path = "/oauth/authorize?" + "&".join(f"{k}={v}" for k, v in box.question().items())
    assert answer_of(browser.post(path, {"no": "1"})) | {"iss": ""} == {
        "error": "access_denied",
        "state": "s1",
        "iss": "",
    }
    assert not Authorisation.objects.exists()


def test_nobody_is_sent_to_an_address_that_the_app_did_not_register(browser: Client, box: App) -> None:
    elsewhere = [{"redirect_uri": url} for url in (BACK + "/", "https://evil.example/", "")]
    for changed in (*elsewhere, {"client_id": str(uuid4())}, {"client_id": "x\x00"}):
        answer = browser.get("/oauth/authorize", box.question(**changed))
        assert answer.status_code in {404, 422}
        assert "Location" not in answer.headers


def test_more_than_was_asked_cannot_be_ticked(browser: Client, box: App) -> None:
    path = "/oauth/authorize?" + "&".join(f"{k}={v}" for k, v in box.question(scope="grants:read").items())
    for ticked, days in ((["videos:read"], "30"), (["account"], "30"), ([], "30"), (["grants:read"], "9999")):
        assert browser.post(path, {"scopes": ticked, "days": days, "yes": "1"}).status_code == 422
    assert not Authorisation.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [{"code_verifier": "w" * 43}, {"code_verifier": CHALLENGE}, {"redirect_uri": BACK + "?x"}, {"code": "x"}],
    ids=range(4),
)
def test_a_code_is_good_for_its_verifier_and_address_alone(browser: Client, box: App, changed: dict[str, str]) -> None:
    code = code_of(browser, box, "grants:read")
    assert box.exchange(changed.pop("code", code), **changed).json()["error"] == "invalid_grant"
    assert not ApiToken.objects.filter(client=box.row).exists()


def test_a_code_is_good_for_its_own_app_and_for_a_minute(browser: Client, box: App, eve: Person) -> None:
    code = code_of(browser, box, "grants:read")
    assert app(eve, "grants:read", name="Other").exchange(code).json()["error"] == "invalid_grant"
    Authorisation.objects.update(code_until=clock.now())
    assert box.exchange(code).json()["error"] == "invalid_grant"


def test_a_code_that_comes_twice_ends_what_it_gave(browser: Client, client: Client, box: App) -> None:
    code = code_of(browser, box, "grants:read")
    given = box.exchange(code).json()
    assert box.exchange(code).json()["error"] == "invalid_grant"
    assert client.get("/v1/grants", headers=bearer(given["access_token"])).status_code == 401
    assert box.ask("refresh_token", refresh_token=given["refresh_token"]).json()["error"] == "invalid_grant"
    assert Authorisation.objects.get().ended_entry.kind == "app.dismissed"  # type: ignore[union-attr]  # it ended


def test_the_person_sees_the_app_and_ends_it_at_once(browser: Client, client: Client, box: App, eve: Person) -> None:
    given = box.exchange(code_of(browser, box, "grants:read")).json()
    row = Authorisation.objects.get()
    page = browser.get("/me/apps").content.decode()
    assert "Film Box" in page
    stranger = logins.client_of(logins.own(eve.party))
    assert stranger.post(f"/me/apps/{row.pk}/end").status_code == 404
    assert browser.post(f"/me/apps/{row.pk}/end").status_code == 302
    assert "Film Box" not in browser.get("/me/apps").content.decode()
    assert client.get("/v1/grants", headers=bearer(given["access_token"])).status_code == 401
    assert box.ask("refresh_token", refresh_token=given["refresh_token"]).json()["error"] == "invalid_grant"


def test_removing_an_app_ends_all_that_it_was_allowed(browser: Client, client: Client, box: App, carl: Person) -> None:
    given = box.exchange(code_of(browser, box, "grants:read")).json()
    own = box.ask().json()
    clients.remove(box.row.pk, actor=carl.party)
    for token in (given["access_token"], own["access_token"]):
        assert client.get("/v1/grants", headers=bearer(token)).status_code == 401
    assert box.ask().status_code == 401


def test_an_app_ends_its_own_tokens_and_learns_nothing_of_others(
    browser: Client, client: Client, box: App, eve: Person
) -> None:
    other = app(eve, "grants:read", name="Other")
    given, theirs = box.exchange(code_of(browser, box, "grants:read")).json(), other.ask().json()
    for token in (theirs["access_token"], "nothing", given["access_token"]):
        assert box.post("/oauth/revoke", {"token": token}, {"Authorization": box.basic()}).status_code == 200
    assert client.get("/v1/grants", headers=bearer(theirs["access_token"])).status_code == 200
    assert client.get("/v1/grants", headers=bearer(given["access_token"])).status_code == 401
    box.post("/oauth/revoke", {"token": given["refresh_token"]}, {"Authorization": box.basic()})
    assert Authorisation.objects.get().ended_at is not None


def test_an_end_of_the_authorisation_is_an_end_of_its_tokens(browser: Client, box: App) -> None:
    code = code_of(browser, box, "grants:read")
    Authorisation.objects.update(expires_at=clock.now() + timedelta(seconds=100))
    given = box.exchange(code).json()
    assert given["expires_in"] <= 100
    Authorisation.objects.update(expires_at=clock.now())
    assert box.ask("refresh_token", refresh_token=given["refresh_token"]).json()["error"] == "invalid_grant"


def test_no_token_signs_for_a_person(  # noqa: PLR0917 - fixtures, by name
    browser: Client, client: Client, box: App, ada: Person, ben: Person, face: Likeness
) -> None:
    """The app may hand in permissions. It drafts one, and has no key of Ada's: nothing that it sends is recorded."""
    token = box.exchange(code_of(browser, box, "grants", "grants:read")).json()["access_token"]
    terms = people.full_terms(ben.party)
    draft = {"likeness": str(face.pk), "terms": terms, "key": ada.key.key_id}
    made = client.post("/v1/grants/draft", draft, content_type=JSON, headers=bearer(token))
    assert made.status_code in {200, 201}, made.content
    document = made.json()["document"]
    other = people.register("mallory")
    for signature in ("", "A" * 86, other.private.sign(digest("grant", document)).hex()):
        sent = {"document": document, "signature": signature}
        assert client.post("/v1/grants", sent, content_type=JSON, headers=bearer(token)).status_code in {400, 403, 422}
    unsigned = client.post("/v1/grants", {"document": document}, content_type=JSON, headers=bearer(token))
    assert unsigned.status_code == 422
    assert not Grant.objects.exists()
    for path in ("/v1/parties/me/keys", "/v1/tokens", "/v1/webhooks", "/v1/suspensions", "/v1/undo"):
        refused = client.post(path, {}, content_type=JSON, headers=bearer(token))
        assert refused.status_code == 403, path  # nor does it get a key in, or anything that outlives it
    assert client.delete("/v1/parties/me", headers=bearer(token)).status_code == 403


def test_erasing_the_person_or_the_maker_ends_everything(browser: Client, box: App, ada: Person, carl: Person) -> None:
    given = box.exchange(code_of(browser, box, "grants:read")).json()
    del browser
    erasure.erase_party(ada.party, actor=ada.party)
    assert tokens.read(given["access_token"]) is None
    assert not Authorisation.objects.exists()
    assert box.ask().status_code == 200
    erasure.erase_party(carl.party, actor=carl.party)
    assert not OAuthClient.objects.exists()
    assert box.ask().status_code == 401


def test_the_metadata_says_where_everything_is_and_nothing_that_is_not(client: Client) -> None:
    found = client.get("/.well-known/oauth-authorization-server").json()
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert set(found["scopes_supported"]) == set(scopes.SCOPES) - {"account", "tokens"}
    for name in ("authorization_endpoint", "token_endpoint", "revocation_endpoint"):
        assert client.get(found[name].removeprefix(found["issuer"])).status_code in {404, 405}
    assert authorisations.forget() == 0
