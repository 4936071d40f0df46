"""What can be done to each public file and to the checkpoint store. `base` holds both, `base/older` what they were."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from unittest import mock

from ledger import statusfiles
from ledger.statusfiles import Due

STORE = "checkpoints.sqlite3"
Spoil = Callable[[Path, Path], None]  # the base, and the file


def flip(_base: Path, file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def delete(_base: Path, file: Path) -> None:
    file.unlink()


def older(base: Path, file: Path) -> None:
    """Put back what the file was: the same path, or the place before it was full, or a token of ten minutes ago."""
    before = base / "older" / file.relative_to(base)
    if "status" in file.parts:
        before_now = time.time() - 600
        due = Due(257, b"")
        kept = {other: other.read_bytes() for other in file.parent.iterdir() if other != file}
        with mock.patch.object(time, "time", return_value=before_now):
            statusfiles.write(due)
        for other, data in kept.items():
            other.write_bytes(data)
    elif before.exists() and before.read_bytes() != file.read_bytes():
        shutil.copy(before, file)
    else:
        file.write_bytes(file.read_bytes()[: -len(file.read_bytes()) // 4])


ACTS: dict[str, Spoil] = {"flip": flip, "delete": delete, "older": older}
FILES = {
    "the checkpoint": "checkpoint",
    "a full tile or bundle": "tile/*/[0-9][0-9][0-9]",
    "the newest partial tile or bundle": "",
    "an older partial tile or bundle": "tile/*/*.p/*",
    "a status list": "status/*",
    "our keys, our policy": "",
}


def files(log: Path, size: int) -> Iterator[tuple[str, str]]:
    """Yield class and path of every public file of a log of this size."""
    for path in sorted(one for one in log.rglob("*") if one.is_file()):
        name = str(path.relative_to(log))
        yield _class(name, size), name


def _class(name: str, size: int) -> str:
    if name == "checkpoint":
        return "the checkpoint"
    if name.startswith("status/"):
        return "a status list"
    if name in ("keys", "policy"):
        return "our keys, our policy"
    if ".p/" not in name:
        return "a full tile or bundle"
    level = 0 if "entries" in name else int(name.split("/")[1])
    newest = int(name.rsplit("/", 1)[1]) == (size >> 8 * level) % 256
    return "the newest partial tile or bundle" if newest else "an older partial tile or bundle"


def edited(column: str, value: str) -> Callable[[Path], None]:
    def edit(base: Path) -> None:
        with closing(sqlite3.connect(base / STORE)) as session, session:
            session.execute(f"UPDATE signed SET {column} = {value}")  # noqa: S608 - our own words below

    return edit


def swapped(base: Path, one: str, two: str) -> None:
    kept = (base / one).read_bytes()
    shutil.copy(base / two, base / one)
    (base / two).write_bytes(kept)


STORES: dict[str, Callable[[Path], None]] = {
    "the store replaced by an older copy": lambda base: _put(base, STORE),
    "the store removed": lambda base: (base / STORE).unlink(),
    "the size in the store edited": edited("size", "size + 1"),
    "the edge in the store edited": edited("edge", "zeroblob(length(edge))"),
    "the root in the store edited": edited("checkpoint", "replace(checkpoint, substr(checkpoint, 24, 4), 'AAAA')"),
    "two tiles swapped": lambda base: swapped(base, "log/tile/0/000", "log/tile/0/001"),
    "two bundles swapped": lambda base: swapped(base, "log/tile/entries/000", "log/tile/entries/001"),
    "store and checkpoint both replaced by older ones": lambda base: _put(
        base, "checkpoints.sqlite3", "log/checkpoint"
    ),
    "store and all public files replaced by older ones": lambda base: _put(base, STORE, "log"),
}


def _put(base: Path, *names: str) -> None:
    for name in names:
        if (base / name).is_dir():
            shutil.rmtree(base / name)
            shutil.copytree(base / "older" / name, base / name)
        else:
            shutil.copy(base / "older" / name, base / name)
