"""Make small videos for the tests, read the fixtures, and take MP4 boxes apart without the code under test."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Samples = npt.NDArray[np.float32]

MEDIA = Path(__file__).resolve().parents[2] / "media"
RATE = 16_000
FPS = 10
FAST = {
    "libx264": {"preset": "ultrafast", "crf": "20"},
    "libx265": {"preset": "ultrafast", "crf": "20", "x265-params": "log-level=none"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "libsvtav1": {"preset": "12", "svtav1-params": "lp=1"},
}
NESTED = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"mvex", b"moof", b"traf", b"mfra"}


def film(
    pictures: Sequence[Picture],
    samples: Samples | None,
    *,
    fps: int = FPS,
    codecs: tuple[str, str] = ("libx264", "aac"),
    movflags: str = "+faststart",
    container: str = "mp4",
) -> bytes:
    """Encode. `samples` is 16 kHz mono, padded to the picture's length and perhaps longer; `None`: no sound track."""
    target = io.BytesIO()
    target.name = "film." + container  # by which FFmpeg knows the container
    height, width = pictures[0].shape[:2]
    options = {"movflags": movflags} if movflags else {}
    with av.open(
        target, "w", format=container, options=options, io_open=lambda *_: io.BytesIO(target.getvalue())
    ) as new:
        video: Any = new.add_stream(codecs[0], rate=fps, options=FAST.get(codecs[0], {}))
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio: Any = new.add_stream(codecs[1], rate=RATE, layout="mono") if samples is not None else None
        each = RATE // fps
        parts = 0 if samples is None else -(-len(samples) // each)
        for number in range(max(len(pictures), parts)):
            if number < len(pictures):
                new.mux(video.encode(av.VideoFrame.from_ndarray(pictures[number], format="rgb24")))
            if audio is not None and samples is not None:
                part = np.zeros(each, np.float32)
                given = samples[number * each : (number + 1) * each]
                part[: len(given)] = given
                frame = av.AudioFrame.from_ndarray((part * 32767).astype("<i2")[None], format="s16", layout="mono")
                frame.sample_rate, frame.pts = RATE, number * each
                new.mux(audio.encode(frame))
        new.mux(video.encode())
        if audio is not None:
            new.mux(audio.encode())
    return target.getvalue()


@cache
def tiny(movflags: str = "+faststart") -> bytes:
    """Two seconds of moving noise with a tone: an MP4 for tests that look at boxes only."""
    noise = np.random.default_rng(1)
    pictures = [noise.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(2 * FPS)]
    return film(pictures, tone(2.0), movflags=movflags)


def tone(seconds: float, hertz: float = 440.0) -> Samples:
    """Return a steady tone at half scale."""
    at = np.arange(int(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * hertz * at) / 2).astype(np.float32)


@cache
def calibration(name: str) -> bytes:
    """Read a synthetic calibration clip that passes every check."""
    return (MEDIA / f"calibration_{name}.mp4").read_bytes()


@cache
def photo(name: str) -> Picture:
    """Read a photograph, RGB."""
    picture = cv2.imread(str(MEDIA / f"{name}.jpg"))
    assert picture is not None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


@cache
def moving_face() -> tuple[Picture, ...]:
    """Return five seconds of a calibration clip, slowed a little, in which the head turns."""
    with av.open(io.BytesIO(calibration("astronaut")), "r") as clip:
        every = [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in clip.decode(video=0)]
    return tuple(every[: 10 * FPS : 2])  # the first four seconds, in which the head turns


@cache
def speech() -> Samples:
    """Return the spoken digits of the calibration clip, and a second of its room around them."""
    with av.open(io.BytesIO(calibration("astronaut")), "r") as clip:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        parts = [
            part.to_ndarray().ravel() for frame in [*clip.decode(audio=0), None] for part in resampler.resample(frame)
        ]
    samples = np.concatenate(parts).astype(np.float32) / np.float32(32768)
    loud = np.flatnonzero(np.abs(samples) > 0.05)
    return samples[max(0, loud[0] - RATE // 2) : loud[-1] + RATE // 2]


def boxes(
    data: bytes, start: int = 0, end: int | None = None, path: tuple[bytes, ...] = ()
) -> Iterator[tuple[Any, ...]]:
    """Yield (path, start, end) of every box of a well-formed file."""
    at, end = start, len(data) if end is None else end
    while at < end:
        size, kind = struct.unpack_from(">I4s", data, at)
        size = size or end - at
        yield (*path, kind), at, at + size
        if kind in NESTED:
            yield from boxes(data, at + 8, at + size, (*path, kind))
        at += size


def find(data: bytes, *path: bytes, number: int = 0) -> tuple[int, int]:
    """Return start and end of the `number`th box whose path ends so."""
    found = [(start, end) for whole, start, end in boxes(data) if whole[-len(path) :] == path]
    return found[number]


def box(kind: bytes, body: bytes = b"") -> bytes:
    """Make a box."""
    return struct.pack(">I4s", 8 + len(body), kind) + body


def renamed(data: bytes, kind: bytes, *path: bytes, number: int = 0) -> bytes:
    """Give a box another type."""
    start, _ = find(data, *path, number=number)
    return data[: start + 4] + kind + data[start + 8 :]


def patched(data: bytes, offset: int, form: str, *values: int) -> bytes:
    """Overwrite numbers at an offset."""
    new = struct.pack(form, *values)
    return data[:offset] + new + data[offset + len(new) :]


def inserted(data: bytes, extra: bytes, *path: bytes) -> bytes:
    """Append a box to the end of the one at `path`, growing all that hold it.

    Chunk offsets stay as they are, so the movie header must come last (no faststart).
    """
    grown = data
    for depth in range(1, len(path) + 1):
        start, end = find(data, *path[:depth])
        grown = patched(grown, start, ">I", end - start + len(extra))
    _, end = find(data, *path)
    return grown[:end] + extra + grown[end:]
