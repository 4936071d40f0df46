"""Read attached clips from memory: pictures at the times we want, sound as samples. Nothing is written anywhere.

Time comes from each frame's own timestamp; a clip that is shorter than the video starts again.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing

import av
import cv2
import numpy as np

from gpu_client.reference_renderer.backdrop import Field, Picture

RATE = 48_000  # samples a second, mono
MAX_SIDE = 4096  # pixels
LONGEST = 60.0  # seconds of sound that are read at most


class FootageUnreadable(ValueError):  # noqa: N818 - what happened, in one word
    """The attachment is not a clip with pictures that can be decoded."""


class Footage:
    """The pictures of one clip, cropped to `width` x `height` around the middle, played in a loop."""

    def __init__(self, clip: bytes, width: int, height: int) -> None:
        self.clip, self.width, self.height = clip, width, height
        self._frames = self._decode()
        self._base = 0.0  # the video's time at which the clip last began
        self._at, self._now = self._next_or_refuse()
        self._following: tuple[float, Picture] | None = None

    def at(self, seconds: float) -> Picture:
        """Return the picture to show at a time. Times must not go back."""
        while True:
            if self._following is None:
                self._following = next(self._frames, None)
            if self._following is None:  # the clip ended
                if seconds < self._base + self._at + 1 / 60:
                    return self._now
                self._base += self._at + 1 / 24
                self._frames = self._decode()
                self._at, self._now = self._next_or_refuse()
            elif self._base + self._following[0] <= seconds:
                self._at, self._now = self._following
                self._following = None
            else:
                return self._now

    def _next_or_refuse(self) -> tuple[float, Picture]:
        first = next(self._frames, None)
        if first is None:
            raise FootageUnreadable("The attachment has no picture that can be decoded.")
        return first

    def _decode(self) -> Iterator[tuple[float, Picture]]:
        try:
            with closing(av.open(io.BytesIO(self.clip), "r")) as container:
                if not container.streams.video:
                    return
                start = None
                for frame in container.decode(video=0):
                    if frame.time is None or max(frame.width, frame.height) > MAX_SIDE:
                        raise FootageUnreadable("The attachment's pictures have no time, or are too large.")
                    start = frame.time if start is None else start
                    yield frame.time - start, self._fit(frame)
        except av.FFmpegError as error:
            raise FootageUnreadable("The attachment cannot be decoded.") from error

    def _fit(self, frame: av.VideoFrame) -> Picture:
        """Turn upright (players apply the stored rotation, decoders do not), crop to the shape, scale."""
        picture: Picture = np.rot90(frame.to_ndarray(format="bgr24"), round(frame.rotation / 90) % 4)
        high, wide = picture.shape[:2]
        shape = self.width / self.height
        keep_wide, keep_high = min(wide, round(high * shape)), min(high, round(wide / shape))
        top, left = (high - keep_high) // 2, (wide - keep_wide) // 2
        cropped = np.ascontiguousarray(picture[top : top + keep_high, left : left + keep_wide])
        method = cv2.INTER_AREA if keep_wide > self.width else cv2.INTER_CUBIC
        return cv2.resize(cropped, (self.width, self.height), interpolation=method).astype(np.uint8, copy=False)


def proportions(clip: bytes) -> float:
    """Return width divided by height of a clip as players show it."""
    try:
        with closing(av.open(io.BytesIO(clip), "r")) as container:
            frame = next(container.decode(video=0))
    except (av.FFmpegError, StopIteration, IndexError) as error:
        raise FootageUnreadable("The attachment cannot be decoded.") from error
    upright = round(frame.rotation / 90) % 2 == 0
    return frame.width / frame.height if upright else frame.height / frame.width


def sound(clip: bytes) -> Field:
    """Return a clip's sound, mono at RATE, -1 to 1. Empty: it has none that can be decoded."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    parts: list[Field] = [np.zeros(0, np.float32)]
    try:
        with closing(av.open(io.BytesIO(clip), "r")) as container:
            if not container.streams.audio:
                return parts[0]
            for frame in container.decode(audio=0):
                parts += [out.to_ndarray().ravel() for out in resampler.resample(frame)]
                if sum(map(len, parts)) > LONGEST * RATE:
                    break
            parts += [out.to_ndarray().ravel() for out in resampler.resample(None)]
    except av.FFmpegError:  # a clip may have pictures only; what was decoded before the fault is kept
        pass
    samples: Field = np.nan_to_num(np.clip(np.concatenate(parts), -1, 1)).astype(np.float32)
    return samples
