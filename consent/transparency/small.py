"""What of the figures may be published: nothing by which one case can be picked out. Pure.

1. A count of 1 to 4 is not told (`None`, "fewer than 5"); 0 is never listed.
2. Every other count is rounded to the nearest 5. Totals are rounded by themselves and not added up from what is shown,
   so that what is missing does not simply follow by subtraction, within a table or between a quarter and its year.
3. A part (of whole cases) is told only if both it and the rest are 5 or more, or if it is all or none of at least 10;
   then it is a share in whole per cent.
4. Times are told for 5 or more cases, in minutes below a day and in hours above.

The limit: where several roundings lie at their edges at once, a hidden count follows all the same, and overlapping
tables make that likelier. There is nothing personal in it even then; what is kept from sight is how one case of a rare
kind, in a rare place, was decided. Noise was turned down: whoever checks a report has to be able to reproduce it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from consent.transparency.figure import Figure

LEAST: Final = 5
WHOLE: Final = 10  # so many, that "all" or "none" of them says nothing of one
MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400


@dataclass(frozen=True, slots=True)
class Public:
    """One line that may be published. `count` None: 1 to 4. `share`: per cent. Times: seconds, rounded."""

    table: str
    of: tuple[str, ...]
    count: int | None
    share: int | None = None
    median: int | None = None
    p90: int | None = None


def published(figures: Iterable[Figure]) -> list[Public]:
    """Return what may be published of exact figures."""
    return [_public(each) for each in figures if each.count]


def rounded(count: int) -> int | None:
    """Return a count to the nearest 5; `None` for 1 to 4."""
    if not count:
        return 0
    return None if count < LEAST else LEAST * ((count + LEAST // 2) // LEAST)


def share(part: int | None, count: int) -> int | None:
    """Return so many of so many in whole per cent; `None`: not asked, or it would tell of too few."""
    if part is None or not 0 <= part <= count:
        return None
    few = [each for each in (part, count - part) if 0 < each < LEAST]
    if few or count < (WHOLE if part in (0, count) else LEAST):
        return None
    return (200 * part + count) // (2 * count)


def _public(figure: Figure) -> Public:
    enough = figure.count >= LEAST
    return Public(
        figure.table,
        figure.of,
        rounded(figure.count),
        share(figure.part, figure.count),
        _time(figure.median) if enough else None,
        _time(figure.p90) if enough else None,
    )


def _time(seconds: float | None) -> int | None:
    """Round to whole minutes below a day and to whole hours above, never down to nothing."""
    if seconds is None:
        return None
    step = MINUTE if seconds < DAY else HOUR
    return step * math.ceil(seconds / step)
