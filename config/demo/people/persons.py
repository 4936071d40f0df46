"""Who can be made. All of them are nobody: proportions, colours and hair were chosen by hand, for no one's sake.

A name is a first name only, and belongs to no person of the photographs that the tests keep the faces away from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.demo.people.hair import Style
from config.demo.people.light import Lamp, Studio

type Colour = tuple[float, float, float]  # linear light, 1.0 is white


@dataclass(frozen=True, slots=True)
class Person:
    """A recipe: the shape of the head, what it is painted with, and what it is asked to do."""

    name: str
    shape: Mapping[str, float]  # target of the wheel -> weight
    resting: Mapping[str, float]  # expression -> weight: nobody rests with a mask's face
    hair: Style
    skin: Colour
    lips: Colour
    iris: Colour
    shirt: Colour
    wall: Colour
    brow: tuple[float, float, float]  # dm: width as a factor, height above the eye, thickness
    studio: Studio
    voice: str  # a file beside this one, second n holds digit n
    steps: tuple[str, ...]
    digits: str
    seed: int
    freckles: float = 0.0
    stubble: float = 0.0
    brow_shade: float = 0.4  # of the hair's colour


STUDIO = Studio(
    (
        Lamp((-0.65, 0.55, 0.80), (1.9, 1.72, 1.5), 7),
        Lamp((0.90, 0.15, 0.60), (0.55, 0.62, 0.75), 5),
        Lamp((0.80, 0.50, -0.80), (1.1, 1.1, 1.2), 9),
    )
)

ADA = Person(
    name="Ada",
    shape={
        "macrodetails/caucasian-female-young": 0.55,
        "macrodetails/asian-female-young": 0.30,
        "macrodetails/african-female-young": 0.15,
        "macrodetails/universal-female-young-averagemuscle-averageweight": 1.0,
        "head/head-oval": 0.6,
        "nose/nose-point-up": 0.5,
        "nose/nose-scale-horiz-decr": 0.4,
        "nose/nose-hump-decr": 0.4,
        "chin/chin-triangle": 0.5,
        "chin/chin-width-decr": 0.3,
        "cheek/l-cheek-bones-incr": 0.6,
        "cheek/r-cheek-bones-incr": 0.6,
        "mouth/mouth-lowerlip-volume-incr": 0.5,
        "mouth/mouth-upperlip-volume-incr": 0.3,
        "eyes/l-eye-trans-out": 0.25,
        "eyes/r-eye-trans-out": 0.25,
        "eyes/l-eye-scale-incr": 0.12,
        "eyes/r-eye-scale-incr": 0.12,
    },
    resting={"mouthSmileLeft": 0.32, "mouthSmileRight": 0.29},
    hair=Style(
        colour=(0.13, 0.05, 0.022),
        length=(1.25, 1.70),
        gravity=0.42,
        lift=(0.02, 0.13),
        parting=0.28,
        threads=7500,
        stand=0.2,
    ),
    skin=(0.70, 0.44, 0.335),
    lips=(0.55, 0.21, 0.19),
    iris=(0.09, 0.15, 0.13),
    shirt=(0.05, 0.16, 0.22),
    wall=(0.33, 0.38, 0.40),
    brow=(1.0, 0.19, 0.05),
    studio=STUDIO,
    voice="digits_slt.flac",
    steps=("left", "speak", "up"),
    digits="802593",
    seed=0,
    freckles=0.5,
)

NOOR = Person(
    name="Noor",
    shape={
        "macrodetails/african-male-young": 0.40,
        "macrodetails/asian-male-young": 0.15,
        "macrodetails/caucasian-male-young": 0.45,
        "macrodetails/universal-male-young-averagemuscle-averageweight": 1.0,
        "head/head-rectangular": 0.35,
        "nose/nose-hump-incr": 0.6,
        "nose/nose-scale-horiz-incr": 0.5,
        "nose/nose-scale-vert-incr": 0.5,
        "chin/chin-width-incr": 0.3,
        "chin/chin-cleft-incr": 0.4,
        "chin/chin-height-incr": 0.15,
        "eyes/l-eye-trans-in": 0.3,
        "eyes/r-eye-trans-in": 0.3,
        "eyebrows/eyebrows-trans-down": 0.5,
        "mouth/mouth-scale-horiz-incr": 0.3,
    },
    resting={"mouthSmileLeft": 0.22, "mouthSmileRight": 0.25, "eyeWideLeft": 0.5, "eyeWideRight": 0.5},
    hair=Style(
        colour=(0.014, 0.010, 0.009),
        length=(0.12, 0.30),
        gravity=0.03,
        lift=(0.02, 0.16),
        parting=0.0,
        curl=0.028,
        turns=2.4,
        stand=0.95,
        threads=6500,
        edge=0.3,
    ),
    skin=(0.36, 0.20, 0.13),
    lips=(0.29, 0.125, 0.105),
    iris=(0.06, 0.03, 0.015),
    shirt=(0.50, 0.22, 0.08),
    wall=(0.42, 0.36, 0.30),
    brow=(1.05, 0.165, 0.075),
    studio=STUDIO,
    voice="digits_rms.flac",
    steps=("right", "speak", "left"),
    digits="461709",
    seed=1,
    stubble=0.5,
    brow_shade=0.6,
)

PERSONS = {"ada": ADA, "noor": NOOR}
