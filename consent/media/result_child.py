"""Play a rendered video from beginning to end, inside the sandbox, or take pictures of it. It judges nothing."""

from __future__ import annotations

import base64
from typing import Any, BinaryIO

import av
import cv2
import numpy as np

from consent.media.decoding import Sizes, Unreadable, codec_name, frames, jpeg, opened, sound, streams, upright

TILES, ACROSS = 12, 4  # pictures of a sheet, and of one of its rows


def main(source: BinaryIO, arguments: dict[str, Any], output: BinaryIO | None) -> dict[str, Any]:  # noqa: ARG001 - writes nothing
    """Measure ("task": "probe") or picture ("task": "thumbnail", with "width", or "sheet", with "every" and "width").

    Also: seconds and side (the most).
    """
    cv2.setNumThreads(1)
    sizes = Sizes(arguments["seconds"], arguments["side"])
    try:
        if arguments["task"] == "thumbnail":
            return {"jpeg": base64.b64encode(_thumbnail(source, sizes, arguments["width"])).decode()}
        if arguments["task"] == "sheet":
            sheet = _sheet(source, sizes, every=arguments["every"], width=arguments["width"])
            return {"jpeg": base64.b64encode(sheet).decode()}
        return _played(source, sizes)
    except Unreadable as error:
        return {"unreadable": str(error)}


def _played(source: BinaryIO, sizes: Sizes) -> dict[str, Any]:
    """Decode every frame and every sample: what is broken in the middle is broken."""
    with opened(source) as container:
        video, audio = streams(container, sizes)
        report = {
            "video_codec": codec_name(video),
            "audio_codec": codec_name(audio) if audio else None,
            "width": video.codec_context.width,
            "height": video.codec_context.height,
        }
    last, count = 0.0, 0
    shape: tuple[int, ...] = (0, 0)
    for at, picture, wanted in frames(source, sizes, every=1.0, side=sizes.side):
        last, count = at, count + 1
        shape = picture.shape if wanted else shape
    height, width = shape[:2]
    # the last frame stays as long as the others did
    seconds = last * count / (count - 1) if count > 1 else 0.0
    heard = len(sound(source, sizes)) / 16_000
    return {**report, "seconds": seconds, "frames": count, "shown": [width, height], "heard": heard}


def _thumbnail(source: BinaryIO, sizes: Sizes, width: int) -> bytes:
    """Take the first frame that can be decoded at or before the middle, and on from there to the middle."""
    with opened(source) as container:
        video, _ = streams(container, sizes)
        middle = float((video.duration or 0) * video.time_base) / 2
        picture = None
        try:
            container.seek(int(middle / video.time_base), stream=video)
            for frame in container.decode(video):
                picture = frame
                if frame.time is None or frame.time >= middle:
                    break
        except (av.FFmpegError, ValueError, OverflowError) as error:
            raise Unreadable("broken") from error
        if picture is None:
            raise Unreadable("no-picture")
        wide = upright(picture, max(picture.width, picture.height))
    return jpeg(_narrowed(wide, width))


def _sheet(source: BinaryIO, sizes: Sizes, *, every: float, width: int) -> bytes:
    """Put the first `TILES` pictures that fall due side by side and in rows, by time; what is left over is black."""
    tiles = [
        _narrowed(each, width) for _, each, wanted in frames(source, sizes, every=every, side=sizes.side) if wanted
    ]
    if not tiles:
        raise Unreadable("no-picture")
    empty = np.zeros_like(tiles[0])
    tiles = [each for each in tiles[:TILES] if each.shape == empty.shape]
    tiles += [empty] * (TILES - len(tiles))
    rows = [np.hstack(tiles[at : at + ACROSS]) for at in range(0, TILES, ACROSS)]
    return jpeg(np.vstack(rows))


def _narrowed(picture: Any, width: int) -> Any:  # noqa: ANN401 - pictures, which OpenCV types more widely than we
    height = max(2, round(picture.shape[0] * width / picture.shape[1]))
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
