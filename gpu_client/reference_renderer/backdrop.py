"""The scene behind the people: sky, light, clouds, stars and hills in slow parallax, all chosen by the prompt's hash.

Pure drawing. Colours are BGR, as OpenCV wants them. The same prompt gives the same scene.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

type Picture = NDArray[Any]  # rows of BGR or of one grey, uint8; OpenCV's annotations promise no more than an array
type Field = NDArray[Any]  # float32
type Colour = tuple[int, int, int]

HILLS = 5
SUBPIXEL = 4  # fractional bits that OpenCV's polygons take: motion of less than a pixel stays smooth


@dataclass(frozen=True, slots=True)
class Mood:
    """A time of day: sky from top to horizon, the light, hills from far to near, and how many stars."""

    sky: tuple[Colour, Colour, Colour]
    light: Colour
    far: Colour
    near: Colour
    cloud: Colour
    stars: int = 0


MOODS = (
    Mood(
        ((120, 60, 46), (158, 120, 196), (150, 196, 255)),
        (190, 228, 255),
        (168, 140, 178),
        (52, 30, 34),
        (196, 190, 255),
    ),
    Mood(
        ((176, 122, 44), (214, 178, 110), (236, 226, 196)),
        (236, 250, 255),
        (196, 178, 132),
        (58, 64, 28),
        (255, 255, 255),
    ),
    Mood(
        ((74, 36, 20), (104, 58, 40), (140, 98, 84)), (236, 240, 244), (110, 72, 56), (26, 14, 12), (120, 84, 70), 220
    ),
    Mood(
        ((98, 48, 60), (92, 84, 214), (96, 168, 255)),
        (150, 214, 255),
        (120, 94, 170),
        (36, 20, 40),
        (128, 138, 255),
        40,
    ),
    Mood(
        ((110, 78, 18), (150, 152, 70), (170, 214, 178)),
        (214, 246, 250),
        (150, 150, 92),
        (44, 42, 14),
        (214, 232, 226),
        60,
    ),
)

# Words that name a time of day win over the hash.
HINTS = {"night": 2, "moon": 2, "star": 2, "evening": 3, "sunset": 3, "dusk": 3, "dawn": 0, "morning": 0}
HINTS |= {"first light": 0, "sunrise": 0, "noon": 1, "sunny": 1, "summer": 1, "sea": 4, "lake": 4}


class Backdrop:
    """Paints the scene of one prompt at one size; `paint(at)` gives the picture at a time in seconds."""

    def __init__(self, prompt: str, width: int, height: int) -> None:
        seed = hashlib.sha256(prompt.encode()).digest()
        self.random = np.random.default_rng(int.from_bytes(seed))
        hinted = (number for word, number in HINTS.items() if word in prompt.lower())
        self.mood = MOODS[next(hinted, seed[0] % len(MOODS))]
        self.width, self.height = width, height
        self.sky = self._sky()
        self.horizon = int(height * 0.74)
        self.veil = self._clouds()
        self.cloud = np.full((self.horizon, width, 3), self.mood.cloud, np.uint8)
        self.ridges = [self._ridge(number) for number in range(HILLS)]

    def paint(self, at: float) -> Picture:
        """Return a new picture, height x width x 3."""
        picture = self.sky.copy()
        self._drift_clouds(picture, at)
        for number, ridge in enumerate(self.ridges):
            nearness = (number + 1) / HILLS
            self._fill(picture, ridge, offset=at * self.width * 0.004 * (1 + 5 * nearness**2), nearness=nearness)
        return picture

    def _sky(self) -> Picture:
        stops = np.array(self.mood.sky, np.float32)
        down = np.linspace(0, 1, self.height, dtype=np.float32) / 0.72
        column = np.stack([np.interp(down, (0, 0.55, 1), stops[:, c]) for c in range(3)], axis=1)
        sky = np.repeat(column[:, None, :], self.width, axis=1).astype(np.float32)
        self._add_light(sky)
        self._add_stars(sky)
        sky += self.random.normal(0, 1.2, sky.shape[:2]).astype(np.float32)[
            ..., None
        ]  # grain: no bands in the gradient
        return np.clip(sky, 0, 255).astype(np.uint8)

    def _add_light(self, sky: Field) -> None:
        """Add a sun or a moon: a soft-edged disc in three halos."""
        x, y = self.width * self.random.uniform(0.14, 0.3), self.height * self.random.uniform(0.16, 0.36)
        if self.random.random() < 0.5:  # noqa: PLR2004 - one scene in two is lit from the right
            x = self.width - x
        radius = min(self.width, self.height) * 0.062
        across, down = np.meshgrid(np.arange(self.width, dtype=np.float32), np.arange(self.height, dtype=np.float32))
        distance = np.hypot(across - x, down - y) / radius
        glow = 0.42 * np.exp(-((distance / 2.2) ** 2)) + 0.3 * np.exp(-distance / 6) + 0.16 * np.exp(-distance / 14)
        share = np.maximum(np.clip((1.0 - distance) * radius / 2 + 0.5, 0, 1) * 0.97, glow)[..., None]
        sky += (np.array(self.mood.light, np.float32) - sky) * share

    def _add_stars(self, sky: Field) -> None:
        for _ in range(self.mood.stars):
            x, y = self.random.integers(0, self.width), self.random.integers(0, int(self.height * 0.6))
            bright = float(self.random.uniform(0.2, 0.9))
            sky[y, x] += (255 - sky[y, x]) * bright
            if bright > 0.75:  # noqa: PLR2004 - the few bright ones are a little larger
                sky[y, (x + 1) % self.width] += (255 - sky[y, (x + 1) % self.width]) * bright * 0.4

    def _clouds(self) -> Picture:
        """Cloud cover, 0 to 255, wider than the picture so that it can drift."""
        rows, columns = self.horizon, int(self.width * 1.5)
        cover = np.zeros((rows, columns), np.float32)
        for octave in range(2, 6):
            grid = self.random.random((2**octave, 2 ** (octave - 1) * 3)).astype(np.float32)
            cover += cv2.resize(grid, (columns, rows), interpolation=cv2.INTER_CUBIC) / 2 ** (octave - 2)
        cover = (cover - cover.min()) / np.ptp(cover)
        height = np.sin(np.linspace(0.25, np.pi, rows, dtype=np.float32))[:, None]  # none at the very top and bottom
        veil: Picture = (np.clip((cover - 0.5) * 2.2, 0, 1) ** 1.3 * height * 150).astype(np.uint8)
        return veil

    def _drift_clouds(self, picture: Picture, at: float) -> None:
        shift = at * self.width * 0.008 % (self.width * 0.5 - 2)
        start, part = int(shift), shift % 1
        window = self.veil[:, start : start + self.width + 1]
        veil = cv2.addWeighted(window[:, :-1], 1 - part, window[:, 1:], part, 0)
        blend(picture[: self.horizon], self.cloud, cv2.cvtColor(veil, cv2.COLOR_GRAY2BGR))

    def _ridge(self, number: int) -> Field:
        """Points (x, y) of one skyline, one and a half pictures wide; the nearest two carry trees."""
        nearness = (number + 1) / HILLS
        x = np.arange(-8, self.width * 1.5, 4, dtype=np.float32)
        y = np.zeros_like(x)
        for wave in range(1, 7):
            length = self.width * (0.75 - 0.35 * nearness) / wave**1.25
            y += np.sin(x / length * 2 * np.pi + self.random.uniform(0, 2 * np.pi)) / wave**1.35
        base = self.height * (0.56 + 0.30 * nearness**1.2)
        y = base + y * self.height * (0.052 - 0.02 * nearness)
        if number < HILLS - 2:
            return np.stack([x, y], axis=1)
        return self._plant(np.stack([x, y], axis=1), size=self.height * (0.018 + 0.03 * (number - HILLS + 2)))

    def _plant(self, ridge: Field, *, size: float) -> Field:
        """Add firs to a skyline: each is three points, its foot, top and other foot."""
        points: list[Field] = []
        next_tree = 0.0
        for x, y in ridge:
            points.append(np.array([[x, y]], np.float32))
            if x >= next_tree:
                tall = size * float(self.random.uniform(0.5, 1.25))
                tree = [[x, y], [x + tall * 0.17, y - tall], [x + tall * 0.34, y + 1]]
                points.append(np.array(tree, np.float32))
                next_tree = x + tall * float(self.random.choice([0.3, 0.45, 1.1, 3.2], p=[0.45, 0.3, 0.15, 0.1]))
        return np.concatenate(points)

    def _fill(self, picture: Picture, ridge: Field, *, offset: float, nearness: float) -> None:
        share = nearness**0.9
        colour = [f + (n - f) * share for f, n in zip(self.mood.far, self.mood.near, strict=True)]
        shape = ridge - np.array([offset % (self.width * 0.5 - 16), 0], np.float32)
        corners = np.array([[shape[-1, 0], self.height + 9], [shape[0, 0], self.height + 9]], np.float32)
        fixed = np.round(np.concatenate([shape, corners]) * (1 << SUBPIXEL)).astype(np.int32)
        cv2.fillPoly(picture, [fixed], colour, cv2.LINE_AA, SUBPIXEL)


def blend(target: Picture, source: Picture, alpha: Picture) -> None:
    """Lay `source` over `target` in place; `alpha` has the same shape, 0 to 255."""
    kept = cv2.multiply(target, cv2.bitwise_not(alpha), scale=1 / 255)
    laid = cv2.multiply(source, alpha, scale=1 / 255)
    cv2.add(kept, laid, dst=target)
