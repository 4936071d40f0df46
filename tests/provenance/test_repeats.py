"""Tries of one call, in several processes at the same moment, with real commits."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from django.conf import settings

from gpu_client.models import RenderJob
from provenance.models import Video
from tests.provenance import world as w
from tests.provenance.test_streams import FOLDERS, ROOT

PROCESSES, CALLS = 3, 10


@contextmanager
def triers(database: str) -> Iterator[list[subprocess.Popen[str]]]:
    renderers = [one | {"sealing_key": None} for one in settings.GPU_RENDERERS]
    environment = os.environ | {name: str(getattr(settings, name)) for name in FOLDERS}
    environment |= {"DATABASE_URL": database, "GPU_RENDERERS": json.dumps(renderers)}
    command = [sys.executable, "-m", "tests.provenance.trier"]
    found: list[subprocess.Popen[str]] = []
    try:
        for _ in range(PROCESSES):
            started = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            found.append(started)
        assert {heard(one) for one in found} == {"ready"}
        yield found
    finally:
        for one in found:
            one.kill()
            one.communicate()


def heard(one: subprocess.Popen[str]) -> str:
    line = cast("IO[str]", one.stdout).readline()
    assert line, "a process ended"
    return line.strip()


def call(prompt: str, world: w.World, triers: list[subprocess.Popen[str]], chance: random.Random, lock: bool) -> int:  # noqa: FBT001 - the control
    """Let all tries of one call arrive within a few milliseconds, in any order; return how many videos they got."""
    tries = chance.sample(range(PROCESSES), PROCESSES)
    start = time.monotonic() + 0.02
    for one, attempt in zip(triers, tries, strict=True):
        act = {"at": start + chance.uniform(0, 0.03), "attempt": attempt, "prompt": prompt, "lock": lock}
        wire = cast("IO[str]", one.stdin)
        wire.write(json.dumps(act | {"target": str(world.likeness.pk), "actor": str(world.ben.party.pk)}) + "\n")
        wire.flush()
    return len({heard(one) for one in triers})


def test_tries_of_one_call_cost_one_render_in_whatever_process_they_arrive(fresh_database: str) -> None:
    world, chance = w.world(), random.Random(7)
    with triers(fresh_database) as processes:
        got = [call(f"Call {number}", world, processes, chance, lock=True) for number in range(CALLS)]
        assert got == [1] * CALLS
        assert Video.objects.count() == RenderJob.objects.count() == CALLS
        assert w.entries("permit.minted") == CALLS
        # without waiting for each other they would not have been one
        assert max(call(f"Control {number}", world, processes, chance, lock=False) for number in range(CALLS)) > 1
