"""The reference of the API as pages: drawn from the OpenAPI document itself, so that they cannot say anything else."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from config import examples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.http import HttpRequest, HttpResponse

MOST: Final = 200  # fields of one table; no body of ours has so many


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a table of fields."""

    name: str
    kind: str
    required: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered with one status."""

    status: str
    fields: list[Field]
    example: str  # "": the answer is no JSON


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    name: str
    method: str
    path: str
    group: str
    meaning: str
    scope: str  # "": nobody needs a token
    parameters: list[Field]
    body: list[Field]
    kinds: list[str]  # media types that the body may have
    example: str  # "": there is no body, or it is no JSON
    answers: list[Answer]


@csrf_exempt  # it changes nothing: another method is told so
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the groups, each with what it has."""
    return render(request, "config/reference.html", {"groups": groups()})


@csrf_exempt
@require_safe
def group(request: HttpRequest, name: str) -> HttpResponse:
    """Show the operations of one group."""
    found = groups()
    if name not in found:
        raise Http404
    return render(request, "config/reference_group.html", {"name": name, "operations": found[name]})


@cache
def groups() -> Mapping[str, list[Operation]]:
    """Return every operation, by the noun that its address begins with."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # its own
    named, found = made["components"]["schemas"], defaultdict(list)
    for path, methods in made["paths"].items():
        for method, one in methods.items():
            operation = _operation(path, method, one, named)
            found[operation.group].append(operation)
    return dict(sorted(found.items()))


def _operation(path: str, method: str, one: Mapping[str, Any], named: Mapping[str, Any]) -> Operation:
    content = one.get("requestBody", {}).get("content", {})
    media: dict[str, Any] = content.get("application/json") or next(iter(content.values()), {})
    parameters = [
        Field(p["name"], f"{p['in']}, {_kind(p['schema'], named)}", p.get("required", False), p.get("description", ""))
        for p in one.get("parameters", ())
    ]
    return Operation(
        name=one["operationId"],
        method=method.upper(),
        path=path,
        group=one["tags"][0],
        meaning=one.get("description", ""),
        scope=next((scope for way in one.get("security", ()) for names in way.values() for scope in names), ""),
        parameters=parameters,
        body=list(_fields(media.get("schema", {}), named)),
        kinds=list(content),
        example=_written(media.get("example")) if "application/json" in content else "",
        answers=[_answer(status, told, named) for status, told in one["responses"].items() if status != "default"],
    )


def _answer(status: str, told: Mapping[str, Any], named: Mapping[str, Any]) -> Answer:
    media: dict[str, Any] = next(iter(told.get("content", {}).values()), {})
    return Answer(status, list(_fields(media.get("schema", {}), named)), _written(media.get("example")))


def _fields(schema: Mapping[str, Any], named: Mapping[str, Any]) -> Iterator[Field]:
    shape = examples.resolved(schema, named)
    needed = set(shape.get("required", ()))
    for name, part in list(shape.get("properties", {}).items())[:MOST]:
        meaning = examples.resolved(part, named).get("description", "")
        yield Field(name, _kind(part, named), name in needed, meaning)


def _kind(schema: Mapping[str, Any], named: Mapping[str, Any]) -> str:
    shape = examples.resolved(schema, named)
    if "enum" in shape:
        return " | ".join(json.dumps(one) for one in shape["enum"])
    for parts in ("oneOf", "anyOf"):
        if parts in shape:
            return " | ".join(dict.fromkeys(_kind(part, named) for part in shape[parts]))
    kinds = shape.get("type", "any")
    text = " | ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if kinds == "array":
        text = f"array of {_kind(shape.get('items', {}), named)}"
    return f"{text} ({shape['format']})" if "format" in shape else text


def _written(example: object) -> str:
    return "" if example is None else json.dumps(example, indent=2, ensure_ascii=False)
