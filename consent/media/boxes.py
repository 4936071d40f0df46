"""Read the box structure of an ISO base media file (ISO/IEC 14496-12, clause 4) without trusting a single length.

Pure Python, no recursion beyond `Bounds.depth`, no read beyond the file. What the boxes mean is for `guard` and
`samples`; here a box is a type, a place, and for containers its children.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, ClassVar

from ledger.problem import Problem

HEADER, LARGE_HEADER = 8, 16  # bytes; size 1 means that a 64-bit size follows the type
TYPE_AND_VERSION = 4  # bytes of version and flags at the start of a "full" box

CONTAINERS = frozenset(
    b"moov trak mdia minf stbl dinf edts udta mvex moof traf mfra".split()
    + b"meta ilst sinf schi wave tref tapt gmhd iprp ipco".split()
)
# where a box that steers the decoder may stand. FFmpeg obeys such a box wherever it finds it, so a second sample table
# hidden in a list of tags would be the one that plays
PLACES: dict[bytes, frozenset[bytes]] = {
    inner: frozenset(outers.split())
    for outers, inners in (
        (b"top", b"ftyp styp moov moof mdat mfra sidx"),
        (b"moov", b"mvhd trak mvex"),
        (b"mvex", b"trex mehd"),
        (b"trak", b"tkhd mdia"),
        (b"mdia", b"mdhd minf"),
        (b"mdia minf meta", b"hdlr"),
        (b"minf", b"stbl"),
        (b"minf meta", b"dinf"),
        (b"dinf", b"dref"),
        (b"stbl", b"stsd stts stsc stsz stco co64 ctts stss"),
        (b"moof", b"mfhd traf"),
        (b"traf", b"tfhd tfdt trun"),
        (b"mfra", b"tfra"),
    )
    for inner in inners.split()
}
# of these only one per parent is read by everybody; of two, each reader picks its own
SINGLE = frozenset(b"mvhd mvex tkhd mdia mdhd minf stbl dinf dref stsd stts stsc stsz stco co64 tfhd tfdt mfhd".split())
# compressed movie headers, reference movies, item locations, compact sizes: other ways to say where the samples are
FORBIDDEN = frozenset(b"cmov cmvd dcom rmra rmda rdrf iloc stz2 imda".split())
VIDEO_ENTRY, SOUND_ENTRY = 78, 28  # bytes of a sample entry before its own boxes (clause 12.1.3, 12.2.3)
PALETTES = {1, 2, 4, 8}  # bits a pixel with which QuickTime puts a palette before the boxes
QUICKTIME_SOUND = {1: 16, 2: 36}  # more bytes, by version of the QuickTime sound description


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much structure is followed at most."""

    top_level: int = 4096
    inner: int = 20_000
    depth: int = 12
    header_bytes: int = 64 << 20  # of moov, and of all that is read into memory together
    samples: int = 1_000_000
    tracks: int = 16


class UnsafeContainer(Problem):
    """The file is not a well-formed MP4, or is one that could show different things to different programs."""

    code: ClassVar[str] = "unsafe-container"
    title: ClassVar[str] = "The file is not a sound MP4"


class FileTooLarge(UnsafeContainer):
    """Larger than the caller takes; nothing of it was read."""

    code = "file-too-large"
    status = 413


class EmptyFile(UnsafeContainer):
    """No bytes at all."""

    code = "empty-file"


class Truncated(UnsafeContainer):
    """A box ends after the file does."""

    code = "truncated"


class NotMp4(UnsafeContainer):
    """The first box is not `ftyp`, or names a family that is not taken."""

    code = "not-mp4"


class BoxOverflow(UnsafeContainer):
    """A box is smaller than its header or larger than its parent."""

    code = "box-overflow"


class TooManyBoxes(UnsafeContainer):
    """More structure than any honest file has."""

    code = "too-many-boxes"


class MisplacedBox(UnsafeContainer):
    """A box that steers the decoder stands where only some decoders would obey it, or twice."""

    code = "misplaced-box"


