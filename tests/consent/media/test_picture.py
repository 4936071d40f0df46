"""What a still picture is and how large, before it is decoded."""

from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.media.picture import MOST_PIXELS, Unusable, media_type, size_of
from tests.consent.media.films import MEDIA


def encoded(end: str, shape: tuple[int, ...] = (37, 53, 3), *more: int) -> bytes:
    done, data = cv2.imencode(end, np.full(shape, 90, np.uint8), list(more))
    assert done
    return data.tobytes()


PICTURES = {
    "jpeg": encoded(".jpg"),
    "progressive jpeg": encoded(".jpg", (37, 53, 3), cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "png": encoded(".png"),
    "webp": encoded(".webp", (37, 53, 3), cv2.IMWRITE_WEBP_QUALITY, 80),
    "lossless webp": encoded(".webp", (37, 53, 3), cv2.IMWRITE_WEBP_QUALITY, 101),
}


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_the_size_is_the_one_that_a_decoder_finds(name: str) -> None:
    assert size_of(PICTURES[name]) == (53, 37)


def test_a_photograph_with_all_that_cameras_write_is_read() -> None:
    data = (MEDIA / "grace_hopper.jpg").read_bytes()
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_IGNORE_ORIENTATION | cv2.IMREAD_COLOR)
    assert decoded is not None
    assert size_of(data) == (decoded.shape[1], decoded.shape[0])


def refused(data: bytes) -> Any:  # noqa: ANN401 - a word
    with pytest.raises(Unusable) as refusal:
        size_of(data)
    return refusal.value.args[0]


def png(width: int = 9, height: int = 9, *, colour: int = 2, chunk: bytes = b"IDAT") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + b"crc!" + struct.pack(">I", 0) + chunk


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (png(8193, 1), "too-many-pixels"),
        (png(8000, MOST_PIXELS // 8000 + 1), "too-many-pixels"),
        (png(0, 9), "unreadable"),
        (png(colour=6), "transparent"),
        (png(chunk=b"tRNS"), "transparent"),
        (png(chunk=b"acTL"), "animated"),
        (encoded(".png", (9, 9, 4)), "transparent"),
        (encoded(".webp", (9, 9, 4)), "transparent"),
        (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x08\0\0\x08\0\0", "animated"),
        (PICTURES["jpeg"][:20], "unreadable"),
        (b"\xff\xd8\xff\xda\0\x02", "unreadable"),
        (b"GIF89a", "not-a-picture"),
        (b"", "not-a-picture"),
    ],
    ids=range(13),
)
def test_what_is_too_large_moves_or_is_see_through_is_refused_by_name(data: bytes, word: str) -> None:
    assert refused(data) == word


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"fLaC", "audio"), (b"RIFF\0\0\0\0WAVE", "audio"), (b"ID3", "audio"), (b"\0\0\0\x18ftypisom", "video/mp4")],
)
def test_sound_and_video_are_told_apart(data: bytes, kind: str) -> None:
    assert media_type(data) == kind


@given(st.sampled_from(sorted(PICTURES)), st.binary(max_size=200), st.integers(0, 40))
def test_nothing_but_a_size_or_a_refusal_comes_out(name: str, noise: bytes, at: int) -> None:
    for data in (PICTURES[name][:at] + noise, noise):
        try:
            width, height = size_of(data)
        except Unusable:
            continue
        assert 0 < width * height <= MOST_PIXELS
