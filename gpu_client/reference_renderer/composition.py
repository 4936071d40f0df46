"""One frame: the scene, the cast in soft oval portraits, a parent video on a screen, the words.

Sizes are given for a picture whose shorter side is 720 pixels and scale with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from gpu_client.reference_renderer.backdrop import Backdrop, Field, Picture, blend
from gpu_client.reference_renderer.footage import Footage, proportions
from gpu_client.reference_renderer.lettering import Lettering, plain, wrap

LABEL = "REFERENCE RENDERER - NOT A GENERATIVE MODEL"
REMIX = "REMIX - PARENT VIDEO"
OVAL = 0.78  # width of a portrait by its height
WHITE, INK = (255, 255, 255), (14, 12, 10)


class Portrait:
    """One person's footage in an oval that fades into the scene, with a thin ring and a shadow."""

    def __init__(self, clip: bytes, *, centre: tuple[float, float], height: float, phase: float) -> None:
        self.high, self.wide = round(height / 2) * 2, round(height * OVAL / 2) * 2
        self.footage = Footage(clip, self.wide, self.high)
        self.centre, self.phase = centre, phase
        self.margin = round(height * 0.12)
        inside = _oval_distance(self.wide, self.high, self.margin)
        edge = height / 2
        self.face = _alpha(np.clip((1 - inside) * edge / (height * 0.035), 0, 1))
        self.ring = _alpha(np.exp(-(((inside - 1.035) * edge / (height * 0.0042)) ** 2)) * 0.85)
        self.shadow = _alpha(np.exp(-((np.maximum(inside - 1, 0) * edge / (height * 0.06)) ** 2)) * 0.42)
        self.canvas = np.zeros((*inside.shape, 3), np.uint8)
        self.white, self.ink = np.full_like(self.canvas, WHITE), np.full_like(self.canvas, INK)

    def paint(self, picture: Picture, at: float) -> None:
        """Lay the portrait where it is at this time; it breathes a little."""
        margin = self.margin
        self.canvas[margin : margin + self.high, margin : margin + self.wide] = self.footage.at(at)
        x = self.centre[0] - self.canvas.shape[1] / 2 + np.sin(at * 0.9 + self.phase) * self.high * 0.006
        y = self.centre[1] - self.canvas.shape[0] / 2 + np.sin(at * 1.3 + self.phase) * self.high * 0.008
        left, top = int(np.floor(x)), int(np.floor(y))
        shift = np.array([[1, 0, x - left], [0, 1, y - top]], np.float32)
        size = (self.canvas.shape[1], self.canvas.shape[0])
        for source, alpha in ((self.ink, self.shadow), (self.canvas, self.face), (self.white, self.ring)):
            moved = cv2.warpAffine(alpha, shift, size)
            laid = (
                cv2.warpAffine(source, shift, size, borderMode=cv2.BORDER_REPLICATE)
                if source is self.canvas
                else source
            )
            _blend_at(picture, laid, moved, left, top)


class Screen:
    """The parent video of a remix: a picture in the picture, graded towards one tone so that it reads as quoted."""

    def __init__(self, clip: bytes, *, box: tuple[float, float, float, float], tone: tuple[int, int, int]) -> None:
        left, top, wide, high = box
        shape = proportions(clip)
        width, height = (wide, wide / shape) if wide / shape <= high else (high * shape, high)
        self.wide, self.high = max(2, round(width)), max(2, round(height))
        self.left, self.top = round(left + (wide - self.wide) / 2), round(top + (high - self.high) / 2)
        self.footage = Footage(clip, self.wide, self.high)
        ramp = np.arange(256, dtype=np.float32)[:, None] / 255
        light = np.array(tone, np.float32) * 0.25 + 255 * 0.75
        self.grade = np.clip(ramp**1.08 * light, 0, 255).astype(np.uint8)[None]
        self.border = max(2, round(self.high * 0.012))
        soft = round(self.high * 0.05)
        shade = np.zeros((self.high + 4 * soft, self.wide + 4 * soft), np.float32)
        shade[2 * soft : -2 * soft, 2 * soft : -2 * soft] = 0.5
        self.soft, self.shadow = soft, _alpha(cv2.GaussianBlur(shade, (0, 0), soft * 0.7))
        self.ink = np.full_like(self.shadow, INK)

    def paint(self, picture: Picture, at: float) -> None:
        """Lay the screen over the scene."""
        _blend_at(picture, self.ink, self.shadow, self.left - 2 * self.soft, self.top - self.soft)
        frame = self.footage.at(at)
        grey = cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        toned = cv2.LUT(cv2.addWeighted(frame, 0.3, grey, 0.7, 0), self.grade)
        picture[self.top : self.top + self.high, self.left : self.left + self.wide] = toned
        corner = (self.left + self.wide - 1, self.top + self.high - 1)
        cv2.rectangle(picture, (self.left, self.top), corner, (235, 240, 244), self.border, cv2.LINE_AA)


