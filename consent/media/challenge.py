"""What somebody is asked to do in front of the camera: head turns in an order, and six digits, nobody could know.

Whoever follows it has made the clip after being asked. That is all: it says neither that a camera saw a living
person (a free script answers with one photograph), nor who that person is.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from consent.media.speech import PRONOUNCED

SPEAK = "speak"
TURNS = ("left", "right", "up", "down")
ASKED_TURNS = 3
DIGITS = tuple(word for word in PRONOUNCED if "(" not in word)
ASKED_DIGITS = 6
INSTRUCTIONS = {
    "en": {
        "left": "Turn your head to your left, then back.",
        "right": "Turn your head to your right, then back.",
        "up": "Look up, then back.",
        "down": "Look down, then back.",
        SPEAK: "Say in English: {digits}.",
    },
    "es": {
        "left": "Gire la cabeza hacia su izquierda y vuelva al frente.",
        "right": "Gire la cabeza hacia su derecha y vuelva al frente.",
        "up": "Mire hacia arriba y vuelva al frente.",
        "down": "Mire hacia abajo y vuelva al frente.",
        SPEAK: "Diga en inglés: {digits}.",
    },
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """The steps in their order, `speak` among them, and the digits to say as English words."""

    steps: tuple[str, ...]
    digits: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raise `ValueError` for what could not be asked: an empty challenge is followed by everybody."""
        turns = [step for step in self.steps if step != SPEAK]
        whole = set(turns) <= set(TURNS) and bool(turns) and self.steps.count(SPEAK) == 1
        if not (whole and self.digits and set(self.digits) <= set(DIGITS)):
            raise ValueError("not a challenge")

    def instructions(self, language: str) -> list[str]:
        """Return a sentence for each step. Raises `KeyError` for a language that there is none in."""
        sentences = INSTRUCTIONS[language]
        return [sentences[step].format(digits=", ".join(self.digits)) for step in self.steps]


def draw() -> Challenge:
    """Draw one of 96 orders and one of a million rows of digits, by the system's own randomness."""
    steps = _shuffled(TURNS)[:ASKED_TURNS]
    steps.insert(secrets.randbelow(len(steps) + 1), SPEAK)
    return Challenge(tuple(steps), tuple(secrets.choice(DIGITS) for _ in range(ASKED_DIGITS)))


def _shuffled(of: Sequence[str]) -> list[str]:
    rest, drawn = list(of), []
    while rest:
        drawn.append(rest.pop(secrets.randbelow(len(rest))))
    return drawn
