"""The table of names, disguises and innocent prompts, and a register of them in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from consent import names
from consent.names import Hit, Key, Spelling

VECTORS: Final[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors/names.json").read_text())
Book = dict[Key, list[Spelling]]


def book(*added: str) -> Book:
    """Return the table's names, and `added` besides."""
    found: Book = {}
    for one in VECTORS["names"]:
        write(found, one["name"], one["name"])
        for alias in one["aliases"]:
            write(found, one["name"], alias, curated=" " not in alias)
        for alias in one["doubtful"]:
            write(found, one["name"], alias, doubtful=True)
    for name in added:
        write(found, name, name)
    return found


def write(found: Book, name: str, text: str, *, doubtful: bool = False, curated: bool = False) -> None:
    for stored in names.keys_of(text):
        spelling = Spelling(name, stored.words, stored.slip, doubtful or stored.doubtful, curated)
        found.setdefault(stored.key, []).append(spelling)


def hits(text: str, among: Book) -> tuple[Hit, ...]:
    asked = names.asked_of(text)
    return names.surest(names.hits(asked, [(key, spelling) for key in asked for spelling in among.get(key, ())]))


def verdict(text: str, among: Book) -> str:
    found = hits(text, among)
    return "block" if any(hit.sure for hit in found) else "review" if found else "miss"
