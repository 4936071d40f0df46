"""A stand-in for a watermark: it writes the payload over the corner of every picture, for all to see."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

CELL = 8  # pixels


class Visible:
    """Black and white squares; what a real one hides, this one shows."""

    algorithm = "test.visible.squares"
    stand_in = True

    def embed(self, source: Path, target: Path, *, payload: bytes) -> None:
        bits = np.unpackbits(np.frombuffer(payload, np.uint8))
        squares = np.kron(bits.reshape(8, 16) * 255, np.ones((CELL, CELL), np.uint8)).astype(np.uint8)
        with av.open(str(source)) as old, av.open(str(target), "w", format="mp4") as new:
            before = old.streams.video[0]
            stream = new.add_stream("libx264", rate=before.average_rate)
            stream.width, stream.height, stream.pix_fmt = (
                old.streams.video[0].width,
                old.streams.video[0].height,
                "yuv420p",
            )
            for frame in old.decode(video=0):
                planes = frame.to_ndarray(format="yuv420p")
                planes[: squares.shape[0], : squares.shape[1]] = squares
                marked = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                marked.pts, marked.time_base = frame.pts, frame.time_base
                new.mux(stream.encode(marked))
            new.mux(stream.encode())

    def detect(self, source: Path) -> bytes | None:
        with av.open(str(source)) as old:
            frame = next(old.decode(video=0)).to_ndarray(format="yuv420p")
        cells = frame[: 8 * CELL, : 16 * CELL].reshape(8, CELL, 16, CELL).mean(axis=(1, 3))
        return np.packbits((cells > 127).astype(np.uint8).ravel()).tobytes()


class Forgetful(Visible):
    """One that writes nothing."""

    def embed(self, source: Path, target: Path, *, payload: bytes) -> None:  # noqa: ARG002 - the protocol's
        target.write_bytes(source.read_bytes())
