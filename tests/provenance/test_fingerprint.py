"""Codes of windows, the reader of signatures, and what is said of a set of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import fingerprint
from provenance.fingerprint import CODE_BYTES, Kind, Print, Signature, SignatureMalformed, SoftBinding

VECTORS = st.binary(min_size=76, max_size=76).map(lambda data: bytes(byte % 243 for byte in data))
CODES = st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES)


def written(frames: list[tuple[int, bytes]], segments: int = 1) -> bytes:
    """Write a signature as FFmpeg's filter does, bit by bit and without the code under test."""
    bits = "0" * 129 + f"{len(frames):032b}" + f"{5:016b}" + "0" * 65 + f"{segments:032b}" + "0" * (segments * 1344 + 1)
    for number, (sure, packed) in enumerate(frames):
        bits += "1" + f"{number:032b}{sure:08b}" + "0" * 40 + "".join(f"{byte:08b}" for byte in packed)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


def digits(packed: bytes) -> tuple[int, ...]:
    return tuple(byte // 3**place % 3 for byte in packed for place in (4, 3, 2, 1, 0))


def plain(count: int, confidence: int = 140) -> list[Signature]:
    return [Signature(tuple((at * at + number // 9) % 3 for at in range(380)), confidence) for number in range(count)]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 255), VECTORS), max_size=4), st.integers(0, 2))
def test_what_the_filter_writes_is_read(frames: list[tuple[int, bytes]], segments: int) -> None:
    read = fingerprint.signatures(written(frames, segments))
    assert read == [Signature(digits(packed), sure) for sure, packed in frames]


@settings(max_examples=25)
@given(st.binary(max_size=400))
def test_other_bytes_are_refused_or_read_and_nothing_else(data: bytes) -> None:
    try:
        read = fingerprint.signatures(data)
    except SignatureMalformed:
        return
    assert all(len(one.vector) == 380 and set(one.vector) <= {0, 1, 2} for one in read)


def test_a_signature_that_ends_early_is_refused() -> None:
    whole = written([(1, bytes(76)), (2, bytes(76))])
    with pytest.raises(SignatureMalformed):
        fingerprint.signatures(whole[:-20])


def test_a_byte_beyond_five_digits_is_refused() -> None:
    with pytest.raises(SignatureMalformed):
        fingerprint.signatures(written([(1, bytes([243]) + bytes(75))]))


@pytest.mark.parametrize(
    ("frames", "starts"), [(1, [0]), (20, [0]), (25, [0]), (26, [0, 200]), (45, [0, 2000, 4000]), (0, [])]
)
def test_a_window_of_five_seconds_begins_every_two_and_the_last_ends_at_the_end(frames: int, starts: list[int]) -> None:
    found = fingerprint.of_picture(plain(frames))
    assert [one.start_ms for one in found] == starts
    assert all(one.end_ms == frames * 200 for one in found[-1:])
    assert all(len(one.code) == CODE_BYTES for one in found)


def test_a_picture_of_nothing_tells_nothing() -> None:
    assert [one.telling for one in fingerprint.of_picture(plain(25, confidence=2))] == [False]
    assert [one.telling for one in fingerprint.of_picture(plain(25, confidence=140))] == [True]


def test_sound_is_cut_into_eight_words_and_a_steady_tone_tells_nothing() -> None:
    found = fingerprint.of_sound([*range(8), *[7] * 8, 1, 2])
    assert [one.telling for one in found] == [True, False]
    assert found[0].code == b"".join(word.to_bytes(4) for word in range(8))
    assert [one.start_ms for one in found] == [0, 990]


@given(CODES, CODES)
def test_a_distance_counts_the_bits_that_differ(one: bytes, other: bytes) -> None:
    counted = sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))
    assert fingerprint.distance(one, other) == fingerprint.distance(other, one) == counted


def test_codes_of_another_length_have_no_distance() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        fingerprint.distance(bytes(32), bytes(31))


def test_the_score_falls_from_a_hundred_to_nothing() -> None:
    assert [fingerprint.similarity(bits) for bits in (0, 45, 64, 128, 256)] == [100, 65, 50, 0, 0]


@given(st.lists(st.builds(Print, st.sampled_from(Kind), st.integers(0, 9), st.integers(10, 19), CODES), max_size=5))
def test_the_digest_is_of_the_set_and_of_every_member(prints: list[Print]) -> None:
    assert fingerprint.digest(prints) == fingerprint.digest(reversed(prints))
    for at, one in enumerate(prints):
        other = Print(one.kind, one.start_ms, one.end_ms, one.code, not one.mirrored, one.telling)
        assert fingerprint.digest([*prints[:at], other, *prints[at + 1 :]]) != fingerprint.digest(prints)


def test_a_manifest_says_the_windows_of_the_picture_as_it_is() -> None:
    code = bytes(range(32))
    prints = [
        Print(Kind.PICTURE, 0, 5000, code),
        Print(Kind.PICTURE, 2000, 7000, code, telling=False),
        Print(Kind.PICTURE, 0, 5000, code, mirrored=True),
        Print(Kind.TRIMMED, 0, 5000, code),
        Print(Kind.SOUND, 0, 990, code),
    ]
    assert fingerprint.soft_bindings(prints) == (SoftBinding("io.iscc.v0", 0, 5000, code),)
    assert fingerprint.soft_bindings(prints[1:]) == ()
