"""The mark as a drawing: the same strokes become pixels of a frame and the SVG of an overlay.

The letters are strokes of our own on a grid of 4 by 6, so that no font, and no font's licence, travels with a video.
Sizes are shares of the picture's shorter side. The letters are 5 % of it high, the least that China's rule asks of
characters (GB 45438-2025 as reported; not verified). Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

type Point = tuple[float, float]
type Stroke = tuple[Point, ...]

LETTER_SHARE: Final = 0.05  # of the shorter side: the height of a capital
EDGE_SHARE: Final = 0.03  # of the shorter side: between the plate and the picture's edge
UPRIGHT_TOP_SHARE: Final = 0.09  # of the shorter side: upright pictures are narrow, and their top row may be taken
PADDING: Final = 0.45  # of the letters' height, around them
WEIGHT: Final = 0.15  # of the letters' height: how thick a stroke is
GAP: Final = 0.34  # of the letters' height, between two letters
SPACE: Final = 0.42  # of the letters' height
PLATE_COVER: Final = 0.72  # how much of what is below the plate it hides; 1: all
GRID: Final = 6.0  # units a capital is high

_ROUND: Final = ((4.0, 1.2), (3.2, 0.0), (0.9, 0.0), (0.0, 1.2), (0.0, 4.8), (0.9, 6.0), (3.2, 6.0), (4.0, 4.8))
LETTERS: Final[dict[str, tuple[float, tuple[Stroke, ...]]]] = {
    "A": (4.2, (((0, 6), (2.1, 0), (4.2, 6)), ((0.8, 3.9), (3.4, 3.9)))),
    "D": (4, (((0, 0), (2.6, 0), (4, 1.4), (4, 4.6), (2.6, 6), (0, 6), (0, 0)),)),
    "E": (3.4, (((3.4, 0), (0, 0), (0, 6), (3.4, 6)), ((0, 2.9), (2.9, 2.9)))),
    "F": (3.4, (((3.4, 0), (0, 0), (0, 6)), ((0, 2.9), (2.9, 2.9)))),
    "G": (4, ((*_ROUND, (4.0, 3.2), (2.3, 3.2)),)),
    "I": (0, (((0, 0), (0, 6)),)),
    "M": (4.8, (((0, 6), (0, 0), (2.4, 3.6), (4.8, 0), (4.8, 6)),)),
    "N": (4, (((0, 6), (0, 0), (4, 6), (4, 0)),)),
    "O": (4, ((*_ROUND, _ROUND[0]),)),
    "R": (4, (((0, 6), (0, 0), (3, 0), (4, 0.9), (4, 2.3), (3, 3.2), (0, 3.2)), ((2.2, 3.2), (4, 6)))),
    "T": (4, (((0, 0), (4, 0)), ((2, 0), (2, 6)))),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the plate lies in a picture of `width` by `height`, in whole pixels, and how high its letters are."""

    text: str
    width: int
    height: int
    left: int
    top: int
    plate_width: int
    plate_height: int
    letters: int

    def strokes(self) -> Iterator[Stroke]:
        """Yield the letters' strokes in pixels of the picture."""
        unit, pad = self.letters / GRID, self.letters * PADDING
        at = self.left + pad
        for letter in self.text:
            if letter == " ":
                at += self.letters * SPACE
                continue
            wide, strokes = LETTERS[letter]
            for stroke in strokes:
                yield tuple((at + x * unit, self.top + pad + y * unit) for x, y in stroke)
            at += wide * unit + self.letters * GAP

    @property
    def thickness(self) -> float:
        """How thick a stroke is, in pixels."""
        return max(2.0, self.letters * WEIGHT)

    def document(self) -> dict[str, Any]:
        """Return where the overlay goes, for whoever draws it."""
        return {
            "text": self.text,
            "picture": {"width": self.width, "height": self.height},
            "plate": {"left": self.left, "top": self.top, "width": self.plate_width, "height": self.plate_height},
            "letter_height": self.letters,
            "from_second": 0,
            "to_second": None,  # the end
        }

    def svg(self) -> str:
        """Return the mark as an SVG of the picture's size, with the words for those who do not see it."""
        paths = " ".join(
            "M" + "L".join(f"{x - self.left:.1f} {y - self.top:.1f}" for x, y in stroke) for stroke in self.strokes()
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" role="img" '
            f'aria-label="{self.text}"><g transform="translate({self.left} {self.top})">'
            f'<rect width="{self.plate_width}" height="{self.plate_height}" fill="#000" fill-opacity="{PLATE_COVER}"/>'
            f'<path d="{paths}" fill="none" stroke="#fff" stroke-width="{self.thickness:.1f}" '
            f'stroke-linecap="round" stroke-linejoin="round"/></g></svg>'
        )


def placed(text: str, width: int, height: int) -> Placed:
    """Place `text` at the top right. Raises `KeyError` for letters that there are no strokes for.

    The letters keep their height; the text of a mark fits into every size that can be ordered.
    """
    short = min(width, height)
    letters = ceil(short * LETTER_SHARE)
    pad = letters * PADDING
    plate_width, plate_height = ceil(_long(text, letters) + 2 * pad), ceil(letters + 2 * pad)
    top = ceil(short * (UPRIGHT_TOP_SHARE if height > width else EDGE_SHARE))
    left = max(0, width - plate_width - ceil(short * EDGE_SHARE))
    return Placed(text, width, height, left, top, plate_width, plate_height, letters)


def _long(text: str, letters: int) -> float:
    drawn = sum(SPACE if one == " " else LETTERS[one][0] / GRID + GAP for one in text)
    return letters * (drawn - GAP)
