"""Measure an mp4 without decoding it: is it one, how large is its picture, how long is it? Pure.

ISO/IEC 14496-12: boxes of size and type; `moov` holds `mvhd` (duration) and a `tkhd` per track (width and height). The
file is hostile: every size is checked against what is there, and little is read. That it can be decoded is for the
sandboxed reader further right to say.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_MOOV = 8 << 20  # bytes
MAX_BOXES = 4096
BOX, LARGE_BOX = 8, 16  # bytes of header
MVHD, TKHD = {0: ">12xII", 1: ">20xIQ"}, {0: ">76xII", 1: ">88xII"}  # body after version and flags are counted in


class NotAFilm(ValueError):  # noqa: N818 - what the file is
    """The bytes are not an mp4 with a moving picture."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Pixels of the largest track, and seconds."""

    width: int
    height: int
    seconds: float


def measure(source: BinaryIO) -> Shape:
    """Read the shape or raise NotAFilm."""
    try:
        return _shape(_moov(source))
    except (struct.error, KeyError, IndexError, ZeroDivisionError) as error:
        raise NotAFilm("The file's boxes are broken.") from error


def _moov(source: BinaryIO) -> bytes:
    """Return the body of `moov`. The file must begin with `ftyp`."""
    end, at = source.seek(0, 2), 0
    for number in range(MAX_BOXES):
        source.seek(at)
        header = source.read(LARGE_BOX)
        size, kind = struct.unpack_from(">I4s", header)
        head = BOX
        if size == 1:
            size, head = struct.unpack_from(">Q", header, BOX)[0], LARGE_BOX
        size = end - at if size == 0 else size
        if size < head or at + size > end or (number == 0 and kind != b"ftyp"):
            break
        if kind == b"moov":
            if size > MAX_MOOV:
                break
            source.seek(at + head)
            return source.read(size - head)
        at += size
    raise NotAFilm("The file is not an mp4.")


def _shape(moov: bytes) -> Shape:
    boxes = list(_children(moov))
    header = next((body for kind, body in boxes if kind == b"mvhd"), b"")
    scale, duration = struct.unpack_from(MVHD[header[0]], header)
    sizes = [_track_size(body) for kind, body in boxes if kind == b"trak"]
    width, height = max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))
    if not width or not height:
        raise NotAFilm("The file has no picture.")
    return Shape(width, height, duration / scale)


def _track_size(trak: bytes) -> tuple[int, int]:
    header = next((body for kind, body in _children(trak) if kind == b"tkhd"), b"")
    width, height = struct.unpack_from(TKHD[header[0]], header)
    return width >> 16, height >> 16  # fixed point, 16.16


def _children(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(MAX_BOXES):
        if at + BOX > len(body):
            return
        size, kind = struct.unpack_from(">I4s", body, at)
        if size < BOX or at + size > len(body):
            raise NotAFilm("A box is larger than what holds it.")
        yield kind, body[at + BOX : at + size]
        at += size
    raise NotAFilm("The file has too many boxes.")
