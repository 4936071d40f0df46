"""Which triangle is seen at a pixel."""

from __future__ import annotations

import numpy as np

from config.demo.people import raster

SQUARE = np.array([[0.0, 0.0], [0.0, 8.0], [8.0, 8.0], [8.0, 0.0]])  # y down: seen from the front in this order
HALVES = np.array([[0, 1, 2], [0, 2, 3]])


def test_two_halves_fill_a_square_without_a_gap() -> None:
    seen = raster.draw(SQUARE, np.ones(4), HALVES, (8, 8))
    assert len(seen.pixels) == 64
    assert np.isfinite(seen.depth).all()


def test_the_nearer_triangle_hides_the_farther_one_whatever_their_order() -> None:
    points, far = np.concatenate([SQUARE, SQUARE]), np.array([5.0] * 4 + [2.0] * 4)
    both = np.concatenate([HALVES, HALVES + 4])
    for faces in (both, both[::-1]):
        seen = raster.draw(points, far, faces, (8, 8))
        np.testing.assert_allclose(seen.depth, 2.0)


def test_a_triangle_is_not_seen_from_behind_unless_asked() -> None:
    behind = HALVES[:, ::-1]
    assert len(raster.draw(SQUARE, np.ones(4), behind, (8, 8)).pixels) == 0
    assert len(raster.draw(SQUARE, np.ones(4), behind, (8, 8), both_sides=True).pixels) == 64


def test_what_lies_outside_the_picture_is_left_out() -> None:
    seen = raster.draw(SQUARE + 100, np.ones(4), HALVES, (8, 8))
    assert len(seen.pixels) == 0
    assert np.isinf(seen.depth).all()


def test_values_are_mixed_by_how_near_each_corner_is() -> None:
    seen = raster.draw(SQUARE, np.ones(4), HALVES, (8, 8))
    rows = np.arange(len(seen.pixels))
    place = seen.blend(SQUARE, HALVES, rows)
    expected = np.stack([seen.pixels % 8, seen.pixels // 8], 1) + 0.5
    np.testing.assert_allclose(place, expected, atol=1e-5)
