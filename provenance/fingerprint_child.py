"""Turn a stranger's video into small grey pictures and mono sound; run by `consent.media.sandbox`.

What leaves the sandbox is nothing but samples of a known size, so that the program which makes fingerprints of them
(`provenance.fingerprinter`) never meets a container or a codec. Written to the output, one after the other:

- "frames" pictures of SIDE x SIDE bytes, five a second, squashed to a square, as players turn them
- the same again without black borders, if "trimmed"
- the sound, 16 kHz mono, signed 16 bits, little-endian, "samples" of them
"""

from __future__ import annotations

from typing import Any, BinaryIO

import cv2
import numpy as np
import numpy.typing as npt

from consent.media import decoding
from consent.media.decoding import Sizes, Unreadable

SIDE = 64  # MPEG-7 compares means over a grid of 32 x 32: at 64 a code differs by 0 to 1 bit from that of the full size
LOOKED_AT = 128  # the side at which borders are looked for: one line is 0.8 % of the picture
RATE = 5
BLACK = 24  # mean brightness of a line that is border: the limit of FFmpeg's cropdetect
LEAST_CROP = 2  # lines
Pictures = npt.NDArray[np.uint8]


def main(source: BinaryIO, arguments: dict[str, Any], output: BinaryIO | None) -> dict[str, Any]:
    """Write pictures and sound. `arguments`: "seconds" and "side", the most that is decoded."""
    cv2.setNumThreads(1)
    if output is None:
        raise ValueError("there is nowhere to write to")
    sizes = Sizes(arguments["seconds"], arguments["side"])
    try:
        pictures = _pictures(source, sizes)
        sound = decoding.sound(source, sizes)
    except Unreadable as error:
        return {"unreadable": str(error)}
    inner = _without_borders(pictures)
    for view in (pictures, inner):
        if view is not None:
            output.write(b"".join(_squashed(picture) for picture in view))
    output.write((sound * 32767).astype("<i2").tobytes())
    return {"frames": len(pictures), "trimmed": inner is not None, "samples": len(sound)}


def _pictures(source: BinaryIO, sizes: Sizes) -> Pictures:
    """Return the picture shown at each fifth of a second: of the frames that round to it the last, else the one before.

    So does FFmpeg's filter `fps=5`, by which others make the same codes.
    """
    shown: list[Pictures] = []
    with decoding.opened(source) as container:
        video, _ = decoding.streams(container, sizes)
        start, held = None, None
        for count, frame in enumerate(decoding.decoded(container, video)):
            start = frame.time if start is None else start
            due = _due(frame, start, sizes, count)
            if held is not None and due > held[0]:
                _show(shown, *held, until=due)
            held = (due, frame)
    if held is None:
        raise Unreadable("no-picture")
    _show(shown, *held, until=held[0] + 1)
    return np.stack(shown)


def _due(frame: Any, start: float | None, sizes: Sizes, count: int) -> int:  # noqa: ANN401 - PyAV's frame
    if frame.time is None or start is None:
        raise Unreadable("no-timestamps")
    if frame.time - start > sizes.seconds or count > sizes.seconds * decoding.FASTEST:
        raise Unreadable("too-long")
    if frame.time < start:
        raise Unreadable("timestamps")
    if max(frame.width, frame.height) > sizes.side:
        raise Unreadable("too-wide")
    return int((frame.time - start) * RATE + 0.5)


def _show(shown: list[Pictures], due: int, frame: Any, *, until: int) -> None:  # noqa: ANN401 - as above
    grey = frame.to_ndarray(format="gray", width=LOOKED_AT, height=LOOKED_AT, interpolation="AREA", threads=1)
    picture = np.ascontiguousarray(np.rot90(grey, round(frame.rotation / 90) % 4))
    shown.extend([picture] * (until - max(due, len(shown))))


def _without_borders(pictures: Pictures) -> Pictures | None:
    """Return the part that is not black in all of them; `None`: that is all of it, or less than half of a side."""
    rows = np.flatnonzero(pictures.mean(axis=2).max(axis=0) > BLACK)
    columns = np.flatnonzero(pictures.mean(axis=1).max(axis=0) > BLACK)
    if not (rows.size and columns.size):
        return None
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    height, width = bottom - top, right - left
    if min(height, width) < LOOKED_AT // 2 or height + width > 2 * LOOKED_AT - LEAST_CROP:
        return None
    inner: Pictures = pictures[:, top:bottom, left:right]
    return inner


def _squashed(picture: Pictures) -> bytes:
    square = cv2.resize(np.ascontiguousarray(picture), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(square, np.uint8).tobytes()
