"""What a phone's own camera writes is taken: QuickTime, turned, with data tracks beside picture and sound."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from consent.media import capture, guard
from consent.media.samples import SamplesOutsideMedia
from tests.consent.media import phone

CLIP = Path(__file__).parents[2] / "media" / "calibration_astronaut.mp4"


@pytest.mark.parametrize("codec", ["avc1", "hvc1"])
def test_a_film_of_a_phone_is_measured_upright(codec: str, tmp_path: Path) -> None:
    film = phone.filmed(CLIP, tmp_path, codec)
    boxes = guard.inspect(io.BytesIO(film))
    assert (boxes.brand, boxes.tracks) == ("qt  ", ("vide", "soun", "tmcd", "meta"))
    measured = capture.measure(film)
    assert (measured.width, measured.height) == (640, 480)  # as it is stored: a quarter turned
    assert set(measured.counts) == {1}
    assert measured.spoken is not None


def test_a_data_track_hides_nothing_outside_the_media(tmp_path: Path) -> None:
    film = phone.filmed(CLIP, tmp_path, "avc1", seconds=1.0)
    at = film.index(b"moov") - 4
    with pytest.raises(SamplesOutsideMedia):
        guard.inspect(io.BytesIO(phone.with_metadata_track(film, shift=at)))
