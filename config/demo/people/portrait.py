"""Draw one invented person, turned and speaking as told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from config.demo.people import light, paint, raster, threads
from config.demo.people.bust import EYE, SKIN, TEETH, aimed, sculpt
from config.demo.people.geometry import Indices, Numbers, neighbours, normals, rotation, unit
from config.demo.people.hair import Scalp, brows, grow
from config.demo.people.persons import Person
from config.demo.people.sculpture import Clay

type Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 480, 640
FINE = 1.5  # drawn so many times larger, then averaged
LARGE = int(WIDTH * FINE), int(HEIGHT * FINE)
DISTANCE, FOCUS = 9.5, 3.3  # dm from the eyes; focal length in picture widths
EYE_LEVEL = 0.46  # of the picture's height
LASH = 30.0  # grey


@dataclass(frozen=True, slots=True)
class Moment:
    """What the person does in one frame: degrees, 0 to 1, and pixels of the finished picture."""

    yaw: float = 0.0
    pitch: float = 0.0
    mouth: float = 0.0
    blink: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Camera:
    """Puts points on the fine picture; y of the picture is down."""

    aim: Numbers
    shift: tuple[float, float]

    def __call__(self, points: Numbers) -> tuple[Numbers, Numbers]:
        """Return the place on the picture and the distance."""
        seen = points - self.aim
        far = DISTANCE - seen[..., 2]
        scale = FOCUS * WIDTH * FINE / far
        x = WIDTH * FINE / 2 + seen[..., 0] * scale + self.shift[0] * FINE
        y = HEIGHT * FINE * EYE_LEVEL - seen[..., 1] * scale + self.shift[1] * FINE
        return np.stack([x, y], -1), far

    def view(self, points: Numbers) -> Numbers:
        """Return the unit direction from each point to the camera."""
        return unit(self.aim + np.array([0, 0, DISTANCE]) - points)


class Portrait:
    """A person who was sculpted, painted, given hair and put into the studio.

    That takes a minute of one processor, and each frame then about a second.
    """

    def __init__(self, clay: Clay, person: Person) -> None:
        rng = np.random.default_rng(person.seed)
        self.person = person
        self.bust = bust = sculpt(clay, person)
        self.skin = paint.prepared(bust, person, clay.picture("mpfb_lips"), rng)
        self.beside: Indices = neighbours(bust.faces, len(bust.points))[: bust.skin]
        normal = normals(bust.points, bust.faces)
        before = np.array([0, bust.eyes[0][1] - 0.45, bust.eyes[0][2] + 0.5])
        scalp = Scalp(bust.points[: bust.skin], normal[: bust.skin], bust.skin_faces, bust.centre, bust.size, before)
        grown = grow(person.hair, scalp, rng)
        flat = brows(bust.eyes, person.brow, rng)
        self.brows = np.concatenate([flat, (bust.front(flat) + np.array([0, 0.012, 0.016]))[..., None]], 2)
        every = np.concatenate([bust.points, threads.joints(grown)])
        sight = light.seen_from(every, bust.points, bust.faces, grown[:, ::2].reshape(-1, 3))
        self.hair = threads.lit(grown, sight[len(bust.points) :], rng)
        sight = sight[: len(bust.points)]
        facing = np.maximum(normal @ light.directions().T, 0)
        self.transfer: NDArray[np.float32] = (sight * facing * (4 / light.COUNT)).astype(np.float32)

    def frame(self, moment: Moment) -> Picture:
        """Return the picture of one moment, RGB."""
        bust, turn = self.bust, rotation(moment.yaw, moment.pitch)
        camera = Camera(np.array([0, bust.eyes[0][1] - 0.12, bust.eyes[0][2]]), moment.shift)
        shaped = bust.speaking(moment.mouth, moment.blink)
        placed = bust.turned(shaped, bust.follow, turn)
        screen, far = camera(placed)
        seen = raster.draw(screen, far, bust.faces, LARGE)
        colour = self._painted(seen, placed, self._light(turn), aimed(bust, moment.yaw, moment.pitch), camera)

        hair = bust.turned(self.hair.threads, np.ones(self.hair.threads.shape[:2]), turn)
        locks, away = camera(hair)
        view = camera.view(threads.joints(hair))
        ink = developed(
            threads.colours(self.hair, np.array(self.person.hair.colour), self.person.studio, turn, view)
        ).astype(np.float64)

        picture = developed(self._wall())
        threads.draw(picture, locks, away, seen.depth, ink, behind=True)
        picture.reshape(-1, 3)[seen.pixels] = developed(colour)
        picture = self._lashes_and_brows(picture, moment, turn, camera, seen.depth)
        threads.draw(picture, locks, away, seen.depth, ink)
        return np.asarray(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)

    def _light(self, turn: Numbers) -> NDArray[np.float32]:
        """Light at each point. In skin it spreads, red the farthest: averaged with the neighbours again and again."""
        studio, ways, follow = self.person.studio, light.directions(), self.bust.follow[:, None].astype(np.float32)
        still, turned = (studio(way).astype(np.float32) for way in (ways, ways @ turn.T))
        lit: NDArray[np.float32] = self.transfer @ still * (1 - follow) + self.transfer @ turned * follow
        spread = lit[: self.bust.skin].copy()
        mixed = spread.copy()
        for step in range(1, 15):
            spread = spread[self.beside].mean(1) * 0.5 + spread * 0.5
            if step == 2:  # noqa: PLR2004 - blue goes this far
                mixed[:, 2] = spread[:, 2]
            elif step == 5:  # noqa: PLR2004 - green
                mixed[:, 1] = spread[:, 1]
        mixed[:, 0] = spread[:, 0] * 0.75 + mixed[:, 0] * 0.25
        lit[: self.bust.skin] = mixed
        return lit

    def _painted(
        self, seen: raster.Fragments, placed: Numbers, lit: NDArray[np.float32], sight: Numbers, camera: Camera
    ) -> NDArray[np.float32]:
        bust, faces = self.bust, self.bust.faces
        known = np.column_stack([normals(placed, faces), lit, placed, self.skin.columns])
        material = bust.material[seen.owners]
        colour = np.zeros((len(material), 3), np.float32)
        for of in (SKIN, TEETH, EYE):
            rows = np.flatnonzero(material == of)
            part = seen.blend(known, faces, rows)
            view = camera.view(part[:, 6:9].astype(np.float64)).astype(np.float32)
            uv = seen.blend_corners(bust.uv, rows)
            surface = paint.Surface(part[:, 9:], uv, unit(part[:, :3]), part[:, 3:6], view)
            if of == SKIN:
                colour[rows] = paint.skin(self.person, self.skin, surface)
            elif of == TEETH:
                colour[rows] = paint.teeth(seen.blend(bust.bare, faces, rows), surface.light)
            else:
                colour[rows] = paint.eye(self.person, seen.blend(sight, faces, rows), surface)
        return colour

    def _lashes_and_brows(
        self, picture: Picture, moment: Moment, turn: Numbers, camera: Camera, depth: NDArray[np.float32]
    ) -> Picture:
        bust, person = self.bust, self.person
        lashes = bust.lashes + moment.blink * bust.lash_moves
        screen, far = camera(bust.turned(lashes, np.ones(lashes.shape[:2]), turn))
        for rows, strength in ((bust.upper_lash, 0.6), (~bust.upper_lash, 0.2)):
            ink = np.full((int(rows.sum()), 1, 3), LASH)
            picture = threads.softly(picture, screen[rows], far[rows], depth, ink, strength=strength)
        screen, far = camera(bust.turned(self.brows, np.ones(self.brows.shape[:2]), turn))
        colour = developed(np.array(person.hair.colour) * person.brow_shade).astype(np.float64)
        return threads.softly(picture, screen, far, depth, np.tile(colour, (len(screen), 2, 1)), strength=0.65)

    def _wall(self) -> Numbers:
        y, x = np.mgrid[0 : LARGE[1], 0 : LARGE[0]]
        x, y = x / LARGE[0] - 0.5, y / LARGE[1] - 0.42
        glow = np.exp(-(x**2 * 2.2 + y**2 * 1.8))[..., None]
        wall: Numbers = np.array(self.person.wall) * (0.35 + 0.75 * glow)
        return wall


def developed(linear: NDArray[np.floating[Any]]) -> Picture:
    """Turn linear light into bytes: a little brighter, with a soft shoulder, then the curve of sRGB."""
    bright = np.maximum(linear, 0) * 1.22
    film = bright * (1 + bright / 2.6) / (1 + bright) * 1.18
    curved = np.where(film <= 0.0031308, 12.92 * film, 1.055 * np.maximum(film, 1e-9) ** (1 / 2.4) - 0.055)  # noqa: PLR2004 - IEC 61966-2-1
    seen: Picture = np.clip(curved * 255, 0, 255).astype(np.uint8)
    return seen
