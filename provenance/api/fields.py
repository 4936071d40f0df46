"""Read what was asked for, whatever it was sent as: JSON, a form, or the parts that client libraries make of lists.

A likeness is `likeness`, `likeness[]`, `likeness[][id]`, or JSON text of ids or of `{"id": …, "grant": …}`, and
`characters` is the same field under the name that the API had for it. A grant is `grant` or the header
`X-Consent-Grant`. What is not known is refused, not ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import QueryDict
from rest_framework.request import Request

from provenance import depiction
from provenance.asked import RequestInvalid

LISTED = ("likeness", "characters", "grant", *depiction.LISTS)
WHOM = ("likeness", "characters")
PART = re.compile(r"(likeness|characters)\[[0-9]{0,3}\]\[(id|grant)\]")
ONCE = frozenset({"prompt", "purpose", "model", "seconds", "size", *depiction.FIELDS})
JSON_FIELDS = ONCE | frozenset(LISTED)
GRANT, PURPOSE = "X-Consent-Grant", "X-Consent-Purpose"  # for clients that can set headers but no fields
SHOWN = 64  # characters of a field's name that are said back


def fields_of(request: Request, extra: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the fields by name, lists as lists of ids, all unchecked. `extra`: what else this address takes.

    A picture or clip to start from (`input_reference`) could show somebody whom nobody declared, so files are refused
    unless `extra` names them. Raises `RequestInvalid`.
    """
    sent = request.data
    if getattr(request._request, "upload_too_large", False):  # noqa: SLF001 - set there by our upload handler
        raise RequestDataTooBig
    for name in request.FILES:
        if name not in extra:
            remedy = "Name likenesses instead. POST /v1/screenings says whether a reference shows only them."
            raise RequestInvalid("Files are not taken here yet.", pointer=_pointer(name), remedy=remedy)
    if not isinstance(sent, Mapping):
        raise RequestInvalid("The body is not an object.", remedy="Send fields, as JSON or as a form.")
    _check_names(sent, extra)
    fields = {name: sent[name] for name in sent if name in ONCE | extra and sent[name] is not None}
    for name in depiction.LISTS:
        if (found := _listed(sent, name)) is not None:
            fields[name] = found
    fields |= _whom(sent, request.headers.get(GRANT))
    if PURPOSE in request.headers:
        fields.setdefault("purpose", request.headers[PURPOSE])
    return fields | (_from_form(fields) if isinstance(sent, QueryDict) else {})


def said(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the fields says how the cast is shown."""
    return {name: fields[name] for name in depiction.FIELDS if name in fields}


def _check_names(sent: Mapping[str, Any], extra: frozenset[str]) -> None:
    form = isinstance(sent, QueryDict)
    for name in sent:
        many = form and (name.removesuffix("[]") in LISTED or PART.fullmatch(name))
        if isinstance(sent, QueryDict) and not many and len(sent.getlist(name)) > 1:
            raise RequestInvalid("A field is sent twice.", pointer=_pointer(name), remedy="Send it once.")
        if not many and name not in JSON_FIELDS | extra:
            remedy = f"Use only: {', '.join(sorted(JSON_FIELDS | extra))}."
            raise RequestInvalid("This field is not known here.", pointer=_pointer(name), remedy=remedy)


def _pointer(name: object) -> str:
    return f"/{str(name)[:SHOWN]}"


def _whom(sent: Mapping[str, Any], header: str | None) -> dict[str, list[Any]]:
    """Return ids and grants; nothing that names somebody: no member at all."""
    ids: list[Any] = []
    grants: list[Any] = [one.strip() for one in header.split(",")] if header is not None else []
    for name in WHOM:
        for one in _members(sent, name):
            _take(one, name, ids, grants)
    grants += _members(sent, "grant")
    for part in sent:
        if found := PART.fullmatch(part):
            (ids if found[2] == "id" else grants).extend(sent.getlist(part))  # type: ignore[attr-defined]  # only forms have such names
    return ({"likeness": ids} if ids else {}) | ({"grant": grants} if grants else {})


def _members(sent: Mapping[str, Any], name: str) -> Iterator[Any]:
    found = _listed(sent, name)
    if found is not None and not isinstance(found, list):  # a mapping would be read by its names alone
        raise RequestInvalid("This is not a list.", pointer=f"/{name}", remedy="Send a list of ids.")
    yield from found or ()


def _take(one: object, name: str, ids: list[Any], grants: list[Any]) -> None:
    """Read one member: an id, or an object that says id, grant or both."""
    if not isinstance(one, Mapping):
        ids.append(one)
        return
    if not one or set(one) - {"id", "grant"} or not all(isinstance(value, str) for value in one.values()):
        remedy = 'Send ids, or {"id": "<likeness>", "grant": "<grant>"}.'
        raise RequestInvalid("A member of the cast cannot be read.", pointer=f"/{name}", remedy=remedy)
    ids += [one["id"]] if "id" in one else []
    grants += [one["grant"]] if "grant" in one else []


def _listed(sent: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - still unchecked
    """Return an unchecked list: a JSON list, a list of form fields, or one form field with JSON text in it."""
    if isinstance(sent, QueryDict):
        listed = sent.getlist(name) + sent.getlist(f"{name}[]")
        return [one for text in listed for one in _from_text(text, name)] or None
    return _from_text(sent[name], name) if isinstance(sent.get(name), str) else sent.get(name)


def _from_text(text: str, name: str) -> list[Any]:
    if text.lstrip().startswith("{") and name in WHOM:
        return [json_of(text, name)]
    return list(json_of(text, name)) if text.lstrip().startswith("[") else [text]


def _from_form(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form can only say as text: the map of modalities as JSON, and whether it is for training."""
    found: dict[str, Any] = {}
    if "modalities" in fields:
        found["modalities"] = json_of(fields["modalities"], "modalities")
    if "training" in fields:
        found["training"] = {"true": True, "false": False}.get(fields["training"], fields["training"])
    return found


def json_of(text: str, name: str) -> Any:  # noqa: ANN401 - still unchecked
    """Read JSON text in a form field."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise RequestInvalid("This is not JSON.", pointer=f"/{name}", remedy="Send JSON text.") from None
