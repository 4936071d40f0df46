"""Every face of a stranger's picture or video, found in a real child; and what a child may not claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from consent.media import sandbox, scene
from consent.media.guard import UnsafeContainer
from consent.media.sandbox import SandboxGarbled
from consent.media.scene import SceneRefused, SceneTooLarge, Seen, of_reference, of_result
from consent.media.thresholds import SAME, SMALLEST
from tests.consent.media.films import MEDIA, Picture, film, moving_face, photo


def still(picture: Picture, end: str = ".png") -> bytes:
    done, data = cv2.imencode(end, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return data.tobytes()


def only(found: scene.Scene) -> Seen:
    (face,) = found.faces
    return face


@pytest.fixture(scope="module")
def upright() -> Seen:
    return only(of_reference(still(photo("grace_hopper"), ".jpg")))


@pytest.mark.parametrize("how", ["inverted", "a quarter", "head down", "webp"])
def test_a_portrait_is_one_face_and_the_same_one_however_it_is_stored(upright: Seen, how: str) -> None:
    picture = photo("grace_hopper")
    changed = {
        "inverted": still(255 - picture),
        "a quarter": still(np.ascontiguousarray(np.rot90(picture))),
        "head down": still(np.ascontiguousarray(np.rot90(picture, 2))),
        "webp": still(picture, ".webp"),
    }[how]
    face = only(of_reference(changed))
    assert upright.numbers is not None
    assert face.numbers is not None
    assert float(np.linalg.norm(face.numbers - upright.numbers)) <= SAME


def test_a_cat_has_none_and_that_is_said_with_what_it_is_worth() -> None:
    found = of_reference((MEDIA / "chelsea.jpg").read_bytes())
    assert found.faces == ()
    assert (found.pictures, found.every, found.least_share) == (1, None, 0.03)


def test_a_face_of_under_fifty_pixels_is_found_and_not_compared() -> None:
    wide = np.full((600, 900, 3), 110, np.uint8)
    small = cv2.resize(photo("grace_hopper"), None, fx=0.21, fy=0.21, interpolation=cv2.INTER_AREA)
    wide[200 : 200 + small.shape[0], 300 : 300 + small.shape[1]] = small
    face = only(of_reference(still(wide)))
    assert face.pixels < SMALLEST
    assert face.small
    assert face.numbers is None


def test_a_clip_is_looked_at_twice_a_second_and_a_result_once(tmp_path: Path) -> None:
    clip = film(moving_face()[:32], None, fps=16)
    (tmp_path / "result.mp4").write_bytes(clip)
    twice, once = of_reference(clip), of_result(tmp_path / "result.mp4", seconds=30)
    assert (twice.pictures, once.pictures) == (4, 2)
    assert [face.at for face in once.faces] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"fLaC" + bytes(50), "Sound is not checked"),
        (b"GIF89a" + bytes(50), "no picture"),
        (b"", "no picture"),
        (still(np.zeros((9, 9, 3), np.uint8), ".jpg")[:200], "cannot be decoded"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "cannot be decoded"),
    ],
    ids=["sound", "gif", "nothing", "cut off", "a name only"],
)
def test_what_cannot_be_looked_at_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(SceneRefused, match=says) as refusal:
        of_reference(data, pointer="/reference")
    assert refusal.value.pointer == "/reference"


def test_a_picture_that_is_too_heavy_is_not_opened() -> None:
    with pytest.raises(SceneTooLarge):
        of_reference(b"\xff\xd8\xff" + bytes(scene.MOST_STILL))


def test_a_hostile_container_never_reaches_the_decoder(tmp_path: Path) -> None:
    hostile = b"\0\0\0\x18ftypisom" + bytes(50)
    (tmp_path / "result.mp4").write_bytes(hostile)
    with pytest.raises(UnsafeContainer):
        of_reference(hostile)
    with pytest.raises(UnsafeContainer):
        of_result(tmp_path / "result.mp4", seconds=4)


FACE = {"at": 0.0, "share": 0.2, "pixels": 200.0, "turned": 3.0, "numbers": [0.1] * 128}


@pytest.mark.parametrize(
    "lie",
    [
        {"numbers": None},
        {"numbers": [0.1] * 127},
        {"numbers": [float("nan")] * 128},
        {"turned": 31.0},
        {"pixels": 49.0},
        {"turned": float("nan")},
        {"at": -1.0},
        {"share": "wide"},
    ],
    ids=str,
)
def test_a_child_that_contradicts_itself_is_not_believed(lie: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"pictures": 1, "faces": [FACE | lie]}
    monkeypatch.setattr(sandbox, "run", lambda *_, **__: answer)
    with pytest.raises(SandboxGarbled):
        of_reference(still(np.zeros((9, 9, 3), np.uint8)))


def test_a_child_that_looked_at_nothing_has_not_found_nobody() -> None:
    with pytest.raises(SceneRefused, match="no picture"):
        scene.read({"pictures": 0, "faces": []}, tiles=scene.COARSE, every=1.0)
