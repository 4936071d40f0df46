"""Walk a JSON-LD document and say which of its keys and types no context explains; no processor, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

KEYWORDS = {"@context", "@id", "@type", "@value", "@language", "@list", "@graph"}


def unmapped(document: dict[str, Any], known: Collection[str]) -> set[str]:
    """Return the terms that neither the inline context maps nor `known`, the terms of the contexts named by address."""
    inline = inline_of(document)
    return {term for term in _terms(document) if not _is_mapped(term, inline, known)}


def inline_of(document: dict[str, Any]) -> dict[str, Any]:
    context = document["@context"]
    parts = context if isinstance(context, list) else [context]
    return {name: value for part in parts if isinstance(part, dict) for name, value in part.items()}


def compact_iris(value: Any) -> set[str]:  # noqa: ANN401 - JSON
    """Return every text of the document that stands where an IRI does, `@id` and `@type` included."""
    return {term for term in _terms(value) if ":" in term}


def _is_mapped(term: str, inline: dict[str, Any], known: Collection[str]) -> bool:
    if term in KEYWORDS or term in inline or term in known:
        return True
    prefix, colon, _ = term.partition(":")
    return bool(colon) and (prefix in inline or prefix in {"https", "http", "urn"})


def _terms(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        for one in value:
            yield from _terms(one)
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "@context":
                continue
            yield name
            if name in {"@id", "id", "@type", "type", "action", "leftOperand", "operator"}:
                yield from (one for one in (inner if isinstance(inner, list) else [inner]) if isinstance(one, str))
            yield from _terms(inner)
