"""Is somebody speaking? Energy over the noise of the room, in frames that have a pitch. Pure numpy.

This tells a voice from silence, hiss and hum. It does not tell a person from a loudspeaker or a synthetic voice,
does not know words, and is no liveness.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]

RATE = 16_000  # samples a second
FRAME, HOP = 640, 320  # samples: 40 ms, long enough for two periods of a deep voice, every 20 ms
PITCH = 60, 400  # hertz of human voices, children included
PERIODIC = 0.4  # least normalised autocorrelation at the pitch; white noise stays below 0.3
FAINTEST = -55.0  # dB of full scale: below it nothing is speech
QUIET, LOUD = 10, 97  # percentiles of the frames: the room, and the voice at its loudest
ABOVE_ROOM, BELOW_LOUD = 6.0, 35.0  # dB: a speech frame lies between the two
CONTRAST = 15.0  # dB between room and voice; with less there is only a tone or noise
SILENCE = 1e-10  # power, so that digital silence has a logarithm


@dataclass(frozen=True, slots=True)
class Voice:
    """What was heard. `loudest` and `room` are dB of full scale, `seconds` the length of the sound."""

    seconds: float
    voiced_seconds: float
    loudest: float
    room: float


def listen(samples: Samples) -> Voice:
    """Measure 16 kHz mono sound. No sound at all has no voice and the loudness of digital silence."""
    floor = 10 * np.log10(SILENCE)
    if len(samples) < FRAME:
        return Voice(len(samples) / RATE, 0.0, floor, floor)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP].astype(np.float64)
    frames -= frames.mean(1, keepdims=True)  # a constant offset is no sound
    level = 10 * np.log10((frames**2).mean(1) + SILENCE)
    room, loudest = np.percentile(level, [QUIET, LOUD])
    least = max(FAINTEST, room + ABOVE_ROOM, loudest - BELOW_LOUD)
    speech = (level > least) & (_periodicity(frames) > PERIODIC)
    heard = float(speech.sum() * HOP / RATE) if loudest - room >= CONTRAST else 0.0
    return Voice(len(samples) / RATE, heard, float(loudest), float(room))


def _periodicity(frames: Array) -> Array:
    """Return each frame's best autocorrelation at a lag that a human pitch can have, from 0 to 1."""
    size = 2 * FRAME
    spectrum = np.abs(np.fft.rfft(frames, size, axis=1)) ** 2
    correlation = np.fft.irfft(spectrum, size, axis=1)[:, :FRAME]
    shortest, longest = RATE // PITCH[1], RATE // PITCH[0]
    lags = np.arange(shortest, longest + 1)
    # fewer samples overlap at a longer lag: without this a deep voice would count less
    fair = correlation[:, lags] * (FRAME / (FRAME - lags))
    best: Array = fair.max(1) / np.maximum(correlation[:, 0], SILENCE)
    return best
