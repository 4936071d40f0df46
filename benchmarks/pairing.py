"""How two costs are compared: pinned to one CPU, in alternating blocks, with a control that must read 1.

Times on a shared machine move threefold with nothing changed, and unpinned ratios do too. A control (the floor against
its own twin) that is off by more than the tolerance refuses the whole comparison.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter_ns

Call = Callable[[int], object]
SMALL = 20  # below this a value is printed with its tenths


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table. `value` and `floor` are in `unit`; the goal is for the ratio, without a floor for value.

    It is the largest that is good enough, or with `at_least` the smallest; `None` where a figure is only told.
    """

    name: str
    value: float
    unit: str
    floor: float | None
    ratio: float | None
    goal: float | None
    spread: str = ""
    at_least: bool = False

    @property
    def ok(self) -> bool:
        """Tell whether the goal is met."""
        found = self.value if self.ratio is None else self.ratio
        if self.goal is None:
            return True
        return found >= self.goal if self.at_least else found <= self.goal

    @property
    def line(self) -> str:
        """The figure as a line of its table."""
        floor = "" if self.floor is None else f"{self.floor:,.0f} {self.unit}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        goal = "" if self.goal is None else f"{'>=' if self.at_least else '<='} {self.goal:,g}"
        mark = "" if self.goal is None else "ok" if self.ok else "MISSED"
        spread = f" ({self.spread})" if self.spread else ""
        value = f"{self.value:,.1f}" if self.value < SMALL else f"{self.value:,.0f}"
        return f"{self.name:50}{f'{value} {self.unit}':>16}{floor:>14}{ratio:>8}{goal:>12}  {mark}{spread}".rstrip()

    def as_dict(self) -> dict[str, str | float | bool | None]:
        """Return the members that `--json` prints."""
        return asdict(self) | {"ok": self.ok}


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
