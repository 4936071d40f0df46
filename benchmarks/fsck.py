"""How many entries a second one core can examine: the walk over the tree, and the opening of each payload."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction

from benchmarks import filling
from benchmarks.pairing import Figure
from ledger import fsck, publisher, recordcheck, sequencer
from ledger.walk import Walk

ENTRIES, ENTRIES_FULL = 40_000, 400_000
GOAL = 250_000
TICKS = os.sysconf("SC_CLK_TCK")


def figures(*, full: bool) -> list[Figure]:
    """Count the CPU of this process and of its backend together: that is what one core would do."""
    count = ENTRIES_FULL if full else ENTRIES
    filling.fill(count)
    while sequencer.sequence() > 1:
        pass
    with publisher.alone():
        publisher.start().publish()
    if any(check.faults for check in fsck.examine()):
        raise ValueError("the log that was built has faults: a fast wrong answer is no result")
    walking, opening = rate(walk, count), rate(opened, count)
    hashing, deciphering = rate(lambda: hashed(count), count), rate(lambda: deciphered(count), count)
    reading = rate(read, count)
    both = 1 / (1 / walking + 1 / opening)
    return [
        figure("tree: leaves, hashes, roots, files", walking, hashing),
        figure("records: form, minute, payload opened", opening, deciphering),
        Figure("both, one after the other", both, "/s", None, None, GOAL, at_least=True),
        Figure("only fetching index, hash, kind and body", reading, "/s", None, None, None),
    ]


def figure(name: str, found: float, floor: float) -> Figure:
    """Tell a rate beside what the same hashing or deciphering alone does in Python."""
    return Figure(name, found, "/s", floor, found / floor, None)


def rate(call: Callable[[], object], count: int) -> float:
    """Return entries per second of CPU, the best of three."""
    return max(count / cpu(call) for _ in range(3))


def cpu(call: Callable[[], object]) -> float:
    """Return the CPU seconds that a call costs here and in its backend."""
    connection.ensure_connection()
    before = time.process_time() + backend()
    call()
    return max(time.process_time() + backend() - before, 1 / TICKS)


def backend() -> float:
    """Return the CPU seconds of the backend so far; Linux."""
    stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text()
    user, system = stat.rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / TICKS


def walk() -> None:
    """Derive the tree again, and compare."""
    with transaction.atomic():
        Walk(fsck._read_outside()).run()  # noqa: SLF001 - one half of `examine`


def opened() -> None:
    """Look at each entry and open its payload."""
    with transaction.atomic():
        recordcheck.entries()


def read() -> None:
    """Fetch what the walk needs and do nothing with it."""
    from ledger.walk import _leaves

    with transaction.atomic():
        for _ in _leaves():
            pass


def hashed(count: int) -> None:
    """Hash a leaf of 110 bytes and a node for each entry."""
    leaf, node = bytes(110), bytes(64)
    for _ in range(count):
        hashlib.sha256(b"\x00" + leaf).digest()
        hashlib.sha256(b"\x01" + node).digest()


def deciphered(count: int) -> None:
    """Open a payload of 100 bytes and hash it for each entry."""
    key, nonce = os.urandom(32), os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, bytes(100), b"bound")
    for _ in range(count):
        hashlib.sha256(AESGCM(key).decrypt(nonce, sealed, b"bound")).digest()
