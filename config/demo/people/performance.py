"""What a person does in a calibration clip, from moment to moment, and the sound that goes with it."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np

from config.demo.people.geometry import Numbers
from config.demo.people.persons import Person
from config.demo.people.portrait import Moment

FPS, RATE = 25, 16_000
EACH = RATE // FPS  # samples a frame
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MOVES = {"left": (25.0, 0.0), "right": (-25.0, 0.0), "up": (0.0, 17.0), "down": (0.0, -15.0)}  # yaw, pitch in degrees
WORDS = {
    "left": "Turn your head to your left, then back.",
    "right": "Turn your head to your right, then back.",
    "up": "Look up, then back.",
    "down": "Look down, then back.",
}
FLOOR = 10 ** (-50 / 20)  # the hiss of a quiet room; speech recognisers stumble over digital silence
BLINK = (0.4, 0.95, 1.0, 0.7, 0.3)  # how far the lids are down, frame by frame
BLINK_EVERY = (55, 85)  # frames


def challenge(person: Person) -> dict[str, object]:
    """Return what the person was asked to do, for the machine and in words."""
    digits = [DIGITS[int(digit)] for digit in person.digits]
    spoken = {**WORDS, "speak": f"Say: {', '.join(digits)}."}
    return {"steps": list(person.steps), "digits": digits, "language": "en", "text": [spoken[s] for s in person.steps]}


def read_sound(pack: Path) -> Numbers:
    """Decode a sound file to 16 kHz mono, -1 to 1."""
    resample, parts = av.AudioResampler(format="s16", layout="mono", rate=RATE), []
    with av.open(io.BytesIO(pack.read_bytes()), "r") as file:
        for frame in file.decode(audio=0):
            parts += [out.to_ndarray().ravel() for out in resample.resample(frame)]
    parts += [out.to_ndarray().ravel() for out in resample.resample(None)]
    return np.concatenate(parts).astype(np.float64) / 32768


def say(digits: str, pack: Path, rng: np.random.Generator) -> Numbers:
    """Join single digits to speech; second n of the pack holds digit n."""
    sound, parts = read_sound(pack), []
    for digit in digits:
        one = sound[int(digit) * RATE :][:RATE]
        loud = np.flatnonzero(abs(one) > abs(one).max() * 0.02)
        parts += [one[max(0, loud[0] - 160) : loud[-1] + 480], np.zeros(int(rng.uniform(0.15, 0.3) * RATE))]
    speech = np.concatenate(parts)
    whole: Numbers = np.pad(speech, (0, -len(speech) % EACH))
    return whole


def perform(person: Person, pack: Path) -> tuple[list[Moment], Numbers]:
    """Return the moment of every frame, and the sound."""
    rng = np.random.default_rng(person.seed)
    poses, sound = [np.zeros((int(0.8 * FPS), 3))], [np.zeros(int(0.8 * FPS) * EACH)]
    for step in person.steps:
        pose, heard = _speech(say(person.digits, pack, rng)) if step == "speak" else _move(*MOVES[step])
        rest = int(0.32 * FPS)
        poses += [pose, np.zeros((rest, 3))]
        sound += [heard, np.zeros(rest * EACH)]
    whole = np.concatenate(sound)
    whole = whole / abs(whole).max() / 2 + rng.normal(0, FLOOR, len(whole))
    return _alive(np.concatenate(poses), rng), whole


def _speech(speech: Numbers) -> tuple[Numbers, Numbers]:
    """Open the mouth with the loudness, and nod a little with it."""
    loudness = np.sqrt((speech.reshape(-1, EACH) ** 2).mean(1))
    mouth = np.convolve(np.clip(loudness / np.quantile(loudness, 0.95), 0, 1), [0.25, 0.5, 0.25], "same")
    nod = np.convolve(mouth, np.ones(9) / 9, "same")
    return np.stack([np.zeros_like(mouth), -1.5 * nod, mouth], 1), speech


def _move(yaw: float, pitch: float) -> tuple[Numbers, Numbers]:
    """Turn there in nine tenths of a second, hold for four, and come back."""
    there = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, int(0.9 * FPS)))
    amount = np.r_[there, np.ones(int(0.4 * FPS)), there[::-1]]
    return np.stack([yaw * amount, pitch * amount, 0 * amount], 1), np.zeros(len(amount) * EACH)


def _alive(poses: Numbers, rng: np.random.Generator) -> list[Moment]:
    """Add what nobody can help: a sway, and blinking."""
    at = np.arange(len(poses)) / FPS
    phases = rng.uniform(0, 2 * np.pi, (4, 2))
    sway = [sum(np.sin(at * pace + phase) for pace, phase in zip((1.1, 2.7), two, strict=True)) for two in phases]
    lids = np.zeros(len(poses) + len(BLINK))
    start = int(rng.integers(20, 45))
    while start < len(poses):
        lids[start : start + len(BLINK)] = BLINK
        start += int(rng.integers(*BLINK_EVERY))
    return [
        Moment(
            yaw=float(yaw + 0.5 * sway[0][frame]),
            pitch=float(pitch + 0.4 * sway[1][frame]),
            mouth=float(mouth),
            blink=float(lids[frame]),
            shift=(float(0.8 * sway[2][frame]), float(0.5 * sway[3][frame])),
        )
        for frame, (yaw, pitch, mouth) in enumerate(poses)
    ]
