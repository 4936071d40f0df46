"""The OpenAPI document has every route and none beside it, is valid, and each of its examples is what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from config import reference
from consent import scopes

pytestmark = pytest.mark.django_db
DOCUMENT = "urn:document"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    from drf_spectacular.generators import SchemaGenerator

    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # its own
    return found


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for one in patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, path)
        else:
            yield "/" + re.sub(r"<[^>]+>", "{}", path)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_every_route_is_in_it_and_none_beside_it(document: dict[str, Any]) -> None:
    served = {path for path in routes(get_resolver().url_patterns) if path.startswith("/v1/")}
    told = {re.sub(r"\{[^}]+\}", "{}", path) for path in document["paths"]}
    assert served - told == {"/v1/openapi.json"}
    assert told - served == set()


def test_each_operation_says_its_scope_and_how_it_refuses(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert "application/problem+json" in operation["responses"]["default"]["content"], name
        named = [scope for way in operation.get("security", []) for listed in way.values() for scope in listed]
        assert set(named) <= set(scopes.SCOPES), name
    asks = document["paths"]["/v1/videos"]["post"]
    assert asks["security"] == [{"party": ["videos:write"]}]


def test_each_example_is_what_its_schema_describes(document: dict[str, Any]) -> None:
    registry = Registry().with_resource(DOCUMENT, DRAFT202012.create_resource(document))
    shown = 0
    for name, operation in operations(document):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media in (media for body in bodies for media in body.get("content", {}).values() if "example" in media):
            schema = absolute(media["schema"])
            checker = jsonschema.Draft202012Validator(schema, registry=registry)
            wrong = [error.message for error in checker.iter_errors(media["example"])]
            assert wrong == [], name
            shown += 1
    assert shown > 100


def absolute(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """Make references within the document references to the document."""
    if isinstance(schema, dict):
        return {
            key: DOCUMENT + value if key == "$ref" and str(value).startswith("#") else absolute(value)
            for key, value in schema.items()
        }
    return [absolute(one) for one in schema] if isinstance(schema, list) else schema


def test_the_pages_show_every_operation_and_stay_light(client: Client, document: dict[str, Any]) -> None:
    index = client.get("/docs/").content.decode()
    for name, listed in reference.groups().items():
        answer = client.get(f"/docs/{name}/")
        assert answer.status_code == 200
        assert len(answer.content) < 150_000, name
        for one in listed:
            assert f'id="{one.name}"' in answer.content.decode()
            assert f"{one.method} {one.path}" in index
    assert sum(len(listed) for listed in reference.groups().values()) == len(list(operations(document)))
    assert client.get("/docs/nothing/").status_code == 404
