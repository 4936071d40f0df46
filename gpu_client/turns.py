"""Whose render is next: weighted round robin, by a number that each waiting job gets as it is ordered. Pure.

The number is a finish tag of self-clocked fair queueing (Golestani, INFOCOM 1994): one job's share after the client's
own last waiting job, and never before the head of the queue. The smallest is next. So a client's thousand jobs stand
one round apart each, and another's first job stands in the first round, whenever it comes.
"""

from __future__ import annotations

from typing import Final

RUNG: Final = 16  # rounds of a client's own backlog for which workers are woken; the rest follow


def turn(head: float | None, own_last: float | None, weight: int) -> float:
    """Return the number for one more job. `head`: the smallest that waits; `own_last`: the client's largest.

    `None`: none waits. `weight` is at least 1; a client of weight 2 gets two jobs in each round.
    """
    if weight < 1:
        raise ValueError("a weight is at least one")
    return max(head or 0.0, own_last or 0.0) + 1 / weight


def free(slots: int | None, taken: int, *, open_: bool, whole: bool, most: int) -> int:
    """Return how many more jobs a service may get now.

    `slots` None: as many as come, `most` at a time. `open_`: it may be called at all; `whole`: its breaker is closed,
    else one goes as a probe.
    """
    if not open_:
        return 0
    left = most if slots is None else max(0, min(slots - taken, most))
    return left if whole else min(left, 1)
