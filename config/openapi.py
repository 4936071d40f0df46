"""What the OpenAPI document says beside what drf-spectacular reads from the views: scopes, refusals and examples."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema

from config import envelope, examples
from consent import scopes

PROBLEM: Final = "application/problem+json"
REFUSED: Final = {
    "type": "object",
    "description": "A refusal (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "One of those at `/problems`; never renamed."},
        "detail": {"type": "string", "description": "What is wrong this time."},
        "remedy": {"type": "string", "description": "What to do about it."},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail", "remedy", "instance"],
}


class Schema(AutoSchema):
    """The default of every view: it names the scope that a token needs."""

    def get_auth(self) -> list[dict[str, Any]]:
        """Return the ways to call; each with the scope (OpenAPI 3.1, security requirement object)."""
        wanted = scopes.needed(getattr(self.view, "scope", None), self.method.upper())
        named = [wanted] if wanted in scopes.SCOPES else []
        return [dict.fromkeys(way, named) for way in super().get_auth()]


def finish(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Give each operation its refusals, and each body an example. The last of drf-spectacular's hooks."""
    named = result["components"]["schemas"]
    named["Problem"] = REFUSED
    for path, operations in result["paths"].items():
        for operation in operations.values():
            operation["responses"]["default"] = _refusal(path)
            for content in _contents(operation):
                for kind, media in content.items():
                    if kind.endswith("json") and "schema" in media and "example" not in media:
                        media["example"] = examples.of(media["schema"], named)
    return result


def _contents(operation: dict[str, Any]) -> list[dict[str, Any]]:
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    return [body["content"] for body in bodies if "content" in body]


def _refusal(path: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"$ref": "#/components/schemas/Problem"}
    if envelope.reaches(path):
        error = {"type": "object", "description": "What the clients of that API read."}
        schema = {"allOf": [schema, {"type": "object", "properties": {"error": error}, "required": ["error"]}]}
    return {"description": "Refused; `code` says why.", "content": {PROBLEM: {"schema": schema}}}
