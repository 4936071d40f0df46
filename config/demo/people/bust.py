"""Head, neck, shoulders, teeth and eyeballs as one mesh of triangles, and how it moves when its owner does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.demo.people import raster
from config.demo.people.geometry import Indices, Numbers, normals, rotation, smoothstep, unit
from config.demo.people.persons import Person
from config.demo.people.sculpture import Clay, smoothing, triangles

SKIN, TEETH, EYE = range(3)
SPEAKING = {  # what a mouth that is wide open does, for each unit
    "jawOpen": 0.50,
    "mouthFunnel": 0.15,
    "mouthLowerDownLeft": 0.25,
    "mouthLowerDownRight": 0.25,
    "mouthUpperUpLeft": 0.20,
    "mouthUpperUpRight": 0.20,
}
BLINK = ("eyeBlinkLeft", "eyeBlinkRight")
CLOTH = 0.05  # dm that the shirt lies over the skin


@dataclass(frozen=True, slots=True)
class Bust:
    """The resting shape, and what is needed to turn it and let it speak. Points are in decimetres."""

    points: Numbers  # with the shirt on
    bare: Numbers  # without: what is painted is found by these
    faces: Indices
    uv: NDArray[np.float32]  # (triangles, 3, 2)
    material: Indices  # of each triangle
    moves: Mapping[str, Numbers]
    follow: Numbers  # how much of the head's turn each point makes, 0 to 1
    skin: int  # so many points at the start are skin and shirt
    eyes: tuple[Numbers, Numbers]  # centres: the person's left, right
    gaze: Numbers  # direction of each point as its eyeball sees it; zero where there is no eyeball
    nose: Numbers
    neck: Numbers
    centre: Numbers  # of the skull
    pivot: Numbers
    size: float  # half the width of the head
    lashes: Numbers  # (n, 2, 3)
    upper_lash: NDArray[np.bool_]
    lash_moves: Numbers

    @property
    def skin_faces(self) -> Indices:
        """Triangles of skin and shirt only."""
        chosen: Indices = self.faces[self.material == SKIN]
        return chosen

    def turned(self, points: Numbers, follow: Numbers, turn: Numbers) -> Numbers:
        """Turn points about the top of the neck, each as much as it follows the head."""
        about: Numbers = points + ((points - self.pivot) @ turn.T + self.pivot - points) * follow[..., None]
        return about

    def speaking(self, mouth: float, blink: float) -> Numbers:
        """Return the points with the mouth open and the lids down, each from 0 to 1."""
        points = self.points.copy()
        for name, most in SPEAKING.items():
            points += self.moves[name] * (most * mouth)
        for name in BLINK:
            points += self.moves[name] * blink
        return points

    def front(self, across: Numbers) -> Numbers:
        """Return z of the foremost skin at each (x, y), for laying brows on it."""
        scale, side = 300, 720
        low = np.array([-1.2, self.eyes[0][1] - 1.2])
        screen = (self.points[: self.skin, :2] - low) * scale
        seen = raster.draw(screen, -self.points[: self.skin, 2], self.skin_faces, (side, side), both_sides=True)
        at = np.clip(((across - low) * scale).astype(np.int64), 0, side - 1)
        height: Numbers = -seen.depth[at[..., 1], at[..., 0]].astype(np.float64)
        return height


@dataclass(frozen=True, slots=True)
class Mesh:
    """The parts joined, before the shirt is put on; see `Bust` for each."""

    points: Numbers
    faces: Indices
    uv: NDArray[np.float32]
    material: Indices
    moves: Mapping[str, Numbers]
    gaze: Numbers
    skin: int


def neckline(bare: Numbers, neck: Numbers) -> Numbers:
    """Return how deep in the shirt each point lies, in dm; negative is above its neck."""
    x, y, z = ((bare - neck) / [0.66, 0.62, 0.58]).T
    ring = np.sqrt(x**2 + np.minimum(y, 0) ** 2 + np.minimum(z, 0) ** 2)
    return np.where(bare[:, 1] > neck[1] + 0.25, -1.0, (ring - 1) * 0.6)


def sculpt(clay: Clay, person: Person) -> Bust:
    """Give the clay a person's proportions and put the shirt on."""
    names = (*SPEAKING, *BLINK, *person.resting)
    units = clay.units(names)
    neutral = clay.shaped(person.shape)
    for name, weight in person.resting.items():
        neutral += weight * units[name]

    mesh = _assembled(clay, neutral, units)
    bare, faces, skin = mesh.points, mesh.faces, mesh.skin
    marks = {name: neutral[clay.parts[f"joint-{name}"].quads].mean((0, 1)) for name in ("neck", "head")}
    eyes = tuple(neutral[clay.parts[f"helper-{side}-eye"].quads].mean((0, 1)) for side in "lr")
    cloth = np.clip(neckline(bare, marks["neck"]) / CLOTH, 0, 1) * (np.arange(len(bare)) < skin)
    points = bare + normals(bare, faces) * (cloth * CLOTH)[:, None]
    size = float(abs(bare[:skin][bare[:skin, 1] > eyes[0][1] + 0.3, 0]).max())
    front = (abs(bare[:skin, 0]) < 0.15) & (abs(bare[:skin, 1] - eyes[0][1]) < 0.8)  # noqa: PLR2004 - dm about the eyes
    edges, upper = _lash_edges(clay, neutral, eyes)
    return Bust(
        points=points,
        bare=bare,
        faces=faces,
        uv=mesh.uv,
        material=mesh.material,
        moves=mesh.moves,
        follow=_follow(points, marks["neck"], marks["head"]),
        skin=skin,
        eyes=(eyes[0], eyes[1]),
        gaze=mesh.gaze,
        nose=bare[:skin][np.argmax(np.where(front, bare[:skin, 2], -9))],
        neck=marks["neck"],
        centre=np.array([0, eyes[0][1] + 0.18 * size, marks["head"][2] + 0.1]),
        pivot=marks["neck"] * 0.35 + marks["head"] * 0.65 - [0, 0, 0.1],
        size=size,
        lashes=neutral[edges],
        upper_lash=upper,
        lash_moves=units[BLINK[0]][edges] + units[BLINK[1]][edges],
    )


