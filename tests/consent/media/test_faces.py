"""Faces: found, confirmed, compared; and what is none."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from consent.media import weights
from consent.media.detector import Box, merged, tiling
from consent.media.faces import SAME, UNCERTAIN, Embedder, Face, FaceFinder, chip_of, distance
from consent.media.pose import canonical_face, pose_of
from tests.consent.media.films import MEDIA, Picture, moving_face, photo

PORTRAITS = ["astronaut", "grace_hopper"]


@pytest.fixture(scope="module")
def find() -> FaceFinder:
    return FaceFinder()


@pytest.fixture(scope="module")
def embed() -> Embedder:
    return Embedder()


def only(faces: list[Face]) -> Face:
    (face,) = faces
    return face


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("tiles", [1, 2, 3])
def test_a_portrait_has_one_face_however_it_is_searched(find: FaceFinder, name: str, tiles: int) -> None:
    face = only(find(photo(name), tiles))
    assert face.comparable
    assert abs(face.pose.yaw) < 15


@pytest.mark.parametrize("tiles", [1, 3])
def test_a_cat_has_none(find: FaceFinder, tiles: int) -> None:
    assert find(photo("chelsea"), tiles) == []


def test_a_plain_surface_has_none(find: FaceFinder) -> None:
    assert find(np.full((480, 640, 3), 128, np.uint8)) == []


def test_the_detector_alone_is_not_believed(find: FaceFinder) -> None:
    nothing = Box(np.array([100.0, 100, 300, 300]), np.array([[150.0, 160], [250, 160], *[[200, 220]] * 4]), 0.99)
    picture = np.full((480, 640, 3), 128, np.uint8)
    find.detector, kept = (lambda _: [nothing]), find.detector  # type: ignore[assignment]
    try:
        assert find(picture) == []
    finally:
        find.detector = kept


def test_small_faces_need_tiles(find: FaceFinder) -> None:
    wide = np.full((1080, 1920, 3), 110, np.uint8)
    small = cv2.resize(photo("grace_hopper"), None, fx=0.32, fy=0.32, interpolation=cv2.INTER_AREA)
    wide[500 : 500 + small.shape[0], 900 : 900 + small.shape[1]] = small
    assert find(wide, 1) == []
    assert len(find(wide, 3)) == 1


def test_two_people_are_two_faces(find: FaceFinder) -> None:
    left, right = (cv2.resize(photo(name), (400, 480)) for name in PORTRAITS)
    assert len(find(np.hstack([left, right]))) == 2


def test_one_person_resembles_himself_and_not_another(find: FaceFinder, embed: Embedder) -> None:
    one, other = (photo(name) for name in PORTRAITS)
    face = only(find(one))
    moved = moving_face()[0]
    assert distance(embed.of(one, face), embed.of(moved, only(find(moved)))) <= SAME
    assert distance(embed.of(one, face), embed.of(other, only(find(other)))) > UNCERTAIN


@pytest.mark.parametrize("change", ["mirrored", "dark", "small", "tilted"])
def test_a_template_survives_what_renders_do(find: FaceFinder, embed: Embedder, change: str) -> None:
    picture = photo("grace_hopper")
    turn = cv2.getRotationMatrix2D((picture.shape[1] / 2, picture.shape[0] / 2), 20, 1)
    altered = np.asarray(
        {
            "mirrored": picture[:, ::-1].copy(),
            "dark": (picture * 0.5).astype(np.uint8),
            "small": cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
            "tilted": cv2.warpAffine(picture, turn, (picture.shape[1], picture.shape[0])),
        }[change],
        np.uint8,
    )
    before, after = embed.of(picture, only(find(picture))), embed.of(altered, only(find(altered)))
    assert distance(before, after) <= SAME


def test_the_chip_is_upright_and_of_the_size_the_net_was_trained_on(find: FaceFinder) -> None:
    picture = photo("astronaut")
    assert chip_of(picture, only(find(picture)).mesh).shape == (150, 150, 3)


def test_a_template_has_the_length_that_this_net_gives(find: FaceFinder, embed: Embedder) -> None:
    """Weights that OpenCV misreads (unsigned ones, for instance) raise no error, but the lengths leave this range."""
    picture = photo("grace_hopper")
    template = embed.of(picture, only(find(picture)))
    assert template.shape == (128,)
    assert 1.0 < float(np.linalg.norm(template)) < 2.0


def test_a_turned_head_is_measured_with_its_sign() -> None:
    face = canonical_face().points * [1, -1, -1]  # as a mesh in a picture: y down, z away
    angle = np.radians(20)
    to_own_left = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]])
    assert pose_of(face).yaw == pytest.approx(0, abs=1e-6)
    assert pose_of(face @ to_own_left.T).yaw == pytest.approx(20, abs=1e-6)
    assert pose_of(face @ to_own_left).yaw == pytest.approx(-20, abs=1e-6)


def test_the_clip_turns_as_it_was_asked_to(find: FaceFinder) -> None:
    yaws = [only(find(picture)).pose.yaw for picture in moving_face()[::4]]
    assert json.loads((MEDIA / "calibration_astronaut.json").read_text())["challenge"]["steps"][0] == "right"
    assert min(yaws) < -10  # the person's own right


def test_overlapping_boxes_become_one_and_others_stay() -> None:
    points = np.zeros((6, 2))
    boxes = [Box(np.array(c, np.float64), points, s) for c, s in (([0, 0, 10, 10], 0.9), ([1, 0, 11, 10], 0.6))]
    apart = Box(np.array([50.0, 50, 60, 60]), points, 0.7)
    kept = merged([*boxes, apart])
    assert [round(box.score, 1) for box in kept] == [0.9, 0.7]
    assert kept[0].corners[0] == pytest.approx(0.4)


@pytest.mark.parametrize("shape", [(480, 640), (31, 7), (1, 1), (2, 4000)])
@pytest.mark.parametrize("level", [2, 5])
def test_tiles_stay_inside_the_picture_and_cover_it(shape: tuple[int, int], level: int) -> None:
    picture: Picture = np.zeros((*shape, 3), np.uint8)
    seen = np.zeros(shape, bool)
    for x0, y0, x1, y1 in tiling(picture, level):
        assert 0 <= x0 < x1 <= shape[1]
        assert 0 <= y0 < y1 <= shape[0]
        seen[y0:y1, x0:x1] = True
    assert seen.all()


def test_every_model_is_the_reviewed_one() -> None:
    for name, expected in weights.SHA256.items():
        assert hashlib.sha256((weights.FOLDER / name).read_bytes()).hexdigest() == expected
        assert f"`{expected}`" in (weights.FOLDER / "MANIFEST.md").read_text()
    assert weights.installed()


def test_a_changed_model_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray((weights.FOLDER / weights.LANDMARK).read_bytes())
    data[1000] ^= 1
    (tmp_path / weights.LANDMARK).write_bytes(data)
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(weights.WeightsMismatch):
        weights.read_weights(weights.LANDMARK)
    with pytest.raises(weights.WeightsMismatch):
        weights.read_weights(weights.DETECTION)


@pytest.mark.parametrize("path", sorted(path.name for path in MEDIA.glob("*.[jm]p[g4]")))
def test_every_fixture_is_the_one_whose_source_is_written_down(path: str) -> None:
    assert hashlib.sha256((MEDIA / path).read_bytes()).hexdigest() in (MEDIA / "SOURCES.md").read_text()
