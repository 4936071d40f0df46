"""Copy the picture and the sound of an MP4 into a new container, inside the sandbox. Nothing is encoded anew.

Only the first video and the first sound stream are taken, and no metadata but ours. What the old container had besides
(padding, unknown boxes, seals of others, second tracks) is not carried over, and since FFmpeg writes every table
itself, the new file has one reading only.

FFmpeg leaves eight free bytes before the media, for the case that its length needs more than 32 bits. They are always
used here: signers that hash the media in leaves agree about where the first leaf begins only with the long header.
"""

from __future__ import annotations

import os
import struct
from typing import Any, BinaryIO

import av

from consent.media.decoding import Sizes, Unreadable, opened, streams


class Positioned:
    """A file over a descriptor with a position of its own: FFmpeg moves the header to the front with two of them."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.at = descriptor, 0

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        data = os.pread(self.descriptor, size, self.at)
        self.at += len(data)
        return data

    def write(self, data: bytes) -> int:
        """Write all of `data`."""
        rest = memoryview(data)
        while rest:
            done = os.pwrite(self.descriptor, rest, self.at)
            self.at, rest = self.at + done, rest[done:]
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, and return the position from the start."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: os.fstat(self.descriptor).st_size}[whence]
        self.at = base + offset
        return self.at

    def tell(self) -> int:
        """Return the position."""
        return self.at


def main(source: BinaryIO, arguments: dict[str, Any], output: BinaryIO | None) -> dict[str, Any]:
    """Remux into `output`, which must be readable too. `arguments`: seconds and side (the most), new metadata."""
    if output is None:
        raise ValueError("remuxing needs an output")
    try:
        sizes = Sizes(arguments["seconds"], arguments["side"])
        packets = _copy(source, output.fileno(), sizes, arguments.get("metadata", {}))
        return {"packets": packets, "wide": _widen(output.fileno())}
    except Unreadable as error:
        return {"unreadable": str(error)}


def container_options(metadata: dict[str, str]) -> dict[str, str]:
    """Return FFmpeg's options for a file that plays while it arrives: its index lies before its media.

    With `metadata`, keys of any name are kept (QuickTime's `mdta`, in `moov`, which every seal covers).
    """
    flags = "+faststart+use_metadata_tags" if metadata else "+faststart"
    return {"movflags": flags, "fflags": "+bitexact"}  # bitexact: no library's name in the file


def _copy(source: BinaryIO, descriptor: int, sizes: Sizes, metadata: dict[str, str]) -> int:
    packets = 0
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
        kept = [stream for stream in streams(old, sizes) if stream is not None]
        copies = {stream.index: new.add_stream_from_template(stream) for stream in kept}
        try:
            for packet in old.demux(kept):
                if packet.dts is None:  # the empty packet that ends a stream
                    continue
                packet.stream = copies[packet.stream.index]
                new.mux(packet)
                packets += 1
        except av.FFmpegError as error:
            raise Unreadable("broken") from error
    return packets


def _widen(descriptor: int) -> bool:
    """Write the media's length in 64 bits, over the free box before it; `False`: there is no such box."""
    at, end = 0, os.fstat(descriptor).st_size
    free = False  # whether an empty free box lies just before
    while at + 8 <= end:
        size, kind = struct.unpack(">I4s", os.pread(descriptor, 8, at))
        if kind == b"mdat" and size != 1:
            if not free or size < 8:  # noqa: PLR2004 - a header
                return False
            header = struct.pack(">I4sQ", 1, b"mdat", size + 8)
            return os.pwrite(descriptor, header, at - 8) == len(header)
        if size < 8:  # noqa: PLR2004 - a header; a long one is as it should be
            return bool(kind == b"mdat")
        free = kind == b"free" and size == 8  # noqa: PLR2004 - a header
        at += size
    return False
