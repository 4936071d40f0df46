"""What the witness must never forget: the newest checkpoint of each log that it cosigned, and each log it caught.

One SQLite file. A restored or deleted one would let it sign a second history, so the program refuses to start with a
key whose memory is gone (see `ledger.witness.__main__`). An older copy put in its place looks like the right one.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS cosigned (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, checkpoint TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS caught (
    origin TEXT PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL, kept TEXT NOT NULL, against BLOB NOT NULL
) STRICT;
"""
WAIT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The newest checkpoint of a log that this witness cosigned, with its cosignature in it."""

    size: int
    root: bytes
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Caught:
    """Why nothing of a log is signed any more: two statements of its key that exclude each other.

    `kept` is the checkpoint that was cosigned, `against` the whole submission that contradicts it.
    """

    at: int
    what: str
    kept: str
    against: bytes


@dataclass(frozen=True, slots=True)
class Memory:
    """One file, mode 0600."""

    path: Path

    def prepare(self) -> None:
        """Make the file if there is none."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._session() as session:
            session.executescript(SCHEMA)

    @contextmanager
    def turn(self) -> Iterator["Turn"]:
        """Hold the file alone while one submission is judged: look, decide and remember are one step.

        What was remembered is on disk when this ends without an exception; with one, nothing was.
        """
        with self._session() as session:
            session.execute("BEGIN IMMEDIATE")
            try:
                yield Turn(session)
            except BaseException:
                session.execute("ROLLBACK")
                raise
            session.execute("COMMIT")

    def cosigned(self) -> dict[str, Cosigned]:
        """Return the newest checkpoint of every log."""
        with self._session() as session:
            rows = session.execute("SELECT origin, size, root, checkpoint FROM cosigned").fetchall()
        return {origin: Cosigned(*rest) for origin, *rest in rows}

    @contextmanager
    def _session(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)) as session:
            session.execute("PRAGMA synchronous = EXTRA")  # the rollback journal's folder is synced as well
            yield session


@dataclass(frozen=True, slots=True)
class Turn:
    """The memory, held alone."""

    session: sqlite3.Connection

    def cosigned(self, origin: str) -> Cosigned | None:
        """Return the newest checkpoint of this log; `None` if it never had one cosigned."""
        query = "SELECT size, root, checkpoint FROM cosigned WHERE origin = ?"
        row = self.session.execute(query, (origin,)).fetchone()
        return None if row is None else Cosigned(*row)

    def caught(self, origin: str) -> Caught | None:
        """Return what this log was caught at; `None` for one that was not."""
        row = self.session.execute("SELECT at, what, kept, against FROM caught WHERE origin = ?", (origin,)).fetchone()
        return None if row is None else Caught(*row)

    def remember(self, origin: str, new: Cosigned) -> None:
        """Put the newest checkpoint in the place of the one before."""
        row = (origin, new.size, new.root, new.checkpoint)
        self.session.execute("INSERT OR REPLACE INTO cosigned VALUES (?, ?, ?, ?)", row)

    def catch(self, origin: str, caught: Caught) -> None:
        """Remember for ever that this log told two histories. The first proof is kept."""
        row = (origin, caught.at, caught.what, caught.kept, caught.against)
        self.session.execute("INSERT OR IGNORE INTO caught VALUES (?, ?, ?, ?, ?)", row)