class Composition:
    """Everything of one video but its sound. `frame(at)` must be asked in order of time."""

    def __init__(self, prompt: str, size: tuple[int, int], cast: Sequence[bytes], parent: bytes | None) -> None:
        self.width, self.height = size
        self.backdrop = Backdrop(prompt, *size)
        unit = min(size)
        remix = parent is not None
        upright = self.height > self.width
        stage = _stage(self.width, self.height, remix=remix, upright=upright)
        self.screen = None
        if parent is not None:
            share = (0.06, 0.12, 0.88, 0.3) if upright else (0.045, 0.155, 0.54, 0.53)
            left, top, wide, high = share
            box = (left * self.width, top * self.height, wide * self.width, high * self.height)
            self.screen = Screen(parent, box=box, tone=self.backdrop.mood.sky[1])
        self.portraits = [
            Portrait(clip, centre=centre, height=height, phase=1.7 * number)
            for number, (clip, (centre, height)) in enumerate(zip(cast, _places(len(cast), stage), strict=True))
        ]
        self.words = _Words(self.width, self.height)
        self.words.caption(plain(prompt), unit)
        self.words.tag(LABEL, unit, left=unit * 0.03, top=unit * 0.03)
        if self.screen is not None:
            self.words.tag(REMIX, unit, left=self.screen.left, top=self.screen.top - unit * 0.058)
        self.words.seal()

    def frame(self, at: float) -> Picture:
        """Return the picture at a time, in seconds."""
        picture = self.backdrop.paint(at)
        if self.screen is not None:
            self.screen.paint(picture, at)
        for portrait in self.portraits:
            portrait.paint(picture, at)
        self.words.paint(picture)
        return picture


