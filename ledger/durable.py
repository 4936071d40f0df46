"""Write files so that a crash leaves either the old one or the new one, whole. Pure."""

import os
from pathlib import Path


def replace(target: Path, data: bytes) -> None:
    """Put `data` at `target`: temporary file, fsync, rename, fsync of the folder.

    If we crash before the rename, `target` is what it was; the leftover is overwritten by the next attempt.
    """
    make_folder(target.parent)
    temporary = target.with_name(f".{target.name}.new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)
    sync_folder(target.parent)


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
