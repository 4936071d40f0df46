"""Find every face of a picture or of a video's sampled pictures, inside the sandbox. It judges nothing.

The answer is {"unreadable": word}, or how many pictures were looked at and a row for each face. Templates are in it:
they go back through the pipe, are compared in memory, and rest nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import cv2
import numpy as np

from consent.media.decoding import Picture, Sizes, Unreadable, frames
from consent.media.detector import Array
from consent.media.faces import Embedder, Face, FaceFinder
from consent.media.picture import Unusable, size_of

LOOKED_AT = 1920  # pixels of the longer side: what the smallest face that is found was measured on
SAME_PLACE = 0.3  # overlap of two boxes, in two views of one picture, that are taken for the same face
MOST_FACES = 500  # in all: more is a crowd, which nobody compares
DIGITS = 6  # decimals of a template's numbers that travel


def main(source: BinaryIO, arguments: dict[str, Any], output: BinaryIO | None) -> dict[str, Any]:  # noqa: ARG001 - writes nothing
    """Look. `arguments`: tiles; views (whether a still is also turned and inverted); every, seconds, side (video)."""
    cv2.setNumThreads(1)
    look = _Look(arguments["tiles"], views=arguments["views"])
    try:
        if arguments["every"] is None:
            look(0.0, _still(source.read()))
        else:
            sizes = Sizes(arguments["seconds"], arguments["side"])
            for at, picture, wanted in frames(source, sizes, every=arguments["every"], side=LOOKED_AT):
                if wanted:
                    look(at, picture)
    except (Unreadable, Unusable) as error:
        return {"unreadable": str(error)}
    return {"pictures": look.pictures, "faces": look.rows}


class _Look:
    """Pictures seen so far, and a row for each face: seconds, share of the width, pixels, degrees turned, template."""

    def __init__(self, tiles: int, *, views: bool) -> None:
        self.find, self.embed = FaceFinder(), Embedder()
        self.tiles, self.views = tiles, views
        self.pictures = 0
        self.rows: list[dict[str, Any]] = []

    def __call__(self, at: float, picture: Picture) -> None:
        self.pictures += 1
        for view, face in self._faces(picture):
            if len(self.rows) == MOST_FACES:
                raise Unreadable("too-many-faces")
            self.rows.append(self._row(at, view, face))

    def _faces(self, picture: Picture) -> list[tuple[Picture, Face]]:
        """Return every face once, in the view that shows it best."""
        seen = [
            (face.box.score, _home(face.box.corners, turns, picture), view, face)
            for turns, view in (_views(picture) if self.views else [(0, picture)])
            for face in self.find(view, self.tiles)
        ]
        kept: list[tuple[Array, Picture, Face]] = []
        for _, place, view, face in sorted(seen, key=lambda one: -one[0]):
            if all(_overlap(place, other) <= SAME_PLACE for other, _, _ in kept):
                kept.append((place, view, face))
        return [(view, face) for _, view, face in kept]

    def _row(self, at: float, view: Picture, face: Face) -> dict[str, Any]:
        numbers = self.embed.of(view, face).astype(float).round(DIGITS).tolist() if face.comparable else None
        return {
            "at": at,
            "share": face.box.width / view.shape[1],
            "pixels": face.box.width,
            "turned": max(abs(face.pose.yaw), abs(face.pose.pitch)),
            "numbers": numbers,
        }


def _still(data: bytes) -> Picture:
    """Decode one picture, if what comes out is what its header says. Cameras' rotation is not applied: see `_views`."""
    size = size_of(data)
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if picture is None or picture.shape != (size[1], size[0], 3):
        raise Unusable("unreadable")
    scale = LOOKED_AT / max(size)
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(picture, np.uint8)


def _views(picture: Picture) -> Iterator[tuple[int, Picture]]:
    """Yield the picture upright, inverted, and turned: quarter turns to the left, and the pixels."""
    yield 0, picture
    yield 0, 255 - picture
    for turns in (1, 2, 3):
        yield turns, np.ascontiguousarray(np.rot90(picture, turns))


def _home(corners: Array, turns: int, picture: Picture) -> Array:
    """Return the box of a turned view in pixels of the picture: x0, y0, x1, y1."""
    height, width = picture.shape[:2]
    x, y = corners[[0, 2]], corners[[1, 3]]
    x, y = {0: (x, y), 1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[turns]
    return np.array([x.min(), y.min(), x.max(), y.max()])


def _overlap(one: Array, other: Array) -> float:
    """Return the shared part of two boxes, of what both cover together."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    both = sum(float(np.prod(box[2:] - box[:2])) for box in (one, other))
    return shared / (both - shared) if both > shared else 0.0
