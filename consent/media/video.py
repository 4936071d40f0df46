"""What a render service delivered: play it in the sandbox, copy it into a container of our own, take a picture.

The order for a result: `probe_result`, then `remux`; only the remuxed file is stamped. Everything here looks through
`guard` first and decodes in a child process.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

from consent.media import guard, sandbox
from ledger.problem import Problem

MOST_SIDE = 4096  # pixels of the longer side that are ever decoded
MOST_SECONDS = 600.0  # of a video that is only remuxed or pictured: its length was judged before
LEAST_SECONDS = 0.5
LARGEST_HEADER = 16 << 20  # bytes by which a remuxed file may be larger than its source
LIMITS = sandbox.Limits(memory=1536 << 20, cpu_seconds=60, wall_seconds=120.0, threads=True)  # FFmpeg's scaler
JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class ResultReport:
    """What was measured by playing the whole video.

    seconds: length of the picture, its last frame included
    codecs:  "h264", and the sound's if there is any
    audio:   whether there is sound
    """

    seconds: float
    width: int
    height: int
    codecs: tuple[str, ...]
    audio: bool


class MediaRefused(Problem):
    """The video is not what was ordered, or cannot be played."""

    code: ClassVar[str] = "media-refused"
    title: ClassVar[str] = "The rendered video cannot be used"


class MediaUnplayable(MediaRefused):
    """It cannot be decoded from beginning to end."""

    code = "media-unplayable"


class MediaTooLong(MediaRefused):
    """Longer than ordered."""

    code = "media-too-long"


class MediaTooShort(MediaRefused):
    """Hardly any picture."""

    code = "media-too-short"


class MediaWrongSize(MediaRefused):
    """Other pixels than ordered."""

    code = "media-wrong-size"


RETRY = "Retry the render; if it happens again, the render service is at fault."


def probe_result(path: Path, *, max_seconds: float, size: str, min_seconds: float = LEAST_SECONDS) -> ResultReport:
    """Return what the video really is, if that is what was ordered: `size` as "1280x720", at most `max_seconds`.

    Raises `MediaRefused`, `guard.UnsafeContainer`, or `sandbox.SandboxFailed` (could not check).
    """
    width, height = _pixels(size)
    arguments = {"task": "probe", "seconds": max_seconds, "side": max(width, height)}
    with path.open("rb") as source, _sensible():
        guard.inspect(source)
        unverified = _played(sandbox.run("consent.media.result_child", source, limits=LIMITS, arguments=arguments))
        shown, stored = tuple(unverified["shown"]), (unverified["width"], unverified["height"])
        if not shown == stored == (width, height):  # they differ if the file asks players to turn the picture
            raise MediaWrongSize(f"The video shows {shown[0]}x{shown[1]} pixels; {size} was ordered.", remedy=RETRY)
        seconds = float(unverified["seconds"])
        if not seconds >= min_seconds:
            raise MediaTooShort(f"The video lasts {seconds:.2f} seconds.", remedy=RETRY)
        codecs = tuple(str(name) for name in (unverified["video_codec"], unverified["audio_codec"]) if name)
        audio = unverified["audio_codec"] is not None and float(unverified["heard"]) > 0
        return ResultReport(seconds, width, height, codecs, audio)


def remux(source: Path, target: Path, *, metadata: Mapping[str, str] | None = None) -> None:
    """Write the picture and the sound of `source` to `target`, and nothing else of it but `metadata` of ours.

    `target` appears whole, synced and guarded, or not at all. Raises as `probe_result` does.
    """
    limits = replace(LIMITS, output_bytes=source.stat().st_size + LARGEST_HEADER)
    arguments = {"seconds": MOST_SECONDS, "side": MOST_SIDE, "metadata": dict(metadata or {})}
    rewrite("consent.media.remux", source, target, limits=limits, arguments=arguments)


def rewrite(program: str, source: Path, target: Path, *, limits: sandbox.Limits, arguments: dict[str, Any]) -> None:
    """Let a program of ours write `target` from `source` in the sandbox. Otherwise as `remux`, which uses it."""
    part = target.with_name(f".{target.name}.{uuid4()}.part")
    try:
        with source.open("rb") as old, part.open("w+b") as new, _sensible():
            guard.inspect(old)
            answer = sandbox.run(program, old, limits=limits, arguments=arguments, output=new)
            _played(answer)
            guard.inspect(new)  # the child may have been taken over: its file is as foreign as its answer
            os.fsync(new.fileno())
        part.replace(target)
        _sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)


def thumbnail(path: Path, *, width: int = 320) -> bytes:
    """Return a JPEG of a frame near the middle. Raises as `probe_result` does."""
    return _pictured(path, {"task": "thumbnail", "width": width})


def sheet(path: Path, *, seconds: float, width: int = 240) -> bytes:
    """Return a JPEG of twelve frames, evenly over so many seconds, in rows of four. Raises as `probe_result` does."""
    return _pictured(path, {"task": "sheet", "every": seconds / 12, "width": width})


def _pictured(path: Path, task: dict[str, Any]) -> bytes:
    arguments = task | {"seconds": MOST_SECONDS, "side": MOST_SIDE}
    with path.open("rb") as source, _sensible():
        guard.inspect(source)
        unverified = _played(sandbox.run("consent.media.result_child", source, limits=LIMITS, arguments=arguments))
        picture = base64.b64decode(unverified["jpeg"], validate=True)
        if not picture.startswith(JPEG):
            raise ValueError("not a JPEG")
        return picture


def _pixels(size: str) -> tuple[int, int]:
    """Read "1280x720". Our own order: anything else is a fault of the caller."""
    width, height = (int(length) for length in size.split("x"))
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE):
        raise ValueError(f"{size} is no size of a video")
    return width, height


def _played(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the child's answer, or raise what it says is wrong."""
    word = answer.get("unreadable")
    if word is None:
        return answer
    if word == "too-long":
        raise MediaTooLong("The video is longer than was ordered.", remedy=RETRY)
    if word == "too-wide":
        raise MediaWrongSize("The video has more pixels than were ordered.", remedy=RETRY)
    raise MediaUnplayable("The video cannot be played from beginning to end.", remedy=RETRY)


@contextmanager
def _sensible() -> Iterator[None]:
    """Turn an answer that does not fit into "could not check": a child that was taken over may say anything."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise sandbox.SandboxGarbled("Checking the video gave an answer that makes no sense.", remedy=RETRY) from error


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a crash."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
