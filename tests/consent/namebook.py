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


def table() -> str:
    """Return the table of docs/design/screening.md: what was written, what came of it, and the rates."""
    among = book()
    cases = [(text, verdict(text, among), how) for text, _, how in VECTORS["disguises"]]
    innocent = [(text, verdict(text, among)) for text in VECTORS["innocent"]]
    counted = {outcome: sum(found == outcome for _, found, _ in cases) for outcome in ("block", "review", "miss")}
    stopped = [text for text, found in innocent if found != "miss"]
    lines = ["| written | outcome | what it shows |", "|---|---|---|"]
    for text, found, how in cases:
        lines.append(f"| `{ascii(text)[1:-1]}` | {'**missed**' if found == 'miss' else found} | {how} |")
    total = (
        f"Of {len(cases)} disguises {counted['block']} are blocked, {counted['review']} held, {counted['miss']} missed."
        f" Of {len(innocent)} innocent prompts {len(stopped)} are stopped."
    )
    lines += ["", total]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201 - what the command is for
