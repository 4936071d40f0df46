"""Where the samples of an MP4 lie. Every one must be inside an `mdat` box.

C2PA's hash leaves `free` boxes out (c2pa.hash.bmff.v3), so samples that lie in one play, are signed, and can be
exchanged afterwards while the file still verifies. The offset of a chunk alone proves nothing: a chunk that begins in
`mdat` may end beyond it. ISO/IEC 14496-12: clauses 8.6 to 8.8, 8.16.3.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from consent.media.boxes import REMEDY, Bounds, Box, TooManyBoxes, UnsafeContainer

# flags of tfhd and trun (clauses 8.8.7 and 8.8.8)
BASE_OFFSET, DESCRIPTION, DURATION, SIZE, FLAGS, BASE_IS_MOOF = 0x1, 0x2, 0x8, 0x10, 0x20, 0x20000
RUN_OFFSET, RUN_FIRST_FLAGS, RUN_DURATION, RUN_SIZE, RUN_FLAGS, RUN_COMPOSITION = 0x1, 0x4, 0x100, 0x200, 0x400, 0x800


class SamplesOutsideMedia(UnsafeContainer):
    """Part of what plays lies in a box that seals and readers take for padding."""

    code = "samples-outside-media"


class BrokenTable(UnsafeContainer):
    """The sample tables contradict themselves."""

    code = "broken-table"


class MisleadingIndex(UnsafeContainer):
    """An index points to something else than the fragments that a plain reading finds."""

    code = "misleading-index"


class Media:
    """The `mdat` bodies of a file, and the count of samples seen so far."""

    def __init__(self, spans: Iterable[tuple[int, int]], bounds: Bounds) -> None:
        self.spans = sorted(spans)
        self.starts = [start for start, _ in self.spans]
        self.bounds, self.samples = bounds, 0

    def require(self, start: int, end: int) -> None:
        """Refuse an extent that is not wholly inside one `mdat`."""
        at = bisect_right(self.starts, start) - 1
        if at < 0 or end > self.spans[at][1]:
            raise SamplesOutsideMedia(
                f"Bytes {start:,} to {end:,} are played, but do not lie in the file's media data.", remedy=REMEDY
            )

    def count(self, samples: int) -> None:
        """Count samples before their table is gone through."""
        self.samples += samples
        if self.samples > self.bounds.samples:
            raise TooManyBoxes(f"The file has more than {self.bounds.samples:,} samples.", remedy=REMEDY)


def check_track(stbl: Box, media: Media) -> None:
    """Check every chunk of one track's sample table."""
    offsets = _chunk_offsets(stbl)
    sizes, constant, count = _sizes(stbl)
    media.count(count + len(offsets))
    ends = None if constant else list(accumulate(sizes, initial=0))
    seen = 0
    for chunk, samples in enumerate(_samples_per_chunk(stbl, len(offsets))):
        last = seen + samples
        if last > count:
            raise BrokenTable("A track's chunks hold more samples than it has.", remedy=REMEDY)
        length = samples * constant if ends is None else ends[last] - ends[seen]
        media.require(offsets[chunk], offsets[chunk] + length)
        seen = last
    if seen != count:
        raise BrokenTable("A track has samples that no chunk holds.", remedy=REMEDY)


def check_fragment(moof: Box, defaults: dict[int, int], media: Media) -> None:
    """Check every run of one movie fragment. `defaults`: size of a sample by track, from `trex`."""
    previous_end = moof.start
    for traf in moof.all(b"traf"):
        header = _track_header(traf, defaults)
        base = header.base if header.base is not None else moof.start if header.is_moof else previous_end
        at = base
        for run in traf.all(b"trun"):
            offset, length = _run(run, header.size, media)
            at = at if offset is None else base + offset
            media.require(at, at + length)
            at += length
        previous_end = at


def trex_sizes(moov: Box) -> dict[int, int]:
    """Return the default size of a sample by track id."""
    mvex = moov.one(b"mvex")
    rows = (_numbers(trex, ">6I") for trex in (mvex.all(b"trex") if mvex else ()))
    return {row[1]: row[4] for row in rows}


def check_index(sidx: Box, starts: frozenset[int], size: int) -> None:
    """Check that a segment index leads only to boxes that a plain reading finds too (clause 8.16.3)."""
    version = sidx.body[0] if sidx.body else 0
    form = ">4x2IQQ2xH" if version else ">4x2III2xH"
    *_, first, count = _numbers(sidx, form)
    at, references = sidx.end + first, struct.calcsize(form)
    for number in range(count):
        if at not in starts:
            raise MisleadingIndex("The file's index points between its boxes.", remedy=REMEDY)
        at += _numbers(sidx, ">I", references + 12 * number)[0] & 0x7FFFFFFF
    if at > size or (at < size and at not in starts):
        raise MisleadingIndex("The file's index ends between its boxes.", remedy=REMEDY)


