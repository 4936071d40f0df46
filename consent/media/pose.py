"""How a head is held: the canonical face is rotated onto the points that the mesh found.

Angles are degrees. They are measured against the camera, so a person who sits askew has a constant offset:
compare angles within one clip, never with zero.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from consent.media.weights import GEOMETRY, read_weights

Array = npt.NDArray[np.float64]

# Protocol Buffers wire types, https://protobuf.dev/programming-guides/encoding/
VARINT, DELIMITED, FIXED32 = 0, 2, 5
# pictures: y downwards, z away from us. The canonical face: y upwards, z towards us
TO_MODEL = np.array([1.0, -1.0, -1.0])


@dataclass(frozen=True, slots=True)
class Pose:
    """Yaw is positive to the person's own left (right in the picture), pitch upwards, roll counter-clockwise."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True)
class Geometry:
    """The canonical face in centimetres, and the points (with weights that sum to 1) by which it is fitted."""

    points: Array
    basis: npt.NDArray[np.int64]
    weights: Array


def pose_of(mesh: Array) -> Pose:
    """Fit by weighted orthogonal Procrustes (Kabsch's algorithm) and read the angles off the rotation."""
    face = canonical_face()
    weight = face.weights[:, None]
    model, seen = face.points[face.basis], mesh[face.basis] * TO_MODEL
    model, seen = (part - (part * weight).sum(0) for part in (model, seen))
    left, _, right = np.linalg.svd((model * weight).T @ seen)
    # without the sign a mirrored face would be the better fit
    sign = np.sign(np.linalg.det(right.T @ left.T))
    turn = right.T @ np.diag([1.0, 1.0, sign]) @ left.T
    angles = np.degrees(
        [
            np.arctan2(turn[0, 2], turn[2, 2]),
            np.arcsin(np.clip(turn[1, 2], -1.0, 1.0)),
            np.arctan2(turn[1, 0], turn[1, 1]),
        ]
    )
    return Pose(*angles.tolist())


@cache
def canonical_face() -> Geometry:
    """Read the geometry file: a protobuf message with the mesh in field 1 and fitting points in field 2."""
    points: Array | None = None
    basis: list[int] = []
    weights: list[float] = []
    for number, value in _fields(read_weights(GEOMETRY)):
        if number == 1 and isinstance(value, bytes):
            points = _vertices(value)
        elif number == 2 and isinstance(value, bytes):  # noqa: PLR2004 - the field's number
            parts = dict(_fields(value))
            basis.append(int(parts.get(1, 0)))  # protobuf leaves a zero out
            weights.append(float(parts[2]))
    if points is None or not basis:
        raise ValueError("the geometry file holds no face")
    return Geometry(points, np.array(basis), np.array(weights) / sum(weights))


def _vertices(mesh: bytes) -> Array:
    """Field 3 holds x, y, z and two texture coordinates of each vertex, packed or one by one."""
    flat: list[float] = []
    for number, value in _fields(mesh):
        if number == 3:  # noqa: PLR2004 - the field's number
            flat += np.frombuffer(value, "<f4").tolist() if isinstance(value, bytes) else [value]
    return np.array(flat).reshape(-1, 5)[:, :3]


def _fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = divmod(key, 8)
        if wire == VARINT:
            value, at = _varint(message, at)
            yield number, value
        elif wire == DELIMITED:
            size, at = _varint(message, at)
            yield number, message[at : at + size]
            at += size
        elif wire == FIXED32:
            yield number, struct.unpack_from("<f", message, at)[0]
            at += 4
        else:
            raise ValueError(f"wire type {wire} has no place in the geometry file")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:  # noqa: PLR2004 - the continuation bit
            return value, at
