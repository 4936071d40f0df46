"""Look at a stranger's file before any decoder does: it must be one sound MP4 with one possible reading.

Milliseconds, pure Python, nothing decoded. Numbered as the checks run; each failure is an `UnsafeContainer`.

 1. the size, before a byte is read
 2. outer boxes: none beyond the end, not too many
 3. `ftyp` first, of a family that is taken
 4. exactly one `moov`
 5. inner boxes: each inside its parent and in its place, not too many, not too deep
 6. every track refers to this file only
 7. every sample lies in an `mdat`
 8. indexes lead only to what a plain reading finds

A pass says nothing about what the pixels show, and nothing about the codecs: those meet the sandbox next.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import BinaryIO

from consent.media.boxes import (
    CONTAINERS,
    FORBIDDEN,
    PLACES,
    REMEDY,
    Bounds,
    Box,
    EmptyFile,
    FileTooLarge,
    MisplacedBox,
    NotMp4,
    Reader,
    TooManyBoxes,
    UnsafeContainer,
    top_level,
)
from consent.media.samples import (
    BrokenTable,
    Media,
    check_fragment,
    check_index,
    check_random_access,
    check_track,
    trex_sizes,
    uncompressed,
)

__all__ = ["Bounds", "Boxes", "ExternalReference", "UncompressedSound", "UnsafeContainer", "inspect"]

MOST_BYTES = 1 << 30
BRANDS = frozenset(
    {b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42", b"avc1"}
    | {b"qt  ", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"dash", b"cmfc", b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3g2a"}
)
PADDING = frozenset({b"free", b"skip", b"wide"})
LARGEST_PADDING = 1 << 20  # bytes beyond which padding is remarked on
PADDING_READ = 8 << 20  # bytes of padding that are looked at in one file
C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # the C2PA specification, "Embedding manifests into BMFF"
SELF_CONTAINED = 1  # flag of a data reference: the media is in this file
REFERENCES = frozenset({b"url ", b"urn ", b"alis", b"rsrc"})


class ExternalReference(UnsafeContainer):
    """Part of the media would be fetched from elsewhere."""

    code = "external-reference"


class UncompressedSound(UnsafeContainer):
    """Raw sound, whose extents cannot be told from its sample table."""

    code = "uncompressed-sound"


@dataclass(frozen=True, slots=True)
class Boxes:
    """What the guard saw.

    brand:      the major brand
    size:       bytes of the file
    outer:      (type, start, end) of each top-level box
    media:      (start, end) of each `mdat` body; every sample lies in one
    tracks:     the handler of each track, "vide", "soun", …
    samples:    table rows that were followed
    fragmented: whether there are movie fragments
    c2pa:       number of C2PA boxes; more than one is for the verifier to judge
    warnings:   remarks that do not refuse: honest files have padding too
    """

    brand: str
    size: int
    outer: tuple[tuple[str, int, int], ...]
    media: tuple[tuple[int, int], ...]
    tracks: tuple[str, ...]
    samples: int
    fragmented: bool
    c2pa: int
    warnings: tuple[str, ...]


def inspect(
    source: BinaryIO, *, max_bytes: int = MOST_BYTES, limits: Bounds | None = None, pointer: str | None = None
) -> Boxes:
    """Return what the file is made of, or raise an `UnsafeContainer` with `pointer`. Moves the position of `source`."""
    try:
        return _inspected(source, max_bytes, limits or Bounds())
    except UnsafeContainer as refusal:
        refusal.pointer = pointer
        raise


def _inspected(source: BinaryIO, max_bytes: int, bounds: Bounds) -> Boxes:
    # (1) the size
    size = source.seek(0, os.SEEK_END)
    if size > max_bytes:
        raise FileTooLarge(f"The file has {size:,} bytes; at most {max_bytes:,} are taken.", remedy="Make it smaller.")
    if size == 0:
        raise EmptyFile("The file is empty.", remedy="Send the file again: its upload may have been cut off.")
    # (2) outer boxes
    outer = top_level(source, bounds)
    # (3) ftyp first
    reader = Reader(source, bounds)
    brand = _brand(outer, reader)
    # (4) exactly one moov
    if sum(box.type == b"moov" for box in outer) != 1:
        raise MisplacedBox("The file must have exactly one movie header (moov).", remedy=REMEDY)
    # (5) inner boxes
    _check_outer(outer)
    moov = reader.read(next(box for box in outer if box.type == b"moov"))
    media = Media(((box.start + box.header, box.end) for box in outer if box.type == b"mdat"), bounds)
    # (6) and (7), track by track
    tracks = tuple(_track(trak, media, bounds) for trak in _tracks(moov, bounds))
    # (7) for fragments, (8) indexes
    _check_rest(outer, reader, moov, media, size)
    return Boxes(
        brand=brand,
        size=size,
        outer=tuple((_text(box.type), box.start, box.end) for box in outer),
        media=tuple(media.spans),
        tracks=tracks,
        samples=media.samples,
        fragmented=any(box.type == b"moof" for box in outer),
        c2pa=_c2pa(source, outer),
        warnings=_padding(source, outer),
    )


def _brand(outer: list[Box], reader: Reader) -> str:
    major = bytes(reader.read(outer[0]).body[:4])
    if major not in BRANDS:
        raise NotMp4(f"Files of the kind {_text(major)} are not taken.", remedy=REMEDY)
    return _text(major)


def _check_outer(outer: list[Box]) -> None:
    """Refuse outermost boxes that belong inside others, and a second `ftyp`."""
    for number, box in enumerate(outer):
        misplaced = box.type in PLACES and b"top" not in PLACES[box.type]
        if misplaced or box.type in FORBIDDEN or (box.type == b"ftyp" and number):
            raise MisplacedBox(f"A box {_text(box.type)} has no place outside the others.", remedy=REMEDY)


def _tracks(moov: Box, bounds: Bounds) -> list[Box]:
    tracks = moov.all(b"trak")
    if not tracks:
        raise BrokenTable("The file has no tracks.", remedy=REMEDY)
    if len(tracks) > bounds.tracks:
        raise TooManyBoxes(f"The file has more than {bounds.tracks} tracks.", remedy=REMEDY)
    return tracks


def _track(trak: Box, media: Media, bounds: Bounds) -> str:
    """Check one track and return its handler."""
    hdlr, dref = trak.one(b"mdia", b"hdlr"), trak.one(b"mdia", b"minf", b"dinf", b"dref")
    stbl = trak.one(b"mdia", b"minf", b"stbl")
    if hdlr is None or dref is None or stbl is None:
        raise BrokenTable("A track lacks its handler, its data reference or its sample table.", remedy=REMEDY)
    _check_references(dref, bounds)
    handler = bytes(hdlr.body[8:12])
    if handler == b"soun" and uncompressed(stbl):
        raise UncompressedSound("Uncompressed sound is not taken.", remedy="Export the video with AAC sound.")
    check_track(stbl, media)
    return _text(handler)


def _check_references(dref: Box, bounds: Bounds) -> None:
    """Refuse a data reference that is not to this very file (ISO/IEC 14496-12, clause 8.7.2)."""
    at, seen = 8, 0
    while at + 12 <= len(dref.body):
        size = int.from_bytes(dref.body[at : at + 4])
        kind, flags = bytes(dref.body[at + 4 : at + 8]), int.from_bytes(dref.body[at + 9 : at + 12])
        if size < 12 or kind not in REFERENCES or not flags & SELF_CONTAINED:  # noqa: PLR2004 - a full box's header
            raise ExternalReference("The video refers to media outside the file.", remedy=REMEDY)
        at, seen = at + size, seen + 1
    if not 0 < seen <= bounds.inner or at != len(dref.body) or seen != int.from_bytes(dref.body[4:8]):
        raise BrokenTable("A track's data references are not whole.", remedy=REMEDY)


def _check_rest(outer: list[Box], reader: Reader, moov: Box, media: Media, size: int) -> None:
    """Check fragments and indexes, and that containers outside the movie hide nothing."""
    defaults = trex_sizes(moov)
    starts = frozenset(box.start for box in outer)
    fragments = frozenset(box.start for box in outer if box.type == b"moof")
    for box in outer:
        if box.type == b"moof":
            check_fragment(reader.read(box), defaults, media)
        elif box.type == b"sidx":
            check_index(reader.read(box), starts, size)
        elif box.type == b"mfra":
            for tfra in reader.read(box).all(b"tfra"):
                check_random_access(tfra, fragments, media)
        elif box.type in CONTAINERS and box.type != b"moov":
            reader.read(box)


def _c2pa(source: BinaryIO, outer: list[Box]) -> int:
    count = 0
    for box in outer:
        if box.type == b"uuid":
            source.seek(box.start + box.header)
            count += source.read(min(16, box.end - box.start - box.header)) == C2PA
    return count


def _padding(source: BinaryIO, outer: list[Box]) -> tuple[str, ...]:
    """Remark on padding that is large or not empty: nobody plays it, and C2PA's hash leaves it out."""
    remarks, left = [], PADDING_READ
    for box in outer:
        size = box.end - box.start - box.header
        if box.type not in PADDING or size == 0:
            continue
        name = _text(box.type).strip()
        if size > LARGEST_PADDING:
            remarks.append(f"{name} at byte {box.start} has {size} bytes")
        source.seek(box.start + box.header)
        part = source.read(min(size, LARGEST_PADDING, left))
        left -= len(part)
        if part.strip(b"\0"):
            remarks.append(f"{name} at byte {box.start} is not empty")
    return tuple(remarks)


def _text(type_: bytes) -> str:
    """Return four bytes of a stranger as printable text."""
    return "".join(chr(c) if 0x20 <= c < 0x7F else "?" for c in type_)  # noqa: PLR2004 - printable ASCII
