"""Write files so that a crash leaves either the old one or the new one, whole. Pure."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

AT_ONCE = 8  # files that wait for the disk together: it writes them in one go


def replace(target: Path, data: bytes) -> None:
    """Put `data` at `target`: temporary file, fsync, rename, fsync of the folder.

    If we crash before the rename, `target` is what it was; the leftover is overwritten by the next attempt.
    """
    make_folder(target.parent)
    _put(target, data)
    sync_folder(target.parent)


def replace_all(files: Iterable[tuple[Path, bytes]]) -> None:
    """Put every file in place, each as `replace` does; when this returns all of them are on the disk.

    If we crash meanwhile, some are there and some are what they were.
    """
    wanted = list(files)
    folders = sorted({target.parent for target, _ in wanted})
    for folder in folders:
        make_folder(folder)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda one: _put(*one), wanted))
        list(pool.map(sync_folder, folders))


def _put(target: Path, data: bytes) -> None:
    temporary = target.with_name(f".{target.name}.new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; each new one survives a power cut."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename or an unlink in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
