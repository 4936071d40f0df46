"""The log's public files under `LEDGER_PUBLIC_DIR`, as this server reads them."""

from pathlib import Path

from django.conf import settings

from ledger.tile import PublishedTree

CHECKPOINT = "checkpoint"


def folder() -> Path:
    """Return the folder whose files are the public log."""
    return Path(settings.LEDGER_PUBLIC_DIR)


def read(path: str) -> bytes:
    """Return a published file; raise `FileNotFoundError` if it was never published."""
    return (folder() / path).read_bytes()


def checkpoint_text() -> str | None:
    """Return the published checkpoint; `None` means that nothing was published yet."""
    try:
        return read(CHECKPOINT).decode("utf-8", "replace")  # what is no UTF-8 bears no signature either
    except FileNotFoundError:
        return None


def tree(size: int) -> PublishedTree:
    """Return the tree of the published tiles at this size."""
    return PublishedTree(size, read)
