"""The calibration clip: what passes, and each refusal with its own code and its way out."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from consent.media import clip, sandbox
from consent.media.clip import ClipRefused, judge, probe
from consent.media.guard import UnsafeContainer
from consent.media.weights import SHA256
from ledger.canonical import canonical
from ledger.problem import Problem
from tests.consent.media.films import (
    FPS,
    Picture,
    box,
    calibration,
    film,
    find,
    moving_face,
    patched,
    photo,
    renamed,
    speech,
    tone,
)

TURNED_LEFT = (0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)  # the matrix of a track that players turn by 90°


def refused(data: bytes) -> Problem:
    with pytest.raises((ClipRefused, UnsafeContainer)) as caught:
        probe(data)
    assert caught.value.pointer == "/clip"
    assert caught.value.detail
    assert caught.value.remedy
    return caught.value


def pasted(picture: Picture, patch: Picture) -> Picture:
    both = picture.copy()
    both[-patch.shape[0] :, -patch.shape[1] :] = patch
    return both


@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
def test_a_face_that_moves_and_a_voice_that_speaks_pass(name: str) -> None:
    report = probe(calibration(name))
    assert 12 < report.seconds < 14
    assert (report.width, report.height) == (480, 640)
    assert (report.video_codec, report.audio_codec) == ("h264", "aac")
    assert report.frames_seen >= 100
    assert report.one_face_share == 1
    assert report.yaw > 20
    assert report.voiced_seconds >= 1


def test_the_record_is_canonical_and_names_the_models() -> None:
    record = probe(film(moving_face(), speech())).record()
    assert canonical(record)
    assert set(record["models"]) == set(SHA256)
    assert "liveness" not in str(record)


@pytest.mark.parametrize("codecs", [("libvpx-vp9", "libopus"), ("libx265", "libmp3lame"), ("libsvtav1", "aac")])
def test_other_codecs_of_phones_and_browsers_pass(codecs: tuple[str, str]) -> None:
    report = probe(film(moving_face()[:32], speech(), codecs=codecs))
    assert {report.video_codec, report.audio_codec} <= {"vp9", "hevc", "av1", "opus", "mp3", "aac"}


def test_a_clip_that_players_turn_is_looked_at_upright() -> None:
    lying = [np.ascontiguousarray(np.rot90(picture)) for picture in moving_face()]
    data = film(lying, speech())
    assert refused(data).code == "clip-without-face"
    start, _ = find(data, b"moov", b"trak", b"tkhd")
    assert probe(patched(data, start + 48, ">9i", *TURNED_LEFT)).one_face_share == 1


def test_a_text_is_refused() -> None:
    assert refused(b"I am not a video, but I consent.").code == "not-mp4"


def test_no_bytes_are_refused() -> None:
    assert refused(b"").code == "empty-file"


def test_half_a_clip_is_refused() -> None:
    assert refused(calibration("astronaut")[:200_000]).code == "truncated"


def test_too_many_bytes_are_refused_unread() -> None:
    refusal = refused(bytes(clip.MOST_BYTES + 1))
    assert (refusal.code, refusal.status) == ("clip-too-large", 413)


def test_media_in_padding_is_refused() -> None:
    assert refused(renamed(calibration("astronaut"), b"free", b"mdat")).code == "samples-outside-media"


def test_a_flood_of_boxes_is_refused() -> None:
    assert refused(calibration("astronaut") + box(b"free") * 5000).code == "too-many-boxes"


def test_a_clip_whose_media_is_garbage_is_refused() -> None:
    data = bytearray(film(moving_face(), speech()))
    start, end = find(bytes(data), b"mdat")
    data[start + 8 : end] = np.random.default_rng(5).bytes(end - start - 8)
    assert refused(bytes(data)).code == "clip-unreadable"


def test_two_seconds_are_too_short() -> None:
    assert refused(film(moving_face()[: 2 * FPS], speech())).code == "clip-too-short"


def test_more_than_thirty_seconds_are_too_long() -> None:
    grey: Picture = np.full((64, 64, 3), 90, np.uint8)
    assert refused(film([grey] * 32, None, fps=1)).code == "clip-too-long"


def test_more_than_thirty_seconds_of_sound_are_too_long() -> None:
    assert refused(film(moving_face(), tone(32))).code == "clip-too-long"


def test_a_picture_of_many_pixels_is_refused() -> None:
    wide: Picture = np.full((64, 2600, 3), 90, np.uint8)
    assert refused(film([wide] * 4 * FPS, speech())).code == "clip-too-wide"


def test_a_codec_that_is_not_read_is_refused() -> None:
    assert refused(film(moving_face()[:35], speech(), codecs=("mpeg4", "aac"))).code == "clip-codec"


def test_sound_without_picture_is_refused() -> None:
    data = film(moving_face()[:35], speech())
    assert refused(renamed(data, b"free", b"moov", b"trak")).code == "clip-without-picture"


def test_no_sound_is_refused() -> None:
    assert refused(film(moving_face(), None)).code == "clip-without-sound"


@pytest.mark.parametrize("samples", [np.zeros(80_000, np.float32), tone(5.0)], ids=["silence", "a tone"])
def test_nobody_speaking_is_refused(samples: Any) -> None:  # noqa: ANN401 - numpy's own
    assert refused(film(moving_face(), samples)).code == "clip-without-voice"


def test_a_cat_is_refused() -> None:
    cat = np.asarray(cv2.resize(photo("chelsea"), (480, 640)), np.uint8)
    assert refused(film([np.roll(cat, 3 * n, axis=1) for n in range(4 * FPS)], speech())).code == "clip-without-face"


def test_a_face_that_leaves_is_refused() -> None:
    gone = [np.full_like(picture, 90) for picture in moving_face()[:8]]
    assert refused(film([*moving_face()[:40], *gone], speech())).code == "clip-without-face"


def test_two_faces_are_refused() -> None:
    guest = np.asarray(cv2.resize(photo("grace_hopper"), (200, 240)), np.uint8)
    assert refused(film([pasted(picture, guest) for picture in moving_face()], speech())).code == "clip-several-faces"


def test_a_second_face_too_small_for_the_whole_picture_is_found_in_tiles() -> None:
    guest = np.asarray(cv2.resize(photo("grace_hopper")[:400, 60:460], (88, 88)), np.uint8)  # 45 of 640 pixels
    assert refused(film([pasted(picture, guest) for picture in moving_face()], speech())).code == "clip-several-faces"


def test_a_still_photograph_is_refused() -> None:
    still = np.asarray(cv2.resize(photo("grace_hopper"), (480, 640)), np.uint8)
    assert refused(film([still] * 5 * FPS, speech())).code == "clip-still"


def test_a_still_photograph_with_the_noise_of_a_camera_is_refused() -> None:
    still = cv2.resize(photo("grace_hopper"), (480, 640)).astype(np.int16)
    noise = np.random.default_rng(7)
    noisy = [np.clip(still + noise.normal(0, 6, still.shape), 0, 255).astype(np.uint8) for _ in range(5 * FPS)]
    assert refused(film(noisy, speech())).code == "clip-still"


MEASURED: dict[str, Any] = {
    "seconds": 5.0,
    "counts": [1] * 40,
    "track": [[n / 8, n % 20, 0.0, 2.0, 3.0, 0.3] for n in range(40)],
    "video_codec": "h264",
    "audio_codec": "aac",
    "width": 480,
    "height": 640,
    "voice": {"seconds": 5.0, "voiced_seconds": 2.0, "loudest": -10.0, "room": -50.0},
    "network": "none",
}


def test_numbers_within_the_rules_pass() -> None:
    assert judge(MEASURED).frames_seen == 40


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"counts": []}, "clip-without-face"),
        ({"counts": [1] * 11}, "clip-without-face"),
        ({"counts": [1] * 38 + [0, 0]}, "clip-without-face"),
        ({"counts": [1] * 38 + [2, 2]}, "clip-several-faces"),
        ({"seconds": 2.99}, "clip-too-short"),
        ({"seconds": 30.01}, "clip-too-long"),
        ({"seconds": float("nan")}, "clip-too-short"),
        ({"audio_codec": None}, "clip-without-sound"),
        ({"voice": {"seconds": 5.0, "voiced_seconds": 0.99}}, "clip-without-voice"),
        ({"voice": {"seconds": 5.0, "voiced_seconds": float("nan")}}, "clip-without-voice"),
        ({"track": [[n / 8, 0.0, 0.0, 2.0, 3.0, 0.3] for n in range(40)]}, "clip-still"),
        ({"track": [[n / 8, 90.0 * (n == 20), 0.0, 2.0, 3.0, 0.3] for n in range(40)]}, "clip-still"),
        ({"track": [[n / 8, float("nan"), 0.0, 2.0, 3.0, 0.3] for n in range(40)]}, "clip-still"),
    ],
)
def test_one_number_outside_a_rule_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(ClipRefused) as caught:
        judge({**MEASURED, **change})
    assert caught.value.code == code


@pytest.mark.parametrize(
    "answer", [{}, {"unreadable": "a word of its own"}, {**MEASURED, "track": "x"}, {**MEASURED, "track": []}]
)
def test_an_answer_that_makes_no_sense_is_not_a_pass(answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "run", lambda *_, **__: answer)
    with pytest.raises(sandbox.SandboxFailed) as caught:
        probe(calibration("astronaut"))
    assert caught.value.pointer == "/clip"


def test_a_check_that_could_not_be_made_is_not_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip, "LIMITS", sandbox.Limits(wall_seconds=0.2))
    with pytest.raises(sandbox.SandboxFailed) as caught:
        probe(calibration("astronaut"))
    assert (caught.value.code, caught.value.pointer) == ("media-check-timed-out", "/clip")


def test_every_refusal_has_a_code_of_its_own() -> None:
    kinds: list[type[Problem]] = [
        ClipRefused,
        *ClipRefused.__subclasses__(),
        UnsafeContainer,
        *UnsafeContainer.__subclasses__(),
    ]
    kinds += [sandbox.SandboxFailed, *sandbox.SandboxFailed.__subclasses__()]
    codes = [kind.code for kind in kinds]
    assert len(codes) == len(set(codes))
