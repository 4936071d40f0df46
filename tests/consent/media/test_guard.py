"""The guard against files made to mislead, to overwhelm, or not to be MP4 at all."""

from __future__ import annotations

import io
import struct
from datetime import timedelta
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.media import guard
from consent.media.guard import Bounds, Boxes, UnsafeContainer
from tests.consent.media.films import box, boxes, calibration, find, inserted, patched, renamed, tiny

FRAGMENTED = "+frag_keyframe+empty_moov+default_base_moof"
C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
STBL = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def inspect(data: bytes, **more: object) -> Boxes:
    return guard.inspect(io.BytesIO(data), **more)  # type: ignore[arg-type]


def refused(data: bytes, **more: object) -> str:
    with pytest.raises(UnsafeContainer) as caught:
        inspect(data, **more)
    assert caught.value.detail
    assert caught.value.remedy
    return caught.value.code


def late() -> bytes:
    """Return an MP4 whose movie header comes last, so that it can grow."""
    return tiny("")


@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
def test_an_honest_clip_passes(name: str) -> None:
    seen = inspect(calibration(name))
    assert seen.brand == "isom"
    assert seen.tracks == ("vide", "soun")
    assert seen.size == len(calibration(name))
    assert not seen.fragmented
    assert seen.warnings == ()


@pytest.mark.parametrize(
    "movflags", ["", "+faststart", FRAGMENTED, "+frag_keyframe+empty_moov", "+frag_every_frame+dash+empty_moov"]
)
def test_every_way_of_writing_an_mp4_passes(movflags: str) -> None:
    assert inspect(tiny(movflags)).fragmented == ("frag" in movflags)


def test_the_media_spans_are_where_the_media_is() -> None:
    start, end = find(tiny(), b"mdat")
    assert inspect(tiny()).media == ((start + 8, end),)


def test_an_empty_file_is_refused() -> None:
    assert refused(b"") == "empty-file"


@pytest.mark.parametrize(
    "data", [b"\0", b"hello", b"this is a text, not a video\n" * 40, b"\xff\xd8\xff\xe0\0\x10JFIF\0" * 9]
)
def test_what_is_no_mp4_is_refused(data: bytes) -> None:
    assert refused(data) == "not-mp4"


def test_webm_is_refused() -> None:
    assert refused(b"\x1aE\xdf\xa3" + b"webm" * 20) == "not-mp4"


def test_a_picture_in_the_same_container_is_refused() -> None:
    assert refused(patched(tiny(), 8, ">4s", b"heic")) == "not-mp4"  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_file_that_ends_early_is_truncated(share: float) -> None:
    assert refused(tiny()[: int(len(tiny()) * share)]) == "truncated"


def test_a_few_bytes_too_many_are_a_truncated_box() -> None:
    assert refused(tiny() + b"abc") == "truncated"