class _Words:
    """All that is written, collected into one layer and then laid over each frame where it has anything."""

    def __init__(self, width: int, height: int) -> None:
        self.colour = np.zeros((height, width, 3), np.uint8)
        self.cover = np.zeros((height, width), np.float32)
        self.bands: list[tuple[slice, Picture, Picture]] = []

    def caption(self, text: str, unit: int) -> None:
        """Write the prompt, centred near the bottom over a darkening foot; smaller if it is long."""
        height, width = self.cover.shape
        size, lines = unit * 0.052, [""]
        for size in (unit * 0.052, unit * 0.042, unit * 0.034):
            lines = wrap(text, Lettering(size), width * 0.86, lines=4)
            if len(lines) <= 2 and not lines[-1].endswith("..."):  # noqa: PLR2004 - two lines look best
                break
        step = size * 1.45
        top = height - unit * 0.035 - step * len(lines)
        foot = np.clip((np.arange(height, dtype=np.float32) - top + unit * 0.12) / (unit * 0.16), 0, 1)
        self.cover = np.maximum(self.cover, (foot**1.2 * 0.72)[:, None])
        self.colour[:] = INK
        for number, line in enumerate(lines):
            self._write(Lettering(size), line, width / 2, top + number * step, WHITE, centred=True)

    def tag(self, text: str, unit: int, *, left: float, top: float) -> None:
        """Write small capitals on a dark plate."""
        lettering = Lettering(unit * 0.026, weight=0.09, spacing=0.06)
        wide, high, pad = lettering.width(text), unit * 0.026 * 1.5, unit * 0.014
        x0, y0, x1, y1 = round(left), round(top), round(left + wide + 3 * pad), round(top + high + pad * 0.6)
        plate = self.cover[max(0, y0) : y1, x0:x1]
        np.maximum(plate, 0.68, out=plate)
        self.colour[max(0, y0) : y1, x0:x1] = INK
        self._write(lettering, text, left + 1.2 * pad, top + pad * 0.3, (244, 248, 250), centred=False)

    def _write(
        self, lettering: Lettering, text: str, x: float, y: float, colour: tuple[int, int, int], *, centred: bool
    ) -> None:
        if not text:
            return
        ink = lettering.draw(text).astype(np.float32) / 255
        left, top = round(x - ink.shape[1] / 2 if centred else x), round(y)
        rows, columns = slice(max(0, top), top + ink.shape[0]), slice(max(0, left), left + ink.shape[1])
        cover, under = self.cover[rows, columns], self.colour[rows, columns]
        ink = ink[max(0, -top) :, max(0, -left) :][: cover.shape[0], : cover.shape[1]]
        total = ink + cover * (1 - ink)
        share = (ink / np.maximum(total, 1e-6))[..., None]
        self.colour[rows, columns] = np.round(under * (1 - share) + np.array(colour, np.float32) * share)
        self.cover[rows, columns] = total

    def seal(self) -> None:
        """Keep only the rows where something is, in runs, so that painting is cheap."""
        used = np.flatnonzero(self.cover.max(axis=1) > 1 / 255)
        for run in np.split(used, np.flatnonzero(np.diff(used) > 1) + 1):
            rows = slice(int(run[0]), int(run[-1]) + 1)
            self.bands.append((rows, np.ascontiguousarray(self.colour[rows]), _alpha(self.cover[rows])))

    def paint(self, picture: Picture) -> None:
        for rows, colour, alpha in self.bands:
            blend(picture[rows], colour, alpha)


def _stage(width: int, height: int, *, remix: bool, upright: bool) -> tuple[float, float, float, float]:
    """Return the part of the picture that the cast may fill: left, top, width, height."""
    if not remix:
        return width * 0.05, height * 0.1, width * 0.9, height * (0.62 if upright else 0.66)
    if upright:
        return width * 0.05, height * 0.42, width * 0.9, height * 0.38
    return width * 0.6, height * 0.12, width * 0.37, height * 0.62


def _places(count: int, stage: tuple[float, float, float, float]) -> list[tuple[tuple[float, float], float]]:
    """Return centre and height of each portrait, side by side and as large as the stage allows."""
    left, top, wide, high = stage
    tall = min(high, wide / max(count, 1) / OVAL * 0.88)
    return [((left + wide * (n + 0.5) / count, top + high / 2), tall) for n in range(count)]


def _oval_distance(wide: int, high: int, margin: int) -> Field:
    """Distance from the middle of an oval in its own radii: 1 on its edge."""
    x = (np.arange(wide + 2 * margin, dtype=np.float32) - margin - wide / 2 + 0.5) / (wide / 2)
    y = (np.arange(high + 2 * margin, dtype=np.float32) - margin - high / 2 + 0.5) / (high / 2)
    across, down = np.meshgrid(x, y)
    distance: Field = np.hypot(across, down)
    return distance


def _alpha(share: Field) -> Picture:
    return np.repeat((np.clip(share, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)


def _blend_at(picture: Picture, source: Picture, alpha: Picture, left: int, top: int) -> None:
    """Blend at a place; what hangs over the picture's edge is cut off."""
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(picture.shape[1], left + source.shape[1]), min(picture.shape[0], top + source.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    target = picture[y0:y1, x0:x1]
    blended = target.copy()
    blend(blended, np.ascontiguousarray(source[part]), np.ascontiguousarray(alpha[part]))
    target[:] = blended
