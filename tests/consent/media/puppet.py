"""Make calibration clips out of one photograph: fixtures for the tests, and the proof of what the checks cannot see.

The face mesh of the photograph, a ring of hair and a ring of skull behind it are turned in depth; the edge of the
picture stays, and the pixels follow. Jaw and lower lip follow the loudness of the speech, which is joined from single
recorded digits. Every frame says SYNTHETIC TEST CLIP. A puppet that is asked for 28 degrees measures about 20.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import av
import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay

from consent.media.challenge import DIGITS, SPEAK
from consent.media.faces import FaceFinder
from tests.consent.media.films import MEDIA, RATE, Picture, Samples, film, photo

Array = npt.NDArray[np.float64]
Motion = list[tuple[float, float, float]]  # yaw, pitch, mouth (0 to 1) of each frame

FPS = 16  # twice as many as are looked at: fewer make a clip faster
CAPTION = "SYNTHETIC TEST CLIP"
MOVES = {"left": (28.0, 0.0), "right": (-28.0, 0.0), "up": (0.0, 18.0), "down": (0.0, -20.0)}
WIDTH, HEIGHT, FACE = 480, 640, 190  # pixels
# the outline of the mesh's face, and the inner edges of its lips from corner to corner
OVAL: tuple[int, ...] = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
OVAL += (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)


class Puppet:
    """One photograph that can be turned."""

    def __init__(self, picture: Picture) -> None:
        (found,) = FaceFinder()(picture)
        self.picture = _framed(picture, found.mesh)
        (found,) = FaceFinder()(self.picture)
        self.face = found.mesh
        self.width = float(np.ptp(self.face[:, 0]))
        oval = self.face[list(OVAL)]
        middle = oval.mean(0)
        self.pivot = np.array([*middle[:2], self.width * 0.45])  # inside the neck, behind the face
        hair = middle + (oval - middle) * [1.18, 1.25, 1]
        hair[:, 2] = oval[:, 2] + self.width * 0.18
        skull = middle + (oval - middle) * [1.45, 1.55, 1]
        skull[:, 2] = self.width * 0.45
        low = oval[:, 1] > middle[1] + 0.3 * self.width  # the neck turns less than the head
        self.points = np.vstack([self.face, hair, skull])
        self.follow = np.r_[np.ones(len(self.face)), np.where(low, 0.75, 1), np.where(low, 0.25, 0.7)][:, None]
        self.still = _border(middle[:2] + (oval[:, :2] - middle[:2]) * 2.1)
        self.source = np.vstack([self.points[:, :2], self.still])
        self.triangles = Delaunay(self.source).simplices
        columns, rows = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
        self.pixels = np.stack([columns, rows, np.ones_like(rows)], -1).astype(np.float32)

    def frame(self, yaw: float = 0, pitch: float = 0, mouth: float = 0) -> Picture:
        """Draw one frame."""
        points = self._speaking(mouth) if mouth > 0 else self.points
        turned = (points - self.pivot) @ rotation(yaw, pitch).T + self.pivot
        moved = (points + (turned - points) * self.follow)[:, :2]
        depth = np.r_[turned[:, 2], np.full(len(self.still), 9 * self.width)]
        field = self._field(np.vstack([moved, self.still]), depth)
        drawn = cv2.remap(self.picture, field[..., 0], field[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return self._dark_mouth(np.asarray(drawn, np.uint8), moved, mouth)

    def _field(self, target: Array, depth: Array) -> npt.NDArray[np.float32]:
        """Say where each pixel comes from. Triangles are painted far to near, so that a turned cheek hides itself."""
        owner = np.zeros((HEIGHT, WIDTH), np.int32)
        corners = np.round(target[self.triangles] * 16).astype(np.int32)
        for number in np.argsort(-depth[self.triangles].mean(1)).tolist():
            cv2.fillConvexPoly(owner, corners[number], number, shift=4)
        flat = np.concatenate([target[self.triangles], np.ones((len(self.triangles), 3, 1))], 2)
        affine = (np.linalg.pinv(flat) @ self.source[self.triangles]).astype(np.float32)
        return np.asarray((self.pixels[..., None, :] @ affine[owner])[..., 0, :], np.float32)

    def _speaking(self, mouth: float) -> Array:
        points = self.points.copy()
        face, opening = points[: len(self.face)], mouth * self.width * 0.16
        middle, half = self.face[[78, 308], 0].mean(), abs(self.face[308, 0] - self.face[78, 0]) / 2
        line = self.face[[13, 14], 1].mean()
        across = np.exp(-(((face[:, 0] - middle) / (half * 1.1)) ** 2))
        lower = np.clip((face[:, 1] - line) / (self.width * 0.05), 0, 1)
        fade = np.clip(1 - (face[:, 1] - line) / (self.width * 0.75), 0.35, 1)
        face[:, 1] += opening * across * lower * fade
        inner = list(LOWER_LIP[1:-1])
        face[inner, 1] += opening * 0.35 * across[inner] * (1 - lower[inner])
        face[list(UPPER_LIP[1:-1]), 1] -= opening * 0.12
        return points

    def _dark_mouth(self, picture: Picture, moved: Array, mouth: float) -> Picture:
        if mouth <= 0.05:
            return picture
        outline = np.vstack([moved[list(UPPER_LIP)], moved[list(LOWER_LIP[::-1])]]).astype(np.int32)
        mask = cv2.fillPoly(np.zeros(picture.shape[:2], np.uint8), [outline], 255)
        soft = cv2.GaussianBlur(mask, (5, 5), 0)[..., None] / 255 * min(1, mouth * 2)
        return (picture * (1 - soft) + np.array([52, 18, 20]) * soft).astype(np.uint8)


@cache
def puppet(name: str) -> Puppet:
    """Return the puppet of one of our photographs."""
    return Puppet(photo(name))


def rotation(yaw: float, pitch: float) -> Array:
    """Pictures have y down and z away: positive yaw moves the nose to the right of the picture."""
    y, p = np.radians([yaw, pitch])
    about_y = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    return np.asarray(about_x @ about_y, np.float64)


def _framed(picture: Picture, mesh: Array) -> Picture:
    scale, middle = FACE / np.ptp(mesh[:, 0]), mesh[:, :2].mean(0)
    shift = np.array([WIDTH / 2, HEIGHT * 0.46]) - scale * middle
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    matrix = np.column_stack([np.eye(2) * scale, shift])
    framed = cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(framed, np.uint8)


def _border(ring: Array) -> Array:
    t = np.linspace(0, 1, 9)
    sides = [(t * WIDTH, 0 * t), (t * WIDTH, 0 * t + HEIGHT), (0 * t, t * HEIGHT), (0 * t + WIDTH, t * HEIGHT)]
    inside = ((ring > 0) & (ring < [WIDTH, HEIGHT])).all(1)
    return np.vstack([*(np.column_stack(side) for side in sides), ring[inside]])


@cache
def spoken(digits: tuple[str, ...], voice: str) -> Samples:
    """Join digits of a voice of ours: second n of its file holds digit n."""
    with av.open(str(MEDIA / f"digits_{voice}.flac")) as file:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        parts = [p.to_ndarray().ravel() for f in [*file.decode(audio=0), None] for p in resampler.resample(f)]
    sound = np.concatenate(parts).astype(np.float32) / np.float32(32768)
    pauses, joined = np.random.default_rng(0), []
    for digit in digits:
        one = sound[DIGITS.index(digit) * RATE :][:RATE]
        loud = np.flatnonzero(np.abs(one) > np.abs(one).max() * 0.02)
        silence = np.zeros(int(pauses.uniform(0.15, 0.35) * RATE), np.float32)
        joined += [one[max(0, loud[0] - 160) : loud[-1] + 480], silence]
    return np.concatenate(joined)


def timeline(steps: Sequence[str], speech: Samples) -> tuple[Motion, Samples]:
    """Return how the head is held in each frame, and the sound that goes with it."""
    each = RATE // FPS
    motion: Motion = [(0.0, 0.0, 0.0)] * int(0.8 * FPS)
    for step in steps:
        if step == SPEAK:
            start = len(motion)
            motion += [(0.0, 0.0, open_) for open_ in _mouth(speech, each)]
        else:
            there = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, round(0.8 * FPS)))
            amounts = np.r_[there, np.ones(FPS // 2), there[::-1]].tolist()
            motion += [(MOVES[step][0] * amount, MOVES[step][1] * amount, 0.0) for amount in amounts]
        motion += [(0.0, 0.0, 0.0)] * int(0.3 * FPS)
    sound = np.random.default_rng(1).normal(0, 10 ** (-50 / 20), len(motion) * each).astype(np.float32)
    sound[start * each : start * each + len(speech)] += speech / np.abs(speech).max() / 2
    return motion, sound


def _mouth(speech: Samples, each: int) -> list[float]:
    count = -(-len(speech) // each)
    loudness = np.sqrt((np.pad(speech, (0, count * each - len(speech))).reshape(count, each) ** 2).mean(1))
    opened = np.clip(loudness / np.quantile(loudness, 0.95), 0, 1)
    smooth: list[float] = np.convolve(opened, [0.2, 0.6, 0.2], "same").tolist()
    return smooth


def perform(name: str, motion: Motion, *, mouth: bool = True) -> list[Picture]:
    """Draw every frame, with the noise of a sensor. Frames that are alike are drawn once."""
    noise = np.random.default_rng(0).normal(0, 2, (8, HEIGHT, WIDTH, 3)).astype(np.float32)
    drawn = [_drawn(name, yaw, pitch, open_ if mouth else 0.0) for yaw, pitch, open_ in motion]
    return [np.clip(picture + noise[n % 8], 0, 255).astype(np.uint8) for n, picture in enumerate(drawn)]


@cache
def _drawn(name: str, yaw: float, pitch: float, mouth: float) -> Picture:
    return puppet(name).frame(yaw, pitch, mouth)


def encode(pictures: Sequence[Picture], sound: Samples) -> bytes:
    """Write the clip, every frame marked in its bottom corner, clear of the face."""
    return film([_captioned(picture) for picture in pictures], sound, fps=FPS)


def _captioned(picture: Picture) -> Picture:
    marked, at = np.ascontiguousarray(picture), (8, picture.shape[0] - 12)
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(marked, CAPTION, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, thickness, cv2.LINE_AA)
    return marked
