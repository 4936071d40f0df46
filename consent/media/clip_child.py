"""Measure a calibration clip, inside the sandbox. It judges nothing: `clip` does, in the parent, from these numbers.

The answer is either {"unreadable": word} or the measurements, in JSON.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, BinaryIO

import cv2
import numpy as np

from consent.media.decoding import Picture, Sizes, Unreadable, codec_name, frames, opened, sound, streams
from consent.media.faces import Face, FaceFinder
from consent.media.voice import listen

LOOKED_AT = 960  # pixels of the longer side of the picture in which faces are sought
TILED_EVERY = 8  # every so many pictures, tiles are searched for small faces too
RIGHT_SIDE, LEFT_SIDE = 234, 454  # mesh points beside the ears, for the width of the face


def main(source: BinaryIO, arguments: dict[str, Any], output: BinaryIO | None) -> dict[str, Any]:  # noqa: ARG001 - writes nothing
    """Measure the clip. `arguments`: seconds and side (the most), fps (pictures a second), smallest (face share)."""
    cv2.setNumThreads(1)
    sizes = Sizes(arguments["seconds"], arguments["side"])
    try:
        report = container_facts(source, sizes)
        report |= _watched(source, sizes, fps=arguments["fps"], smallest=arguments["smallest"])
        return report | {"voice": asdict(listen(sound(source, sizes)))}
    except Unreadable as error:
        return {"unreadable": str(error)}


def container_facts(source: BinaryIO, sizes: Sizes) -> dict[str, Any]:
    """Return codecs and size, in pixels as stored."""
    with opened(source) as container:
        video, audio = streams(container, sizes)
        return {
            "video_codec": codec_name(video),
            "audio_codec": codec_name(audio) if audio else None,
            "width": video.codec_context.width,
            "height": video.codec_context.height,
        }


def _watched(source: BinaryIO, sizes: Sizes, *, fps: int, smallest: float) -> dict[str, Any]:
    """Look for faces `fps` times a second. One row of "track" for each picture with exactly one face."""
    find, length = FaceFinder(), 0.0
    counts: list[int] = []
    track: list[list[float]] = []
    for at, picture, wanted in frames(source, sizes, every=1 / fps, side=LOOKED_AT):
        length = at
        if wanted:
            tiles = 2 if len(counts) % TILED_EVERY == 0 else 1
            near = [face for face in find(picture, tiles) if face.box.width >= smallest * max(picture.shape[:2])]
            counts.append(len(near))
            if len(near) == 1:
                track.append([at, *_row(near[0], picture)])
    return {"seconds": length, "counts": counts, "track": track}


def _row(face: Face, picture: Picture) -> list[float]:
    """Yaw and pitch in degrees, the centre in widths of the face, and that width as a share of the longer side."""
    width = float(np.linalg.norm(face.mesh[LEFT_SIDE, :2] - face.mesh[RIGHT_SIDE, :2]))
    x, y = face.mesh[:, :2].mean(0)
    return [face.pose.yaw, face.pose.pitch, float(x) / width, float(y) / width, width / max(picture.shape[:2])]
