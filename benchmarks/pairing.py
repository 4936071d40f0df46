"""How two costs are compared: pinned to one CPU, in alternating blocks, with a control that must read 1.

Times on a shared machine move threefold with nothing changed, and unpinned ratios do too. A control (the floor against
its own twin) that is off by more than the tolerance refuses the whole comparison.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter_ns

Call = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table. `value` and `floor` are in `unit`; `goal` is the largest ratio that is good enough."""

    name: str
    value: float
    unit: str
    floor: float
    ratio: float
    goal: float
    spread: str

    @property
    def ok(self) -> bool:
        """Tell whether the goal is met."""
        return self.ratio <= self.goal

    def as_dict(self) -> dict[str, str | float | bool]:
        """Return the members that `--json` prints."""
        return {
            "name": self.name, "value": round(self.value, 2), "unit": self.unit, "floor": round(self.floor, 2),
            "ratio": round(self.ratio, 3), "goal": self.goal, "ok": self.ok,
        }  # fmt: skip


class NotPinned(RuntimeError):  # noqa: N818 - what happened, not a fault of the code
    """The control does not read 1: something runs where it should not, and no figure would mean anything."""


def pin(*pids: int) -> None:
    """Put every thread of this process and of `pids` (database backends) on one CPU. Linux; own user or root."""
    cpu = max(os.sched_getaffinity(0))
    for pid in (os.getpid(), *pids):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {cpu})


def block(call: Call, start: int, size: int) -> float:
    """Return the median of `size` calls, in microseconds."""
    spent = []
    for number in range(start, start + size):
        begun = perf_counter_ns()
        call(number)
        spent.append(perf_counter_ns() - begun)
    return median(spent) / 1000


def paired(a: Call, b: Call, size: int, blocks: int) -> tuple[float, float, float]:
    """Return the median over blocks of a's cost / b's, and both medians in microseconds."""
    block(a, 0, size)
    block(b, 0, size)  # both are warm now
    ratios, seen_a, seen_b = [], [], []
    gc.collect()
    gc.disable()
    try:
        for number in range(blocks):
            start = number * size
            if number % 2:
                cost_b, cost_a = block(b, start, size), block(a, start, size)
            else:
                cost_a, cost_b = block(a, start, size), block(b, start, size)
            ratios.append(cost_a / cost_b)
            seen_a.append(cost_a)
            seen_b.append(cost_b)
    finally:
        gc.enable()
    return median(ratios), median(seen_a), median(seen_b)


def compare(
    name: str,
    call: Call,
    floor: Call,
    twin: Call,
    *,
    goal: float,
    size: int = 60,
    blocks: int = 20,
    tolerance: float = 0.1,
) -> Figure:
    """Compare `call` with `floor`; `twin` is the floor again over a connection of its own. Raise `NotPinned`."""
    control, _, _ = paired(twin, floor, size, blocks)
    if not 1 - tolerance <= control <= 1 + tolerance:
        raise NotPinned(f"{name}: the floor against itself reads {control:.2f}; nothing is concluded")
    rounds = sorted(paired(call, floor, size, blocks) for _ in range(5))
    ratio, value, base = rounds[2]
    return Figure(name, value, "us", base, ratio, goal, f"{rounds[0][0]:.2f}-{rounds[-1][0]:.2f}")
