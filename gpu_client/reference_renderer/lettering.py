"""Words on pictures without a font file: OpenCV's own strokes, drawn large and reduced so that they look printed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import cv2
import numpy as np

from gpu_client.reference_renderer.backdrop import Picture

FACE = cv2.FONT_HERSHEY_DUPLEX
OVERSIZE = 3  # drawn this many times too large
HEIGHT_AT_ONE = 22  # pixels a capital letter is tall at scale 1.0
CAP_HEIGHT_SHARE = 0.7  # of the size we name


@dataclass(frozen=True, slots=True)
class Lettering:
    """One line of text at one size (pixels from ascender to baseline), `weight` in stroke widths at that size."""

    size: float
    weight: float = 0.085
    spacing: float = 0.0  # extra pixels between letters, as a share of the size

    def draw(self, text: str) -> Picture:
        """Return the line's coverage, 0 to 255, cropped to its own box with room for descenders."""
        scale = self.size * OVERSIZE * CAP_HEIGHT_SHARE / HEIGHT_AT_ONE
        thick = max(1, round(self.size * OVERSIZE * self.weight))
        gap = self.size * OVERSIZE * self.spacing
        advances = [cv2.getTextSize(letter, FACE, scale, thick)[0][0] - thick + gap for letter in text]
        high, wide = round(self.size * OVERSIZE * 1.5), round(sum(advances) + 4 * thick)
        canvas = np.zeros((-(-high // OVERSIZE) * OVERSIZE, -(-max(wide, OVERSIZE) // OVERSIZE) * OVERSIZE), np.uint8)
        x, baseline = 2.0 * thick, round(self.size * OVERSIZE * 1.08)
        for letter, advance in zip(text, advances, strict=True):
            cv2.putText(canvas, letter, (round(x), baseline), FACE, scale, 255, thick, cv2.LINE_AA)
            x += advance
        return cv2.resize(
            canvas, (canvas.shape[1] // OVERSIZE, canvas.shape[0] // OVERSIZE), interpolation=cv2.INTER_AREA
        )

    def width(self, text: str) -> float:
        """Return about how wide the line will be, in pixels."""
        scale = self.size * OVERSIZE * CAP_HEIGHT_SHARE / HEIGHT_AT_ONE
        thick = max(1, round(self.size * OVERSIZE * self.weight))
        letters = sum(cv2.getTextSize(letter, FACE, scale, thick)[0][0] - thick for letter in text)
        return letters / OVERSIZE + len(text) * self.size * self.spacing


def plain(text: str) -> str:
    """Reduce text to what the strokes can draw: accents dropped, other letters a question mark, white space single."""
    folded = unicodedata.normalize("NFKD", text).translate({0x2018: "'", 0x2019: "'", 0x2013: "-", 0x2014: "-"})
    letters = (c for c in folded if not unicodedata.combining(c))
    return " ".join("".join(c if " " <= c <= "~" else " " if c.isspace() else "?" for c in letters).split())


def wrap(text: str, lettering: Lettering, width: float, *, lines: int) -> list[str]:
    """Break text into at most `lines` lines no wider than `width`; what does not fit ends in three dots."""
    done: list[str] = []
    line = ""
    for word in text.split():
        fitting = _shorten(word, lettering, width)
        longer = f"{line} {fitting}".strip()
        if line and lettering.width(longer) > width:
            done.append(line)
            line = fitting
        else:
            line = longer
    done.append(line)
    if len(done) > lines:
        done = done[:lines]
        done[-1] = _shorten(done[-1] + " ...", lettering, width)
    return done


def _shorten(text: str, lettering: Lettering, width: float) -> str:
    if lettering.width(text) <= width:
        return text
    while text and lettering.width(text + "...") > width:
        text = text[:-1]
    return text.rstrip(" .") + "..."
