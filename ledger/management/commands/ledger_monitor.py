"""Watch the log from both sides: the public files like a stranger, the database like its owner."""

import sqlite3
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from ledger import keyring, loop
from ledger.fsck import examine
from ledger.rowmemory import RowMemory
from ledger.verifier import monitor
from ledger.verifier.findings import FALSE, GOOD, UNCHECKED, UNREADABLE, Unreadable
from ledger.verifier.logformat import LogKey, WitnessKey
from ledger.verifier.monitor import Pace
from ledger.verifier.policy import Policy, of_witnesses

INTERVAL = 10.0  # seconds from the beginning of a round to that of the next, if it takes no longer
PATIENCE = 30.0  # seconds without an answer from the files or the database
WORDS = {FALSE: "The log does not hold", UNREADABLE: "The state is not readable", UNCHECKED: "Not checked"}


class Command(BaseCommand):
    """Watch, once or in a loop."""

    help = (
        "Follow the public log like a stranger, derive the database again, compare its rows with those of before. Ends "
        "with what broke: 1 something is false, 2 the state is not readable, 3 nothing could be learned for a while."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        state, public = Path(settings.VAR_DIR) / "monitor.sqlite3", str(settings.LEDGER_PUBLIC_DIR)
        parser.add_argument("--once", action="store_true", help="one round, then end")
        parser.add_argument("--state", type=Path, default=state, metavar="FILE", help="its own memory, and FILE.rows")
        parser.add_argument("--location", default=public, help="the published log: a folder, or an http(s) address")
        parser.add_argument("--vkey", action="append", help="the log's key; default: those of the key folder")
        parser.add_argument("--interval", type=float, default=INTERVAL, metavar="SECONDS", help="between two rounds")

    def handle(self, *, once: bool, **options: Any) -> None:  # noqa: ANN401 - Django's own options, and ours
        """Run the command."""
        watched = Watched(options["location"], options["state"], options["vkey"])
        stopped = None if once else loop.stop_on_signals()
        learned = time.monotonic()
        while True:
            began = time.monotonic()
            code, broken = watched.round()
            for line in broken:
                self.stderr.write(line)
            learned = learned if code == UNCHECKED else began
            if code != GOOD and (code != UNCHECKED or once or began - learned > PATIENCE):
                raise CommandError(WORDS[code], returncode=code)
            if stopped is None or stopped.wait(max(0.0, options["interval"] - (time.monotonic() - began))):
                return


class Watched:
    """Both sides of one log. The rows are remembered beside what the stranger remembers."""

    def __init__(self, location: str, state: Path, vkeys: Sequence[str] | None = None) -> None:
        state.parent.mkdir(parents=True, exist_ok=True)
        self.location, self.state, self.vkeys = location, state, vkeys
        self.rows = RowMemory(state.with_name(f"{state.name}.rows"))

    def round(self) -> tuple[int, list[str]]:
        """Look once; return the exit code (the worst of both sides) and what broke inside. The outside says its own."""
        (inside, broken), (outside, unread) = self._inside(), self._outside()
        worst = next(code for code in (FALSE, UNREADABLE, UNCHECKED, GOOD) if code in (inside, outside))
        return worst, [*broken, *unread]

    def _inside(self) -> tuple[int, list[str]]:
        try:
            broken = [f"BROKEN inside: {fault}" for fault in _faults(self.rows)]
        except DatabaseError as error:
            connection.close()
            return UNCHECKED, [f"NOT CHECKED the database: {type(error).__name__}"]
        except sqlite3.Error as error:
            return UNREADABLE, [f"unreadable: the state {self.rows.path}: {error}"]
        return FALSE if broken else GOOD, broken

    def _outside(self) -> tuple[int, list[str]]:
        policies = _policies()
        age = settings.LEDGER_STALE_SECONDS if policies and settings.LEDGER_STALE_SECONDS else None
        try:
            keys = [LogKey.parse(one) for one in self.vkeys or _known()]
            return monitor.follow(self.location, self.state, keys, policies, max_age=age, pace=Pace(once=True)), []
        except Unreadable as why:
            return UNREADABLE, [f"unreadable: {why}"]


def _faults(rows: RowMemory) -> Iterator[str]:
    for check in (*examine(), *rows.look()):
        for fault in check.faults:
            yield f"{check.title}: {fault}"
        if check.more:
            yield f"{check.title}: and {check.more} more"


def _known() -> list[str]:
    return keyring.vkeys(keyring.key_files("log"))


def _policies() -> list[Policy]:
    if not settings.LEDGER_WITNESS_QUORUM:
        return []
    members = [WitnessKey.parse(one["vkey"]) for one in settings.LEDGER_WITNESSES]
    return [of_witnesses(members, settings.LEDGER_WITNESS_QUORUM)]
