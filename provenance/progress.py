"""How far the reading of a large file has come, told on a terminal and nowhere else. Pure."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import BinaryIO, TextIO

LARGE = 16 << 20  # bytes; less is read before anybody wonders
EVERY_SECONDS = 0.5
CLEAR = "\r\x1b[K"


@contextlib.contextmanager
def told(source: BinaryIO, name: str, terminal: TextIO) -> Iterator[None]:
    """Say on `terminal` how far `source` is read until the block ends; nothing if it is small or that is no terminal.

    The sandboxed child shares the file's position, so that we see its steps without asking it anything.
    """
    size = os.fstat(source.fileno()).st_size
    if size < LARGE or not terminal.isatty():
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_tell, args=(source.fileno(), size, name, terminal, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        terminal.write(CLEAR)
        terminal.flush()


def _tell(descriptor: int, size: int, name: str, terminal: TextIO, over: threading.Event) -> None:
    while not over.wait(EVERY_SECONDS):
        at = min(os.lseek(descriptor, 0, os.SEEK_CUR), size)
        terminal.write(f"{CLEAR}{name}: at {at * 100 // size} % of {size / 1e6:,.0f} MB")
        terminal.flush()
