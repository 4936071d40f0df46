"""The index in memory finds exactly what counting bit by bit finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provenance import fingerprint_index
from provenance.fingerprint import distance
from provenance.fingerprint_index import CodeIndex

CODES = st.lists(st.binary(min_size=32, max_size=32), max_size=12)


@given(CODES, st.binary(min_size=32, max_size=32), st.integers(0, 256))
def test_it_finds_what_counting_finds(codes: list[bytes], wanted: bytes, limit: int) -> None:
    index = CodeIndex()
    for number, code in enumerate(codes):
        index.add([number], code)
    counted = [(number, distance(code, wanted)) for number, code in enumerate(codes)]
    expected = sorted((pair for pair in counted if pair[1] <= limit), key=lambda pair: pair[1])
    assert index.near(wanted, limit, 100) == expected
    assert index.near(wanted, limit, 2) == expected[:2]


def test_the_opposite_of_a_code_is_as_far_as_can_be() -> None:
    index = CodeIndex()
    index.add([1], b"\xff" * 32)
    assert index.near(bytes(32), 255, 10) == []
    assert index.near(bytes(32), 256, 10) == [(1, 256)]


def test_it_grows_and_looks_through_every_piece() -> None:
    many = 2 * fingerprint_index.PIECE + 5
    index = CodeIndex()
    for start in range(0, many, 50_000):
        ids = list(range(start, min(start + 50_000, many)))
        index.add(ids, b"".join((1 << 255 | number).to_bytes(32) for number in ids))
    assert len(index) == many
    for number in (0, fingerprint_index.PIECE - 1, fingerprint_index.PIECE, many - 1):
        assert index.near((1 << 255 | number).to_bytes(32), 0, 5) == [(number, 0)]
