"""JSON Schemas (draft 2020-12) of what is exported: our own, made from the tables that check each statement. Pure.

The schema of statements says less than `consent.reasons_statement.build`, which also checks several together.
"""

from __future__ import annotations

from typing import Any, Final

from consent.reasons_statement import DECISIONS, FIELDS, ISO_DATE, PUID, WITH, Field

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
BATCH: Final = 100  # statements; the database takes a batch whole or not at all
NAME: Final = {"type": "string", "minLength": 1, "maxLength": 120}
COUNT: Final = {"type": ["integer", "null"], "minimum": 0}


def statements() -> dict[str, Any]:
    """Return the schema of one batch of statements of reasons."""
    statement = {
        "type": "object",
        "properties": {name: _of(name, field) for name, field in FIELDS.items()},
        "required": sorted(name for name, field in FIELDS.items() if field.required),
        "anyOf": [{"required": [name]} for name in DECISIONS],
        "allOf": [_with(name, *other) for name, other in WITH.items()],
        "additionalProperties": False,
    }
    batch = {"type": "array", "items": statement, "minItems": 1, "maxItems": BATCH}
    return _whole("Statements of reasons", {"statements": batch})


def figures() -> dict[str, Any]:
    """Return the schema of the published figures of a period. A count of null is 1 to 4."""
    figure = {
        "table": NAME,
        "of": {"type": "array", "items": NAME, "maxItems": 3},
        "count": {**COUNT, "multipleOf": 5},
        "share": {**COUNT, "maximum": 100},
        "median": COUNT,
        "p90": COUNT,
    }
    listed = {"type": "array", "items": _object(figure)}
    period = {"type": "string", "pattern": "^20[0-9]{2}(-(Q[1-4]|H[12]))?$"}
    when = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}
    return _whole("Figures", {"period": period, "starts": when, "ends": when, "computed": when, "figures": listed})


def notices() -> dict[str, Any]:
    """Return the schema of redacted notices. `redactions` names what was left out of each."""
    party = _object({"kind": {"enum": ["sender", "principal", "recipient"]}, "name": NAME})
    parties = {"type": "array", "items": party, "minItems": 3, "maxItems": 3}
    work = _object({"description": {"type": "string", "maxLength": 200}, "urls": {"type": "array", "items": NAME}})
    notice = {
        "number": NAME,
        "date_received": {"type": "string", "pattern": ISO_DATE.pattern},
        "type": {"enum": ["DMCA", "Other", "CourtOrder"]},
        "laws": {"type": "array", "items": NAME},
        "language": {"enum": ["en", "es"]},
        "jurisdiction": {"type": "string", "maxLength": 6},
        "parties": parties,
        "works": {"type": "array", "items": work},
        "action_taken": {"enum": ["Yes", "No", "Partial", "Pending"]},
        "redactions": {"type": "array", "items": NAME, "minItems": 1},
    }
    return _whole("Notices", {"notices": {"type": "array", "items": _object(notice)}})


def _of(name: str, field: Field) -> dict[str, Any]:
    if field.keys:
        one = {"type": "string", "enum": sorted(field.keys)}
        return {"type": "array", "items": one, "minItems": 1, "uniqueItems": True} if field.many else one
    if field.since is not None:
        return {"type": "string", "pattern": f"^{ISO_DATE.pattern}$"}
    said = {"type": "string", "minLength": 1, "maxLength": field.most}
    return {**said, "pattern": f"^{PUID.pattern}$"} if name == "puid" else said


def _with(name: str, other: str, key: str) -> dict[str, Any]:
    """Ask for a field if, and only if, another one has a key."""
    has = {"contains": {"const": key}} if FIELDS[other].many else {"const": key}
    return {
        "if": {"properties": {other: has}, "required": [other]},
        "then": {"required": [name]},
        "else": {"not": {"required": [name]}},
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _whole(title: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DRAFT, "title": title, **_object(properties)}