def _assembled(clay: Clay, neutral: Numbers, units: Mapping[str, Numbers]) -> Mesh:
    """Join the smoothed parts and two eyeballs, numbered one after the other."""
    points, quads, uv, material, gaze = [], [], [], [], []
    moves: dict[str, list[Numbers]] = {name: [] for name in units}
    base = 0

    def add(of: int, fresh: Numbers, sides: Indices, places: Numbers, view: Numbers) -> None:
        nonlocal base
        points.append(fresh)
        quads.append(sides + base)
        uv.append(places)
        material.append(np.full(len(sides), of))
        gaze.append(view)
        base += len(fresh)

    smooth = smoothing(clay.parts["body"])
    fresh = smooth(neutral)
    add(SKIN, fresh, smooth.quads, smooth.uv, np.zeros_like(fresh))
    for name, move in units.items():
        moves[name].append(smooth(move))
    skin = len(fresh)
    teeth, sides = _arch(neutral[np.unique(clay.parts["helper-upper-teeth"].quads)])
    add(TEETH, teeth, sides, np.zeros((len(sides), 4, 2)), np.zeros_like(teeth))
    for move_list in moves.values():
        move_list.append(np.zeros_like(teeth))
    for side in "lr":
        shell = neutral[np.unique(clay.parts[f"helper-{side}-eye"].quads)]
        middle = neutral[clay.parts[f"helper-{side}-eye"].quads].mean((0, 1))
        view, sides = _ball()
        radius = np.linalg.norm(shell - middle, axis=1).mean() * 0.985
        add(EYE, middle + view * radius, sides, np.zeros((len(sides), 4, 2)), view)
        for move_list in moves.values():
            move_list.append(np.zeros_like(view))
    return Mesh(
        points=np.concatenate(points),
        faces=triangles(np.concatenate(quads)),
        uv=triangles(np.concatenate(uv)).astype(np.float32),
        material=np.tile(np.concatenate(material), 2),
        moves={name: np.concatenate(parts) for name, parts in moves.items()},
        gaze=np.concatenate(gaze),
        skin=skin,
    )


def _follow(points: Numbers, neck: Numbers, head: Numbers) -> Numbers:
    """Return 1 for the head and its chin, 0 for the shoulders, and what lies between for the neck."""
    rise = (points[:, 1] - neck[1] + 0.1) / (head[1] - neck[1] + 0.1)
    chin = np.clip(points[:, 2] - neck[2] - 0.35, 0, 1) * 0.9 * (points[:, 1] > neck[1] + 0.15)
    return smoothstep(rise + chin)


def _ball(rows: int = 20, columns: int = 32) -> tuple[Numbers, Indices]:
    """Return the front of a unit sphere: an eyeball that looks along z."""
    down, around = np.linspace(0, np.pi * 0.62, rows + 1), np.arange(columns) / columns * 2 * np.pi
    ring = np.sin(down)[:, None]
    place = [ring * np.cos(around), ring * np.sin(around), np.cos(down)[:, None] * np.ones(columns)]
    row, column = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    here, beside = row * columns + column, row * columns + (column + 1) % columns
    sides = np.stack([here, here + columns, beside + columns, beside], -1).reshape(-1, 4)
    return np.stack(place, -1).reshape(-1, 3), sides


def _arch(gums: Numbers, rows: int = 2, columns: int = 16) -> tuple[Numbers, Indices]:
    """Return the upper row of teeth as a bent band, where the mesh's own rough ones are."""
    around, down = np.meshgrid(np.linspace(-1.3, 1.3, columns + 1), np.linspace(0.09, -0.045, rows + 1))
    front, low = gums[:, 2].max() - 0.04, gums[:, 1].min()
    place = np.stack([0.29 * np.sin(around), low + down, front - 0.42 * (1 - np.cos(around))], -1)
    row, column = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    here = row * (columns + 1) + column
    sides = np.stack([here, here + columns + 1, here + columns + 2, here + 1], -1)
    return place.reshape(-1, 3), sides.reshape(-1, 4)


def _lash_edges(clay: Clay, neutral: Numbers, eyes: tuple[Numbers, ...]) -> tuple[Indices, NDArray[np.bool_]]:
    """Return the edges of the lash strips that lead away from the eye, and which of them are the upper lid's."""
    found, upper = [], []
    for side, eye in zip("lr", eyes, strict=True):
        for row in "12":
            quads = clay.parts[f"helper-{side}-eyelashes-{row}"].quads
            edges = np.unique(np.sort(np.stack([quads, np.roll(quads, -1, 1)], -1).reshape(-1, 2), 1), axis=0)
            ends = neutral[edges]
            away = np.linalg.norm(ends - eye, axis=2)
            leads = abs(away[:, 0] - away[:, 1]) > 0.45 * np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
            found.append(edges[leads])
            upper.append(np.full(leads.sum(), row == "2"))
    return np.concatenate(found), np.concatenate(upper)


def aimed(bust: Bust, yaw: float, pitch: float) -> Numbers:
    """Return for each point of an eyeball its direction about the line of sight; eyes hold on to the camera."""
    sight = unit(bust.gaze @ rotation(-yaw * 0.55, -pitch * 0.6 - 3))
    return np.where(np.linalg.norm(bust.gaze, axis=1, keepdims=True) > 0, sight, 0.0)
