"""Fingerprints: what is left of a video when its bytes, its size and its credential are gone. Pure.

A picture is five frames a second, each an MPEG-7 video signature (ISO/IEC 15938-3, 380 ternary values); every 25 of
them (5 s, one every 2 s) are folded into an ISCC video code of 256 bits (ISO 24138, `soft_hash_video_v0`). A sound is
chromaprint's words of 32 bits, about eight a second, eight to a code. Two codes are compared by the number of bits in
which they differ. A code says that two pictures look alike, never that they are the same file: whoever is found by it
is "recovered by fingerprint", never authentic.

A window of one plain colour looks like every other: it is kept, and marked as not telling, so that nobody finds by it.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import iscc_lib
import numpy as np

ALGORITHM: Final = "io.iscc.v0"  # the name in C2PA's list of soft-binding algorithms
CODE_BYTES: Final = 32
CODE_BITS: Final = 256
FRAMES_A_SECOND: Final = 5
WINDOW: Final = 25  # signatures in one code: 5 s
HOP: Final = 10  # signatures from one code to the next: 2 s
WINDOW_MS: Final = WINDOW * 1000 // FRAMES_A_SECOND
HOP_MS: Final = HOP * 1000 // FRAMES_A_SECOND
SOUND_WORDS: Final = 8  # words in one code, about a second
WORD_MS: Final = 1365 / 11.025  # chromaprint: 4096 / 3 samples from word to word, at 11,025 a second

# Measured (docs/design/fingerprints.md): copies of one video differ in 0 to 29 bits of 256 when re-encoded, scaled,
# brightened or given a logo, different videos in 90 to 161; so 45 finds and 64 is worth a person's look.
FOUND: Final = 45
NEAR: Final = 64
TELLING_CONFIDENCE: Final = 16.0  # mean of MPEG-7's 0 to 255; films read 130 to 150, plain colours and gradients 0 to 2
TELLING_WORDS: Final = 6  # different words in a code of eight; a steady tone and silence have one

# ISO/IEC 15938-3 as FFmpeg's `signature` filter writes it, in bits
_BEFORE_COUNT, _AFTER_UNIT, _SEGMENT, _FRAME = 129, 65, 1344, 1 + 32 + 8 + 40 + 76 * 8
_CONFIDENCE_AT, _VECTOR_AT = 33, 81
_DIGITS = np.array([[value // 3**place % 3 for place in (4, 3, 2, 1, 0)] for value in range(243)], np.uint8)
_RECORD = struct.Struct(">8s??II32s")


class SignatureMalformed(ValueError):  # noqa: N818 - names what was found
    """The bytes are not the video signature that was asked for."""


class Kind(StrEnum):
    """What a code was taken from."""

    PICTURE = "picture"
    TRIMMED = "trimmed"  # the picture without black borders; only where there are any
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Signature:
    """One frame: 380 values of 0, 1 or 2, and how much they can be relied on (0 to 255)."""

    vector: tuple[int, ...]
    confidence: int


@dataclass(frozen=True, slots=True)
class Print:
    """The code of one window, from `start_ms` to `end_ms` since the first frame."""

    kind: Kind
    start_ms: int
    end_ms: int
    code: bytes
    mirrored: bool = False  # of the picture turned left to right
    telling: bool = True  # False: too plain to find anything by


@dataclass(frozen=True, slots=True)
class SoftBinding:
    """One block of the assertion `c2pa.soft-binding` (C2PA 2.4): a timespan in ms and the code as bytes."""

    alg: str
    start_ms: int
    end_ms: int
    value: bytes


def signatures(data: bytes) -> list[Signature]:
    """Read the binary signature of FFmpeg's filter; raise `SignatureMalformed` if it is none."""
    bits = np.unpackbits(np.frombuffer(data, np.uint8))
    at = _BEFORE_COUNT
    count, at = _number(bits, at, 32), at + 32 + 16 + _AFTER_UNIT
    segments, at = _number(bits, at, 32), at + 32
    at += segments * _SEGMENT + 1
    if count * _FRAME > bits.size - at:
        raise SignatureMalformed("the signature ends early")
    rows = bits[at : at + count * _FRAME].reshape(count, _FRAME)
    confidences = np.packbits(rows[:, _CONFIDENCE_AT : _CONFIDENCE_AT + 8], axis=1).ravel()
    packed = np.packbits(rows[:, _VECTOR_AT:], axis=1)
    if packed.size and packed.max() >= len(_DIGITS):
        raise SignatureMalformed("a byte holds no five ternary digits")
    vectors = _DIGITS[packed].reshape(count, 5 * 76).tolist()
    return [Signature(tuple(vector), int(sure)) for vector, sure in zip(vectors, confidences, strict=True)]


