"""Light a head as a photographer's studio would: soft boxes, and every part in the shade of the others.

Which of some hundred directions each point can see is found once; turning the head then only changes how bright each
direction is (precomputed radiance transfer). Light is linear, 1.0 is white paper under the whole studio.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.demo.people import raster
from config.demo.people.geometry import Indices, Numbers, unit

COUNT = 112  # directions
MAP = 288  # pixels a side of the picture taken from each of them
STEEP = 0.95  # so nearly upright, a direction has no clear side
BIAS = 0.035  # dm: a surface does not shade itself


def directions(count: int = COUNT) -> Numbers:
    """Return directions spread evenly over the sphere (Fibonacci's spiral)."""
    k = np.arange(count) + 0.5
    y, turn = 1 - 2 * k / count, np.pi * (1 + 5**0.5) * k
    ring = np.sqrt(1 - y * y)
    return np.stack([ring * np.cos(turn), y, ring * np.sin(turn)], 1)


@dataclass(frozen=True, slots=True)
class Lamp:
    """A soft box: where it stands, its colour, and how wide it is (the larger `tight`, the smaller)."""

    towards: tuple[float, float, float]
    colour: tuple[float, float, float]
    tight: float


@dataclass(frozen=True, slots=True)
class Studio:
    """All the light there is: lamps, a bright ceiling and a dim floor."""

    lamps: tuple[Lamp, ...]
    ceiling: tuple[float, float, float] = (0.42, 0.45, 0.50)
    floor: tuple[float, float, float] = (0.20, 0.17, 0.15)

    def __call__(self, towards: Numbers) -> Numbers:
        """Return the colour of the light that comes from each direction, (n, 3)."""
        up = towards[:, 1:2] * 0.5 + 0.5
        light = np.array(self.ceiling) * up + np.array(self.floor) * (1 - up)
        for lamp in self.lamps:
            close = towards @ (unit(np.array(lamp.towards)))
            light = light + np.exp(lamp.tight * (close - 1))[:, None] * np.array(lamp.colour)
        return light


def seen_from(points: Numbers, solid: Numbers, faces: Indices, threads: Numbers) -> NDArray[np.float32]:
    """Return how much of each direction each point sees, (points, COUNT); `threads` of hair dim, they do not block."""
    sight = np.empty((len(points), COUNT), np.float32)
    for number, towards in enumerate(directions()):
        axes = _axes(towards)
        wall, hair = solid @ axes.T, threads @ axes.T
        low = np.concatenate([wall, hair]).min(0) - 0.05
        scale = (MAP - 2) / (np.concatenate([wall, hair]).max(0) - low + 0.05)[:2].max()
        screen = (wall[:, :2] - low[:2]) * scale
        depth = raster.draw(screen, -wall[:, 2], faces, (MAP, MAP)).depth.ravel()
        at = points @ axes.T
        pixel = np.clip(((at[:, :2] - low[:2]) * scale).astype(np.int64), 0, MAP - 1)
        blocked = np.zeros(len(points))
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            there = np.clip(pixel + np.array([dx, dy]), 0, MAP - 1)
            blocked += depth[there[:, 1] * MAP + there[:, 0]] < -at[:, 2] - BIAS
        sight[:, number] = (1 - blocked / 4) * _through(hair, at, low, scale / 4)
    return sight


def _through(hair: Numbers, at: Numbers, low: Numbers, scale: float) -> Numbers:
    """Return how much light the hair in front lets by: each lock, a coarse pixel of it, takes its share."""
    side = MAP // 4
    if not len(hair):
        return np.ones(len(at))
    here = np.clip(((hair[:, :2] - low[:2]) * scale).astype(np.int64), 0, side - 1)
    near = np.full(side * side, -np.inf)
    np.maximum.at(near, here[:, 1] * side + here[:, 0], hair[:, 2])
    count = np.bincount(here[:, 1] * side + here[:, 0], minlength=side * side)
    pixel = np.clip(((at[:, :2] - low[:2]) * scale).astype(np.int64), 0, side - 1)
    cell = pixel[:, 1] * side + pixel[:, 0]
    behind = np.clip((near[cell] - at[:, 2] - 0.05) / 0.25, 0, 1)
    full = np.clip(count[cell] / (np.median(count[count > 0]) + 1), 0, 1)
    through: Numbers = 1 - 0.85 * behind * full
    return through


def _axes(towards: Numbers) -> Numbers:
    """Return x, y and the direction itself as rows: a camera that looks from there at the origin."""
    side = np.cross([0.0, 1.0, 0.0] if abs(towards[1]) < STEEP else [1.0, 0.0, 0.0], towards)
    side /= np.linalg.norm(side)
    return np.stack([side, -np.cross(towards, side), towards])  # y down, as pictures have it
