"""Measure a clip that answers a challenge: pictures, templates and words, read in the child and checked here.

What comes back is numbers that a child may have made up if the clip took it over: shapes and ranges are checked
before anybody counts on them. Judging them against the challenge is `prompted`'s part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from consent.media import clip
from consent.media.challenge import ASKED_DIGITS, DIGITS

Array = npt.NDArray[np.float64]

COLUMNS = 7  # seconds, yaw, pitch, opening, width, sharpness, brightness: as `capture_child` writes them
NUMBERS = 128  # in a template
PROGRAM = "consent.media.capture_child"


@dataclass(frozen=True, slots=True)
class Template:
    """One face at one moment: seconds into the clip, how its head was turned (yaw, degrees), and its numbers."""

    at: float
    yaw: float
    numbers: Array


@dataclass(frozen=True, slots=True)
class Capture:
    """What was measured in one clip. Biometric: it stays in memory, but for what is sealed.

    clip:       the bytes, for a provider that measures for itself
    counts:     faces in every picture looked at
    track:      a row for each picture with a face, see COLUMNS
    loudness:   root mean square of the sound around each row of the track, 0 to 1
    templates:  of some of those pictures, in order
    spoken:     seconds at which the voice begins and ends; `None`: nobody speaks
    heard:      the digits; empty: none; `None`: nothing can listen here
    """

    clip: bytes = field(repr=False)
    seconds: float
    width: int
    height: int
    video_codec: str
    audio_codec: str
    network: str
    counts: tuple[int, ...]
    track: Array = field(repr=False)
    loudness: Array = field(repr=False)
    templates: tuple[Template, ...] = field(repr=False)
    spoken: tuple[float, float] | None
    heard: tuple[str, ...] | None

    @property
    def times(self) -> Array:
        """Seconds of each row of the track."""
        return self.track[:, 0]


def measure(data: bytes) -> Capture:
    """Measure a clip. Raises `ClipRefused`, `UnsafeContainer` and `SandboxFailed` as `clip.probe` does."""
    arguments = {
        "seconds": clip.LONGEST,
        "side": clip.MOST_SIDE,
        "fps": clip.FPS,
        "smallest": clip.SMALLEST_FACE,
        "digits": ASKED_DIGITS,
    }
    return clip.look(data, PROGRAM, arguments, lambda measured: read(data, measured))


def read(data: bytes, unverified: dict[str, Any]) -> Capture:
    """Check what the child says and return it. Raises `ClipRefused`, or `ValueError` and its like for nonsense."""
    clip.check_length(unverified)
    track = np.array(unverified["track"], np.float64).reshape(-1, COLUMNS)
    loudness = np.array(unverified["loudness"], np.float64)
    counts = tuple(int(count) for count in unverified["counts"])
    whole = np.isfinite(track).all() and np.isfinite(loudness).all() and loudness.shape == (len(track),)
    if not (whole and (np.diff(track[:, 0]) > 0).all() and sum(count > 0 for count in counts) == len(track)):
        raise ValueError("the measurements contradict each other")
    return Capture(
        clip=data,
        seconds=float(unverified["seconds"]),
        width=int(unverified["width"]),
        height=int(unverified["height"]),
        video_codec=str(unverified["video_codec"]),
        audio_codec=str(unverified["audio_codec"]),
        network=str(unverified["network"]),
        counts=counts,
        track=track,
        loudness=loudness,
        templates=tuple(_template(track, at, numbers) for at, numbers in unverified["templates"]),
        spoken=_span(unverified["spoken"]),
        heard=_words(unverified["heard"]),
    )


def _template(track: Array, at: float, unverified: list[float]) -> Template:
    numbers = np.array(unverified, np.float64)
    (row,) = np.flatnonzero(track[:, 0] == float(at))
    if numbers.shape != (NUMBERS,) or not np.isfinite(numbers).all():
        raise ValueError("not a template")
    return Template(float(at), float(track[row, 1]), numbers)


def _span(unverified: list[float] | None) -> tuple[float, float] | None:
    if unverified is None:
        return None
    begin, end = (float(second) for second in unverified)
    if not 0 <= begin < end <= clip.LONGEST + 2:
        raise ValueError("not a stretch of the clip")
    return begin, end


def _words(unverified: list[str] | None) -> tuple[str, ...] | None:
    if unverified is None:
        return None
    if not set(unverified) <= set(DIGITS):
        raise ValueError("not digits")
    return tuple(unverified)
