"""Propose boxes in which a face may be. A proposal is not yet a face: `faces.FaceFinder` confirms each with the mesh.

Pictures are RGB uint8 (height, width, 3). Coordinates are pixels of the picture that was passed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
import numpy.typing as npt

from consent.media.weights import DETECTION, read_weights

Picture = npt.NDArray[np.uint8]
Array = npt.NDArray[np.float64]

SIDE, GRID = 192, 48  # the net's input, and the cells of its one grid of anchors
SCORE = 0.5
OVERLAP = 0.3  # of two boxes that are taken for the same face
TILE_SHARE = 1.25  # each tile is a quarter larger than its share, so that neighbours overlap
LOGIT = 80.0  # beyond it exp() overflows and the answer is the same


@dataclass(frozen=True, slots=True)
class Box:
    """One proposal.

    corners: x0, y0, x1, y1
    points:  (6, 2): the person's right eye, left eye, nose, mouth, right ear, left ear
    score:   0 to 1
    """

    corners: Array
    points: Array
    score: float

    @property
    def width(self) -> float:
        """Pixels from side to side."""
        return float(self.corners[2] - self.corners[0])

    @property
    def centre(self) -> Array:
        """The middle, x and y."""
        return (self.corners[:2] + self.corners[2:]) / 2


class Detector:
    """BlazeFace full range, dense: one anchor in the middle of every grid cell."""

    def __init__(self, score: float = SCORE) -> None:
        self.net = cv2.dnn.readNetFromTFLite(np.frombuffer(read_weights(DETECTION), np.uint8))
        self.outputs = self.net.getUnconnectedOutLayersNames()
        self.score = score
        middles = (np.arange(GRID) + 0.5) / GRID
        self.anchors = np.stack(np.meshgrid(middles, middles), -1).reshape(-1, 2)

    def __call__(self, picture: Picture) -> list[Box]:
        """Return the proposals of the whole picture, duplicates merged."""
        square, scale, margin = _letterbox(picture)
        self.net.setInput((square.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None])
        answers = [np.asarray(answer).reshape(len(self.anchors), -1) for answer in self.net.forward(self.outputs)]
        logits, values = sorted(answers, key=lambda answer: answer.shape[1])  # one column, sixteen columns
        scores = sigmoid(logits[:, 0])
        keep = scores > self.score
        values, anchors = values[keep] / SIDE, self.anchors[keep]
        centre, half = values[:, :2] + anchors, values[:, 2:4] / 2
        corners = np.stack([centre - half, centre + half], 1)
        points = values[:, 4:].reshape(-1, 6, 2) + anchors[:, None]
        corners, points = ((part * SIDE - margin) / scale for part in (corners, points))
        found = zip(corners.reshape(-1, 4), points, scores[keep].tolist(), strict=True)
        return merged([Box(*parts) for parts in found])


def merged(boxes: list[Box]) -> list[Box]:
    """Weighted suppression: boxes that overlap become their mean, weighted by score. Best first."""
    rest = sorted(boxes, key=lambda box: -box.score)
    kept: list[Box] = []
    while rest:
        best = rest[0]
        same = [box for box in rest if box is best or _overlap(best.corners, box.corners) > OVERLAP]
        weights = [box.score for box in same]
        corners = np.average([box.corners for box in same], axis=0, weights=weights)
        points = np.average([box.points for box in same], axis=0, weights=weights)
        kept.append(Box(corners, points, best.score))
        taken = {id(box) for box in same}
        rest = [box for box in rest if id(box) not in taken]
    return kept


def in_tile(detector: Detector, picture: Picture, tile: npt.NDArray[np.int64]) -> Iterator[Box]:
    """Yield the boxes of one tile, in pixels of the picture, except those that an inner edge of the tile cuts.

    Half a face is confirmed by the mesh with full confidence, and its template resembles nobody: the neighbouring
    tile or a coarser tiling shows it whole.
    """
    height, width = picture.shape[:2]
    outer = tile == np.array([0, 0, width, height])
    x0, y0, x1, y1 = tile
    for box in detector(picture[y0:y1, x0:x1]):
        corners = box.corners + np.tile(tile[:2], 2)
        inside = np.concatenate([corners[:2] > tile[:2], corners[2:] < tile[2:]])
        if (inside | outer).all():
            yield Box(corners, box.points + tile[:2], box.score)


def tiling(picture: Picture, level: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield x0, y0, x1, y1 of `level` by `level` overlapping tiles that cover the picture."""
    height, width = picture.shape[:2]
    tall, wide = (min(side, ceil(side / level * TILE_SHARE)) for side in (height, width))
    for top in np.linspace(0, height - tall, level).astype(int):
        for left in np.linspace(0, width - wide, level).astype(int):
            yield np.array([left, top, left + wide, top + tall])


def sigmoid(logits: npt.ArrayLike) -> Array:
    """Turn a net's logit into a share between 0 and 1."""
    return 1 / (1 + np.exp(-np.clip(np.asarray(logits, np.float64), -LOGIT, LOGIT)))


def _letterbox(picture: Picture) -> tuple[Picture, float, Array]:
    """Fit the picture into the net's square. Returns the square, the scale and the margin (left, top)."""
    height, width = picture.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=how)
    return square, scale, np.array([left, top], np.float64)


def _overlap(one: Array, other: Array) -> float:
    """Intersection over union."""
    sides = np.maximum(0, np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]))
    both = sides.prod()
    union = (one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod() - both
    return float(both / max(union, 1e-9))
