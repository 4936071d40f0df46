"""Light and draw threads (hair, brows, lashes) over a picture, in front of the head and behind it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from config.demo.people import light
from config.demo.people.geometry import Numbers, unit

type Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Hair:
    """The threads of a head with the light that reaches them, found at every second joint."""

    threads: Numbers
    shade: Numbers  # no two threads have quite one colour
    tangent: Numbers
    sight: NDArray[np.float32]
    transfer: NDArray[np.float32]


def joints(threads: Numbers) -> Numbers:
    """Return the points of the threads at which light is found, one after the other."""
    return threads[:, 1::2].reshape(-1, 3)


def lit(threads: Numbers, sight: NDArray[np.float32], rng: np.random.Generator) -> Hair:
    """Turn what each joint sees into light. A thread is lit from all sides but along itself (Kajiya and Kay)."""
    tangent = unit(joints(np.gradient(threads, axis=1)))
    across = np.sqrt(np.maximum(0, 1 - (tangent @ light.directions().T) ** 2))
    transfer = (sight * across * (2.2 / light.COUNT)).astype(np.float32)
    return Hair(threads, rng.uniform(0.7, 1.25, len(threads)), tangent, sight, transfer)


def colours(hair: Hair, colour: Numbers, studio: light.Studio, turn: Numbers, view: Numbers) -> Numbers:
    """Return linear light for each piece of each thread, (n, joints - 1, 3); `view`: from each joint to the eye."""
    around = light.directions() @ turn.T
    body = hair.transfer @ studio(around).astype(np.float32)
    gloss = np.zeros_like(body)
    tangent = hair.tangent @ turn.T
    for lamp in studio.lamps:
        towards = unit(np.array(lamp.towards))
        along = (tangent * unit(view + towards)).sum(1)
        reached = hair.sight[:, np.argmax(around @ towards)]
        gloss += (np.maximum(0, 1 - along**2) ** 30 * reached)[:, None] * np.array(lamp.colour, np.float32) * 0.05
    count = len(hair.threads)
    shown = colour * body.reshape(count, -1, 3) + gloss.reshape(count, -1, 3) * (colour * 1.2 + 0.12)
    pieces: Numbers = np.repeat(shown * hair.shade[:, None, None], 2, 1)[:, : hair.threads.shape[1] - 1]
    return pieces


def draw(
    picture: Picture,
    screen: Numbers,
    far: Numbers,
    depth: NDArray[np.float32],
    ink: Numbers,
    *,
    bias: float = 0.02,
    behind: bool = False,
) -> None:
    """Draw the pieces that are before what `depth` holds, the farthest first; with `behind` all the others.

    `screen` is (n, joints, 2), `far` (n, joints), `ink` (n, joints - 1, 3) in 0..255. A piece that is before the head
    in part only belongs to those behind: the head's own edge then cuts it cleanly.
    """
    height, width = depth.shape
    at = np.stack([screen[:, :-1], (screen[:, :-1] + screen[:, 1:]) / 2, screen[:, 1:]], 2).reshape(-1, 3, 2)
    away = np.stack([far[:, :-1], (far[:, :-1] + far[:, 1:]) / 2, far[:, 1:]], 2).reshape(-1, 3)
    pixel = np.clip(at.astype(np.int64), 0, [width - 1, height - 1])
    there = depth[pixel[..., 1], pixel[..., 0]]
    before = (away < there + bias).all(1)
    shown = np.flatnonzero(~before | np.isinf(there[:, 1]) if behind else before)
    order = shown[np.argsort(-away[shown, 1])]
    ends = np.round(at[order][:, [0, 2]] * 8).astype(int).tolist()  # cv2 takes eighths of a pixel, exactly
    for (begin, end), colour in zip(ends, ink.reshape(-1, 3)[order].tolist(), strict=True):
        cv2.line(picture, begin, end, colour, 1, cv2.LINE_AA, 3)


def softly(
    picture: Picture, screen: Numbers, far: Numbers, depth: NDArray[np.float32], ink: Numbers, *, strength: float
) -> Picture:
    """Draw fine threads with a part of their strength: they are thinner than a pixel."""
    drawn = picture.copy()
    draw(drawn, screen, far, depth, ink, bias=0.05)
    return np.asarray(cv2.addWeighted(picture, 1 - strength, drawn, strength, 0), np.uint8)
