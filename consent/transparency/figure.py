"""One line of what was counted. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table. `of`: up to three keys; `part`: how many of `count`, None where that is not asked.

    `median` and `p90`: seconds, the second by interpolation (percentile_cont); None: no times are measured here.
    """

    table: str
    of: tuple[str, ...]
    count: int
    part: int | None = None
    median: float | None = None
    p90: float | None = None
