"""Paint skin, lips, shirt, teeth and eyes: linear light for every pixel that shows the bust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from config.demo.people.bust import Bust, neckline
from config.demo.people.geometry import Numbers, unit
from config.demo.people.hair import hairline
from config.demo.people.persons import Person

type Pixels = NDArray[np.floating[Any]]

GRAINS = (24.0, 8.0, 1.2, 2.2)  # blotches, patches, pores, freckles: pixels of the noise
BLOTCH, PATCH, PORE, FRECKLE = range(4)
LID = 0.12  # how much darker a lid is
RED = (0.03, 0.22, 0.20)  # what blood takes from each colour


@dataclass(frozen=True, slots=True)
class Skin:
    """What is painted once for each point of the skin, and what is looked up for each pixel."""

    ground: Numbers  # (points, 3) colour without detail
    beard: Numbers
    freckles: Numbers
    scalp: Numbers
    shirt: Numbers  # depth in the shirt, dm
    lips: NDArray[np.float32]  # a mask over the skin's picture
    noise: NDArray[np.float32]  # (side, side, grains)

    @property
    def columns(self) -> Numbers:
        """All that is interpolated between points, side by side: 3 + 4 columns."""
        return np.column_stack([self.ground, self.beard, self.freckles, self.scalp, self.shirt])


@dataclass(frozen=True, slots=True)
class Surface:
    """What is known of each pixel, one row each."""

    columns: Pixels  # of `Skin.columns`
    uv: Pixels
    normal: Pixels
    light: Pixels
    view: Pixels  # unit, towards the eye


def prepared(bust: Bust, person: Person, lips: bytes, rng: np.random.Generator) -> Skin:
    """Lay the ground: blood in the cheeks, shade on the lids, where beard, freckles and hair are."""
    at, nose = bust.bare, bust.nose

    def spot(middle: Numbers | list[float], reach: list[float]) -> Numbers:
        near: Numbers = np.exp(-(((at - np.asarray(middle)) / reach) ** 2).sum(1))[:, None]
        return near

    ground = np.tile(np.array(person.skin), (len(at), 1))
    red = 0.5 * spot(nose, [0.2, 0.2, 0.3]) + 0.3 * spot(nose + np.array([0, -0.75, -0.2]), [0.3, 0.15, 0.4])
    for eye, side in zip(bust.eyes, (1, -1), strict=True):
        red += 0.55 * spot(eye + np.array([side * 0.16, -0.42, 0.1]), [0.28, 0.22, 0.5])
        ground *= 1 - LID * spot(eye + np.array([0, 0.02, 0.1]), [0.23, 0.12, 0.3]) * [0.6, 0.9, 0.8]
    beside = np.clip((abs(at[:, :1]) - bust.size * 0.98) / 0.1, 0, 1) * (at[:, 1:2] > bust.eyes[0][1] - 0.6)
    ground *= 1 - (red + 0.7 * beside) * RED

    beard = spot([0, nose[1] - 0.75, nose[2] - 0.45], [0.62, 0.34, 0.6]) + spot(
        nose - [0, 0.25, 0.2], [0.32, 0.09, 0.3]
    )
    beard = np.clip(beard * 1.4 - 0.3, 0, 1) * (1 - np.clip((at[:, 1:2] - nose[1] + 0.12) / 0.1, 0, 1))
    beard *= np.clip((at[:, 1:2] - nose[1] + 1.08) / 0.12, 0, 1)  # none on the neck
    above = np.clip(hairline(at, bust.centre, bust.size) / 0.1 - 0.1, 0, 1)
    head = (np.linalg.norm(at - bust.centre, axis=1) < bust.size * 2) & (at[:, 1] > bust.centre[1] - 1.1 * bust.size)
    mask = cv2.imdecode(np.frombuffer(lips, np.uint8), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise ValueError("the mask of the lips is not a picture")
    return Skin(
        ground=ground,
        beard=beard[:, 0] * person.stubble,
        freckles=spot(nose + np.array([0, 0.15, -0.2]), [0.75, 0.3, 0.7])[:, 0] * person.freckles,
        scalp=above * head * (beside[:, 0] < 0.5),  # noqa: PLR2004 - no hair on the ears
        shirt=neckline(at, bust.neck),
        lips=np.asarray(cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 3), np.float32),
        noise=_noise(rng),
    )


def _noise(rng: np.random.Generator, side: int = 512) -> NDArray[np.float32]:
    layers = []
    for grain in GRAINS:
        layer = np.tile(rng.normal(0, 1, (side, side)).astype(np.float32), (3, 3))
        layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), grain), np.float32)[side : 2 * side, side : 2 * side]
        layers.append((layer - layer.mean()) / layer.std())
    return np.stack(layers, -1)


def skin(person: Person, painted: Skin, surface: Surface) -> Pixels:
    """Return the colour of skin, lips, scalp and shirt in the light that reaches them."""
    ground, (beard, freckles, scalp, depth) = surface.columns[:, :3], surface.columns[:, 3:].T[..., None]

    def grain(layer: int, scale: float) -> Pixels:
        side = len(painted.noise)
        at = (surface.uv * (scale * side)).astype(np.int64) % side
        found: Pixels = painted.noise[at[:, 1], at[:, 0], layer][:, None]
        return found

    pore = grain(PORE, 5)
    lips = _lookup(painted.lips, surface.uv)[:, None]
    colour = ground * (1 + (grain(BLOTCH, 3) * 0.6 + grain(PATCH, 3) * 0.4) * np.array([0.05, 0.10, 0.10]))
    colour *= 1 + pore * 0.045
    colour *= 1 - freckles * np.clip(grain(FRECKLE, 3) - 1.9, 0, 1) * np.array([0.45, 0.65, 0.7])
    colour *= 1 - beard * np.clip(0.75 + 0.35 * grain(PORE, 8), 0, 1.2)
    colour += lips * (np.array(person.lips) * (1 + 0.12 * pore) - colour)
    colour += scalp * 0.93 * (np.array(person.hair.colour) * 0.7 - colour)
    cloth = np.clip(depth / 0.012, 0, 1)
    hem = np.clip(1 - abs(depth - 0.07) / 0.012, 0, 1)
    colour += cloth * (np.array(person.shirt) * (1 + 0.12 * grain(PORE, 8)) * (1 - 0.35 * hem) - colour)
    gloss = _gloss(person, surface, pore, lips) * (1 - cloth) * (1 - scalp)
    dim = np.clip(1 - surface.light.mean(1, keepdims=True) * 8, 0, 1)  # inside the mouth some light always is
    lit: Pixels = (colour * (surface.light + np.array([0.035, 0.02, 0.02]) * dim) + gloss).astype(np.float32)
    return lit


def _gloss(person: Person, surface: Surface, pore: Pixels, lips: Pixels) -> Pixels:
    """Return the sheen of skin: two lobes under each lamp, stronger at grazing angles (Schlick)."""
    normal = unit(surface.normal + pore * np.array([0.035, 0.035, 0.0]))
    reached = np.clip(surface.light.mean(1, keepdims=True) * 1.1, 0, 1)
    gloss = np.zeros_like(surface.light)
    for lamp in person.studio.lamps:
        towards = unit(np.array(lamp.towards))
        half = unit(surface.view + towards)
        facing = np.clip((normal * half).sum(1), 0, 1)[:, None]
        grazing = 0.028 + 0.97 * (1 - np.clip((surface.view * half).sum(1), 0, 1)[:, None]) ** 5
        lobes = facing**22 * 0.7 + facing**70 * 0.9 + lips * facing**60 * 0.8
        gloss += lobes * grazing * np.clip((normal @ towards)[:, None] + 0.1, 0, 1) * np.array(lamp.colour)
    sheen: Pixels = gloss * reached
    return sheen


def _lookup(mask: NDArray[np.float32], uv: Pixels) -> Pixels:
    """Look up a picture over the skin; rows of at most 30,000 because cv2 takes no longer ones."""
    high, wide = mask.shape
    rows = -(-len(uv) // 30_000)
    padded = np.zeros((rows * 30_000, 2), np.float32)
    padded[: len(uv)] = uv
    at = padded.reshape(rows, 30_000, 2)
    found = cv2.remap(mask, at[..., 0] * wide, (1 - at[..., 1]) * high, cv2.INTER_LINEAR)
    return np.asarray(found, np.float32).ravel()[: len(uv)]


def teeth(at: Pixels, light: Pixels) -> Pixels:
    """Return the colour of teeth; `at` are points of the resting bust."""
    gap = np.clip(abs((at[:, :1] / 0.082) % 1 - 0.5) * 12 - 5, 0, 1)
    shade = (1 - 0.45 * gap) * np.clip(1 - 1.6 * abs(at[:, :1]), 0, 1)
    white: Pixels = (light + 0.15) * np.array([0.8, 0.74, 0.66]) * shade
    return white


def eye(person: Person, sight: Pixels, surface: Surface) -> Pixels:
    """Return the colour of an eyeball; `sight` is each pixel's direction about the line of sight."""
    sight = unit(sight)
    off = np.degrees(np.arccos(np.clip(sight[:, 2:3], -1, 1)))  # pupil to 9 degrees, iris to 29
    around = np.arctan2(sight[:, 1:2], sight[:, 0:1])
    fibres = np.sin(around * 37 + 3 * np.sin(around * 5)) * 0.5 + np.sin(around * 61 + 1) * 0.3
    iris = np.array(person.iris) * (1 + 0.28 * fibres) * (0.75 + 0.5 * np.clip((off - 10) / 14, 0, 1))
    iris *= 1 - 0.75 * np.clip((off - 24) / 5, 0, 1)
    iris *= np.clip(0.1 - sight[:, 1:2] * 0.9, 0, 1) * 0.6 + 0.85  # light from above gathers in its lower half
    iris = iris * np.clip((off - 9) / 1.6, 0, 1) + 0.004
    white = np.array([0.62, 0.585, 0.56]) * (1 - 0.35 * np.clip((off - 38) / 40, 0, 1) * np.array([0.3, 1, 1]))
    rim = np.clip((off - 28.5) / 3, 0, 1)
    colour = (iris * (1 - rim) + white * rim) * surface.light * 1.15
    for lamp, strength in zip(person.studio.lamps, (0.5, 0.2), strict=False):
        half = unit(surface.view + unit(np.array(lamp.towards)))
        facing = np.clip((surface.normal * half).sum(1), 0, 1)[:, None]
        catch = np.clip((facing - 0.9945) / 0.002, 0, 1) * strength * np.array(lamp.colour)
        colour += catch * np.clip(surface.light.mean(1, keepdims=True) * 2, 0, 1)
    seen: Pixels = colour
    return seen
