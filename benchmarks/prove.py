"""What a proof costs, and how many files it reads, from logs of 10^5 to (with --full) 10^7 entries."""

from __future__ import annotations

import hashlib
import random
import time
from itertools import batched
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import cast

from django.conf import settings

from benchmarks.pairing import Figure
from ledger import base64url, checkpoint, keyring, log, published, tile
from ledger.checkpoint import Checkpoint
from ledger.models import Entry

SIZES, SIZES_FULL = (10**5,), (10**5, 10**6, 10**7)
ASKED = 400  # proofs at each size
GOAL_MS = 5.0


def figures(*, full: bool) -> list[Figure]:
    """Grow one log through the sizes; at each ask for proofs of entries anywhere in it. The files are in memory."""
    found: list[Figure] = []
    built = Builder(published.folder())
    for size in SIZES_FULL if full else SIZES:
        built.grow(size)
        spent, reads = asked(size)
        name = f"log of 10^{len(str(size)) - 1}"
        found.append(Figure(f"proof, {name}, p50", median(spent), "ms", None, None, GOAL_MS))
        found.append(Figure(f"proof, {name}, slowest of {ASKED}", max(spent), "ms", None, None, None))
        found.append(Figure(f"files read, {name}, most", max(reads), "files", None, None, None, f"least {min(reads)}"))
    return found


def asked(size: int) -> tuple[list[float], list[int]]:
    """Return milliseconds and files read of each proof, through the very function that serves them."""
    choice, spent, reads = random.Random(size), [], []  # noqa: S311 - the same places in each run
    really, count = published.read, 0

    def counted(path: str) -> bytes:
        nonlocal count
        count += 1
        return really(path)

    published.read = counted
    try:
        for _ in range(ASKED):
            index, count = choice.randrange(size), 0
            row = cast("Entry", SimpleNamespace(index=index, body=body(index), pk=index))
            begun = time.perf_counter()
            log.proof(row)
            spent.append((time.perf_counter() - begun) * 1000)
            reads.append(count)
    finally:
        published.read = really
    return spent, reads


def body(number: int) -> bytes:
    """Return the bytes of one entry, always the same."""
    commit = base64url.encode(hashlib.sha256(b"%d" % number).digest())
    return b'{"commit":"%s","kind":"permit.redeemed","time":"2026-11-22T12:00Z","v":1}' % commit.encode()


class Builder:
    """Writes the hash tiles and checkpoint of a log that is in no database. Without fsync: it is thrown away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.size = 0
        self.levels: list[list[bytes]] = [[]]  # the hashes of each level's last tile
        self.numbers: list[int] = [0]

    def grow(self, size: int) -> None:
        """Append leaves up to `size`; write what a reader of that size needs, and sign it."""
        for some in batched(range(self.size, size), tile.WIDTH):
            for number in some:
                self._put(0, hashlib.sha256(b"\x00" + body(number)).digest())
        self.size = size
        for level, hashes in enumerate(self.levels):
            if hashes:
                self._write(level, hashes)
        head = Checkpoint(settings.LEDGER_ORIGIN, size, published.tree(size).root())
        text = checkpoint.sign(head, *keyring.signing_keys("log"))
        (self.folder / published.CHECKPOINT).write_text(text)

    def _put(self, level: int, node: bytes) -> None:
        if level == len(self.levels):
            self.levels.append([])
            self.numbers.append(0)
        hashes = self.levels[level]
        hashes.append(node)
        if len(hashes) == tile.WIDTH:
            self._write(level, hashes)
            self.levels[level] = []
            self.numbers[level] += 1
            self._put(level + 1, perfect(hashes))

    def _write(self, level: int, hashes: list[bytes]) -> None:
        path = self.folder / tile.hash_path(level, self.numbers[level], len(hashes))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(hashes))


def perfect(hashes: list[bytes]) -> bytes:
    """Return the root over 256 hashes."""
    while len(hashes) > 1:
        hashes = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in batched(hashes, 2)]
    return hashes[0]
