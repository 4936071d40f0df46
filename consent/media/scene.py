"""Look for every face in a stranger's picture or video: in the sandbox, and checked here before anybody counts on it.

What may be said of a scene without faces: none was found at `least_share` of the width, in the pictures looked at.
Never "nobody": a profile, a drawing, a mask or a face between two samples is not found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from consent.media import guard, picture, sandbox
from consent.media.thresholds import FURTHEST_TURN, SMALLEST
from ledger.problem import Problem

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

PROGRAM: Final = "consent.media.scene_child"
NUMBERS: Final = 128  # in a template
COARSE, FINE = 3, 5  # tiles a side: of a video's pictures, and of a still reference
LEAST_SHARE: Final = {COARSE: 0.05, FINE: 0.03}  # of the width: smaller faces are not reliably found
MOST_STILL, MOST_CLIP = 16 << 20, 32 << 20  # bytes of a reference
LONGEST: Final = 30.0  # seconds of a reference clip
MOST_SIDE: Final = 4096  # pixels of a video that is decoded
EVERY_CLIP, EVERY_RESULT = 0.5, 1.0  # seconds between two pictures
LIMITS = sandbox.Limits(memory=1536 << 20, cpu_seconds=90, wall_seconds=120.0, reply_bytes=4 << 20, threads=True)


@dataclass(frozen=True, slots=True)
class Seen:
    """One face in one picture. `numbers` is `None` where nothing can be compared: too small, or turned too far.

    at: seconds into the video; share: of the picture's width; turned: degrees, of yaw or pitch
    """

    at: float
    share: float
    pixels: float
    turned: float
    numbers: Numbers | None = field(repr=False)

    @property
    def small(self) -> bool:
        """Say whether its size is why it is not compared."""
        return self.pixels < SMALLEST


@dataclass(frozen=True, slots=True)
class Scene:
    """What was looked at, and every face that was found. `every` is `None` for a still picture."""

    pictures: int
    every: float | None
    least_share: float
    faces: tuple[Seen, ...] = field(repr=False)


class SceneRefused(Problem):
    """The file cannot be looked at, so nothing is known of who is in it."""

    code: ClassVar[str] = "reference-unreadable"
    title: ClassVar[str] = "The reference cannot be looked at"


class SceneTooLarge(SceneRefused):
    """More bytes than are taken."""

    code = "reference-too-large"
    status = 413


AGAIN: Final = "Send a JPEG, PNG or WebP picture, or an MP4 (H.264) of at most 30 seconds."
WORDS: Final = {
    "animated": ("The picture moves.", "Save one frame of it, or send an MP4."),
    "transparent": ("The picture is see-through in places.", "Save it without transparency."),
    "too-many-pixels": ("The picture has more than 40 million pixels.", "Scale it down."),
    "too-many-faces": ("There are too many faces in it to look at each.", "Send a reference with fewer people."),
    "too-long": (f"The clip is longer than {LONGEST:.0f} seconds.", "Cut it."),
    "too-wide": (f"The picture is more than {MOST_SIDE} pixels on its longer side.", "Scale it down."),
}


def of_reference(data: bytes, *, pointer: str | None = None) -> Scene:
    """Look at a picture or clip that somebody wants a video to start from.

    Raises `SceneRefused`, `guard.UnsafeContainer`, and `sandbox.SandboxFailed` (could not check).
    """
    try:
        return _reference(data)
    except (SceneRefused, guard.UnsafeContainer, sandbox.SandboxFailed) as refusal:
        refusal.pointer = pointer
        raise


def of_result(path: Path, *, seconds: float) -> Scene:
    """Look at one picture a second of a rendered video, of at most so many seconds. Raises as `of_reference` does."""
    with path.open("rb") as source:
        guard.inspect(source)
        return _look(source, tiles=COARSE, views=False, every=EVERY_RESULT, seconds=seconds)


def _reference(data: bytes) -> Scene:
    match picture.media_type(data):
        case picture.MP4:
            _require_size(data, MOST_CLIP)
            guard.inspect(BytesIO(data), max_bytes=MOST_CLIP)
            return _look(data, tiles=COARSE, views=False, every=EVERY_CLIP, seconds=LONGEST)
        case picture.JPEG | picture.PNG | picture.WEBP:
            _require_size(data, MOST_STILL)
            return _look(data, tiles=FINE, views=True, every=None, seconds=0.0)
        case picture.SOUND:
            detail = "Sound is not checked here: no voice in a file is compared with anybody's."
            raise SceneRefused(detail, remedy=AGAIN)
    raise SceneRefused("The file is no picture and no clip that is taken.", remedy=AGAIN)


def _require_size(data: bytes, most: int) -> None:
    if len(data) > most:
        raise SceneTooLarge(f"The file has {len(data):,} bytes; at most {most:,} are taken.", remedy="Scale it down.")


def _look(source: bytes | BinaryIO, *, tiles: int, views: bool, every: float | None, seconds: float) -> Scene:
    arguments = {"tiles": tiles, "views": views, "every": every, "seconds": seconds, "side": MOST_SIDE}
    unverified = sandbox.run(PROGRAM, source, limits=LIMITS, arguments=arguments)
    try:
        return read(unverified, tiles=tiles, every=every)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:  # a child may be taken over
        raise sandbox.SandboxGarbled("Looking at the file gave an answer that makes no sense.", remedy=AGAIN) from error


def read(unverified: dict[str, Any], *, tiles: int, every: float | None) -> Scene:
    """Check what the child says and return it. Raises `SceneRefused`, or `ValueError` and its like for nonsense."""
    if "unreadable" in unverified:
        default = ("The file cannot be decoded.", AGAIN)
        detail, remedy = WORDS.get(unverified["unreadable"], default)
        raise SceneRefused(detail, remedy=remedy)
    pictures = int(unverified["pictures"])
    if pictures < 1:  # too little evidence is a failure, never a pass
        raise SceneRefused("There is no picture in it.", remedy=AGAIN)
    return Scene(pictures, every, LEAST_SHARE[tiles], tuple(_seen(row) for row in unverified["faces"]))


def _seen(unverified: dict[str, Any]) -> Seen:
    at, share, pixels, turned = (float(unverified[name]) for name in ("at", "share", "pixels", "turned"))
    if not all(map(math.isfinite, (at, share, pixels, turned))) or at < 0 or pixels <= 0:
        raise ValueError("not a face")
    comparable = turned <= FURTHEST_TURN and pixels >= SMALLEST
    if comparable != (unverified["numbers"] is not None):
        raise ValueError("a face that can be compared has a template, and no other has")
    return Seen(at, share, pixels, turned, _numbers(unverified["numbers"]))


def _numbers(unverified: list[float] | None) -> Numbers | None:
    if unverified is None:
        return None
    numbers = np.array(unverified, np.float64)
    if numbers.shape != (NUMBERS,) or not np.isfinite(numbers).all():
        raise ValueError("not a template")
    return numbers