def check_random_access(tfra: Box, fragments: frozenset[int], media: Media) -> None:
    """Check that a random access table leads only to fragments (clause 8.8.10)."""
    version = tfra.body[0] if tfra.body else 0
    _, lengths, count = _numbers(tfra, ">4x3I")
    media.count(count)
    numbers = sum((lengths >> shift & 3) + 1 for shift in (0, 2, 4))
    form = f">{'2Q' if version else '2I'}{numbers}x"
    for number in range(count):
        if _numbers(tfra, form, 16 + number * struct.calcsize(form))[1] not in fragments:
            raise MisleadingIndex("The file's index points to no fragment of it.", remedy=REMEDY)


def uncompressed(stbl: Box) -> bool:
    """Say whether readers would take the samples for raw sound, whose true size other fields decide."""
    stts, stsz = stbl.one(b"stts"), stbl.one(b"stsz")
    if stts is None or stsz is None or _numbers(stts, ">4xI")[0] != 1:
        return False
    return _numbers(stts, ">4x3I")[2] == 1


def _chunk_offsets(stbl: Box) -> Sequence[int]:
    short, long = stbl.one(b"stco"), stbl.one(b"co64")
    if (short is None) == (long is None):
        raise BrokenTable("A track must have exactly one table of chunk offsets.", remedy=REMEDY)
    return _table(short, "I", 4) if short else _table(_given(long), "Q", 4)


def _sizes(stbl: Box) -> tuple[Sequence[int], int, int]:
    """Return the sizes, or none of them and the one size that all share; and their count."""
    stsz = _given(stbl.one(b"stsz"))
    constant, count = _numbers(stsz, ">4x2I")
    return ([], constant, count) if constant else (_table(stsz, "I", 8), 0, count)


def _samples_per_chunk(stbl: Box, chunks: int) -> Iterable[int]:
    """Expand `stsc`: runs of chunks that hold equally many samples."""
    rows = _table(_given(stbl.one(b"stsc")), "I", 4, columns=3)
    firsts, each = list(rows[0::3]), rows[1::3]
    if bool(firsts) != bool(chunks):
        raise BrokenTable("A track's chunks and their samples do not agree.", remedy=REMEDY)
    if firsts and (firsts[0] != 1 or firsts[-1] > chunks or any(a >= b for a, b in pairwise(firsts))):
        raise BrokenTable("A track's runs of chunks are out of order.", remedy=REMEDY)
    for (first, after), samples in zip(pairwise([*firsts, chunks + 1]), each, strict=True):
        for _ in range(after - first):
            yield samples


@dataclass(frozen=True, slots=True)
class _Header:
    """What `tfhd` says. `base`: an explicit offset, or `None`; `is_moof`: offsets count from the fragment's start."""

    base: int | None
    is_moof: bool
    size: int


def _track_header(traf: Box, defaults: dict[int, int]) -> _Header:
    tfhd = _given(traf.one(b"tfhd"))
    flags, track = _numbers(tfhd, ">2I")
    if track not in defaults:
        raise BrokenTable("A fragment belongs to a track that the file does not declare.", remedy=REMEDY)
    at, base, size = 8, None, defaults[track]
    if flags & BASE_OFFSET:
        base, at = _numbers(tfhd, ">Q", at)[0], at + 8
    at += 4 * (bool(flags & DESCRIPTION) + bool(flags & DURATION))
    if flags & SIZE:
        size = _numbers(tfhd, ">I", at)[0]
    return _Header(base, bool(flags & BASE_IS_MOOF), size)


def _run(trun: Box, default: int, media: Media) -> tuple[int | None, int]:
    """Return the offset of a run (`None`: right after the one before) and its length."""
    flags, count = _numbers(trun, ">2I")
    media.count(count)
    at, offset = 8, None
    if flags & RUN_OFFSET:
        offset, at = _numbers(trun, ">i", at)[0], at + 4
    at += 4 * bool(flags & RUN_FIRST_FLAGS)
    if not flags & RUN_SIZE:
        return offset, count * default
    fields = [flag for flag in (RUN_DURATION, RUN_SIZE, RUN_FLAGS, RUN_COMPOSITION) if flags & flag]
    rows = _cells(trun, "I", at, count * len(fields))
    return offset, sum(rows[fields.index(RUN_SIZE) :: len(fields)])


def _table(box: Box, code: str, at: int, *, columns: int = 1) -> Sequence[int]:
    """Return the numbers of a table whose row count stands at byte `at`."""
    (count,) = _numbers(box, ">I", at)
    return _cells(box, code, at + 4, count * columns)


def _cells(box: Box, code: str, at: int, count: int) -> Sequence[int]:
    width = struct.calcsize(f">{code}")
    if at + count * width > len(box.body):
        raise BrokenTable(f"The table {box.type.decode('latin-1')} is longer than its box.", remedy=REMEDY)
    cells = array(code)
    cells.frombytes(bytes(box.body[at : at + count * width]))
    if sys.byteorder == "little":
        cells.byteswap()
    return cells


def _numbers(box: Box, form: str, at: int = 0) -> tuple[int, ...]:
    try:
        return struct.unpack_from(form, box.body, at)
    except struct.error:
        raise BrokenTable(f"The box {box.type.decode('latin-1')} is too short.", remedy=REMEDY) from None


def _given(box: Box | None) -> Box:
    if box is None:
        raise BrokenTable("A track lacks part of its sample table.", remedy=REMEDY)
    return box
