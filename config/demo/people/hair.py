"""Grow hair and brows as threads: each thread is a row of points in decimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.demo.people.geometry import Indices, Numbers, unit

JOINTS = 15  # points of a thread
CURLED = 22  # of a curled one
BLUNT = 0.06  # of a brow, at its inner end, is thinner
FACE = (0.97, 1.5, 1.5)  # half head widths about the face that hair keeps out of


@dataclass(frozen=True, slots=True)
class Style:
    """How the hair of a person falls."""

    colour: tuple[float, float, float]  # linear light
    length: tuple[float, float]  # shortest and longest thread
    gravity: float
    lift: tuple[float, float]  # how far from the skin a thread lies
    parting: float  # x of the parting; hair is combed away from it
    threads: int
    curl: float = 0.0  # radius of the helix
    turns: float = 0.0
    edge: float = 0.06  # over what height the hairline thins out, in half head widths
    stand: float = 0.35  # how much of its first direction points away from the skin


@dataclass(frozen=True, slots=True)
class Scalp:
    """Where hair grows, and what it must not go through."""

    skin: Numbers
    normal: Numbers
    faces: Indices
    centre: Numbers  # of the skull
    size: float  # half the width of the head
    face: Numbers  # a point before the nose


def hairline(points: Numbers, centre: Numbers, size: float) -> Numbers:
    """Return by how much each point lies above the hairline, in half head widths."""
    x, y, z = ((points - centre) / size).T
    around = np.degrees(np.arctan2(abs(x), z))  # 0 in front, 180 behind
    angles = [0, 25, 45, 62, 74, 86, 100, 118, 180]
    heights = [0.72, 0.70, 0.56, 0.30, -0.1, -0.35, 0.0, -0.75, -1.0]
    above: Numbers = y - np.interp(around, angles, heights)
    return above


def grow(style: Style, scalp: Scalp, rng: np.random.Generator) -> Numbers:
    """Return threads, (n, points, 3), that start on the scalp and rest on the skin."""
    corners = scalp.skin[scalp.faces]
    middle = corners.mean(1)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    chance = area * np.clip(hairline(middle, scalp.centre, scalp.size) / style.edge, 0, 1)
    chance *= middle[:, 1] > scalp.centre[1] - 1.1 * scalp.size
    which = rng.choice(len(chance), style.threads, p=chance / chance.sum())
    mix = rng.dirichlet((1, 1, 1), style.threads)
    roots = np.einsum("nk,nkc->nc", mix, corners[which])
    out = np.einsum("nk,nkc->nc", mix, scalp.normal[scalp.faces[which]])
    threads = _fall(style, scalp, roots, out, rng)
    return _curled(style, threads, rng) if style.curl else threads


def _fall(style: Style, scalp: Scalp, at: Numbers, out: Numbers, rng: np.random.Generator) -> Numbers:
    """Let every thread go on from joint to joint: combed, then pulled down, never into the head."""
    count = len(at)
    near = np.flatnonzero(np.linalg.norm(scalp.skin - scalp.centre, axis=1) < 3.2 * scalp.size)
    skin, normal = scalp.skin[near], scalp.normal[near]
    step = rng.uniform(*style.length, count)[:, None] / JOINTS
    lift = rng.uniform(0, 1, (count, 1)) ** 0.7 * (style.lift[1] - style.lift[0]) + style.lift[0]
    side = np.where(at[:, 0] > style.parting, 1.0, -1.0)
    before = np.clip((at[:, 2] - scalp.centre[2]) / scalp.size, 0, 1)
    comb = np.stack([side * 0.7, np.full(count, 0.05), -0.6 - 0.7 * before], 1)
    going = out * style.stand + comb * (1 - style.stand) + rng.normal(0, 0.06, (count, 3))
    threads = [at]
    for joint in range(1, JOINTS):
        pull = np.array([0, -style.gravity * min(1.0, joint / 6), 0])
        going = unit(going + pull + rng.normal(0, 0.03, (count, 3)))
        at = at + going * step
        nearest = _nearest(at, skin)
        height = ((at - skin[nearest]) * normal[nearest]).sum(1, keepdims=True)
        push = np.maximum(lift * min(1.0, joint / 4) - height, 0)
        at = _beside(at + normal[nearest] * push, scalp)
        inward = np.minimum((going * normal[nearest]).sum(1, keepdims=True), 0)
        going = unit(going - normal[nearest] * inward * (push > 0))
        threads.append(at)
    return np.stack(threads, 1)


def _beside(at: Numbers, scalp: Scalp) -> Numbers:
    """Keep hair out of the face: push it to the edge of a ball before the nose."""
    reach = np.array(FACE) * scalp.size
    inside = (at - scalp.face) / reach
    long = np.linalg.norm(inside, axis=1, keepdims=True)
    intrudes = (long < 1) & (at[:, 1:2] < scalp.face[1] + 0.9 * scalp.size)
    return np.where(intrudes, scalp.face + inside / (long + 1e-9) * reach, at)


def _curled(style: Style, threads: Numbers, rng: np.random.Generator) -> Numbers:
    """Wind every thread about itself."""
    fine = np.linspace(0, JOINTS - 1, CURLED)
    low = np.minimum(fine.astype(np.int64), JOINTS - 2)
    part = (fine - low)[None, :, None]
    threads = threads[:, low] * (1 - part) + threads[:, low + 1] * part
    along = unit(np.gradient(threads, axis=1))
    across = unit(np.cross(along, rng.normal(0, 1, (len(threads), 1, 3))))
    on = np.linspace(0, 1, CURLED)[None, :, None]
    angle = rng.uniform(0, 2 * np.pi, (len(threads), 1, 1)) + 2 * np.pi * style.turns * on
    wound = across * np.cos(angle) + np.cross(along, across) * np.sin(angle)
    curled: Numbers = threads + wound * (np.minimum(1, 3 * on) * style.curl)
    return curled


def _nearest(at: Numbers, skin: Numbers) -> Indices:
    half = (skin**2).sum(1) / 2
    found = [np.argmax(at[start : start + 2000] @ skin.T - half, 1) for start in range(0, len(at), 2000)]
    return np.concatenate(found)


def brows(eyes: tuple[Numbers, Numbers], brow: tuple[float, float, float], rng: np.random.Generator) -> Numbers:
    """Return the hairs of both brows seen from the front, (n, 3, 2): root, middle and tip as x and y."""
    wide, high, thick = brow
    both = []
    for eye, side in zip(eyes, (1, -1), strict=True):
        along = rng.uniform(0, 1, 260) ** 0.9  # 0 at the nose, 1 at the temple
        arch = 0.075 * np.sin(along * 1.25 * np.pi * 0.62) - 0.15 * np.clip(along - 0.6, 0, 1)
        spread = rng.uniform(-0.5, 0.5, 260) * thick * (1 - 0.75 * along**2) * np.where(along < BLUNT, 0.7, 1)
        root = np.stack([eye[0] + side * (-0.165 + 0.41 * along) * wide, eye[1] + high + arch + spread], 1)
        lean = np.radians(np.interp(along, [0, 0.2, 0.6, 1], [78, 40, 12, -18]) + rng.normal(0, 8, 260))
        tip = root + np.stack([side * np.cos(lean), np.sin(lean)], 1) * rng.uniform(0.05, 0.085, (260, 1))
        both.append(np.stack([root, (root + tip) / 2 + [0, 0.004], tip], 1))
    return np.concatenate(both)
