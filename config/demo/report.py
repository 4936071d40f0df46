"""What the demo says while it runs, and what it leaves behind. The format is in docs/demo.md; it only grows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Step:
    """One step of the story. `detail` is what was seen, or what went wrong."""

    name: str
    ok: bool = False
    seconds: float = 0.0
    detail: str = ""

    def saw(self, detail: str) -> None:
        """Note what was seen to happen."""
        self.detail = f"{self.detail} {detail}".strip()


@dataclass(slots=True)
class Report:
    """The report of one run: `report.json`, and the lines on the terminal."""

    folder: Path
    line: Callable[[str], None]
    steps: list[Step] = field(default_factory=list)
    videos: list[dict[str, str]] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)
    log: dict[str, Any] = field(default_factory=dict)
    trust: dict[str, str] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time one step and print its line; an exception marks it as failed and goes on its way."""
        step, begun = Step(name), time.monotonic()
        self.steps.append(step)
        self.line(f"  ·  {name}")
        try:
            yield step
            step.ok = True
        except BaseException as error:
            step.saw(f"{type(error).__name__}: {error}".rstrip(": "))
            raise
        finally:
            step.seconds = round(time.monotonic() - begun, 2)
            self.line(f"     {'✓' if step.ok else '✗'} {step.seconds:6.2f} s  {step.detail}")
            self.write()

    def show(self, text: str) -> None:
        """Print a text as somebody in the story reads it."""
        for line in text.strip().splitlines():
            self.line(f"     | {line}".rstrip())

    @property
    def ok(self) -> bool:
        """Tell whether there was a story and every step of it went as told."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    def write(self) -> None:
        """Write `report.json`, whole or not at all; after every step, so that a broken run leaves one too."""
        found = {
            "ok": self.ok,
            "seconds": round(time.monotonic() - self.started, 2),
            "steps": [{"name": s.name, "ok": s.ok, "seconds": s.seconds, "detail": s.detail} for s in self.steps],
            "log": self.log,
            "videos": self.videos,
            "trust": self.trust,
            "proofs": self.proofs,
        }
        part = self.folder / "report.json.part"
        part.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
        part.replace(self.folder / "report.json")
