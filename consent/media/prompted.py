"""Did the clip follow its challenge? Numbers in, named checks out; nothing is decoded, loaded or stored here.

Every check is always judged: too little evidence fails, it never skips. The limits were found on a small set of
synthetic clips (`docs/design/enrolment.md`); what was measured is for the record, never for the one who sent the clip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby, pairwise

import numpy as np

from consent.media.capture import Array, Capture, Template
from consent.media.challenge import SPEAK, Challenge

YAW, UP, DOWN = 12.0, 8.0, 10.4  # degrees away from how the head was held at the start
HOLD = 0.2  # seconds for which a turn lasts to count
SETTLE = 0.6  # seconds at the start in which the person looks straight ahead
ONE_FACE = 0.97  # share of the pictures with exactly one face
FEWEST_PICTURES = 11
FEWEST_ROWS = 10
SMALLEST, SHARPNESS, DARKEST, BRIGHTEST = 110.0, 25.0, 50.0, 215.0  # pixels; Laplacian variance; of 0 to 255
FRONTAL = 18.0  # degrees off the clip's median yaw within which a template counts
FEWEST_TEMPLATES = 7
LEAST_HALF = 3  # templates on either side of a cut
CORRELATION = 0.30  # least, of the mouth's opening and the loudness
OPENING = 0.02  # least range of the opening, in distances between the eyes: a still photograph's jitter is below it
LAG, LAG_STEP = 0.3, 0.06  # seconds by which sound and picture may be apart
FEWEST_HEARD = 8  # rows of the track while somebody speaks
SLIPS = 2  # words wrong of six: about 0.1 % of random digits pass, 97 % of those who say them


class Name(StrEnum):
    """The checks, in the order in which a person would put things right."""

    FACE = "face"
    SIZE = "size"
    LIGHT = "light"
    SHARPNESS = "sharpness"
    PERSON = "person"
    TURNS = "turns"
    LIPS = "lips"
    DIGITS = "digits"


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer.

    measured: what it rests on, in thousandths of its unit or as words; never shown to the one who sent the clip
    limit:    what would have passed
    """

    name: Name
    passed: bool
    measured: dict[str, object] = field(default_factory=dict)
    limit: str = ""

    def record(self) -> dict[str, object]:
        """Return it as canonical JSON takes it."""
        return {"name": str(self.name), "passed": self.passed, "measured": self.measured, "limit": self.limit}


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far two templates of one person may be apart; each embedder has its own scale (L2 distance).

    halves:     between the means of any two halves of a clip
    neighbours: between one template and the next
    """

    halves: float
    neighbours: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every check, and the template of the face: `None` if it is not one person's."""

    checks: tuple[Check, ...]
    template: Array | None = field(repr=False)

    @property
    def passed(self) -> bool:
        """Say whether every check of the closed list was made and passed."""
        return {check.name for check in self.checks if check.passed} == set(Name)

    @property
    def failed(self) -> tuple[Name, ...]:
        """Return the names of the checks that failed."""
        return tuple(check.name for check in self.checks if not check.passed)


def judge(
    capture: Capture,
    challenge: Challenge,
    *,
    templates: Sequence[Template],
    alike: Likeness,
    heard: Sequence[str],
) -> Verdict:
    """Judge a capture against what was asked. Templates and words come from whoever provides them."""
    person, template = same_person(templates, alike)
    checks = (
        one_face(capture),
        size(capture),
        light(capture),
        sharpness(capture),
        person,
        turns(capture, challenge.steps),
        lips(capture),
        digits(challenge.digits, heard),
    )
    return Verdict(checks, template)


def one_face(capture: Capture) -> Check:
    """Require exactly one face in nearly all pictures."""
    seen, one = len(capture.counts), sum(count == 1 for count in capture.counts)
    measured: dict[str, object] = {
        "pictures": seen,
        "one": one,
        "none": sum(count == 0 for count in capture.counts),
        "several": sum(count > 1 for count in capture.counts),
    }
    passed = seen >= FEWEST_PICTURES and one >= ONE_FACE * seen
    return Check(Name.FACE, passed, measured, f"one face in {ONE_FACE:.0%} of at least {FEWEST_PICTURES} pictures")


def size(capture: Capture) -> Check:
    """Require a face so large that what is measured in it means something."""
    return _median(Name.SIZE, capture, 4, (SMALLEST, np.inf))


def light(capture: Capture) -> Check:
    """Require a face neither too dark nor burnt out."""
    return _median(Name.LIGHT, capture, 6, (DARKEST, BRIGHTEST))


def sharpness(capture: Capture) -> Check:
    """Require a face in focus."""
    return _median(Name.SHARPNESS, capture, 5, (SHARPNESS, np.inf))


def _median(name: Name, capture: Capture, column: int, within: tuple[float, float]) -> Check:
    least, most = within
    limit = f"median from {least:g}" + ("" if most == np.inf else f" to {most:g}")
    if len(capture.track) < FEWEST_ROWS:
        return Check(name, passed=False, measured={"rows": len(capture.track)}, limit=limit)
    median = float(np.median(capture.track[:, column]))
    return Check(name, least <= median <= most, {"median_thousandths": round(median * 1000)}, limit)


