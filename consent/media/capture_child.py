"""Measure a clip in which somebody was asked to turn their head and speak, inside the sandbox. It judges nothing.

The answer is {"unreadable": word}, or what `clip_child` measures with all that `capture` needs besides. Templates of
faces are in it: they go back through the pipe, and are sealed before they rest anywhere.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

import cv2
import numpy as np

from consent.media.clip_child import LOOKED_AT, TILED_EVERY, container_facts
from consent.media.decoding import Picture, Sizes, Unreadable, frames, opened, sound, streams
from consent.media.faces import LEFT_EYE, RIGHT_EYE, Embedder, Face, FaceFinder, chip_of
from consent.media.speech import hear, seconds_voiced
from consent.media.voice import RATE, Samples, listen

UPPER_LIP, LOWER_LIP = 13, 14  # mesh points in the middle of the lips' inner edges
EVERY = 0.45  # seconds between two templates
HALF = 0.06  # seconds on either side of a picture over which loudness is taken


def main(source: BinaryIO, arguments: dict[str, Any], output: BinaryIO | None) -> dict[str, Any]:  # noqa: ARG001 - writes nothing
    """Measure. `arguments`: seconds and side (the most), fps, smallest (face share), digits (how many were asked)."""
    cv2.setNumThreads(1)
    sizes = Sizes(arguments["seconds"], arguments["side"])
    try:
        facts = container_facts(source, sizes)
        film = _watched(source, sizes, fps=arguments["fps"], smallest=arguments["smallest"])
        samples = _aligned(source, sizes)
    except Unreadable as error:
        return {"unreadable": str(error)}
    return {
        **facts,
        **asdict(film),
        "loudness": [_loudness(samples, row[0]) for row in film.track],
        "spoken": seconds_voiced(samples),
        "heard": hear(samples, arguments["digits"]),
        "voice": asdict(listen(samples)),
    }


@dataclass(slots=True)
class _Film:
    """What the pictures showed.

    seconds:   from the first frame to the last
    counts:    faces in every picture looked at
    track:     for each picture with a face: seconds, yaw, pitch, mouth's opening in distances between the eyes, width
               of the face in pixels of the clip, Laplacian variance and mean brightness (0 to 255) of its chip
    templates: for some of them: seconds, and the 128 numbers
    """

    seconds: float = 0.0
    counts: list[int] = field(default_factory=list)
    track: list[list[float]] = field(default_factory=list)
    templates: list[tuple[float, list[float]]] = field(default_factory=list)


def _watched(source: BinaryIO, sizes: Sizes, *, fps: int, smallest: float) -> _Film:
    find, embed, film = FaceFinder(), Embedder(), _Film()
    scale = _scale(source, sizes)
    for at, picture, wanted in frames(source, sizes, every=1 / fps, side=LOOKED_AT):
        film.seconds = at
        if not wanted:
            continue
        tiles = 2 if len(film.counts) % TILED_EVERY == 0 else 1
        near = [face for face in find(picture, tiles) if face.box.width >= smallest * max(picture.shape[:2])]
        film.counts.append(len(near))
        if near:
            chip = chip_of(picture, near[0].mesh)
            film.track.append([at, *_row(near[0], chip, scale)])
            if near[0].comparable and (not film.templates or at - film.templates[-1][0] > EVERY):
                film.templates.append((at, embed([chip])[0].tolist()))
    return film


def _row(face: Face, chip: Picture, scale: float) -> list[float]:
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)
    points = face.mesh[:, :2]
    eyes = max(float(np.linalg.norm(points[LEFT_EYE] - points[RIGHT_EYE])), 1e-6)
    opening = float(np.linalg.norm(points[UPPER_LIP] - points[LOWER_LIP])) / eyes
    sharp, bright = float(cv2.Laplacian(grey, cv2.CV_64F).var()), float(np.mean(grey))
    return [face.pose.yaw, face.pose.pitch, opening, face.box.width * scale, sharp, bright]


def _scale(source: BinaryIO, sizes: Sizes) -> float:
    """Return how many of the clip's pixels one of the pictures looked at stands for."""
    with opened(source) as container:
        video, _ = streams(container, sizes)
        longer = int(max(video.codec_context.width, video.codec_context.height))
        return max(1.0, longer / LOOKED_AT)


def _aligned(source: BinaryIO, sizes: Sizes) -> Samples:
    """Return the sound, its first sample at the time of the first picture. Empty: there is none."""
    samples = sound(source, sizes)
    with opened(source) as container:
        video, audio = streams(container, sizes)
        starts = [float((s.start_time or 0) * s.time_base) if s else 0.0 for s in (video, audio)]
    lead = round(min(max(starts[1] - starts[0], -sizes.seconds), sizes.seconds) * RATE) if audio else 0
    return np.concatenate([np.zeros(lead, np.float32), samples]) if lead > 0 else samples[-lead:]


def _loudness(samples: Samples, at: float) -> float:
    part = samples[int(max(0.0, at - HALF) * RATE) : int((at + HALF) * RATE)].astype(np.float64)
    loudness: float = np.sqrt(np.square(part).mean()).item() if len(part) else 0.0
    return loudness
