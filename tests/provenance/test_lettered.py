"""Where the mark lies, how large it is, and that it can be read."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import av
import numpy as np
import pytest

from consent.media import video as media
from consent.media.guard import UnsafeContainer
from provenance import label_burning
from provenance.asked import SIZES
from provenance.labels import Mark
from provenance.lettered import placed
from tests.provenance import world as w


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mark", sorted(Mark))
def test_the_mark_is_at_the_top_right_whole_and_as_high_as_the_strictest_rule_asks(mark: Mark, size: str) -> None:
    width, height = map(int, size.split("x"))
    found = placed(str(mark), width, height)
    assert found.letters >= 0.05 * min(width, height)
    assert width / 2 < found.left + found.plate_width / 2 <= width
    assert found.left >= 0
    assert found.left + found.plate_width <= width
    assert found.top + found.plate_height <= height * 0.13
    for x, y in (point for stroke in found.strokes() for point in stroke):
        assert found.left < x < found.left + found.plate_width
        assert found.top < y < found.top + found.plate_height


@pytest.mark.parametrize("size", SIZES)
def test_the_mark_keeps_clear_of_the_words_that_the_reference_renderer_writes(size: str) -> None:
    """Its tag begins at the top left, at 3 % of the shorter side, and ends, upright, above 8 %."""
    width, height = map(int, size.split("x"))
    found = placed(str(Mark.GENERATED), width, height)
    assert found.top > 0.08 * width if height > width else found.left > width / 2


def test_the_overlay_is_sound_svg_that_says_the_words_and_names_nothing_outside() -> None:
    text = placed(str(Mark.MODIFIED), 1280, 720).svg()
    root = ET.fromstring(text)  # noqa: S314 - our own text
    assert (root.get("aria-label"), root.get("viewBox")) == ("AI MODIFIED", "0 0 1280 720")
    assert "href" not in text
    assert "<text" not in text  # no font is needed


def test_letters_that_nobody_drew_are_refused() -> None:
    with pytest.raises(KeyError):
        placed("AI ZEBRA", 1280, 720)


@pytest.mark.parametrize("shade", [5, 128, 240])
@pytest.mark.parametrize("size", ["1280x720", "720x1280"])
def test_burned_letters_stand_out_in_every_frame_and_the_rest_stays(shade: int, size: str, tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "a.mp4").write_bytes(w.clip(seconds=1, size=size, shade=shade))
    label_burning.burn(folder / "a.mp4", folder / "b.mp4", Mark.GENERATED, seconds=2)
    before, after = (frames(folder / name) for name in ("a.mp4", "b.mp4"))
    assert (len(after), after[0].shape) == (len(before), before[0].shape)
    width, height = map(int, size.split("x"))
    mark = placed(str(Mark.GENERATED), width, height)
    rows, columns = slice(mark.top, mark.top + mark.plate_height), slice(mark.left, mark.left + mark.plate_width)
    for old, new in zip(before, after, strict=True):
        plate = new[rows, columns].astype(int)
        assert np.percentile(plate, 97) - np.percentile(plate, 40) > 120
        assert np.abs(new[height // 3 :].astype(int) - old[height // 3 :]).mean() < 3


def test_times_rate_and_sound_are_those_of_before(tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "a.mp4").write_bytes(w.clip(seconds=2))
    media.remux(folder / "a.mp4", folder / "r.mp4")
    label_burning.burn(folder / "a.mp4", folder / "b.mp4", Mark.GENERATED, seconds=3)
    assert described(folder / "b.mp4") == described(folder / "r.mp4")


def test_a_file_that_is_no_video_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "a.mp4").write_bytes(b"\0" * 100)
    with pytest.raises(UnsafeContainer):
        label_burning.burn(folder / "a.mp4", folder / "b.mp4", Mark.GENERATED, seconds=1)
    assert [path.name for path in folder.iterdir() if path.is_file() and "mp4" in path.name] == ["a.mp4"]


def frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        height = container.streams.video[0].height
        return [frame.to_ndarray(format="yuv420p")[:height] for frame in container.decode(video=0)]


def described(path: Path) -> list[object]:
    with av.open(str(path)) as container:
        found: list[object] = [(one.type, one.duration, one.time_base, one.frames) for one in container.streams]
        found.append(container.streams.video[0].average_rate)
    with av.open(str(path)) as container:
        sound = b"".join(bytes(packet) for packet in container.demux(audio=0))
    return [*found, sound]
