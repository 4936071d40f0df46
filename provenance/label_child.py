"""Draw the mark into every frame of a video, inside the sandbox; its sound is copied as it is.

The mark is laid on brightness and colour as the video stores them, so nothing outside the plate changes colour. Each
frame keeps its time. The new file is written by FFmpeg alone, index first, with the metadata that we give and none
of the old.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, BinaryIO

import av
import cv2
import numpy as np
import numpy.typing as npt

from consent.media.decoding import FASTEST, Sizes, Unreadable, opened, streams
from consent.media.remux import Positioned, container_options
from provenance.lettered import PLATE_COVER, Placed, placed

Picture = npt.NDArray[np.uint8]
Cover = npt.NDArray[np.floating[Any]]

ENCODING = {"preset": "veryfast", "crf": "18"}
OVERSIZE = 4  # strokes are drawn this many times too large, and reduced
BLACK, WHITE, NEUTRAL = 16.0, 235.0, 128.0  # ITU-R BT.709, limited range; near enough in full range


def main(source: BinaryIO, arguments: dict[str, Any], output: BinaryIO | None) -> dict[str, Any]:
    """Write the marked video. `arguments`: seconds and side (the most), text of the mark, metadata of the file."""
    if output is None:
        raise ValueError("drawing needs an output")
    cv2.setNumThreads(1)
    sizes = Sizes(arguments["seconds"], arguments["side"])
    try:
        return {"frames": _draw(source, output.fileno(), sizes, arguments["text"], arguments["metadata"])}
    except Unreadable as error:
        return {"unreadable": str(error)}


class Stencil:
    """The mark for pictures of one size: what it puts in place of brightness and colour, and how much of it."""

    def __init__(self, mark: Placed) -> None:
        # an even corner and size: two by two pixels share their colour
        self.left, self.top = mark.left - mark.left % 2, mark.top - mark.top % 2
        self.wide = min(mark.plate_width + 2 - mark.plate_width % 2, mark.width - self.left)
        self.high = mark.plate_height + 2 - mark.plate_height % 2
        ink = self._ink(mark)
        self.cover = ink + (1 - ink) * PLATE_COVER
        self.brightness = (ink * WHITE + (1 - ink) * PLATE_COVER * BLACK) / self.cover

    def _ink(self, mark: Placed) -> Cover:
        canvas = np.zeros((self.high * OVERSIZE, self.wide * OVERSIZE), np.uint8)
        for stroke in mark.strokes():
            points = np.array([[(x - self.left) * OVERSIZE, (y - self.top) * OVERSIZE] for x, y in stroke])
            cv2.polylines(
                canvas,
                [points.round().astype(np.int32)],
                isClosed=False,
                color=255,
                thickness=round(mark.thickness * OVERSIZE),
            )
        small = cv2.resize(canvas, (self.wide, self.high), interpolation=cv2.INTER_AREA)
        return small.astype(np.float32) / 255

    def lay(self, planes: Picture, height: int, width: int) -> None:
        """Lay the mark on a frame in yuv420p as PyAV packs it: all brightness, then both colours at half the size."""
        self._mix(planes[:height], self.brightness, self.cover, self.top, self.left)
        colours = planes[height:].reshape(2, height // 2, width // 2)
        halved = cv2.resize(self.cover, (self.wide // 2, self.high // 2), interpolation=cv2.INTER_AREA)
        cover = halved.astype(np.float32)
        neutral = np.full_like(cover, NEUTRAL)
        for plane in colours:
            self._mix(plane, neutral, cover, self.top // 2, self.left // 2)

    @staticmethod
    def _mix(plane: Picture, value: Cover, cover: Cover, top: int, left: int) -> None:
        part = plane[top : top + cover.shape[0], left : left + cover.shape[1]]
        part[:] = np.round(part * (1 - cover) + value * cover).astype(np.uint8)


def _draw(source: BinaryIO, descriptor: int, sizes: Sizes, text: str, metadata: dict[str, str]) -> int:
    with (
        opened(source) as old,
        av.open(
            Positioned(descriptor),
            "w",
            format="mp4",
            options=container_options(metadata),
            io_open=lambda *_: Positioned(descriptor),
        ) as new,
    ):
        new.metadata.update(metadata)
        video, audio = streams(old, sizes)
        picture = _encoder(new, video)
        sound = None if audio is None else new.add_stream_from_template(audio)
        stencil = Stencil(placed(text, picture.width, picture.height))
        count = 0
        try:
            for packet in old.demux([one for one in (video, audio) if one is not None]):
                if packet.stream is audio:
                    if packet.dts is not None:  # the empty packet that ends a stream
                        packet.stream = sound
                        new.mux(packet)
                    continue
                for frame in packet.decode():
                    count += 1
                    if count > sizes.seconds * FASTEST or getattr(frame, "is_corrupt", False):
                        raise Unreadable("broken")
                    new.mux(picture.encode(_marked(frame, stencil)))
            new.mux(picture.encode())
        except (av.FFmpegError, ValueError) as error:
            raise Unreadable("broken") from error
    return count


def _encoder(new: Any, old: Any) -> Any:  # noqa: ANN401 - PyAV's containers and streams
    """Return an H.264 stream with the old one's size, rate, clock and colours."""
    before = old.codec_context
    stream = new.add_stream("libx264", rate=old.average_rate or Fraction(25), options=ENCODING)
    stream.width, stream.height, stream.pix_fmt = before.width, before.height, "yuv420p"
    stream.time_base = stream.codec_context.time_base = old.time_base
    stream.codec_context.thread_count = 1
    for name in ("color_range", "color_primaries", "color_trc", "colorspace", "sample_aspect_ratio"):
        if getattr(before, name, None):
            setattr(stream.codec_context, name, getattr(before, name))
    return stream


def _marked(frame: Any, stencil: Stencil) -> Any:  # noqa: ANN401 - as above
    """Return the frame with the mark on it, shown when the old one was, for as long."""
    planes = frame.to_ndarray(format="yuv420p")
    stencil.lay(planes, frame.height, frame.width)
    marked = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    marked.pts, marked.time_base, marked.duration = frame.pts, frame.time_base, frame.duration
    marked.color_range, marked.colorspace = frame.color_range, frame.colorspace
    return marked