def same_person(templates: Sequence[Template], alike: Likeness) -> tuple[Check, Array | None]:
    """Allow no jump between neighbours, no drift between halves. Returns the mean of the near-frontal ones."""
    limit = f"{FEWEST_TEMPLATES} templates, halves within {alike.halves}, neighbours within {alike.neighbours}"
    straight = float(np.median([one.yaw for one in templates])) if templates else 0.0
    found = [one.numbers for one in templates if abs(one.yaw - straight) < FRONTAL]
    if len(found) < FEWEST_TEMPLATES:
        return Check(Name.PERSON, passed=False, measured={"templates": len(found)}, limit=limit), None
    rows = np.array(found)
    cuts = range(LEAST_HALF, len(rows) - LEAST_HALF + 1)
    halves = max(float(np.linalg.norm(rows[:cut].mean(0) - rows[cut:].mean(0))) for cut in cuts)
    neighbours = max(float(np.linalg.norm(one - other)) for one, other in pairwise(rows))
    passed = halves < alike.halves and neighbours < alike.neighbours
    measured: dict[str, object] = {
        "templates": len(rows),
        "halves_thousandths": round(halves * 1000),
        "neighbours_thousandths": round(neighbours * 1000),
    }
    return Check(Name.PERSON, passed, measured, limit), rows.mean(0) if passed else None


def turns(capture: Capture, steps: Sequence[str]) -> Check:
    """Require that the head turned as asked, in that order, and that somebody spoke in turn.

    Silence is left to the checks of lips and digits: both fail of it.
    """
    limit = f"yaw {YAW:g}, up {UP:g}, down {DOWN:g} degrees for {HOLD:g} s"
    wanted = [step for step in steps if step != SPEAK or capture.spoken]
    if len(capture.track) < FEWEST_ROWS:
        return Check(Name.TURNS, passed=False, measured={"seen": [], "wanted": wanted}, limit=limit)
    events = _turns_seen(capture)
    if capture.spoken:
        events.append((sum(capture.spoken) / 2, SPEAK))
    seen = [what for what, _ in groupby(what for _, what in sorted(events))]
    return Check(Name.TURNS, bool(wanted) and seen == wanted, {"seen": seen, "wanted": wanted}, limit)


def _turns_seen(capture: Capture) -> list[tuple[float, str]]:
    """Return (seconds at which it began, name) of each turn that was held."""
    times = capture.times
    yaw, pitch = (_settled(capture.track[:, column], times) for column in (1, 2))
    rows = zip(times.tolist(), map(_named, yaw.tolist(), pitch.tolist()), strict=True)
    found: list[tuple[float, str]] = []
    for name, group in groupby(rows, key=lambda row: row[1]):
        span = [at for at, _ in group]
        if name is not None and span[-1] - span[0] >= HOLD:
            found.append((span[0], name))
    return found


def _settled(angles: Array, times: Array) -> Array:
    """Smooth by a median of three, and count from how the head was held at the start."""
    padded = np.concatenate([angles[:1], angles, angles[-1:]])
    smooth: Array = np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
    settled: Array = smooth - np.median(smooth[times < times[0] + SETTLE])
    return settled


def _named(yaw: float, pitch: float) -> str | None:
    """Name a pose; `None`: straight ahead. Positive yaw is the person's own left."""
    if abs(yaw) > YAW:
        return "left" if yaw > 0 else "right"
    return "up" if pitch > UP else "down" if pitch < -DOWN else None


def lips(capture: Capture) -> Check:
    """Require that the mouth opens when it gets loud. Correlation alone is not enough: a photograph reached 0.35."""
    limit = f"correlation above {CORRELATION}, opening from {OPENING} eye distances"
    begin, end = capture.spoken or (0.0, 0.0)
    within = (capture.times >= begin - LAG) & (capture.times <= end + LAG)
    if capture.spoken is None or within.sum() < FEWEST_HEARD:
        return Check(Name.LIPS, passed=False, measured={"rows": int(within.sum())}, limit=limit)
    times, opening, loudness = capture.times, capture.track[:, 3], capture.loudness[within]
    lags = np.arange(-LAG, LAG + LAG_STEP / 2, LAG_STEP)
    best = max(_correlation(np.interp(times[within] + lag, times, opening), loudness) for lag in lags)
    spread = float(np.ptp(opening[within]))
    measured: dict[str, object] = {
        "correlation_thousandths": round(best * 1000),
        "opening_thousandths": round(spread * 1000),
    }
    return Check(Name.LIPS, best > CORRELATION and spread >= OPENING, measured, limit)


def _correlation(one: Array, other: Array) -> float:
    """Return Pearson's coefficient; -1 where either does not vary."""
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 1e-6 and other.std() > 1e-9 else -1.0  # noqa: PLR2004 - rounding


def digits(asked: Sequence[str], heard: Sequence[str]) -> Check:
    """Allow two of six words wrong. Nothing heard is never a pass."""
    wrong = slips(asked, heard)
    measured: dict[str, object] = {"heard": list(heard), "wanted": list(asked), "slips": wrong}
    return Check(Name.DIGITS, bool(heard) and wrong <= SLIPS, measured, f"{SLIPS} words wrong")


def slips(asked: Sequence[str], heard: Sequence[str]) -> int:
    """Count the words to insert, leave out or replace (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(asked, 1):
        corner, row[0] = row[0], number
        for at, other in enumerate(heard, 1):
            corner, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, corner + (word != other))
    return row[-1]
