"""An example of what a schema describes, drawn from the schema itself. Pure.

It shows the shape and never the sense: an id is an id of nobody, a text says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DEEP: Final = 12  # schemas within schemas; what is deeper is left out
FORMATS: Final = {
    "uuid": "5f0c1a52-3b0e-4c43-9d0b-6c1f0a1d2e3f",
    "date-time": "2026-11-23T12:00:00Z",
    "date": "2026-11-23",
    "uri": "https://example.org/",
    "email": "somebody@example.org",
    "decimal": "1.50",
    "byte": "c29tZXRoaW5n",
    "binary": "(bytes)",
}
PATTERNS: Final = {"^[a-z]{2,3}$": "en"}  # of the texts that have a form and no name for it
PLAIN: Final = {"integer": 1, "number": 1.5, "boolean": False, "null": None}


def of(schema: Mapping[str, Any], named: Mapping[str, Any], depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
    """Return an example of a schema of OpenAPI 3.1; `named`: the schemas that a `$ref` may name."""
    schema = resolved(schema, named)
    for given in ("example", "const", "default"):
        if given in schema:
            return schema[given]
    if "enum" in schema:
        return schema["enum"][0]
    for parts in ("oneOf", "anyOf"):
        if parts in schema:
            return of(schema[parts][0], named, depth)
    kind = schema.get("type")
    kind = next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        return _object(schema, named, depth)
    if kind == "array":
        return [of(schema.get("items", {}), named, depth + 1)] if depth < DEEP else []
    return PLAIN[kind] if kind in PLAIN else _text(schema)


def resolved(schema: Mapping[str, Any], named: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow `$ref`, and lay parts of `allOf` over each other; what stands beside them wins."""
    found: dict[str, Any] = {}
    if "$ref" in schema:
        found |= resolved(named.get(str(schema["$ref"]).rsplit("/", 1)[-1], {}), named)
    for one in schema.get("allOf", ()):
        part = resolved(one, named)
        both = {"properties": found.get("properties", {}) | part.get("properties", {})}
        both["required"] = [*found.get("required", ()), *part.get("required", ())]
        found |= dict(part) | {name: value for name, value in both.items() if value}
    return found | {key: value for key, value in schema.items() if key not in {"$ref", "allOf"}}


def _object(schema: Mapping[str, Any], named: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if depth >= DEEP:
        return {}
    return {name: of(part, named, depth + 1) for name, part in schema.get("properties", {}).items()}


def _text(schema: Mapping[str, Any]) -> str:
    if schema.get("pattern") in PATTERNS:
        return PATTERNS[schema["pattern"]]
    text = FORMATS.get(str(schema.get("format")), "text")
    return text.ljust(int(schema.get("minLength", 0)), "x")[: int(schema.get("maxLength", 10_000))]
