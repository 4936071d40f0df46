"""Receive a result into GPU_RESULTS_DIR: a temporary file that is checked, synced and renamed, or removed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gpu_client.models import RenderJob
from gpu_client.shape import NotAFilm, measure
from ledger.durable import sync_folder

MORE_SECONDS = 0.5  # how far a length may be off: codecs work in whole frames


class WrongShape(ValueError):  # noqa: N818 - what the result has
    """A video, but not the one that was ordered."""


@contextmanager
def receiving(job: RenderJob, token: object) -> Iterator[BinaryIO]:
    """Yield a new file to write to; it is gone afterwards unless `keep` renamed it.

    What a dead worker left of the same job goes first. A worker that is not dead but lost its lease fails at `keep`.
    """
    folder = job.result_file.parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for stale in folder.glob(f".{job.pk}.*.part"):
        stale.unlink(missing_ok=True)
    path = folder / f".{job.pk}.{token}.part"
    try:
        path.touch(mode=0o600, exist_ok=False)
        with path.open("r+b") as file:
            yield file
    finally:
        path.unlink(missing_ok=True)


def check(job: RenderJob, file: BinaryIO) -> None:
    """Raise NotAFilm or WrongShape unless the file looks like the video that was ordered."""
    shape = measure(file)
    if f"{shape.width}x{shape.height}" != job.size:
        raise WrongShape(f"{shape.width}x{shape.height} instead of {job.size}")
    if abs(shape.seconds - job.seconds) > MORE_SECONDS:
        raise WrongShape(f"{shape.seconds:.1f} s instead of {job.seconds} s")


def keep(job: RenderJob, file: BinaryIO) -> None:
    """Give the file its name, durably. The job's row is locked, so no other worker does the same.

    If we crash before the caller's commit, the file is nobody's result; the next fetch replaces it.
    """
    file.flush()
    os.fsync(file.fileno())
    Path(file.name).replace(job.result_file)
    sync_folder(job.result_file.parent)


__all__ = ["NotAFilm", "WrongShape", "check", "keep", "receiving"]