REMEDY = "Export the video anew as MP4 (H.264, AAC) and send that."


@dataclass(frozen=True, slots=True)
class Box:
    """One box. `start` and `end` are offsets in the file; `body` is empty for top-level boxes that were not read."""

    type: bytes
    start: int
    end: int
    header: int
    body: memoryview = field(default=memoryview(b""), repr=False)
    children: tuple[Box, ...] = field(default=(), repr=False)

    def all(self, type_: bytes) -> list[Box]:
        """Return the children of one type."""
        return [child for child in self.children if child.type == type_]

    def one(self, *path: bytes) -> Box | None:
        """Return the box at the end of a path of types, or `None`."""
        box: Box | None = self
        for type_ in path:
            box = next(iter(box.all(type_)), None) if box else None
        return box


def top_level(source: BinaryIO, bounds: Bounds) -> list[Box]:
    """Return the outermost boxes, unread. Size 0, "to the end of the file", is taken only for the last."""
    size = source.seek(0, os.SEEK_END)
    found: list[Box] = []
    at = 0
    while at < size:
        if len(found) == bounds.top_level:
            raise TooManyBoxes(f"The file has more than {bounds.top_level:,} outer boxes.", remedy=REMEDY)
        source.seek(at)
        head = source.read(LARGE_HEADER)
        if not found and head[4:8] != b"ftyp":
            raise NotMp4("The file is not an MP4: it does not begin with a file type (ftyp).", remedy=REMEDY)
        if len(head) < HEADER:
            raise Truncated("The file ends within the header of a box.", remedy=REMEDY)
        box = _box(head, at, size)
        if box.end > size:
            raise Truncated(
                f"The box {_name(box.type)} says that it ends at byte {box.end:,}, the file at {size:,}.", remedy=REMEDY
            )
        found.append(box)
        at = box.end
    return found


class Reader:
    """Reads boxes into memory with all their children, counting against one budget for the whole file."""

    def __init__(self, source: BinaryIO, bounds: Bounds) -> None:
        self.source, self.bounds = source, bounds
        self.boxes = self.bytes = 0

    def read(self, box: Box) -> Box:
        """Return the top-level box with its body and children."""
        size = box.end - box.start - box.header
        self.bytes += size
        if self.bytes > self.bounds.header_bytes:
            raise TooManyBoxes(f"The file has more than {self.bounds.header_bytes:,} bytes of headers.", remedy=REMEDY)
        self.source.seek(box.start + box.header)
        body = memoryview(self.source.read(size))
        if len(body) != size:
            raise Truncated(f"The box {_name(box.type)} cannot be read to its end.", remedy=REMEDY)
        return self._whole(Box(box.type, box.start, box.end, box.header, body), 1, b"")

    def _whole(self, box: Box, depth: int, handler: bytes) -> Box:
        """Return the box with its children, if it has any. `handler` is the track's, b"" outside tracks."""
        if depth > self.bounds.depth:
            raise TooManyBoxes(f"Boxes are nested deeper than {self.bounds.depth}.", remedy=REMEDY)
        offset = _first_child(box, handler)
        if offset is None:
            return box
        children: list[Box] = []
        for child in self._children(box, offset):
            _check_place(child, box, children)
            children.append(child)
        if box.type == b"mdia":
            handler = next((bytes(child.body[8:12]) for child in children if child.type == b"hdlr"), b"")
        # a sample entry's type is a codec's name: only its place tells that it is one
        inside = b"in " + handler if box.type == b"stsd" else b"" if handler.startswith(b"in ") else handler
        whole = tuple(self._whole(child, depth + 1, inside) for child in children)
        return Box(box.type, box.start, box.end, box.header, box.body, whole)

    def _children(self, box: Box, offset: int) -> Iterator[Box]:
        base = box.start + box.header
        at, size = offset, len(box.body)
        while at < size:
            if size - at < HEADER and not any(box.body[at:]):
                return  # QuickTime ends some lists with a zero
            if size - at < HEADER:
                raise BoxOverflow(f"{_name(box.type)} ends within the header of a box.", remedy=REMEDY)
            self.boxes += 1
            if self.boxes > self.bounds.inner:
                raise TooManyBoxes(f"The file has more than {self.bounds.inner:,} inner boxes.", remedy=REMEDY)
            child = _box(bytes(box.body[at : at + LARGE_HEADER]), base + at, None)
            end = child.end - base
            if end > size:
                raise BoxOverflow(f"{_name(child.type)} is larger than its parent {_name(box.type)}.", remedy=REMEDY)
            yield Box(child.type, child.start, child.end, child.header, box.body[at + child.header : end])
            at = end


