"""Each kind of spoiled clip fails by the right check and by no other; and the rules, on numbers alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.media import capture, prompted
from consent.media.capture import Capture
from consent.media.challenge import DIGITS, Challenge, draw
from consent.media.prompted import Name, Verdict, judge, slips
from ledger.canonical import canonical
from tests.consent.media import spoiled
from tests.consent.media.followed import ASKED, SAID, STEPS, followed
from tests.consent.media.spoiled import ALIKE


@pytest.mark.parametrize("name", sorted(spoiled.GOOD))
def test_a_clip_that_follows_its_challenge_passes_every_check(name: str) -> None:
    found = spoiled.verdict(name, spoiled.GOOD[name])
    assert (found.failed, found.passed) == ((), True)
    assert found.template is not None


@pytest.mark.parametrize("kind", sorted(spoiled.CASES))
def test_a_spoiled_clip_fails_by_the_right_check(kind: str) -> None:
    name, asked, wrong = spoiled.CASES[kind]
    found = spoiled.verdict(name, asked)
    assert set(found.failed) == wrong
    assert not found.passed


def test_two_people_are_further_apart_than_a_duplicate_may_be() -> None:
    one, other = (spoiled.verdict(name, spoiled.GOOD[name]).template for name in ("good", "a third voice, a look down"))
    again = spoiled.verdict("another person, another voice", spoiled.SECOND).template
    assert one is not None
    assert other is not None
    assert again is not None
    assert np.linalg.norm(one - other) > 0.6
    assert np.linalg.norm(other - again) <= 0.45


def judged(found: Capture, asked: Challenge = ASKED) -> Verdict:
    return judge(found, asked, templates=found.templates, alike=ALIKE, heard=found.heard or ())


def column(number: int, value: float) -> Capture:
    found = followed()
    found.track[:, number] = value
    return found


def test_numbers_that_follow_pass() -> None:
    assert judged(followed()).failed == ()


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (followed(counts=()), {Name.FACE}),
        (followed(counts=(1,) * 10), {Name.FACE}),
        (followed(counts=(1,) * 96 + (2,) * 4), {Name.FACE}),
        (column(4, 109.9), {Name.SIZE}),
        (column(5, 24.9), {Name.SHARPNESS}),
        (column(6, 49.9), {Name.LIGHT}),
        (column(6, 215.1), {Name.LIGHT}),
        (column(1, 0.0), {Name.TURNS}),
        (column(3, 0.1), {Name.LIPS}),
        (followed(heard=()), {Name.DIGITS}),
        (followed(heard=None), {Name.DIGITS}),
        (followed(heard=("nine", "nine", "nine", *SAID[3:])), {Name.DIGITS}),
        (followed(spoken=None), {Name.LIPS}),
        (followed(spoken=(0.2, 1.0)), {Name.TURNS, Name.LIPS}),
        (followed(templates=()), {Name.PERSON}),
        (followed(templates=followed().templates[:6]), {Name.PERSON}),
        (
            followed(track=np.zeros((0, capture.COLUMNS)), loudness=np.zeros(0), templates=()),
            spoiled.UNSEEN - {Name.FACE},
        ),
    ],
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, set) else "",
)
def test_one_number_outside_a_rule_fails_that_check(found: Capture, wrong: set[Name]) -> None:
    assert set(judged(found).failed) == wrong


def test_a_turn_that_lasts_one_picture_is_none() -> None:
    found = followed()
    found.track[40, 1] = -40.0  # in the middle of the clip
    assert judged(found).passed
    found.track[40:44, 1] = -40.0
    assert judged(found).failed == (Name.TURNS,)


def test_another_face_for_half_the_clip_is_another_person() -> None:
    found = followed()
    strange = tuple(replace(one, numbers=one.numbers + 0.05) if one.at >= 5 else one for one in found.templates)
    assert judged(replace(found, templates=strange)).failed == (Name.PERSON,)


def test_a_verdict_that_lacks_a_check_is_no_pass() -> None:
    whole = judged(followed())
    assert whole.passed
    for check in whole.checks:
        assert not Verdict(tuple(other for other in whole.checks if other is not check), whole.template).passed
    assert not Verdict((), whole.template).passed


def test_records_are_canonical() -> None:
    assert canonical({"checks": [check.record() for check in judged(followed()).checks]})


@given(st.permutations(STEPS))
def test_only_the_order_that_was_asked_passes(order: tuple[str, ...]) -> None:
    assert judged(followed(), Challenge(tuple(order), SAID)).passed == (tuple(order) == STEPS)


WORDS = st.lists(st.sampled_from(DIGITS), max_size=8)


@given(WORDS, WORDS)
def test_slips_are_a_distance(one: list[str], other: list[str]) -> None:
    assert slips(one, other) == slips(other, one)
    assert (slips(one, other) == 0) == (one == other)
    assert abs(len(one) - len(other)) <= slips(one, other) <= max(len(one), len(other))


@given(WORDS, WORDS, WORDS)
def test_slips_keep_the_triangle(one: list[str], two: list[str], three: list[str]) -> None:
    assert slips(one, three) <= slips(one, two) + slips(two, three)


def test_no_two_challenges_in_a_row_are_alike_and_each_is_whole() -> None:
    drawn = [draw() for _ in range(200)]
    assert len(set(drawn)) > 195
    for one in drawn:
        assert len(one.digits) == 6
        assert sorted(map(one.steps.count, set(one.steps))) == [1, 1, 1, 1]
        assert len(one.instructions("en")) == len(one.instructions("es")) == 4
    assert {one.steps.index("speak") for one in drawn} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("steps", "digits"),
    [((), SAID), (("speak",), SAID), (("left",), SAID), (("left", "speak"), ()), (("nod", "speak"), SAID)],
    ids=["nothing", "no turn", "no speech", "no digits", "an unknown turn"],
)
def test_a_challenge_that_anybody_follows_cannot_be_made(steps: tuple[str, ...], digits: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="not a challenge"):
        Challenge(steps, digits)


CHILD: dict[str, Any] = {
    "seconds": 10.0,
    "width": 480,
    "height": 640,
    "video_codec": "h264",
    "audio_codec": "aac",
    "network": "none",
    "counts": [1, 1, 0],
    "track": [[0.0, 0, 0, 0.1, 200, 300, 120], [0.1, 0, 0, 0.1, 200, 300, 120]],
    "loudness": [0.0, 0.1],
    "templates": [[0.1, [0.0] * capture.NUMBERS]],
    "spoken": [1.0, 2.0],
    "heard": ["one"],
}


def test_what_the_child_says_is_read() -> None:
    assert capture.read(b"", CHILD).heard == ("one",)


@pytest.mark.parametrize(
    "change",
    [
        {"track": [[0.0] * 6]},
        {"track": [[float("nan")] * 7, [0.1] * 7]},
        {"track": [[0.1] * 7, [0.0] * 7]},
        {"loudness": [0.0]},
        {"counts": [1, 1, 1]},
        {"templates": [[0.1, [0.0] * 127]]},
        {"templates": [[0.1, [float("inf")] * capture.NUMBERS]]},
        {"templates": [[0.2, [0.0] * capture.NUMBERS]]},
        {"spoken": [2.0, 1.0]},
        {"spoken": [float("nan"), 1.0]},
        {"heard": ["ten"]},
        {"heard": "one"},
        {"width": "wide"},
    ],
    ids=str,
)
def test_numbers_that_cannot_be_are_not_believed(change: dict[str, Any]) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        capture.read(b"", CHILD | change)


def test_limits_are_the_published_ones() -> None:
    assert (prompted.YAW, prompted.UP, prompted.DOWN, prompted.SLIPS) == (12.0, 8.0, 10.4, 2)
