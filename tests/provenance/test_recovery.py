"""A copy is found by what it looks like, and said to be found like that: never authentic, never of what is private."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings

from consent import revocations
from provenance import erasure, fingerprinter, fingerprints, recovery
from provenance.fingerprint import FOUND, Kind, Print
from provenance.models import Fingerprint, Video
from provenance.report import Recovery
from tests.provenance import copies
from tests.provenance import world as w

pytestmark = pytest.mark.django_db
NAMES = ("astronaut", "hopper")
HOW = ("crf 38", "240p", "logo", "mirror", "letterbox")


@pytest.fixture(scope="module")
def originals() -> dict[str, tuple[Print, ...]]:
    return {name: fingerprinter.of(copies.CLIPS[name]) for name in NAMES}


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return six seconds of one original after five of another."""
    target = tmp_path_factory.mktemp("cut") / "cut.mp4"
    picture = "trim={},setpts=PTS-STARTPTS,scale=320:240,setsar=1,fps=10"
    graph = f"[0:v]{picture.format('2:7')}[a];[1:v]{picture.format('4:10')}[b];[a][b]concat[v]"
    inputs = [argument for name in NAMES for argument in ("-i", str(copies.CLIPS[name]))]
    copies.ffmpeg(*inputs, "-filter_complex", graph, "-map", "[v]", *copies.X264, str(target))
    return target


def published(world: w.World, prints: tuple[Print, ...], data: bytes = b"film") -> Video:
    video = w.shown(world.ask(), data)
    fingerprints.record(video, prints, video.entry)
    return video


def test_copies_of_several_videos_are_told_apart(originals: dict[str, tuple[Print, ...]], tmp_path: Path) -> None:
    world = w.world()
    videos = {one: published(world, originals[one]) for one in NAMES}
    for name in NAMES:
        for how in HOW:
            copy = copies.copied(copies.CLIPS[name], how, tmp_path / "copy.mp4", seconds=5)
            found = recovery.matches(recovery.unverified_prints(copy))
            assert [match.video for match in found] == [str(videos[name].id)], how
            assert (found[0].standing, found[0].mirrored) == ("consented", how == "mirror")
            assert found[0].distance <= FOUND


def test_another_video_is_not_found(originals: dict[str, tuple[Print, ...]]) -> None:
    published(w.world(), originals["astronaut"])
    assert recovery.recover(copies.CLIPS["hopper"]) is None
    assert recovery.answer(copies.CLIPS["hopper"]).answer.verdict is Recovery.NOTHING


def test_a_compilation_says_which_seconds_are_whose(originals: dict[str, tuple[Print, ...]], cut: Path) -> None:
    world = w.world()
    videos = {str(published(world, originals[name]).id): name for name in NAMES}
    found = {videos[match.video]: match for match in recovery.matches(recovery.unverified_prints(cut))}
    assert set(found) == set(NAMES)
    first, second = found["astronaut"].stretches[0], found["hopper"].stretches[-1]
    assert first.asked[0] == 0
    assert 0 <= first.found[0] <= 4000  # two seconds in, give or take a hop
    assert second.asked[1] == pytest.approx(11_000, abs=400)
    assert found["hopper"].standing_sentence


def test_what_was_never_published_is_not_named(originals: dict[str, tuple[Print, ...]]) -> None:
    video = published(w.world(), originals["astronaut"])
    assert recovery.recover(copies.CLIPS["astronaut"]) is not None
    Video.objects.filter(pk=video.pk).update(state="stamping", published_at=None)
    assert recovery.recover(copies.CLIPS["astronaut"]) is None
    assert [near.video for near in fingerprints.nearest(originals["astronaut"], FOUND)] == [video.pk]  # for stay-down


def test_a_withdrawal_is_told_with_the_match(originals: dict[str, tuple[Print, ...]]) -> None:
    world = w.world()
    published(world, originals["astronaut"])
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    found = recovery.recover(copies.CLIPS["astronaut"])
    assert found is not None
    assert found.standing == "withdrawn"


