"""When a render service that fails is left alone, and how it is tried again. Pure; times are the database's.

closed     calls go; so many failures in a row open it
open       no call goes until the rest is over
half-open  one call goes as a probe; its success closes, its failure opens for a rest twice as long. A probe whose
           worker died is given up when its time is over, and another call may be the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

THRESHOLD: Final = 5  # failures in a row
REST: Final = timedelta(seconds=2)
REST_MOST: Final = timedelta(seconds=30)  # far below a render's deadline
PROBE: Final = timedelta(seconds=90)  # longer than any one call takes


class Word(StrEnum):
    """Where a breaker is."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """One service's. `until`: the end of the rest (open) or of the probe (half-open); `None` while closed.

    `trips` counts how often it opened since it was last closed.
    """

    word: Word = Word.CLOSED
    failures: int = 0
    trips: int = 0
    until: datetime | None = None

    @property
    def is_clean(self) -> bool:
        """Whether a success would change nothing."""
        return self == Breaker()


def lets_through(breaker: Breaker, at: datetime) -> bool:
    """Tell whether a call may go now, if nobody else takes the probe first. Without an end it stays shut."""
    if breaker.word is Word.CLOSED:
        return True
    return breaker.until is not None and at >= breaker.until


def entered(breaker: Breaker, at: datetime) -> Breaker:
    """Return the breaker once a call was let through: what was open has its probe under way now."""
    if breaker.word is Word.CLOSED:
        return breaker
    return replace(breaker, word=Word.HALF_OPEN, until=at + PROBE)


def succeeded(breaker: Breaker) -> Breaker:
    """Close it: the service answered. A late answer to a call of before the rest counts too: it is there."""
    del breaker
    return Breaker()


def failed(breaker: Breaker, at: datetime) -> Breaker:
    """Count a call that was not answered. While it rests, late failures of earlier calls do not lengthen the rest."""
    if breaker.word is Word.OPEN:
        return breaker
    failures = breaker.failures + 1
    if breaker.word is Word.CLOSED and failures < THRESHOLD:
        return replace(breaker, failures=failures)
    rest = min(REST * 2 ** min(breaker.trips, 10), REST_MOST)
    return Breaker(Word.OPEN, min(failures, 10_000), min(breaker.trips + 1, 10_000), at + rest)
