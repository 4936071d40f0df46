"""The real programs under strace: a system call on the log's own files or its database fails, or kills them.

A sample by default; `LEDGER_EVERY_FAULT=1` runs every one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection
from django.test import override_settings
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from ledger import published as files
from ledger import publisher
from ledger.models import Entry, Leaf
from ledger.sequencer import sequence
from tests.conftest import address, cloned
from tests.ledger.catchers import FOLDERS
from tests.ledger.conftest import appended, published_at, sequenced
from tests.ledger.test_publisher import assert_sound, held, shown

FILE_CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "mkdir", "unlink", "unlinkat", "rmdir")
OUTCOMES = ("error=EIO", "error=ENOSPC", "signal=SIGKILL")
SAMPLE = 3  # of the faults of each program
LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")


@dataclass(frozen=True)
class Program:
    """One run of a command on one database and its files."""

    command: str
    environment: dict[str, str]
    base: Path

    def run(self, *strace: str) -> subprocess.CompletedProcess[bytes]:
        """Run it once, under strace if that is given options."""
        traced = ["strace", "-f", "-qq", *strace] if strace else []
        program = [*traced, sys.executable, "-m", "django", self.command, "--once"]
        return subprocess.run(program, env=self.environment, capture_output=True, timeout=60, check=False)

    def trace(self, out: Path) -> tuple[list[str], Counter[tuple[str, str]]]:
        """Run it cleanly; return the paths that it used below its folder, and each thread's calls on those."""
        wanted = ",".join((*FILE_CALLS, "sendto"))
        done = self.run("-y", "-o", str(out), "-e", f"trace={wanted}")
        assert done.returncode == 0, done.stderr.decode()
        paths: set[str] = set()
        calls: Counter[tuple[str, str]] = Counter()
        for thread, call, rest in (match.groups() for match in map(LINE.match, out.read_text().splitlines()) if match):
            own = re.findall(rf"[\"<]({re.escape(str(self.base))}[^\">]*)", rest)
            paths.update(own)
            if own or call == "sendto":
                calls[thread, call] += 1
        return sorted(paths), calls


def faults(calls: Counter[tuple[str, str]]) -> list[tuple[str, int, str]]:
    """Return every fault: call, its number within a thread, outcome.

    A socket only kills: libpq meets a send that failed by waiting for the server to hang up, which a socket that is not
    really broken never does.
    """
    most = {call: max(n for (_, one), n in calls.items() if one == call) for _, call in calls}
    return [
        (call, at, how)
        for call in sorted(most)
        for at in range(1, most[call] + 1)
        for how in OUTCOMES[-1 if call == "sendto" else 0 :]
    ]


def sampled(every: list[tuple[str, int, str]]) -> list[tuple[str, int, str]]:
    if os.environ.get("LEDGER_EVERY_FAULT"):
        return every
    return every[:: -(-len(every) // SAMPLE)]


@pytest.fixture(scope="module")
def before(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, made_keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Make a log that is published up to two short of a full tile, sequenced over it, with more that waits."""
    if shutil.which("strace") is None:
        reason = "strace is not installed: apt-get install -y strace"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    base = tmp_path_factory.mktemp("traced")
    (base / "log").mkdir()
    outside = {name: base / folder for name, folder in FOLDERS.items()} | {"LEDGER_KEYS_DIR": made_keys / "keys"}
    with django_db_blocker.unblock(), cloned():
        with override_settings(**outside):
            published_at(254)
            sequenced(2)
            appended(2)
        yield base


@pytest.mark.parametrize("command", ["ledger_sequencer", "ledger_publisher"])
def test_a_system_call_that_fails_or_kills_is_healed_by_the_next_start(
    before: Path, made_keys: Path, tmp_path: Path, settings: Settings, command: str
) -> None:
    base = tmp_path / "own"
    for name, folder in FOLDERS.items():
        setattr(settings, name, base / folder)
    outside = {name: str(base / folder) for name, folder in FOLDERS.items()} | {
        "LEDGER_KEYS_DIR": str(made_keys / "keys")
    }

    def program(database: str) -> Program:
        shutil.rmtree(base, ignore_errors=True)
        shutil.copytree(before, base)
        return Program(command, os.environ | outside | {"DATABASE_URL": address(database)}, base)

    with cloned() as name:
        paths, calls = program(name).trace(tmp_path / "trace")
    wanted = sampled(faults(calls))
    assert len({call for call, _, _ in faults(calls)}) >= {"ledger_sequencer": 1, "ledger_publisher": 6}[command], calls
    fired = 0
    for call, at, how in wanted:
        with cloned() as name:
            own = [] if call == "sendto" else [option for path in paths for option in ("-P", path)]
            out = tmp_path / "fault"
            inject = f"inject={call}:{how}:when={at}"
            done = program(name).run(*own, "-o", str(out), "-e", f"trace={call}", "-e", inject)
            hit = "INJECTED" in out.read_text() or "SIGKILL" in out.read_text() or done.returncode < 0
            assert hit, f"{inject} met nothing"
            fired += hit
            connection.close()
            assert_healed((call, at, how))
    assert fired == len(wanted) > 0
    print(f"{command}: {fired} of {len(faults(calls))} faults")  # noqa: T201 - shown with -s


def assert_healed(what: object) -> None:
    """See that what is published holds as it is; then go on, and see that nothing that waited is lost."""
    size = shown().size
    assert files.tree(size).root() == shown().root, what
    assert held().size >= size >= 254, what
    promised = held()
    while sequence():
        pass
    publisher.start().publish()
    assert_sound()
    assert shown().size >= promised.size, what
    assert not Entry.objects.exclude(pk__in=Leaf.objects.values("entry_id")).exists(), what