def _box(head: bytes, start: int, file_size: int | None) -> Box:
    """Parse a header. `file_size` is `None` for inner boxes, where size 0 has no meaning that readers share."""
    size, type_ = struct.unpack_from(">I4s", head)
    header = HEADER
    if size == 1:
        if len(head) < LARGE_HEADER:
            raise BoxOverflow(f"{_name(type_)} has no room for its 64-bit size.", remedy=REMEDY)
        (size,) = struct.unpack_from(">Q", head, HEADER)
        header = LARGE_HEADER
    elif size == 0 and file_size is not None:
        size = file_size - start
    if size < header:
        raise BoxOverflow(f"{_name(type_)} says that it has {size} bytes, fewer than its own header.", remedy=REMEDY)
    return Box(type_, start, start + size, header)


def _check_place(child: Box, parent: Box, siblings: list[Box]) -> None:
    if child.type in FORBIDDEN:
        raise MisplacedBox(f"A box {_name(child.type)} is not taken.", remedy=REMEDY)
    places = PLACES.get(child.type)
    if places is not None and parent.type not in places:
        raise MisplacedBox(f"{_name(child.type)} has no place in {_name(parent.type)}.", remedy=REMEDY)
    if child.type in SINGLE and any(other.type == child.type for other in siblings):
        raise MisplacedBox(f"{_name(parent.type)} has two {_name(child.type)}.", remedy=REMEDY)


def _first_child(box: Box, handler: bytes) -> int | None:
    """Return where in the body the children begin; `None` if a box of this kind has none."""
    if handler.startswith(b"in "):
        return _entry_offset(box, handler)
    if box.type == b"stsd":
        if bytes(box.body[:1]) != b"\0":  # version 1 changes what sound entries look like, for some readers
            raise UnsafeContainer("This version of sample descriptions is not taken.", remedy=REMEDY)
        return TYPE_AND_VERSION + 4  # the count of entries
    if box.type == b"meta":
        # a full box in ISO files, a plain one in QuickTime, where its handler comes at once
        return 0 if bytes(box.body[4:8]) == b"hdlr" else TYPE_AND_VERSION
    return 0 if box.type in CONTAINERS else None


def _entry_offset(entry: Box, handler: bytes) -> int | None:
    """Return where the boxes of a sample entry begin; `None` if it is of a kind whose boxes steer nothing."""
    if handler == b"in vide":
        if len(entry.body) < VIDEO_ENTRY or int.from_bytes(entry.body[74:76]) & 0x1F in PALETTES:
            raise UnsafeContainer("A description of the picture is not whole, or has a palette.", remedy=REMEDY)
        return VIDEO_ENTRY
    if handler == b"in soun":
        if len(entry.body) < SOUND_ENTRY:
            raise UnsafeContainer("A description of the sound is not whole.", remedy=REMEDY)
        (version,) = struct.unpack_from(">H", entry.body, 8)
        return min(len(entry.body), SOUND_ENTRY + QUICKTIME_SOUND.get(version, 0))
    return None


def _name(type_: bytes) -> str:
    """Return a type as text that is safe to show: it was written by a stranger."""
    return "".join(chr(c) if 0x20 < c < 0x7F else "?" for c in type_)  # noqa: PLR2004 - printable ASCII
