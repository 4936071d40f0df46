"""Draw triangles into a depth buffer with numpy alone: which triangle is nearest at each pixel, and where in it.

Many small triangles are assumed; all pixels of all of them are tested at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.demo.people.geometry import Indices, Numbers

NOTHING = np.iinfo(np.uint64).max
STEPS = float(1 << 30)
FLAT = 1e-9  # square pixels; a thinner triangle is seen from its edge
EDGE = -1e-6  # a pixel on the border of two triangles belongs to both


@dataclass(frozen=True, slots=True)
class Fragments:
    """What is seen: one row for each pixel that shows a triangle."""

    pixels: Indices  # row * width + column
    owners: Indices  # the triangle
    weights: NDArray[np.float32]  # (n, 3): how much of each of its corners
    depth: NDArray[np.float32]  # (height, width) distance, infinite where nothing is seen

    def blend(self, values: NDArray[np.floating], faces: Indices, rows: Indices) -> NDArray[np.float32]:
        """Interpolate what is known of each point, (points, k), for some of the pixels."""
        exact = values.astype(np.float32)
        corners, share = faces[self.owners[rows]], self.weights[rows]
        parts = (exact[corners[:, k]] * share[:, k : k + 1] for k in range(3))
        return sum(parts, np.zeros((len(rows), values.shape[1]), np.float32))

    def blend_corners(self, values: NDArray[np.float32], rows: Indices) -> NDArray[np.float32]:
        """Do the same for what is known of each triangle's corners, (triangles, 3, k)."""
        corners, share = values[self.owners[rows]], self.weights[rows]
        return sum((corners[:, k] * share[:, k : k + 1] for k in range(3)), np.zeros_like(corners[:, 0]))


def draw(
    screen: Numbers, depth: Numbers, faces: Indices, size: tuple[int, int], *, both_sides: bool = False
) -> Fragments:
    """Find the nearest triangle of each pixel. `screen` is (n, 2) with y down; `depth` grows away from the eye."""
    width, height = size
    corners, far = screen[faces], depth[faces]
    area = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    low = np.clip(np.floor(corners.min(1)).astype(np.int64), 0, [width, height])
    high = np.clip(np.ceil(corners.max(1)).astype(np.int64) + 1, 0, [width, height])
    span = np.maximum(high - low, 0)
    shown = (abs(area) > FLAT if both_sides else area < -FLAT) & (span.prod(1) > 0)
    which = np.flatnonzero(shown)
    owner = np.repeat(which, span[which].prod(1))
    starts = np.cumsum(span[which].prod(1)) - span[which].prod(1)
    within = np.arange(len(owner)) - np.repeat(starts, span[which].prod(1))
    x = low[owner, 0] + within % span[owner, 0]
    y = low[owner, 1] + within // span[owner, 0]
    point = np.stack([x, y], 1) + 0.5
    a, b, c = (corners[owner, k] - point for k in range(3))
    weights = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)], 1) / area[owner, None]
    inside = (weights >= EDGE).all(1)
    owner, weights, pixel = owner[inside], weights[inside], (y * width + x)[inside]
    distance = (weights * far[owner]).sum(1)
    return _nearest(owner, weights, pixel, distance, size)


def _cross(a: Numbers, b: Numbers) -> Numbers:
    crossed: Numbers = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return crossed


def _nearest(owner: Indices, weights: Numbers, pixel: Indices, distance: Numbers, size: tuple[int, int]) -> Fragments:
    width, height = size
    near, extent = (distance.min(), np.ptp(distance) + 1e-9) if len(distance) else (0.0, 1.0)
    key = ((distance - near) / extent * STEPS).astype(np.uint64) << np.uint64(32) | np.arange(len(owner)).astype(
        np.uint64
    )
    best = np.full(width * height, NOTHING)
    np.minimum.at(best, pixel, key)
    pixels = np.flatnonzero(best != NOTHING)
    row = (best[pixels] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    depth = np.full(width * height, np.inf, np.float32)
    depth[pixels] = distance[row]
    return Fragments(pixels, owner[row], weights[row].astype(np.float32), depth.reshape(height, width))
