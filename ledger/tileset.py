"""The public tiles and entry bundles as the publisher writes them: each file whole or not at all, never changed.

A partial tile stays until the full one is there *and* announced: nothing that a published checkpoint needs is ever
missing. Who comes late with an older checkpoint finds the full tile in the partial one's place (C2SP tlog-tiles).
"""

import shutil
from collections.abc import Iterable, Iterator
from itertools import batched
from pathlib import Path

from ledger import durable, merkle, published, tile
from ledger.bodies import bundles

PARTIAL = ".p"
BUNDLES_AT_ONCE = 64


def write(old: int, size: int) -> None:
    """Write what a reader of the new size needs and a reader of size `old` does not have."""
    _write_entries(old, size)
    for level in list(tile.levels(size))[1:]:
        write_level(level, old, size)


def clean(old: int, size: int) -> int:
    """Remove the partial tiles that became full between `old` and the announced `size`; return how many folders.

    If we crash in between, what was left is found from an `old` of 0: a publisher cleans so when it starts.
    """
    removed = 0
    for folder in _outgrown(old, size):
        if folder.exists():
            shutil.rmtree(folder)
            removed += 1
    return removed


def _outgrown(old: int, size: int) -> Iterator[Path]:
    """Yield the folders of partial tiles whose full tile lies below `size`, and did not wholly lie below `old`."""
    for level in tile.levels(size):
        span = tile.WIDTH << (tile.TILE_LEVELS * level)
        for number in range(old // span, size // span):
            yield _partials(tile.hash_path(level, number))
            if level == 0:
                yield _partials(tile.bundle_path(number))


def _partials(full: str) -> Path:
    path = published.folder() / full
    return path.with_name(path.name + PARTIAL)


def write_level(level: int, old: int, size: int) -> None:
    """Write the tiles of a level above 0 that gained a hash: each new one is the root of a full tile below."""
    below, above = old >> (tile.TILE_LEVELS * level), size >> (tile.TILE_LEVELS * level)
    if below == above:
        return
    before = published.tree(old)
    made = []
    for number in range(below // tile.WIDTH, (above - 1) // tile.WIDTH + 1):
        start, width = number * tile.WIDTH, tile.width_at(size, level, number)
        kept = tile.width_at(old, level, number)
        hashes = list(before.tile(level, number)) if kept else []
        hashes += [_full_root(level - 1, start + place) for place in range(kept, width)]
        made.append((tile.hash_path(level, number, width), tile.encode_hashes(hashes)))
    put_all(made)


def put_all(files: Iterable[tuple[str, bytes]]) -> None:
    """Write public files durably, by path below the public folder."""
    durable.replace_all((published.folder() / path, data) for path, data in files)


def _write_entries(old: int, size: int) -> None:
    """Write the entry bundles and level 0, whose last partial tile begins before `old`."""
    first = old // tile.WIDTH
    numbered = enumerate(bundles(first * tile.WIDTH, size, tile.WIDTH), start=first)
    for some in batched(numbered, BUNDLES_AT_ONCE):
        put_all(pair for number, entries in some for pair in _entry_files(number, entries))


def _entry_files(number: int, entries: tuple[bytes, ...]) -> Iterator[tuple[str, bytes]]:
    width = len(entries)
    yield tile.bundle_path(number, width), tile.encode_bundle(entries)
    yield tile.hash_path(0, number, width), tile.encode_hashes([merkle.leaf_hash(entry) for entry in entries])


def _full_root(level: int, number: int) -> bytes:
    return merkle.root(tile.decode_hashes(published.read(tile.hash_path(level, number)), tile.WIDTH))
