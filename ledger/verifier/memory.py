"""What the monitor remembers between rounds: an SQLite file of its own, changed in whole rounds only.

If we crash before COMMIT, the last round did not happen and is done again.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .findings import Unreadable
from .replay import Replay
from .state import Grants, Record
from .tree import HASH, WIDTH, Growth

TABLES = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS level (number INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS "grant" (number INTEGER PRIMARY KEY, commitment BLOB NOT NULL, status INTEGER NOT NULL,
    last INTEGER NOT NULL, expiry INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS place (name TEXT PRIMARY KEY, width INTEGER NOT NULL, sha256 BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS partial (place TEXT, width INTEGER, PRIMARY KEY (place, width)) WITHOUT ROWID;
"""


class Memory:
    """The state file. Facts: `origin`, `checkpoint` (the last note that held), `size`, `broken`, `cursor`."""

    def __init__(self, path: Path) -> None:
        try:
            self.database = sqlite3.connect(path, isolation_level=None, timeout=20)
            self.database.execute("PRAGMA synchronous = FULL")
            self.database.executescript(TABLES)
        except sqlite3.Error as error:
            if hasattr(self, "database"):
                self.database.close()
            raise Unreadable(f"the state {path}: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    @contextmanager
    def round(self) -> Iterator[None]:
        """Make what is remembered inside stand or fall together, and keep a second monitor out meanwhile."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def fact(self, name: str) -> Any:  # noqa: ANN401 - whatever was put there
        """Return a fact; `None` if there is none."""
        found = self.database.execute("SELECT value FROM fact WHERE name = ?", [name]).fetchone()
        return found and found[0]

    def put(self, name: str, value: object) -> None:
        """Set a fact."""
        self.database.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", [name, value])

    def replay(self) -> Replay:
        """Return the log as far as it was read and held."""
        size, levels = self.fact("size") or 0, self.database.execute("SELECT hashes FROM level ORDER BY number")
        growth = Growth(size, [[data[at : at + HASH] for at in range(0, len(data), HASH)] for (data,) in levels])
        grants = Grants()
        for _, commitment, *record in self.database.execute('SELECT * FROM "grant" ORDER BY number'):
            grants.add(commitment, Record(*record))
        grants.changed.clear()
        return Replay(growth, grants)

    def keep(self, replay: Replay) -> None:
        """Remember how far the log was read."""
        self.put("size", replay.growth.size)
        levels = [(number, b"".join(hashes)) for number, hashes in enumerate(replay.growth.levels)]
        self.database.executemany("INSERT OR REPLACE INTO level VALUES (?, ?)", levels)
        rows = ((number, *_row(replay.grants, number)) for number in sorted(replay.grants.changed))
        self.database.executemany('INSERT OR REPLACE INTO "grant" VALUES (?, ?, ?, ?, ?)', rows)
        replay.grants.changed.clear()

    def keep_place(self, name: str, width: int, digest: bytes) -> None:
        """Remember what a file held, and that it was seen at this width."""
        self.database.execute("INSERT OR REPLACE INTO place VALUES (?, ?, ?)", [name, width, digest])
        if width < WIDTH:
            self.database.execute("INSERT OR IGNORE INTO partial VALUES (?, ?)", [name, width])

    def places(self, share: float) -> list[tuple[str, int, bytes]]:
        """Return the next places to read again: this share of all, at least one; the cursor wraps around."""
        (count,) = self.database.execute("SELECT count(*) FROM place").fetchone()
        wanted = min(count, int(count * share) + 1)
        after = "SELECT name, width, sha256 FROM place WHERE name > ? ORDER BY name LIMIT ?"
        found = self.database.execute(after, [self.fact("cursor") or "", wanted]).fetchall()
        if len(found) < wanted:
            found += self.database.execute(after, ["", wanted - len(found)]).fetchall()
        self.put("cursor", found[-1][0] if found else "")
        return found

    def partials(self, place: str) -> list[int]:
        """Return the widths at which a place was seen before it was full."""
        rows = self.database.execute("SELECT width FROM partial WHERE place = ?", [place])
        return [width for (width,) in rows]

    def forget_partial(self, place: str, width: int) -> None:
        """Forget a partial file that has made way for the full one."""
        self.database.execute("DELETE FROM partial WHERE place = ? AND width = ?", [place, width])


def _row(grants: Grants, number: int) -> tuple[bytes, int, int, int]:
    record = grants.record(number)
    return grants.commitments[number], record.status, record.last, record.expiry
