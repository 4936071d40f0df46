"""Rendered videos: played whole, copied without anything that came along, pictured."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import pytest

from consent.media import guard, sandbox, video
from consent.media.guard import UnsafeContainer
from consent.media.video import MediaRefused, probe_result, remux, thumbnail
from ledger.problem import Problem
from tests.consent.media.films import FPS, Picture, box, calibration, film, find, renamed, tiny, tone

SIZE = "96x64"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Save a render of three seconds, its middle red."""
    return saved(tmp_path, film(colours(), tone(3.0)))


def saved(folder: Path, data: bytes) -> Path:
    file = folder / "render.mp4"
    file.write_bytes(data)
    return file


def colours() -> list[Picture]:
    """Blue, then red, then green, a second each, with a moving dot."""
    pictures = []
    for number in range(3 * FPS):
        picture = np.full((64, 96, 3), [(0, 0, 200), (200, 0, 0), (0, 200, 0)][number // FPS], np.uint8)
        picture[number % 60, 4:10] = 255
        pictures.append(picture)
    return pictures


def refused(path: Path, *, seconds: float = 4, size: str = SIZE) -> str:
    with pytest.raises(Problem) as caught:
        probe_result(path, max_seconds=seconds, size=size)
    assert isinstance(caught.value, MediaRefused | UnsafeContainer)
    return caught.value.code


def test_what_was_ordered_passes(path: Path) -> None:
    report = probe_result(path, max_seconds=3.5, size=SIZE)
    assert report.seconds == pytest.approx(3.0, abs=0.15)
    assert (report.width, report.height) == (96, 64)
    assert report.codecs == ("h264", "aac")
    assert report.audio


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    report = probe_result(saved(tmp_path, film(colours(), None)), max_seconds=4, size=SIZE)
    assert not report.audio
    assert report.codecs == ("h264",)


def test_another_size_than_ordered_is_refused(path: Path) -> None:
    assert refused(path, size="64x96") == "media-wrong-size"
    assert refused(path, size="64x64") == "media-wrong-size"


def test_longer_than_ordered_is_refused(path: Path) -> None:
    assert refused(path, seconds=2) == "media-too-long"


def test_a_single_frame_is_refused(tmp_path: Path) -> None:
    assert refused(saved(tmp_path, film(colours()[:1], None))) == "media-too-short"


def test_garbage_is_refused(tmp_path: Path) -> None:
    assert refused(saved(tmp_path, b"<html>502 Bad Gateway</html>" * 40)) == "not-mp4"
    assert refused(saved(tmp_path, b"")) == "empty-file"


def test_damage_in_the_middle_is_refused(path: Path) -> None:
    data = bytearray(path.read_bytes())
    start, end = find(bytes(data), b"mdat")
    data[(start + end) // 2 : (start + end) // 2 + 600] = np.random.default_rng(2).bytes(600)
    assert refused(saved(path.parent, bytes(data))) == "media-unplayable"


def test_a_remux_plays_and_keeps_every_frame(path: Path) -> None:
    target = path.with_name("out.mp4")
    remux(path, target)
    assert probe_result(target, max_seconds=3.5, size=SIZE) == probe_result(path, max_seconds=3.5, size=SIZE)


def test_a_remux_leaves_behind_what_came_along(path: Path) -> None:
    marked = path.read_bytes() + box(b"free", b"a hidden note") + box(b"uuid", b"0123456789abcdef" + b"a hidden seal")
    target = path.with_name("out.mp4")
    remux(saved(path.parent, marked), target)
    data = target.read_bytes()
    assert b"hidden" not in data
    assert b"Lavf" not in data
    with target.open("rb") as source:
        seen = guard.inspect(source)
    kinds = [kind for kind, _, _ in seen.outer]
    assert [kind for kind in kinds if kind != "free"] == ["ftyp", "moov", "mdat"]  # the header first: it streams
    assert seen.warnings == ()


def test_the_media_of_a_remux_has_a_long_header_and_lies_where_it_lay(path: Path) -> None:
    """Engines that hash the media in leaves agree about a header of 16 bytes only."""
    target = path.with_name("out.mp4")
    remux(path, target)
    data = target.read_bytes()
    with target.open("rb") as source:
        seen = guard.inspect(source)
    start, end = next((start, end) for kind, start, end in seen.outer if kind == "mdat")
    assert data[start : start + 16] == (1).to_bytes(4) + b"mdat" + (end - start).to_bytes(8)
    assert end == len(data)


def test_a_remux_of_a_synthetic_clip_drops_its_comment(tmp_path: Path) -> None:
    assert b"SYNTHETIC" in calibration("astronaut").upper()
    remux(saved(tmp_path, calibration("astronaut")), tmp_path / "out.mp4")
    assert b"SYNTHETIC" not in (tmp_path / "out.mp4").read_bytes().upper()


def test_a_fragmented_video_becomes_a_plain_one(tmp_path: Path) -> None:
    remux(saved(tmp_path, tiny("+frag_keyframe+empty_moov+default_base_moof")), tmp_path / "out.mp4")
    with (tmp_path / "out.mp4").open("rb") as source:
        assert not guard.inspect(source).fragmented


def test_the_same_video_remuxes_to_the_same_bytes(path: Path) -> None:
    for name in ("one.mp4", "two.mp4"):
        remux(path, path.with_name(name))
    assert path.with_name("one.mp4").read_bytes() == path.with_name("two.mp4").read_bytes()


def test_a_remux_that_fails_leaves_nothing(path: Path) -> None:
    hidden = saved(path.parent, renamed(path.read_bytes(), b"free", b"mdat"))
    with pytest.raises(UnsafeContainer):
        remux(hidden, path.with_name("out.mp4"))
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == ["render.mp4"]


def test_a_video_that_cannot_be_copied_is_refused_as_such(tmp_path: Path) -> None:
    old = saved(tmp_path, film(colours(), tone(3.0), codecs=("mpeg4", "aac")))
    with pytest.raises(MediaRefused) as caught:
        remux(old, tmp_path / "out.mp4")
    assert caught.value.code == "media-unplayable"


def test_what_the_child_wrote_is_looked_at_before_it_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken_over(*_: object, output: BinaryIO, **__: object) -> dict[str, object]:
        output.write(renamed(path.read_bytes(), b"free", b"mdat"))
        return {"packets": 7}

    monkeypatch.setattr(sandbox, "run", taken_over)
    with pytest.raises(UnsafeContainer):
        remux(path, path.with_name("out.mp4"))
    assert not path.with_name("out.mp4").exists()


def test_a_remux_that_writes_too_much_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "LARGEST_HEADER", 100 - path.stat().st_size)
    with pytest.raises(sandbox.SandboxFailed):
        remux(path, path.with_name("out.mp4"))
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == ["render.mp4"]


def test_a_thumbnail_shows_the_middle(path: Path) -> None:
    picture = cv2.imdecode(np.frombuffer(thumbnail(path, width=48), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert picture is not None
    assert picture.shape == (32, 48, 3)
    red, green, blue = picture[16, 24]
    assert red > 150
    assert max(green, blue) < 60


@pytest.mark.parametrize("answer", [{}, {"jpeg": "%%%"}, {"jpeg": "PHN2Zz4="}, {"jpeg": 7}])
def test_a_thumbnail_that_is_no_jpeg_is_not_passed_on(
    answer: dict[str, object], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "run", lambda *_, **__: answer)
    with pytest.raises(sandbox.SandboxFailed):
        thumbnail(path)
