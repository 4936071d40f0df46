"""The demo's people are nobody: not the people of our photographs, and not each other.

Every assertion about them is also run on a clip that was made of a photograph, where it must fail.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from config.demo.people import film
from config.demo.people.film import Picture
from config.demo.people.persons import PERSONS
from config.demo.people.resemblance import Resemblance, WrongFaces, nearest
from consent.media import clip
from consent.media.faces import SAME, Template

PEOPLE = Path(film.__file__).parent
MEDIA = Path(__file__).parents[2] / "media"
PHOTOS = ("astronaut.jpg", "grace_hopper.jpg")
LARGEST = 800_000  # bytes: the clips are committed
SOMEBODY = MEDIA / "calibration_astronaut.mp4"  # made of a photograph of a real person

everybody = pytest.mark.parametrize("name", sorted(PERSONS))


@pytest.fixture(scope="module")
def measure() -> Resemblance:
    return Resemblance()


@pytest.fixture(scope="module")
def strangers(measure: Resemblance) -> dict[str, list[Template]]:
    return {photo: [measure.photo(MEDIA / photo)] for photo in PHOTOS}


@pytest.fixture(scope="module")
def shown(measure: Resemblance) -> dict[str, list[Template]]:
    return {name: measure.clip(PEOPLE / f"{name}.mp4") for name in PERSONS}


def note(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((PEOPLE / f"{name}.json").read_text(encoding="utf-8"))
    return read


def pictures(path: Path) -> Iterator[Picture]:
    with av.open(str(path), "r") as opened:
        for frame in opened.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def resembles_nobody(face: list[Template], others: Mapping[str, list[Template]]) -> None:
    """Fail if any frame is as near to somebody as two pictures of one person are."""
    assert face
    assert others
    for name, theirs in others.items():
        assert nearest(face, theirs) >= SAME, f"resembles {name}"


def says_in_every_frame(path: Path, text: str) -> None:
    """Fail if in any frame the letters do not stand out against their outline. Measured: 214; another name 174."""
    written = film.marked(np.full((640, 480, 3), 128, np.uint8), text)[..., 0].astype(int)
    letters, outline = written > 200, written < 50
    assert letters.sum() > 200
    seen = 0
    for picture in pictures(path):
        contrast = picture[letters].mean() - picture[outline].mean()
        assert contrast > 195, f"frame {seen} of {path.name} does not say {text}"
        seen += 1
    assert seen > 0


@everybody
def test_a_person_of_the_demo_resembles_nobody_in_our_photographs(
    name: str, shown: dict[str, list[Template]], strangers: dict[str, list[Template]]
) -> None:
    resembles_nobody(shown[name], strangers)


def test_a_clip_of_a_real_person_would_be_noticed(measure: Resemblance, strangers: dict[str, list[Template]]) -> None:
    with pytest.raises(AssertionError, match=r"resembles astronaut\.jpg"):
        resembles_nobody(measure.clip(SOMEBODY), strangers)


@everybody
def test_no_two_people_of_the_demo_resemble_each_other(name: str, shown: dict[str, list[Template]]) -> None:
    resembles_nobody(shown[name], {other: face for other, face in shown.items() if other != name})


def test_the_same_person_twice_would_be_noticed(shown: dict[str, list[Template]]) -> None:
    half = len(shown["ada"]) // 2
    with pytest.raises(AssertionError, match="resembles her double"):
        resembles_nobody(shown["ada"][:half], {"her double": shown["ada"][half:]})


@everybody
def test_the_clip_of_a_person_is_taken_as_a_calibration_clip(name: str) -> None:
    report = clip.probe((PEOPLE / f"{name}.mp4").read_bytes())
    assert report.one_face_share == 1
    assert 8 < report.seconds < 13
    assert (report.width, report.height, report.video_codec, report.audio_codec) == (480, 640, "h264", "aac")
    assert report.yaw > 12
    assert report.voiced_seconds > 1


def test_a_picture_without_a_face_is_not_measured(measure: Resemblance) -> None:
    with pytest.raises(WrongFaces, match=r"chelsea\.jpg shows 0 faces"):
        measure.photo(MEDIA / "chelsea.jpg")


@everybody
def test_every_frame_says_that_the_person_is_synthetic(name: str) -> None:
    says_in_every_frame(PEOPLE / f"{name}.mp4", film.caption(name))


@pytest.mark.parametrize("other", [SOMEBODY, PEOPLE / "noor.mp4"], ids=["another text", "another name"])
def test_another_text_in_the_frames_would_be_noticed(other: Path) -> None:
    with pytest.raises(AssertionError, match="frame 0"):
        says_in_every_frame(other, film.caption("ada"))


@everybody
def test_the_note_is_about_this_very_clip(name: str) -> None:
    data = (PEOPLE / f"{name}.mp4").read_bytes()
    assert note(name)["sha256"] == hashlib.sha256(data).hexdigest()
    assert len(data) <= LARGEST
    assert data.index(b"moov") < data.index(b"mdat"), "players want the index first"


@everybody
def test_the_note_tells_what_is_measured_today(
    name: str, shown: dict[str, list[Template]], strangers: dict[str, list[Template]]
) -> None:
    others = strangers | {f"{other}.mp4": face for other, face in shown.items() if other != name}
    measured = {other: nearest(shown[name], theirs) for other, theirs in others.items()}
    assert note(name)["distances"] == pytest.approx(measured, abs=0.02)


@everybody
def test_no_picture_of_anybody_is_among_what_a_person_was_made_from(name: str) -> None:
    made_from = note(name)["made_from"]
    assert made_from
    assert {Path(source).suffix for source in made_from} == {".whl", ".flac"}
