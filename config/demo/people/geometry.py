"""Small geometry that the sculptor, the hairdresser and the painter share. Lengths are decimetres, y is up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

type Numbers = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.int64]


def unit[Kind: np.floating[Any]](vectors: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
    """Return the vectors at length one; a vector of no length stays so."""
    long: npt.NDArray[Kind] = vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9)
    return long


def rotation(yaw: float, pitch: float) -> Numbers:
    """Turn a head, in degrees: positive yaw to the person's left (picture right), positive pitch upwards."""
    y, p = np.radians([yaw, pitch])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    both: Numbers = about_y @ about_x
    return both


def gather(where: Indices, what: Numbers, size: int) -> Numbers:
    """Add up the rows of `what` that go to the same place."""
    return np.stack([np.bincount(where, column, size) for column in what.T], 1)


def normals(points: Numbers, faces: Indices) -> Numbers:
    """Return the unit normal of every point, weighted by the areas of its triangles."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    return unit(sum((gather(faces[:, k], flat, len(points)) for k in range(3)), np.zeros_like(points)))


def neighbours(faces: Indices, count: int, most: int = 8) -> Indices:
    """Return for each point the numbers of points beside it, (count, most); a point with fewer repeats them."""
    one_way = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    pairs = np.unique(np.concatenate([one_way, one_way[:, ::-1]]), axis=0)
    start = np.searchsorted(pairs[:, 0], np.arange(count))
    number = np.maximum(np.bincount(pairs[:, 0], minlength=count), 1)
    at = start[:, None] + np.arange(most) % number[:, None]
    beside: Indices = pairs[np.minimum(at, len(pairs) - 1), 1]
    return beside


def smoothstep(values: Numbers) -> Numbers:
    """Go from 0 to 1 without a corner."""
    held = np.clip(values, 0, 1)
    return held * held * (3 - 2 * held)
