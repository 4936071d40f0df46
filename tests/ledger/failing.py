"""Every write of sequencer and publisher, and how to have the k-th of them fail: before it is done, or after."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest

from ledger import witnesses

NUMBERS = (errno.EIO, errno.ENOSPC)
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|WITH|COPY|SELECT pg_|SELECT .* FOR (UPDATE|SHARE))", re.DOTALL)
STORE_WRITES = ("BEGIN", "\nCREATE", "INSERT", "COMMIT")


@dataclass
class Fault:
    """The call number `at`, counted from 1 over all that write, fails with this errno."""

    at: int
    persisted: bool
    number: int
    met: list[str] = field(default_factory=list)
    fired: str = ""
    turn: threading.Lock = field(default_factory=threading.Lock)

    def meets(self, name: str) -> bool:
        """Count a call; tell whether it is the one that fails."""
        with self.turn:
            self.met.append(name)
            if len(self.met) != self.at:
                return False
            self.fired = name
            return True

    def around(
        self, name: str, real: Callable[..., Any], error: Callable[..., Exception] = OSError
    ) -> Callable[..., Any]:
        """Return `real`, counted."""

        def counted(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the real one takes
            if not self.meets(name):
                return real(*arguments, **named)
            if self.persisted:
                real(*arguments, **named)
            raise self.error(error)

        return counted

    def error(self, kind: Callable[..., Exception]) -> Exception:
        return kind(self.number, os.strerror(self.number)) if kind is OSError else kind(os.strerror(self.number))


class Written:
    """A file opened for writing, whose every write is counted."""

    def __init__(self, file: Any, fault: Fault) -> None:  # noqa: ANN401 - a binary file
        self.file, self.write = file, fault.around("write", file.write)
        self.flush, self.fileno = file.flush, file.fileno

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *why: object) -> None:
        self.file.close()


def install(patch: pytest.MonkeyPatch, fault: Fault) -> None:
    """Have every write of this process go through the fault."""
    patch.setattr(os, "fsync", fault.around("fsync", os.fsync))
    patch.setattr(shutil, "rmtree", fault.around("rmtree", shutil.rmtree))
    for name in ("replace", "mkdir"):
        patch.setattr(Path, name, fault.around(name, getattr(Path, name)))
    opened = Path.open

    def opening(self: Path, mode: str = "r", **named: Any) -> Any:  # noqa: ANN401 - as above
        if mode != "wb":
            return opened(self, mode, **named)
        if fault.meets("open"):
            if fault.persisted:
                opened(self, mode).close()
            raise fault.error(OSError)
        return Written(opened(self, mode), fault)

    patch.setattr(Path, "open", opening)
    patch.setattr(witnesses, "_call", fault.around("witness", witnesses._call))
    _database(patch, fault)
    _store(patch, fault)


def _database(patch: pytest.MonkeyPatch, fault: Fault) -> None:
    commit = fault.around("COMMIT", psycopg.Connection.commit, psycopg.OperationalError)
    patch.setattr(psycopg.Connection, "commit", commit)
    execute, copy = psycopg.Cursor.execute, psycopg.Cursor.copy

    def executing(self: Any, query: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as above
        found = WRITES.match(str(query))
        if not found:
            return execute(self, query, *arguments, **named)
        return fault.around(f"SQL {found[1].split()[0]}", execute, psycopg.OperationalError)(
            self, query, *arguments, **named
        )

    @contextmanager
    def copying(self: Any, *arguments: Any, **named: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
        fails = fault.meets("SQL COPY")
        if fails and not fault.persisted:
            raise fault.error(psycopg.OperationalError)
        with copy(self, *arguments, **named) as copied:
            yield copied
        if fails:
            raise fault.error(psycopg.OperationalError)

    patch.setattr(psycopg.Cursor, "execute", executing)
    patch.setattr(psycopg.Cursor, "copy", copying)


def _store(patch: pytest.MonkeyPatch, fault: Fault) -> None:
    class Counted(sqlite3.Connection):
        def execute(self, sql: str, *arguments: Any) -> Any:  # noqa: ANN401 - as above
            run = super().execute
            name = next((one for one in STORE_WRITES if sql.startswith(one)), None)
            return (fault.around(f"store {name.strip()}", run) if name else run)(sql, *arguments)

    patch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Counted))
