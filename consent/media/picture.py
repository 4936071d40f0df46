"""Tell what a stranger's still picture is by its first bytes, and how large it says it is, before anything decodes it.

JPEG (ITU-T T.81), PNG (W3C PNG 3rd edition) and WebP (RFC 9649), one picture in each. What moves or is see-through is
refused by name: another program would show other pixels than those that we looked at. Pure Python.
"""

from __future__ import annotations

import struct

JPEG, PNG, WEBP, MP4 = "image/jpeg", "image/png", "image/webp", "video/mp4"
SOUND = "audio"
MOST_PIXELS = 40_000_000
MOST_SIDE = 8192
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers of frame headers (T.81, table B.1)
ANIMATED, ALPHA = 0x02, 0x10  # flags of an extended WebP (RFC 9649, 2.7)
SPOKEN = (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"fLaC", b"OggS")


class Unusable(Exception):  # noqa: N818 - read as a sentence where it is caught
    """The bytes are no picture that is taken. `args[0]` is a word for `scene` to explain."""


def media_type(data: bytes) -> str | None:
    """Return what the first bytes say; `None`: nothing that is taken. What a client says of its file is not asked."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(PNG_MAGIC):
        return PNG
    if data[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": SOUND}.get(data[8:12])
    if data[4:8] == b"ftyp":
        return MP4
    return SOUND if data.startswith(SPOKEN) else None


def size_of(data: bytes) -> tuple[int, int]:
    """Return width and height as the header says, within the limits. Raises `Unusable`."""
    readers = {JPEG: _jpeg, PNG: _png, WEBP: _webp}
    reader = readers.get(media_type(data) or "")
    if reader is None:
        raise Unusable("not-a-picture")
    try:
        width, height = reader(data)
    except (struct.error, IndexError) as error:
        raise Unusable("unreadable") from error
    if min(width, height) < 1:
        raise Unusable("unreadable")
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise Unusable("too-many-pixels")
    return width, height


def _jpeg(data: bytes) -> tuple[int, int]:
    """Walk the marker segments to the first frame header."""
    at = 2
    while True:
        if data[at] != 0xFF:  # noqa: PLR2004 - what every marker begins with
            raise Unusable("unreadable")
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - a marker may be preceded by any number of these
            at += 1
            continue
        if marker in FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in (0xD9, 0xDA) or length < 2:  # noqa: PLR2004 - the end or the scan, and no frame before it
            raise Unusable("unreadable")
        at += 2 + length


def _png(data: bytes) -> tuple[int, int]:
    """Read IHDR, and every chunk before the pixels."""
    length, kind, width, height = struct.unpack_from(">I4sII", data, 8)
    if kind != b"IHDR" or length != 13:  # noqa: PLR2004 - W3C PNG, 11.2.1
        raise Unusable("unreadable")
    if data[25] & 4:
        raise Unusable("transparent")
    at = 8
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind in (b"acTL", b"tRNS"):
            raise Unusable("animated" if kind == b"acTL" else "transparent")
        if kind in (b"IDAT", b"IEND"):
            return width, height
        at += 12 + length


def _webp(data: bytes) -> tuple[int, int]:
    """Read the first chunk; an extended file says in it whether it moves or is see-through."""
    kind, body = data[12:16], data[20:]
    if kind == b"VP8 ":
        if body[3:6] != b"\x9d\x01\x2a":
            raise Unusable("unreadable")
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", body, 1)
        if bits >> 28 & 1:
            raise Unusable("transparent")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind != b"VP8X":
        raise Unusable("unreadable")
    if body[0] & (ANIMATED | ALPHA):
        raise Unusable("animated" if body[0] & ANIMATED else "transparent")
    width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
    return width, height
