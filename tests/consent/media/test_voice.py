"""What counts as somebody speaking."""

from __future__ import annotations

import numpy as np
import pytest

from consent.media.voice import Samples, listen
from tests.consent.media.films import RATE, speech, tone

NOISE = np.random.default_rng(3)


def hiss(seconds: float, level: float) -> Samples:
    return NOISE.normal(0, level, int(seconds * RATE)).astype(np.float32)


def test_spoken_digits_are_a_voice() -> None:
    assert listen(speech()).voiced_seconds >= 1


@pytest.mark.parametrize("level", [0.01, 0.001])
def test_a_voice_is_heard_over_the_noise_of_a_room(level: float) -> None:
    assert listen(speech() + hiss(len(speech()) / RATE, level)[: len(speech())]).voiced_seconds >= 0.9


def test_a_constant_offset_is_no_voice_and_hides_none() -> None:
    assert listen(np.full(RATE * 3, 0.5, np.float32)).voiced_seconds == 0
    assert listen(speech() + np.float32(0.2)).voiced_seconds >= 1


def test_bursts_of_hiss_are_no_voice() -> None:
    bursts = np.concatenate([hiss(0.5, 0.2 if number % 2 else 0.0005) for number in range(8)])
    assert listen(bursts).voiced_seconds < 0.2


def test_a_tone_that_swells_is_no_voice() -> None:
    swell = 10 ** ((np.sin(2 * np.pi * np.arange(4 * RATE) / RATE) - 1) * 5 / 20)  # by 10 dB, once a second
    assert listen((tone(4.0) * swell).astype(np.float32)).voiced_seconds == 0


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(100, np.float32),
        np.zeros(RATE * 3, np.float32),
        tone(3.0),
        hiss(3, 0.1),
        hiss(3, 0.001),
    ],
    ids=["nothing", "an instant", "silence", "a steady tone", "loud hiss", "faint hiss"],
)
def test_what_is_no_voice_counts_for_none(samples: Samples) -> None:
    heard = listen(samples)
    assert heard.voiced_seconds == 0
    assert np.isfinite([heard.loudest, heard.room]).all()