def of_picture(frames: Sequence[Signature], *, kind: Kind = Kind.PICTURE, mirrored: bool = False) -> list[Print]:
    """Return a code for each window of 5 s; of a shorter picture one for what there is. The last ends at the end."""
    last = max(0, len(frames) - WINDOW)
    starts = sorted({*range(0, last + 1, HOP), last}) if frames else []
    return [_of_window(frames[start : start + WINDOW], start, kind, mirrored=mirrored) for start in starts]


def of_sound(words: Sequence[int], *, hop: int = SOUND_WORDS) -> list[Print]:
    """Return a code for each eight words of chromaprint; a rest shorter than that has none."""
    return [
        Print(
            Kind.SOUND,
            round(at * WORD_MS),
            round((at + SOUND_WORDS) * WORD_MS),
            b"".join(word.to_bytes(4) for word in words[at : at + SOUND_WORDS]),
            telling=len(set(words[at : at + SOUND_WORDS])) >= TELLING_WORDS,
        )
        for at in range(0, len(words) - SOUND_WORDS + 1, hop)
    ]


def distance(one: bytes, other: bytes) -> int:
    """Return in how many of 256 bits two codes differ."""
    if len(one) != CODE_BYTES or len(other) != CODE_BYTES:
        raise ValueError("a code has 32 bytes")
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def similarity(bits: int) -> int:
    """Return a distance as C2PA's score: 100 for the same code, 0 for codes as far apart as chance puts them."""
    return max(0, 100 - round(100 * bits / (CODE_BITS // 2)))


def digest(prints: Iterable[Print]) -> str:
    """Return the hex SHA-256 over a set of prints, whatever its order: what the log's entry commits to."""
    records = sorted(
        _RECORD.pack(each.kind.encode(), each.mirrored, each.telling, each.start_ms, each.end_ms, each.code)
        for each in prints
    )
    return hashlib.sha256(b"".join(records)).hexdigest()


def soft_bindings(prints: Iterable[Print]) -> tuple[SoftBinding, ...]:
    """Return what a manifest says of the picture: the codes of the windows as they are, mirrored and trimmed ones not.

    Windows that tell nothing are left out; a video that has no other has no soft binding.
    """
    return tuple(
        SoftBinding(ALGORITHM, each.start_ms, each.end_ms, each.code)
        for each in prints
        if each.kind is Kind.PICTURE and each.telling and not each.mirrored
    )


def _of_window(frames: Sequence[Signature], start: int, kind: Kind, *, mirrored: bool) -> Print:
    code = bytes(iscc_lib.soft_hash_video_v0([frame.vector for frame in frames], CODE_BITS))
    sure = sum(frame.confidence for frame in frames) / len(frames)
    start_ms, end_ms = (at * 1000 // FRAMES_A_SECOND for at in (start, start + len(frames)))
    return Print(kind, start_ms, end_ms, code, mirrored, sure >= TELLING_CONFIDENCE)


def _number(bits: np.typing.NDArray[np.uint8], at: int, width: int) -> int:
    if at + width > bits.size:
        raise SignatureMalformed("the signature ends early")
    return int("".join(map(str, bits[at : at + width].tolist())), 2)
