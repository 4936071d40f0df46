"""Every view says what a token must be good for, and refuses one that is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from consent import scopes, tokens
from consent.api.permission import ScopePermission
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")
OURS = {"openapi": "drf-spectacular's own view, open by its arguments"}


def views(patterns: list[URLPattern | URLResolver] | None = None) -> Iterator[tuple[str, type[APIView]]]:
    for found in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(found, URLResolver):
            yield from views(found.url_patterns)
        elif isinstance(cls := getattr(found.callback, "cls", None), type) and issubclass(cls, APIView):
            yield str(found.name), cls


ALL = dict(views())


def test_each_view_names_its_scopes_or_says_public() -> None:
    wrong = []
    for name, view in ALL.items():
        for method in (method for method in METHODS if hasattr(view, method) and name not in OURS):
            wanted = scopes.needed(getattr(view, "scope", None), method.upper())
            known = wanted in scopes.SCOPES or wanted in {scopes.PUBLIC, scopes.SERVICE}
            open_to_all = AllowAny in view.permission_classes
            if not known or (open_to_all != (wanted == scopes.PUBLIC) and "get_permissions" not in vars(view)):
                wrong.append((name, method))
            if not open_to_all and view.permission_classes != [ScopePermission]:
                wrong.append((name, "permission"))
    assert wrong == []


def test_there_are_views_to_look_at_and_every_scope_is_of_use() -> None:
    assert len(ALL) > 70
    used = set()
    for view in ALL.values():
        scope = getattr(view, "scope", None)
        used |= {scope} if isinstance(scope, str) else set(dict(scope or {}).values())
    assert set(scopes.SCOPES) - used == set()


@pytest.fixture
def ada() -> Person:
    return people.register("ada")


class Unnamed(APIView):
    def get(self, _request: object) -> Response:
        raise AssertionError("a view that names no scope was entered")


def test_a_view_that_names_no_scope_is_closed_even_to_who_may_do_all(ada: Person) -> None:
    asked = APIRequestFactory().get("/", headers=ada.headers())
    assert Unnamed.as_view()(asked).status_code == 403


def shown(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_without_scopes_is_good_for_all_that_its_party_may(client: Client, ada: Person) -> None:
    for path in ("/v1/grants", "/v1/parties/me", "/v1/webhooks", "/v1/parties/me/erasure", "/v1/videos"):
        assert client.get(path, headers=ada.headers()).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("get", "/v1/webhooks", "webhooks"),
        ("post", "/v1/grants", "grants"),
        ("delete", "/v1/parties/me", "account"),
        ("post", "/v1/decisions", "decisions"),
        ("post", "/v1/videos", "videos:write"),
    ],
)
def test_a_token_for_something_else_is_told_which_scope_it_lacks(
    client: Client, ada: Person, method: str, path: str, scope: str
) -> None:
    _, token = tokens.make("A reader", frozenset({"grants:read", "parties:read"}), actor=ada.party)
    refused = getattr(client, method)(path, headers=shown(token))
    assert refused.status_code == 403
    assert refused["WWW-Authenticate"] == f'Bearer realm="countenance", error="insufficient_scope", scope="{scope}"'
    assert refused.json()["code"].replace("_", "-") == "insufficient-scope"
    assert client.get("/v1/grants", headers=shown(token)).status_code == 200
    assert client.head("/v1/grants", headers=shown(token)).status_code == 200
    assert client.options("/v1/grants", headers=shown(token)).status_code == 200


def test_the_doors_that_are_asked_most_ask_for_the_scope_too(client: Client, ada: Person) -> None:
    _, token = tokens.make("A planner", frozenset({"decisions"}), actor=ada.party)
    asked = client.post("/v1/decisions", b"{}", content_type="application/json", headers=shown(token))
    assert asked.status_code == 422  # it was let in, and its body was looked at


def test_a_method_that_is_not_there_is_not_a_matter_of_scopes(client: Client, ada: Person) -> None:
    assert client.put("/v1/grants", headers=ada.headers()).status_code == 405


def test_the_list_of_scopes_is_closed_and_written_in_one_order() -> None:
    assert scopes.write(["videos:write", "videos:read", "videos:read"]) == "videos:read videos:write"
    for wrong in ([], ["everything"], ["videos:read", "Videos:read"], [""]):
        with pytest.raises(scopes.ScopeUnknown):
            scopes.write(wrong)
    assert all(re.fullmatch(r"[a-z]+(:[a-z]+)?", name) for name in scopes.SCOPES)
    assert not {name for name, scope in scopes.SCOPES.items() if scope.lendable and scope.tied}


def test_nobody_passes_on_more_than_they_hold() -> None:
    some = frozenset({"grants:read"})
    assert scopes.covers(None, None)
    assert scopes.covers(None, some)
    assert scopes.covers(some, some)
    assert not scopes.covers(some, None)
    assert not scopes.covers(some, frozenset({"grants"}))


def test_the_page_about_scopes_lists_each_of_them_as_it_is() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/design/oauth.md").read_text()
    yes = {True: "yes", False: "no"}
    wanted = [
        f"| `{one.name}` | {one.meaning} | {yes[one.lendable]} | {yes[not one.tied]} |"
        for one in scopes.SCOPES.values()
    ]
    assert [line for line in page.splitlines() if line.startswith("| `")] == wanted
