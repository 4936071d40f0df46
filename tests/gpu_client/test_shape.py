"""Measuring an mp4 by its boxes."""

from __future__ import annotations

import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_client.shape import NotAFilm, measure
from tests.gpu_client.service import make_clip

CLIP = make_clip(1.5, (320, 180))


def test_a_film_has_the_shape_it_was_made_with() -> None:
    shape = measure(io.BytesIO(CLIP))
    assert (shape.width, shape.height) == (320, 180)
    assert shape.seconds == pytest.approx(1.5, abs=0.1)


@given(st.binary(max_size=300))
def test_noise_is_not_a_film(noise: bytes) -> None:
    with pytest.raises(NotAFilm):
        measure(io.BytesIO(noise))


@given(st.integers(min_value=0, max_value=len(CLIP) - 1))
def test_a_film_that_is_cut_anywhere_is_not_a_film(length: int) -> None:
    with pytest.raises(NotAFilm):
        measure(io.BytesIO(CLIP[:length]))


@given(st.lists(st.tuples(st.integers(min_value=0, max_value=len(CLIP) - 1), st.binary(min_size=1, max_size=8))))
def test_damage_gives_a_shape_or_a_refusal_and_nothing_else(damage: list[tuple[int, bytes]]) -> None:
    spoilt = bytearray(CLIP)
    for at, data in damage:
        spoilt[at : at + len(data)] = data
    with contextlib.suppress(NotAFilm):
        assert measure(io.BytesIO(bytes(spoilt))).width > 0


def test_a_box_that_claims_to_be_huge_is_not_believed() -> None:
    huge = struct.pack(">I4s", 16, b"ftyp") + bytes(8) + struct.pack(">I4sQ", 1, b"moov", 1 << 62)
    with pytest.raises(NotAFilm):
        measure(io.BytesIO(huge))
