"""Decode a stranger's MP4 in the sandboxed child, within bounds. Only the child's programs import this.

FFmpeg may open nothing by itself: one demuxer, no protocols, no references to other files, one thread, fixed codecs.
Time is each frame's timestamp, never the container's frame rate, which browsers' recordings do not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

import av
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Samples = npt.NDArray[np.float32]

VIDEO_CODECS = ("h264", "hevc", "vp9", "av1")
AUDIO_CODECS = ("aac", "opus", "mp3", "flac", "alac", "ac3", "eac3", "vorbis")
RATE = 16_000  # samples a second, mono
MOST_STREAMS = 8
FASTEST = 250  # frames a second beyond which a video is not read on
DEMUXER = "mov"
OPTIONS = {
    "protocol_whitelist": "",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2",
    "enable_drefs": "0",
    "use_absolute_path": "0",
    "max_streams": str(MOST_STREAMS),
}


class Unreadable(Exception):  # noqa: N818 - read as a sentence where it is caught
    """The file cannot be decoded as what it claims. `args[0]` is a word for `clip` or `video` to explain."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a video may measure at most: seconds of either stream and pixels of the longer side."""

    seconds: float
    side: int


def opened(source: BinaryIO) -> Any:  # noqa: ANN401 - PyAV's containers; their stubs would be needed by every caller
    """Open the container. A fresh one is needed for each pass over the file."""
    source.seek(0)
    try:
        container = av.open(source, "r", format=DEMUXER, options=OPTIONS)
    except (av.FFmpegError, ValueError, UnicodeError) as error:
        raise Unreadable("unreadable") from error
    return container


def streams(container: Any, sizes: Sizes) -> tuple[Any, Any | None]:  # noqa: ANN401 - as above
    """Return the first video stream and the first audio stream (`None`: there is no sound), both vetted."""
    video = next((s for s in container.streams.video if not _is_cover(s)), None)
    audio = next(iter(container.streams.audio), None)
    if video is None:
        raise Unreadable("no-picture")
    if video.codec_context is None or video.codec_context.name not in _decoders(VIDEO_CODECS):
        raise Unreadable("video-codec")
    if audio is not None and (audio.codec_context is None or audio.codec_context.name not in _decoders(AUDIO_CODECS)):
        raise Unreadable("audio-codec")
    if max(video.codec_context.width, video.codec_context.height) > sizes.side:
        raise Unreadable("too-wide")
    for stream in (video, audio):
        if stream is not None:
            stream.codec_context.thread_count = 1
            stream.codec_context.thread_type = "NONE"
    return video, audio


def codec_name(stream: Any) -> str:  # noqa: ANN401 - as above
    """Return the codec, not the library that decodes it: "av1", never "libdav1d"."""
    return str(stream.codec_context.codec.canonical_name)


def frames(source: BinaryIO, sizes: Sizes, *, every: float, side: int) -> Iterator[tuple[float, Picture, bool]]:
    """Yield (seconds since the first frame, picture, `wanted`) for every frame; the last time is the length.

    Only frames that fall due `every` so many seconds carry a picture: upright, RGB, its longer side at most `side`.
    The others yield an empty one and False. Raises `Unreadable`.
    """
    with opened(source) as container:
        video, _ = streams(container, sizes)
        start: float | None = None
        due, last, count = 0.0, -1.0, 0
        for frame in decoded(container, video):
            if frame.time is None:
                raise Unreadable("no-timestamps")
            start = frame.time if start is None else start
            at, count = frame.time - start, count + 1
            if at > sizes.seconds:
                raise Unreadable("too-long")
            if max(frame.width, frame.height) > sizes.side:
                raise Unreadable("too-wide")
            if at < last or count > sizes.seconds * FASTEST:
                raise Unreadable("timestamps")
            last, wanted = at, at + 1e-6 >= due
            if wanted:
                due = (int(at / every + 1e-6) + 1) * every
            yield at, upright(frame, side) if wanted else np.zeros((0, 0, 3), np.uint8), wanted


def upright(frame: Any, side: int) -> Picture:  # noqa: ANN401 - as above
    """Turn a frame into RGB pixels as players show it: cameras store the rotation, decoders do not apply it."""
    scale = min(1.0, side / max(frame.width, frame.height))
    width, height = (max(2, round(length * scale)) for length in (frame.width, frame.height))
    picture = frame.to_ndarray(format="rgb24", width=width, height=height, interpolation="AREA", threads=1)
    return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90) % 4))


def sound(source: BinaryIO, sizes: Sizes) -> Samples:
    """Return the first audio stream as 16 kHz mono in -1 to 1. Empty: there is none."""
    with opened(source) as container:
        _, audio = streams(container, sizes)
        if audio is None:
            return np.zeros(0, np.float32)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        parts: list[npt.NDArray[np.int16]] = []
        most, have = int((sizes.seconds + 1) * RATE), 0
        for frame in chain(decoded(container, audio), [None]):  # None: give up what the resampler holds back
            for part in resampler.resample(frame):
                parts.append(part.to_ndarray().ravel().astype(np.int16))
                have += len(parts[-1])
            if have > most:
                raise Unreadable("too-long")
    return np.concatenate([*parts, np.zeros(0, np.int16)]).astype(np.float32) / np.float32(32768)


def jpeg(picture: Picture, quality: int = 82) -> bytes:
    """Encode RGB pixels."""
    import cv2  # most programs make no picture, and start in half the time without it

    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise Unreadable("unreadable")
    return data.tobytes()


def decoded(container: Any, stream: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
    """Decode strictly: a frame that FFmpeg calls corrupt ends the reading, it does not become grey pixels."""
    try:
        for frame in container.decode(stream):
            if getattr(frame, "is_corrupt", False):
                raise Unreadable("broken")
            yield frame
    except MemoryError:  # FFmpeg's ENOMEM is one of these, too
        raise
    except (av.FFmpegError, ValueError) as error:
        raise Unreadable("broken") from error  # FFmpeg's own words may name paths


def _decoders(codecs: tuple[str, ...]) -> set[str]:
    """Return the names under which FFmpeg decodes these codecs, libraries included."""
    return {*codecs, "libdav1d", "libopus", "libvpx-vp9", "mp3float", "libvorbis"}


def _is_cover(stream: Any) -> bool:  # noqa: ANN401 - as above
    return bool(stream.disposition & type(stream.disposition).attached_pic)