def test_the_size_is_refused_before_anything_is_read() -> None:
    class Unreadable(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:  # noqa: ARG002 - the signature of a file
            raise AssertionError("it was read")

    with pytest.raises(UnsafeContainer) as caught:
        guard.inspect(cast("BinaryIO", Unreadable(b"x" * 100)), max_bytes=99)
    assert (caught.value.code, caught.value.status) == ("file-too-large", 413)


def test_a_refusal_names_the_field_it_was_asked_to() -> None:
    with pytest.raises(UnsafeContainer) as caught:
        inspect(b"", pointer="/clip")
    assert caught.value.pointer == "/clip"


def test_samples_in_a_free_box_are_refused() -> None:
    assert refused(renamed(tiny(), b"free", b"mdat")) == "samples-outside-media"


def test_samples_of_fragments_in_a_free_box_are_refused() -> None:
    assert refused(renamed(tiny(FRAGMENTED), b"free", b"mdat")) == "samples-outside-media"


def test_a_chunk_that_begins_in_mdat_and_ends_beyond_is_refused() -> None:
    start, end = find(tiny(), b"mdat")
    short = patched(tiny(), start, ">I", end - start - 100)
    assert refused(patched(short, end - 100, ">I4s", 100, b"free")) == "samples-outside-media"  # type: ignore[arg-type]


def test_one_chunk_moved_out_of_mdat_is_refused() -> None:
    data = tiny() + box(b"free", b"z" * 70_000)
    start, _ = find(data, *STBL, b"stco")
    assert refused(patched(data, start + 16, ">I", len(tiny()) + 8)) == "samples-outside-media"


def test_one_longer_sample_is_refused() -> None:
    start, _ = find(tiny(), *STBL, b"stsz")
    assert refused(patched(tiny(), start + 20, ">I", 1 << 20)) == "samples-outside-media"


def test_a_longer_run_of_a_fragment_is_refused() -> None:
    data = tiny(FRAGMENTED)
    start, _ = find(data, b"moof", b"traf", b"trun", number=0)
    flags, _, offset = struct.unpack_from(">IIi", data, start + 8)
    assert flags & 1
    assert refused(patched(data, start + 16, ">i", offset + (1 << 20))) == "samples-outside-media"


def test_media_of_another_file_is_refused() -> None:
    start, _ = find(tiny(), b"dinf", b"dref")
    assert refused(patched(tiny(), start + 8 + 8 + 8, ">I", 0)) == "external-reference"


def test_media_of_another_kind_of_place_is_refused() -> None:
    start, _ = find(tiny(), b"dinf", b"dref")
    assert refused(patched(tiny(), start + 8 + 8 + 4, ">4s", b"imdt")) == "external-reference"  # type: ignore[arg-type]


def test_a_second_movie_header_is_refused() -> None:
    start, end = find(tiny(), b"moov")
    assert refused(tiny() + tiny()[start:end]) == "misplaced-box"


def test_no_movie_header_is_refused() -> None:
    assert refused(renamed(tiny(), b"free", b"moov")) == "misplaced-box"


@pytest.mark.parametrize("path", [(b"moov",), (b"moov", b"trak"), (b"moov", b"trak", b"mdia", b"minf")])
def test_a_second_sample_table_where_only_some_would_look_is_refused(path: tuple[bytes, ...]) -> None:
    extra = box(b"stco", struct.pack(">III", 0, 1, 40))
    assert refused(inserted(late(), extra, *path)) == "misplaced-box"
    assert (
        refused(inserted(late(), box(b"udta", box(b"meta", bytes(4) + box(b"ilst", extra))), *path)) == "misplaced-box"
    )


def test_two_tables_of_offsets_are_refused() -> None:
    extra = box(b"co64", struct.pack(">IIQ", 0, 1, 40))
    assert refused(inserted(late(), extra, *STBL)) == "broken-table"
    assert refused(inserted(late(), box(b"stco", bytes(8)), *STBL)) == "misplaced-box"


def test_a_sample_table_inside_the_description_of_a_codec_is_refused() -> None:
    start, end = find(late(), *STBL, b"stsd")
    extra = box(b"stco", struct.pack(">III", 0, 1, 40))
    entry = start + 16
    (size,) = struct.unpack_from(">I", late(), entry)
    grown = patched(inserted(late(), extra, *STBL, b"stsd"), entry, ">I", size + len(extra))
    assert entry + size == end
    assert refused(grown) == "misplaced-box"


@pytest.mark.parametrize("kind", [b"cmov", b"rmra", b"iloc", b"stz2"])
def test_other_ways_to_say_where_samples_are_are_refused(kind: bytes) -> None:
    assert refused(inserted(late(), box(kind, bytes(16)), b"moov")) == "misplaced-box"


def test_boxes_of_a_movie_outside_it_are_refused() -> None:
    assert refused(tiny() + box(b"trak")) == "misplaced-box"


def test_an_index_into_padding_is_refused() -> None:
    hidden = box(b"free", tiny(FRAGMENTED))
    index = box(b"sidx", struct.pack(">IIIIIHHIII", 0, 1, 1000, 0, 8, 0, 1, len(hidden) - 8, 1, 0))
    assert refused(tiny() + index + hidden) == "misleading-index"


def test_a_random_access_table_into_padding_is_refused() -> None:
    table = box(b"tfra", struct.pack(">IIIIII3s", 0, 1, 0, 1, 0, 40, b"\1\1\1"))
    assert refused(tiny() + box(b"mfra", table)) == "misleading-index"


def test_raw_sound_is_refused() -> None:
    start, _ = find(tiny(), *STBL, b"stts", number=1)
    (count,) = struct.unpack_from(">I", tiny(), start + 12)
    rows = struct.pack(">III", 1, 99, 1) + struct.pack(">II", 0, 0) * (count - 1)
    assert refused(tiny()[: start + 12] + rows + tiny()[start + 12 + len(rows) :]) == "uncompressed-sound"


def test_a_box_larger_than_its_parent_is_refused() -> None:
    start, end = find(tiny(), b"moov", b"trak")
    assert refused(patched(tiny(), start, ">I", end - start + 100_000)) == "box-overflow"


@pytest.mark.parametrize("size", [0, 2, 7])
def test_an_inner_box_smaller_than_its_header_is_refused(size: int) -> None:
    start, _ = find(tiny(), b"moov", b"mvhd")
    assert refused(patched(tiny(), start, ">I", size)) == "box-overflow"


def test_a_large_size_smaller_than_its_header_is_refused() -> None:
    assert refused(tiny() + struct.pack(">I4sQ", 1, b"free", 15)) == "box-overflow"


def test_a_large_size_is_followed() -> None:
    assert inspect(tiny() + struct.pack(">I4sQ", 1, b"free", 20) + bytes(4)).outer[-1][0] == "free"


def test_size_zero_reaches_to_the_end_and_only_there() -> None:
    assert inspect(tiny() + struct.pack(">I4s", 0, b"free") + bytes(50)).outer[-1][2] == len(tiny()) + 58
    start, _ = find(tiny(), b"mdat")
    assert inspect(patched(tiny(), start, ">I", 0)).media[0][1] == len(tiny())
    start, _ = find(late(), b"mdat")
    assert refused(patched(late(), start, ">I", 0)) == "misplaced-box"  # it swallows the movie header


def test_a_flood_of_outer_boxes_is_refused() -> None:
    assert refused(tiny() + box(b"free") * 5000) == "too-many-boxes"


def test_a_flood_of_inner_boxes_is_refused() -> None:
    assert refused(inserted(late(), box(b"free") * 20_001, b"moov")) == "too-many-boxes"


def test_deep_nesting_is_refused() -> None:
    nest = b""
    for _ in range(40):
        nest = box(b"udta", nest)
    assert refused(inserted(late(), nest, b"moov")) == "too-many-boxes"


def test_a_huge_header_is_refused_unread() -> None:
    assert refused(tiny(), limits=Bounds(header_bytes=500)) == "too-many-boxes"


def test_more_samples_than_are_followed_are_refused() -> None:
    assert refused(tiny(), limits=Bounds(samples=20)) == "too-many-boxes"


def test_a_table_that_claims_four_billion_rows_is_refused() -> None:
    for table, at in ((b"stsz", 16), (b"stco", 12), (b"stsc", 12)):
        start, _ = find(tiny(), *STBL, table)
        assert refused(patched(tiny(), start + at, ">I", 0xFFFFFFFF)) in {"broken-table", "too-many-boxes"}


def test_four_billion_samples_of_one_size_are_refused() -> None:
    start, _ = find(tiny(), *STBL, b"stsz")
    assert refused(patched(tiny(), start + 12, ">II", 1, 0xFFFFFFFF)) == "too-many-boxes"


@pytest.mark.parametrize(("at", "value"), [(16, 2), (16, 0), (20, 0), (20, 1 << 20)])
def test_runs_of_chunks_that_make_no_sense_are_refused(at: int, value: int) -> None:
    start, _ = find(tiny(), *STBL, b"stsc")
    assert refused(patched(tiny(), start + at, ">I", value)) == "broken-table"


def test_padding_is_remarked_on_and_not_refused() -> None:
    assert inspect(tiny() + box(b"free", bytes(2000))).warnings == ()
    assert "not empty" in inspect(tiny() + box(b"skip", b"secret")).warnings[0]
    assert "bytes" in inspect(tiny() + box(b"free", bytes((1 << 20) + 1))).warnings[0]


def test_boxes_of_c2pa_are_counted() -> None:
    seal = box(b"uuid", C2PA + bytes(30))
    assert inspect(tiny()).c2pa == 0
    assert inspect(tiny() + seal + box(b"uuid", bytes(16)) + seal).c2pa == 2


def test_an_unprintable_type_is_shown_as_question_marks() -> None:
    with pytest.raises(UnsafeContainer) as caught:
        inspect(patched(tiny(), 8, ">I", 0x1B5B3331))
    assert "\x1b" not in caught.value.detail


HEADERS = sorted({at for _, start, _ in boxes(tiny()) for at in range(start, start + 24)})


@settings(max_examples=400, deadline=timedelta(seconds=5))  # a hang fails it, not a slow machine
@given(
    movflags=st.sampled_from(["+faststart", FRAGMENTED]),
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 300),
)
def test_a_mutated_file_is_inspected_or_refused_and_soon(
    movflags: str, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(tiny(movflags))
    for number, value in changes:
        data[HEADERS[number % len(HEADERS)] if number % 2 else number % len(data)] = value
    data = data[: len(data) - cut] if cut > 150 else data
    try:
        seen: object = inspect(bytes(data))
    except UnsafeContainer as refusal:
        seen = refusal
    assert isinstance(seen, Boxes | UnsafeContainer)