def test_an_erased_video_is_found_by_nobody(originals: dict[str, tuple[Print, ...]]) -> None:
    world = w.world()
    video = published(world, originals["astronaut"])
    assert fingerprints.nearest(originals["astronaut"], FOUND)
    erasure.forget(world.ada.party)
    assert not Fingerprint.objects.filter(video=video).exists()
    assert fingerprints.nearest(originals["astronaut"], FOUND) == []


def test_a_stamp_is_found_by_the_very_next_look(originals: dict[str, tuple[Print, ...]]) -> None:
    world = w.world()
    for name in NAMES:
        assert fingerprints.nearest(originals[name], 0) == []
        video = published(world, originals[name])
        (near,) = fingerprints.nearest(originals[name], 0)
        assert (near.video, near.distance) == (video.pk, 0)


def test_memory_that_does_not_fit_the_database_is_read_anew(originals: dict[str, tuple[Print, ...]]) -> None:
    world = w.world()
    published(world, originals["astronaut"])
    assert fingerprints.nearest(originals["astronaut"], 0)
    Fingerprint.objects.all().delete()  # as after the restore of a backup, in which ids are given out again
    video = w.shown(world.ask(), b"other")
    old = [
        Fingerprint(
            id=number + 1,
            video=video,
            kind=one.kind,
            mirrored=one.mirrored,
            telling=one.telling,
            start_ms=one.start_ms,
            end_ms=one.end_ms,
            code=one.code,
            entry=video.entry,
        )
        for number, one in enumerate(originals["hopper"])
    ]
    Fingerprint.objects.bulk_create(old)
    assert [near.video for near in fingerprints.nearest(originals["hopper"], 0)] == [video.pk]


def test_windows_that_tell_nothing_find_nothing() -> None:
    plain = tuple(Print(Kind.PICTURE, 0, 5000, bytes(32), telling=telling) for telling in (True, False))
    world = w.world()
    published(world, plain[1:])
    assert fingerprints.nearest(plain, FOUND) == []
    video = published(world, plain[:1])
    assert [near.video for near in fingerprints.nearest(plain[:1], FOUND)] == [video.pk]
    assert fingerprints.nearest(plain[1:], FOUND) == []


def test_a_sound_finds_a_video_if_it_goes_on_in_one_line() -> None:
    def sound(second: int, seed: int) -> Print:
        return Print(Kind.SOUND, second * 1000, second * 1000 + 990, bytes([seed + second] * 32))

    world = w.world()
    picture = Print(Kind.PICTURE, 0, 5000, b"\x5a" * 32)
    video = published(world, (picture, *(sound(second, 10) for second in range(9))))
    own = [sound(second, 10) for second in range(9)]
    moved = [replace(one, start_ms=one.start_ms + 40_000, end_ms=one.end_ms + 40_000) for one in own]
    (near,) = fingerprints.nearest(moved, 0)
    assert (near.video, near.heard, near.stretches[0].asked) == (video.pk, True, (40_000, 48_990))
    assert fingerprints.nearest(moved[:4], 0) == []  # four seconds may be in any film
    scattered = [Print(Kind.SOUND, at * 7000, at * 7000 + 990, one.code) for at, one in enumerate(moved)]
    assert fingerprints.nearest(scattered, 0) == []


def test_a_video_without_a_picture_has_no_fingerprint_to_record() -> None:
    video = w.world().ask()
    with pytest.raises(ValueError, match="picture"):
        fingerprints.record(video, (Print(Kind.SOUND, 0, 990, bytes(32)),), video.entry)


def test_what_could_not_be_looked_at_is_not_called_unknown(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no film")
    found = recovery.answer(tmp_path / "a.mp4")
    assert found.answer.verdict is Recovery.COULD_NOT_CHECK

    def broken(*_: Any, **__: Any) -> Any:  # noqa: ANN401 - stands for the fingerprinter
        raise fingerprinter.FingerprintFailed("no")

    with patch.object(fingerprinter, "of", broken):
        assert recovery.answer(tmp_path / "a.mp4").answer.codes == ("fingerprint-failed",)
    assert settings.MEDIA_ROOT
