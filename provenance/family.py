"""What a video was made from, as a picture that fits a phone and as a list that says the same. Pure.

One row a video, the one that is asked about on top, each above what it was made from. A line of single parents runs
straight down, so that sixty generations are as wide as one; only where a video has several parents do the rows move in.
A video that several others were made from has a row for each, and its own parents under the first of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

ROW, INDENT, LEFT, RADIUS = 44, 18, 20, 9  # units of the picture; a phone shows one as about a pixel
WIDTH, DEEPEST = 340, 7  # columns beyond which rows move in no further
MOST_ROWS = 200
SHAPES = {  # a shape for each state, so that colour is never the only sign
    "good": '<circle r="9"/><path d="M-4 0l3 3 5-6"/>',
    "bad": '<rect x="-9" y="-9" width="18" height="18"/><path d="M-4-4l8 8M4-4l-8 8"/>',
    "open": '<path class="body" d="M0-10l10 10-10 10-10-10z"/><path d="M-3 0h6"/>',
}


@dataclass(frozen=True, slots=True)
class Node:
    """One video: what is written in its row, and the shape beside it ("good", "bad" or "open")."""

    text: str  # ours, or a stranger's after `foreign.defused`: escaped here
    state: str
    link: str = ""  # "": there is nowhere to go; only the list has links


@dataclass(frozen=True, slots=True)
class Row:
    """One line of picture and list. `parent_of` is the number of the row that was made from it, 0 for the first."""

    number: int
    node: Node
    column: int
    parent_of: int
    again: int  # the number of the row in which the same video stands already; 0: it is new


def rows(root: str, nodes: Mapping[str, Node], parents: Mapping[str, Sequence[str]]) -> list[Row]:
    """Return at most `MOST_ROWS` rows; whoever has more says so (`is_cut`)."""
    found: list[Row] = []
    seen: dict[str, int] = {}
    waiting = [(root, 0, 0)]
    while waiting and len(found) < MOST_ROWS:
        key, column, child = waiting.pop()
        number = len(found) + 1
        found.append(Row(number, nodes[key], min(column, DEEPEST), child, seen.get(key, 0)))
        if key in seen:
            continue
        seen[key] = number
        above = [each for each in parents.get(key, ()) if each in nodes]
        inwards = column + 1 if len(above) > 1 else column
        waiting += [(each, inwards, number) for each in reversed(above)]
    return found


def is_cut(found: Sequence[Row]) -> bool:
    """Tell whether there may be more than is shown."""
    return len(found) >= MOST_ROWS


def picture(found: Sequence[Row], *, title: str, description: str) -> str:
    """Return the SVG element. All text in it is escaped here; it has no styles, which a strict policy would refuse."""
    height = len(found) * ROW + 8
    parts = [
        f'<svg class="family" role="img" aria-labelledby="family-title family-desc" viewBox="0 0 {WIDTH} {height}">',
        f'<title id="family-title">{escape(title)}</title><desc id="family-desc">{escape(description)}</desc>',
        *_lines(found),
        *map(_drawn, found),
        "</svg>",
    ]
    return "".join(parts)


def _lines(found: Sequence[Row]) -> Iterator[str]:
    """Draw each row's way to the row above that was made from it: down its column, then inwards."""
    for row in found:
        if row.parent_of:
            child = found[row.parent_of - 1]
            yield f'<path class="line" d="M{_x(child)} {_y(child)}V{_y(row)}H{_x(row)}"/>'


def _drawn(row: Row) -> str:
    shape = SHAPES.get(row.node.state, SHAPES["open"])
    words = f"{row.number}. {row.node.text}"
    return (
        f'<g class="{escape(row.node.state)}" transform="translate({_x(row)} {_y(row)})">{shape}</g>'
        f'<text x="{_x(row) + 18}" y="{_y(row) + 4}">{escape(_fitting(words, row))}</text>'
    )


def _fitting(words: str, row: Row) -> str:
    """Cut what would run out of the picture: some seven units a character. The list has the whole of it."""
    most = (WIDTH - _x(row) - 18) // 7
    return words if len(words) <= most else words[: most - 1] + "…"


def _x(row: Row) -> int:
    return LEFT + row.column * INDENT


def _y(row: Row) -> int:
    return row.number * ROW - ROW // 2
