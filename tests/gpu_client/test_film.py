"""The film itself: length, size, codecs, and what it says about itself in every frame."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gpu_client.reference_renderer import film, footage
from gpu_client.reference_renderer.backdrop import Backdrop
from gpu_client.reference_renderer.composition import LABEL, Composition
from gpu_client.reference_renderer.lettering import Lettering, plain, wrap
from tests.gpu_client.service import ROOT, make_clip


def shot(target: Path, **changes: object) -> Path:
    order = {"prompt": "Hills", "seconds": 2, "size": (640, 360), "cast": [make_clip()], "parent": None}
    film.shoot(target, **order | changes, progress=lambda _done: None)  # type: ignore[arg-type]
    return target


@pytest.mark.parametrize("form", [".png", ".jpg"])
def test_a_character_is_drawn_from_one_picture(tmp_path: Path, form: str) -> None:
    drawn = cv2.imencode(form, np.full((240, 320, 3), (40, 180, 60), np.uint8))[1].tobytes()
    with av.open(str(shot(tmp_path / "a.mp4", cast=[drawn])), "r") as file:
        middle = next(file.decode(video=0)).to_ndarray(format="bgr24")
    assert np.abs(middle.reshape(-1, 3).astype(int) - (40, 180, 60)).sum(1).min() < 40  # its colour is in the picture


def test_a_film_has_the_ordered_length_size_and_codecs(tmp_path: Path) -> None:
    with av.open(str(shot(tmp_path / "a.mp4")), "r") as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        assert (video.codec.name, audio.codec.name) == ("h264", "aac")
        assert (video.width, video.height) == (640, 360)
        assert sum(1 for _ in file.decode(video=0)) == 48
        assert file.duration == pytest.approx(2_000_000, abs=60_000)
        assert file.metadata["comment"] == LABEL


def test_the_sound_is_the_clips_sound_repeated() -> None:
    mix = film.soundtrack([make_clip(1.0, hertz=1000)], None, 3)
    assert len(mix) == 3 * footage.RATE
    spectrum = np.abs(np.fft.rfft(mix[2 * footage.RATE :]))
    assert np.argmax(spectrum) == pytest.approx(1000, abs=5)


@pytest.mark.parametrize("parent", [None, make_clip(1.0, (320, 180))], ids=["video", "remix"])
def test_every_frame_says_what_it_is(parent: bytes | None) -> None:
    """The label is found by its shape, and is not found in the scene without it."""
    composition = Composition("Hills", (1280, 720), [make_clip()], parent)
    ink = Lettering(720 * 0.026, weight=0.09, spacing=0.06).draw(LABEL)

    def likeness(picture: NDArray[np.uint8]) -> float:
        corner = cv2.cvtColor(picture[:80, :700], cv2.COLOR_BGR2GRAY)
        return float(cv2.matchTemplate(corner, ink, cv2.TM_CCOEFF_NORMED).max())

    for at in (0.0, 0.7, 1.9, 3.9):
        assert likeness(composition.frame(at)) > 0.95
        assert likeness(composition.backdrop.paint(at)) < 0.5


def test_each_person_is_in_the_picture() -> None:
    one = Composition("Hills", (1280, 720), [make_clip()], None)
    two = Composition("Hills", (1280, 720), [make_clip()] * 2, None)
    assert [len(one.portraits), len(two.portraits)] == [1, 2]
    left, right = (portrait.centre[0] for portrait in two.portraits)
    assert left < 640 < right
    assert not np.array_equal(one.frame(0), two.frame(0))


def test_a_remix_shows_its_parent() -> None:
    light, dark = make_clip(1.0, (320, 180)), make_clip(0.05, (320, 180))
    pictures = [Composition("Hills", (1280, 720), [make_clip()], parent).frame(0.9) for parent in (light, dark)]
    assert not np.array_equal(pictures[0][200:400, 100:600], pictures[1][200:400, 100:600])


def test_the_same_prompt_gives_the_same_scene() -> None:
    assert np.array_equal(Backdrop("Hills", 640, 360).paint(1.0), Backdrop("Hills", 640, 360).paint(1.0))
    assert not np.array_equal(Backdrop("Hills", 640, 360).paint(1.0), Backdrop("Hills!", 640, 360).paint(1.0))


@pytest.mark.parametrize("clip", [b"", b"not a clip", make_clip()[:500]])
def test_a_clip_without_pictures_is_refused(tmp_path: Path, clip: bytes) -> None:
    with pytest.raises(footage.FootageUnreadable):
        shot(tmp_path / "a.mp4", cast=[clip])


def test_a_render_can_be_stopped(tmp_path: Path) -> None:
    def stop(done: int) -> None:
        if done > 20:
            raise film.Aborted

    with pytest.raises(film.Aborted):
        film.shoot(
            tmp_path / "a.mp4",
            prompt="Hills",
            seconds=20,
            size=(640, 360),
            cast=[make_clip()],
            parent=None,
            progress=stop,
        )


def test_words_are_wrapped_and_shortened_to_fit() -> None:
    lettering = Lettering(30)
    lines = wrap("word " * 60 + "x" * 300, lettering, 500, lines=3)
    assert len(lines) == 3
    assert all(lettering.width(line) <= 500 for line in lines)
    assert lines[-1].endswith("...")


def test_letters_that_cannot_be_drawn_are_marked_not_lost() -> None:
    assert plain("Zoë\n said “日本”") == "Zoe said ????"


def test_the_renderer_is_a_program_without_django() -> None:
    code = "import sys, gpu_client.reference_renderer.__main__; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
