"""What a person is told to do is what they do."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from config.demo.people import make
from config.demo.people.performance import EACH, FPS, challenge, perform
from config.demo.people.persons import PERSONS

everybody = pytest.mark.parametrize("name", sorted(PERSONS))


@everybody
def test_there_is_sound_for_every_frame_and_it_fits_the_clip(name: str) -> None:
    person = PERSONS[name]
    moments, sound = perform(person, make.HERE / person.voice)
    assert len(sound) == len(moments) * EACH
    assert 8 < len(moments) / FPS < 13
    assert abs(sound).max() < 1


@everybody
def test_the_mouth_opens_with_the_voice_and_stays_shut_without(name: str) -> None:
    person = PERSONS[name]
    moments, sound = perform(person, make.HERE / person.voice)
    mouth = np.array([moment.mouth for moment in moments])
    loudness = np.sqrt((sound.reshape(-1, EACH) ** 2).mean(1))
    assert np.corrcoef(mouth, loudness)[0, 1] > 0.7
    assert mouth[loudness < 0.005].mean() < 0.1


def test_the_head_turns_to_the_side_that_was_asked() -> None:
    for step, least, most in (("left", -3, 28), ("right", -28, 3)):
        person = dataclasses.replace(PERSONS["ada"], steps=(step, "speak"))
        yaw = [moment.yaw for moment in perform(person, make.HERE / person.voice)[0]]
        assert least < min(yaw)
        assert max(yaw) < most
        assert max(map(abs, yaw)) > 20


def test_the_challenge_names_every_step_in_words() -> None:
    asked = challenge(PERSONS["ada"])
    assert asked["digits"] == ["eight", "zero", "two", "five", "nine", "three"]
    assert asked["text"] == [
        "Turn your head to your left, then back.",
        "Say: eight, zero, two, five, nine, three.",
        "Look up, then back.",
    ]
