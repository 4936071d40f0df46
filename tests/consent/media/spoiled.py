"""Calibration clips that are wrong in one way each, and those that are right. Made once a session, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from consent.media.capture import Capture, measure
from consent.media.challenge import Challenge
from consent.media.prompted import Likeness, Name, Verdict, judge
from tests.consent.media import puppet
from tests.consent.media.films import Picture, Samples, photo

ASKED = Challenge(("left", "right", "up", "speak"), ("one", "five", "six", "four", "zero", "two"))
SECOND = Challenge(("right", "speak", "up", "left"), ("six", "six", "eight", "three", "six", "four"))
THIRD = Challenge(("down", "left", "speak", "right"), ("eight", "eight", "nine", "seven", "five", "one"))
ALIKE = Likeness(halves=0.45, neighbours=0.60)
WHO, GUEST = "grace_hopper", "astronaut"


@cache
def motion() -> tuple[puppet.Motion, Samples]:
    return puppet.timeline(ASKED.steps, puppet.spoken(ASKED.digits, "slt"))


@cache
def pictures() -> tuple[Picture, ...]:
    return tuple(puppet.perform(WHO, motion()[0]))


def sound() -> Samples:
    return motion()[1]


def other(who: str, asked: Challenge, voice: str) -> bytes:
    moved, heard = puppet.timeline(asked.steps, puppet.spoken(asked.digits, voice))
    return puppet.encode(puppet.perform(who, moved), heard)


def changed(change: Callable[[Picture], Picture]) -> bytes:
    return puppet.encode([change(picture) for picture in pictures()], sound())


def only_speaking() -> bytes:
    moved, heard = puppet.timeline(("speak",), puppet.spoken(ASKED.digits, "slt"))
    return puppet.encode(puppet.perform(WHO, moved), heard)


def tilted_print() -> bytes:
    """Make a clip of the photograph as a flat print that is held at the angles asked for, and more."""
    flat = pictures()[0]
    return puppet.encode([_tilted(flat, yaw * 1.9, pitch * 1.9) for yaw, pitch, _ in motion()[0]], sound())


def _tilted(picture: Picture, yaw: float, pitch: float, focal: float = 900) -> Picture:
    height, width = picture.shape[:2]
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    corners = np.c_[flat - [width / 2, height / 2], np.zeros(4)] @ puppet.rotation(yaw, pitch).T + [0, 0, focal]
    seen = (corners[:, :2] * focal / corners[:, 2:] + [width / 2, height / 2]).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(flat, seen)
    return np.asarray(cv2.warpPerspective(picture, matrix, (width, height), borderValue=(90, 90, 90)), np.uint8)


def second_person() -> bytes:
    guest = np.asarray(cv2.resize(puppet.puppet(GUEST).frame(), (240, 320))[60:250, 50:190], np.uint8)
    return changed(lambda picture: pasted(picture, guest, 350, 330))


def far_away() -> bytes:
    grey = np.full_like(pictures()[0], 120)
    return changed(
        lambda picture: pasted(
            grey, np.asarray(cv2.resize(picture, (210, 280), interpolation=cv2.INTER_AREA), np.uint8), 180, 140
        )
    )


def person_changes() -> bytes:
    cut = len(pictures()) * 2 // 3
    return puppet.encode([*pictures()[:cut], *puppet.perform(GUEST, motion()[0])[cut:]], sound())


def pasted(picture: Picture, patch: Picture, top: int, left: int) -> Picture:
    out = picture.copy()
    out[top : top + patch.shape[0], left : left + patch.shape[1]] = patch
    return out


def cat() -> bytes:
    shown = np.asarray(cv2.resize(photo("chelsea"), (480, 640)), np.uint8)
    return puppet.encode([shown] * len(pictures()), sound())


MADE: dict[str, Callable[[], bytes]] = {
    "good": lambda: puppet.encode(pictures(), sound()),
    "another person, another voice": lambda: other(GUEST, SECOND, "awb_high"),
    "a third voice, a look down": lambda: other(GUEST, THIRD, "rms"),
    "only speaking": only_speaking,
    "mouth shut": lambda: puppet.encode(puppet.perform(WHO, motion()[0], mouth=False), sound()),
    "still photograph": lambda: puppet.encode([pictures()[0]] * len(pictures()), sound()),
    "no sound": lambda: puppet.encode(pictures(), np.zeros_like(sound())),
    "tilted print": tilted_print,
    "second person in view": second_person,
    "person changes": person_changes,
    "out of focus": lambda: changed(lambda picture: np.asarray(cv2.GaussianBlur(picture, (0, 0), 6), np.uint8)),
    "dark": lambda: changed(lambda picture: (picture * 0.15).astype(np.uint8)),
    "glaring": lambda: changed(lambda picture: np.clip(picture * 1.2 + 130, 0, 255).astype(np.uint8)),
    "far away": far_away,
    "a cat": cat,
    "face leaves": lambda: puppet.encode([*pictures()[:-16], *[np.full_like(pictures()[0], 90)] * 16], sound()),
}
UNSEEN = {Name.FACE, Name.SIZE, Name.LIGHT, Name.SHARPNESS, Name.PERSON, Name.TURNS, Name.LIPS}
# the clip, what was asked, and exactly the checks that must fail
CASES: dict[str, tuple[str, Challenge, set[Name]]] = {
    "another order was asked": ("good", Challenge(("right", "left", "up", "speak"), ASKED.digits), {Name.TURNS}),
    "speech was asked earlier": ("good", Challenge(("left", "speak", "right", "up"), ASKED.digits), {Name.TURNS}),
    "other digits were asked": (
        "good",
        Challenge(ASKED.steps, ("four", "six", "two", "zero", "one", "six")),
        {Name.DIGITS},
    ),
    "only speaking": ("only speaking", ASKED, {Name.TURNS}),
    "mouth shut": ("mouth shut", ASKED, {Name.LIPS}),
    "still photograph": ("still photograph", ASKED, {Name.TURNS, Name.LIPS}),
    "no sound": ("no sound", ASKED, {Name.LIPS, Name.DIGITS}),
    "tilted print": ("tilted print", ASKED, {Name.TURNS, Name.LIPS}),
    "second person in view": ("second person in view", ASKED, {Name.FACE}),
    "person changes": ("person changes", ASKED, {Name.PERSON}),
    "out of focus": ("out of focus", ASKED, {Name.SHARPNESS}),
    "dark": ("dark", ASKED, {Name.LIGHT}),
    "glaring": ("glaring", ASKED, {Name.LIGHT}),
    "far away": ("far away", ASKED, {Name.SIZE}),
    "a cat": ("a cat", ASKED, UNSEEN),
    "face leaves": ("face leaves", ASKED, {Name.FACE}),
}
GOOD = {
    "good": ASKED,
    "another person, another voice": SECOND,
    "a third voice, a look down": THIRD,
}


@cache
def clip(name: str) -> bytes:
    return MADE[name]()


@cache
def capture(name: str) -> Capture:
    return measure(clip(name))


def verdict(name: str, asked: Challenge) -> Verdict:
    found = capture(name)
    return judge(found, asked, templates=found.templates, alike=ALIKE, heard=found.heard or ())
