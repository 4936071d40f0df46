"""Turning, lighting up and smoothing keep what must be kept."""

from __future__ import annotations

import numpy as np

from config.demo.people.geometry import normals, rotation
from config.demo.people.light import directions
from config.demo.people.sculpture import Part, smoothing, triangles

NOSE = np.array([0.0, 0.0, 1.0])


def test_a_head_turns_to_its_left_and_upwards_for_positive_angles() -> None:
    assert (rotation(30, 0) @ NOSE)[0] > 0.4  # its left is the picture's right
    assert (rotation(0, 30) @ NOSE)[1] > 0.4
    np.testing.assert_allclose(rotation(20, 10) @ rotation(20, 10).T, np.eye(3), atol=1e-12)


def test_light_comes_from_everywhere_alike() -> None:
    ways = directions()
    np.testing.assert_allclose(np.linalg.norm(ways, axis=1), 1)
    np.testing.assert_allclose(ways.mean(0), 0, atol=0.01)


def test_smoothing_a_cube_rounds_it_and_keeps_it_closed() -> None:
    corners = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
    quads = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    smooth = smoothing(Part(quads, np.zeros((6, 4, 2))))
    points = smooth(corners)
    assert smooth.quads.shape == (24, 4)
    assert len(points) == 8 + 12 + 6
    assert np.linalg.norm(points, axis=1).max() < np.sqrt(3)
    faces = triangles(smooth.quads)
    outward = (normals(points, faces) * points).sum(1)
    assert (outward > 0).all()


def test_smoothing_is_linear_so_that_expressions_go_through_it() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 4, 3))
    smooth = smoothing(Part(np.array([[0, 1, 2, 3]]), np.zeros((1, 4, 2))))
    np.testing.assert_allclose(smooth(one) + smooth(other), smooth(one + other))
