"""Find faces, see how each head is held, and make templates that can be compared.

Runs inside the sandboxed child: its input are pixels of a stranger's file. One instance is for one thread.
A template is biometric data: it is sealed like the clip, and never returned to the one who uploaded it.

What may be claimed: "no face found at 5 % of the picture's width" (tiles=3) or 3 % (tiles=5), never "no
person". A distance is a distance, never an identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from consent.media.detector import Array, Box, Detector, Picture, in_tile, merged, sigmoid, tiling
from consent.media.pose import Pose, pose_of
from consent.media.thresholds import FURTHEST_TURN, SAME, SMALLEST, UNCERTAIN
from consent.media.weights import EMBEDDING, LANDMARK, read_weights

__all__ = ["SAME", "UNCERTAIN", "Embedder", "Face", "FaceFinder", "Mesh", "Template", "chip_of", "distance"]

Template = npt.NDArray[np.float32]

PRESENCE = 0.5  # above it the mesh says that it looks at a face
RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners in the mesh

MESH_SIDE, MESH_POINTS, MESH_MARGIN = 192, 468, 1.5

CHIP_SIDE, CHIP_PADDING = 150, 0.25
# mesh points that stand for dlib's five: outer and inner corner of the left eye, of the right eye, below the nose
CHIP_POINTS = (263, 362, 33, 133, 2)
# where dlib's five-point model expects them in a unit square (dlib, get_face_chip_details)
CHIP_TARGET = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)


@dataclass(frozen=True, slots=True)
class Face:
    """A box that the mesh confirmed: its 468 points (x, y, depth, all in pixels) and how the head is held."""

    box: Box
    mesh: Array
    pose: Pose

    @property
    def comparable(self) -> bool:
        """Say whether a template of this face means anything. False is "cannot tell", never "different"."""
        turn = max(abs(self.pose.yaw), abs(self.pose.pitch))
        return turn <= FURTHEST_TURN and self.box.width >= SMALLEST


class Mesh:
    """The 468-point face mesh, which also says how sure it is that it looks at a face."""

    def __init__(self) -> None:
        self.net = cv2.dnn.readNetFromTFLite(np.frombuffer(read_weights(LANDMARK), np.uint8))
        self.outputs = self.net.getUnconnectedOutLayersNames()

    def __call__(self, picture: Picture, box: Box) -> tuple[Array, float]:
        """Return the points in pixels of the picture, and the presence of a face from 0 to 1."""
        turn, shift, scale = _upright(box)
        matrix = np.column_stack([turn, shift])  # from pixels of the net's square to pixels of the picture
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        square = cv2.warpAffine(picture, matrix, (MESH_SIDE, MESH_SIDE), flags=flags)
        self.net.setInput((square.astype(np.float32) / 255).transpose(2, 0, 1)[None])
        presence, points = sorted(map(np.asarray, self.net.forward(self.outputs)), key=lambda answer: answer.size)
        points = points.reshape(MESH_POINTS, 3).astype(np.float64)
        placed = np.column_stack([points[:, :2] @ turn.T + shift, points[:, 2] * scale])
        return placed, float(sigmoid(presence.ravel()[0]))


class FaceFinder:
    """Detector, then mesh: only what both call a face is one."""

    def __init__(self, presence: float = PRESENCE) -> None:
        self.detector, self.mesh, self.presence = Detector(), Mesh(), presence

    def __call__(self, picture: Picture, tiles: int = 1) -> list[Face]:
        """Return every confirmed face, largest first.

        `tiles` = n looks at n by n overlapping tiles too, and at half as many by half as many: a face too large for
        the fine tiles may be too small for the whole picture.
        """
        boxes = self.detector(picture)
        for level in {tiles, tiles // 2} - {0, 1}:
            for tile in tiling(picture, level):
                boxes += in_tile(self.detector, picture, tile)
        faces = (self._confirmed(picture, box) for box in merged(boxes))
        return sorted((face for face in faces if face), key=lambda face: -face.box.width)

    def _confirmed(self, picture: Picture, box: Box) -> Face | None:
        """Return the face, or `None` if the mesh does not see one in the box."""
        points, presence = self.mesh(picture, box)
        return Face(box, points, pose_of(points)) if presence > self.presence else None


class Embedder:
    """128 numbers a face, compared by L2 distance. Their length carries meaning: never normalise."""

    def __init__(self) -> None:
        self.net = cv2.dnn.readNetFromONNX(np.frombuffer(read_weights(EMBEDDING), np.uint8))

    def __call__(self, chips: Sequence[Picture]) -> Template:
        """Return one row for each chip."""
        self.net.setInput(np.stack(list(chips)).astype(np.float32).transpose(0, 3, 1, 2))
        return np.array(self.net.forward(), np.float32)

    def of(self, picture: Picture, face: Face) -> Template:
        """Return the template of one face in a picture."""
        template: Template = self([chip_of(picture, face.mesh)])[0]
        return template


def distance(one: Template, other: Template) -> float:
    """L2 distance: compare with `SAME` and `UNCERTAIN`."""
    return float(np.linalg.norm(one - other))


def chip_of(picture: Picture, mesh: Array) -> Picture:
    """Cut out the face upright, 150 pixels square, as the embedding net was trained to see it."""
    have = mesh[list(CHIP_POINTS), :2]
    want = (CHIP_PADDING + CHIP_TARGET) / (2 * CHIP_PADDING + 1) * CHIP_SIDE
    turn, shift = _similarity(have, want)
    scale = float(np.linalg.norm(turn[0]))
    if scale < 0.5:  # noqa: PLR2004 - warpAffine would skip pixels: shrink by area first
        picture = cv2.resize(picture, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        turn = turn / (2 * scale)
    matrix = np.column_stack([turn, shift])
    chip = cv2.warpAffine(picture, matrix, (CHIP_SIDE, CHIP_SIDE), flags=cv2.INTER_LINEAR)
    return np.asarray(chip, np.uint8)


def _upright(box: Box) -> tuple[Array, Array, float]:
    """Return the rotation (with scale), shift and scale that put the box, eyes level, into the mesh net's square."""
    along = box.points[1] - box.points[0]
    angle = np.arctan2(along[1], along[0])
    scale = float(max(box.corners[2:] - box.corners[:2])) * MESH_MARGIN / MESH_SIDE
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    return turn, box.centre - turn @ np.full(2, MESH_SIDE / 2), scale


def _similarity(have: Array, want: Array) -> tuple[Array, Array]:
    """Return the rotation (with scale) and shift that best map `have` onto `want` (Umeyama 1991, least squares)."""
    from_, to = have - have.mean(0), want - want.mean(0)
    left, sizes, right = np.linalg.svd(to.T @ from_)
    signs = np.array([1.0, np.sign(np.linalg.det(left @ right))])
    turn = left @ np.diag(signs) @ right * ((sizes * signs).sum() / (from_**2).sum())
    return turn, want.mean(0) - turn @ have.mean(0)
