"""The last signed checkpoint, in an SQLite file outside the database and its backups.

It is the log's memory of what it promised: a database restored from a backup is behind it, and then nothing is signed.
The swap is conditional, so two publishers cannot sign two histories of one size. Pure of Django.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS signed (
    only INTEGER PRIMARY KEY CHECK (only = 1), size INTEGER NOT NULL, edge BLOB NOT NULL, checkpoint TEXT NOT NULL
)
"""
WAIT_SECONDS = 10


class SwapLost(Exception):  # noqa: N818 - an outcome of the race, not a fault
    """Somebody else has signed since we read: stop, read again, sign nothing for this size."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed checkpoint and the right edge of its tree, from which the next one is computed."""

    size: int
    edge: bytes
    checkpoint: str


@dataclass(frozen=True, slots=True)
class CheckpointStore:
    """One row in one file."""

    path: Path

    def load(self) -> Signed | None:
        """Return what was signed last; `None` means that nothing ever was."""
        if not self.path.exists():
            return None
        with self._session() as session:
            return _load(session)

    def swap(self, expected_size: int, new: Signed) -> None:
        """Put `new` in the place of the checkpoint of `expected_size` (0: there was none), or raise `SwapLost`.

        When this returns, the row is on disk. When it raises anything else, it is unknown whether it is: read again.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._session() as session:
            session.execute("BEGIN IMMEDIATE")
            session.execute(SCHEMA)
            current = _load(session)
            if (current.size if current else 0) != expected_size or new.size <= expected_size:
                session.execute("ROLLBACK")
                raise SwapLost(f"the store does not hold size {expected_size}")
            row = (new.size, new.edge, new.checkpoint)
            session.execute("INSERT OR REPLACE INTO signed VALUES (1, ?, ?, ?)", row)
            session.execute("COMMIT")

    @contextmanager
    def _session(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)) as session:
            session.execute("PRAGMA synchronous = EXTRA")  # the rollback journal's folder is synced as well
            yield session


def _load(session: sqlite3.Connection) -> Signed | None:
    if session.execute("SELECT 1 FROM sqlite_master WHERE name = 'signed'").fetchone() is None:
        return None
    row = session.execute("SELECT size, edge, checkpoint FROM signed").fetchone()
    return None if row is None else Signed(*row)
