"""The audience as it stands in a signed document: who may use a likeness.

Pure. Version 1 knew `only_me` and `named`, and no limits of a party but an end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consent import fields, rfc3339
from consent.terms import Audience, Everyone, Mutuals, Named, NamedParty, OnlyMe, Window
from consent.vocabulary import MAX_AUDIENCE, MAX_COUNT, MAX_EXCEPT

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

KINDS = "everyone", "mutuals", "named", "only_me"


def parse_audience(value: object, at: str, window: Window) -> Audience:
    """Read an audience of version 2. Raises `StatementInvalid`."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "only_me":
        fields.members(value, at, "kind")
        return OnlyMe()
    if kind == "everyone" or kind == "mutuals":  # noqa: PLR1714 - JSON may hold a list here, which no set takes
        document = fields.members(value, at, "kind except")
        items = fields.listed(document["except"], f"{at}/except", MAX_EXCEPT, least=0)
        parties = [fields.uuid(item, f"{at}/except/{n}") for n, item in enumerate(items)]
        excluded = fields.once_sorted(parties, f"{at}/except")
        return Everyone(excluded) if kind == "everyone" else Mutuals(excluded)
    if kind != "named":
        fields.refuse(f"{at}/kind", "The audience is of no kind known here.", f"Use one of: {', '.join(KINDS)}.")
    return _named(value, at, window, _limited)


def parse_audience_v1(value: object, at: str, window: Window) -> Audience:
    """Read an audience of version 1. Raises `StatementInvalid`."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "only_me":
        fields.members(value, at, "kind")
        return OnlyMe()
    if kind != "named":
        fields.refuse(f"{at}/kind", "Version 1 has no such audience.", 'Use "named" or "only_me", or version 2.')
    return _named(value, at, window, _unlimited)


def audience_document(audience: Audience, *, version: int) -> dict[str, Any]:
    """Return the audience as it stands in a document."""
    match audience:
        case OnlyMe():
            return {"kind": "only_me"}
        case Everyone(excluded=excluded):
            return {"kind": "everyone", "except": sorted(excluded)}
        case Mutuals(excluded=excluded):
            return {"kind": "mutuals", "except": sorted(excluded)}
        case Named(parties=parties):
            return {"kind": "named", "parties": [_party_document(named, version) for named in parties]}


def _party_document(named: NamedParty, version: int) -> dict[str, Any]:
    document = {
        "party": named.party,
        "not_after": None if named.not_after is None else rfc3339.write(named.not_after),
    }
    return document if version == 1 else document | {"uses": named.uses, "seconds": named.seconds}


def _named(value: object, at: str, window: Window, reader: Callable[[object, str, Window], NamedParty]) -> Named:
    items = fields.listed(fields.members(value, at, "kind parties")["parties"], f"{at}/parties", MAX_AUDIENCE)
    parties = tuple(reader(item, f"{at}/parties/{n}", window) for n, item in enumerate(items))
    if len({named.party for named in parties}) != len(parties):
        fields.refuse(f"{at}/parties", "A party is named twice.", "Name each party once.")
    return Named(parties)


def _limited(value: object, at: str, window: Window) -> NamedParty:
    document = fields.members(value, at, "party not_after uses seconds")
    uses, seconds = (
        None if document[name] is None else fields.whole(document[name], f"{at}/{name}", MAX_COUNT)
        for name in ("uses", "seconds")
    )
    return NamedParty(fields.uuid(document["party"], f"{at}/party"), _end(document, at, window), uses, seconds)


def _unlimited(value: object, at: str, window: Window) -> NamedParty:
    document = fields.members(value, at, "party not_after")
    return NamedParty(fields.uuid(document["party"], f"{at}/party"), _end(document, at, window))


def _end(document: dict[str, Any], at: str, window: Window) -> datetime | None:
    if document["not_after"] is None:
        return None
    not_after = fields.time(document["not_after"], f"{at}/not_after")
    if not window.not_before < not_after <= window.not_after:
        detail = "The party's end lies outside the grant's window."
        fields.refuse(f"{at}/not_after", detail, "Use a time inside it, or null.")
    return not_after
