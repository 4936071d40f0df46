"""What sequencer and publisher sustain on this machine, and how long an entry waits for its published checkpoint."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median, quantiles

import psycopg
from django.db import connection, transaction

from benchmarks import filling
from benchmarks.pairing import Figure
from ledger import dbclock, published, publisher, sequencer, subjectkeys
from ledger.models import Head

BATCHES = 8
BACKLOG, BACKLOG_FULL = 60_000, 300_000
FEEDING_SECONDS, FEEDING_SECONDS_FULL = 6, 30
OFFERED = 1000  # entries/s
EVERY_SECONDS = 0.02
GIVE_UP_SECONDS = 120
BARE = """
CREATE TABLE IF NOT EXISTS bare_leaf (index bigint PRIMARY KEY, leaf_hash bytea NOT NULL, entry_id uuid NOT NULL UNIQUE)
"""


def figures(*, full: bool) -> list[Figure]:
    """Measure each alone, then both as processes, which is what sustaining means."""
    sequencer.sequence()
    return [
        *batches(),
        publishing(),
        sustained(BACKLOG_FULL if full else BACKLOG),
        fed(FEEDING_SECONDS_FULL if full else FEEDING_SECONDS),
        *latency(FEEDING_SECONDS_FULL if full else FEEDING_SECONDS),
    ]


def batches() -> list[Figure]:
    """Compare a batch of the sequencer with a COPY of as many of the same rows, in turn, each up to its commit."""
    filling.fill(BATCHES * sequencer.BATCH)
    spent: list[tuple[float, float]] = []
    with psycopg.connect(os.environ["DATABASE_URL"]) as floor:
        floor.execute(BARE)
        floor.commit()
        for number in range(BATCHES):
            start = Head.objects.latest("size").size
            rows = [(start + place, uuid.uuid4(), os.urandom(32)) for place in range(sequencer.BATCH)]
            if number % 2:
                ours, bare = seconds(sequencer.sequence), seconds(partial(copied, floor, rows))
            else:
                bare, ours = seconds(partial(copied, floor, rows)), seconds(sequencer.sequence)
            spent.append((ours, bare))
    ratios = sorted(bare / ours for ours, bare in spent)
    rate, floor_rate = (sequencer.BATCH / median(column) for column in zip(*spent, strict=True))
    spread = f"{ratios[0]:.2f}-{ratios[-1]:.2f}"
    return [
        Figure("sequencer alone, up to the commit", rate, "/s", None, None, 20_000, at_least=True),
        Figure("sequencer / bare COPY of its rows", rate, "/s", floor_rate, median(ratios), 0.5, spread, at_least=True),
    ]


def copied(session: psycopg.Connection, rows: Sequence[tuple[int, uuid.UUID, bytes]]) -> None:
    """Copy rows like those that a batch writes, and commit."""
    statement = "COPY bare_leaf (index, entry_id, leaf_hash) FROM STDIN (FORMAT BINARY)"
    with session.cursor() as cursor:
        with cursor.copy(statement) as copy:
            copy.set_types(["int8", "uuid", "bytea"])
            for row in rows:
                copy.write_row(row)
        session.commit()


def publishing() -> Figure:
    """Publish what was sequenced, by one publisher alone."""
    with publisher.alone():
        publisher.start().publish()  # the first leaves
        filling.fill(BATCHES * sequencer.BATCH)
        one = publisher.start()
        before = size_published()
        while sequencer.sequence() > 1:
            pass
        spent = seconds(one.publish)
    rate = (size_published() - before) / spent
    return Figure("publisher alone", rate, "/s", None, None, 20_000, at_least=True)


def sustained(count: int) -> Figure:
    """Let both loose on a queue that one commit fills; the clock runs until a checkpoint covers all of it."""
    with both():
        before = size_published()
        with transaction.atomic():
            filling.put(count)
        begun = time.monotonic()
        wait_for(lambda: size_published() > before + count)
        spent = time.monotonic() - begun
    return Figure(
        "both, two processes, queue full from the start", count / spent, "/s", None, None, 20_000, at_least=True
    )


def fed(duration: int) -> Figure:
    """Keep the queue full meanwhile: the feeder takes its share of the same two cores."""
    with transaction.atomic():
        at, key = dbclock.ask(), subjectkeys.read(filling.SUBJECT)
        stock = [list(filling.made(2000, at, key.secret)) for _ in range(duration * 15)]
    with both():
        before, begun, fresh = size_published(), time.monotonic(), iter(stock)
        while time.monotonic() < begun + duration and (rows := next(fresh, None)) is not None:
            if waiting() < 2 * sequencer.BATCH:
                with transaction.atomic():
                    filling.insert(rows, key.row, at)
        rate = (size_published() - before) / (time.monotonic() - begun)
    return Figure("both, while a feeder appends on the same cores", rate, "/s", None, None, None)


def latency(duration: int) -> list[Figure]:
    """Offer entries at a fixed rate, whether or not the log keeps up, and see when a checkpoint covers each."""
    each = round(OFFERED * EVERY_SECONDS)
    seen: list[tuple[float, int]] = []
    due: list[float] = []  # when each group should have been offered
    with both():
        begun = time.monotonic()
        while len(due) * EVERY_SECONDS < duration:
            while (at := begun + len(due) * EVERY_SECONDS) <= time.monotonic():
                filling.put(each)
                due.append(at)
            note(seen)
            time.sleep(0.002)
        wait_for(lambda: note(seen) and not waiting() and Head.objects.latest("size").size == seen[-1][1])
    waits = [
        next(when for when, size in seen if size > index) - due[number // each]
        for number, index in enumerate(places(len(due) * each))
    ]
    p50, p95 = median(waits), quantiles(waits, n=20)[-1]
    return [
        Figure("entry to published checkpoint, 1,000/s, p50", p50, "s", None, None, 1.0),
        Figure("entry to published checkpoint, 1,000/s, p95", p95, "s", None, None, None),
    ]


def note(seen: list[tuple[float, int]]) -> bool:
    """Note when a larger checkpoint is first seen; tell whether any was."""
    size = size_published()
    if not seen or size > seen[-1][1]:
        seen.append((time.monotonic(), size))
    return bool(seen)


def places(count: int) -> list[int]:
    """Return the indexes of the `count` entries offered last, in order; too few, while some still wait."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.index FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id"
            " WHERE e.kind = %s ORDER BY l.index DESC LIMIT %s",
            [filling.KIND, count],
        )
        return [row[0] for row in cursor.fetchall()][::-1]


def waiting() -> int:
    """Return how many entries have no place yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_pending")
        return int(cursor.fetchone()[0])


def size_published() -> int:
    """Return the size of the published checkpoint."""
    text = published.checkpoint_text()
    return 0 if text is None else int(text.split("\n")[1])


@contextmanager
def both() -> Iterator[None]:
    """Run the sequencer's and the publisher's own commands as processes; yield when both are at work."""
    commands = [[sys.executable, "-m", "django", f"ledger_{name}"] for name in ("sequencer", "publisher")]
    running = [subprocess.Popen(command) for command in commands]
    try:
        before = size_published()
        filling.put(1)
        wait_for(lambda: size_published() > before + 1)
        yield
    finally:
        for process in running:
            process.terminate()
            process.wait()


def wait_for(holds: Callable[[], bool]) -> None:
    """Return as soon as it holds."""
    until = time.monotonic() + GIVE_UP_SECONDS
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError("the log did not get there")
        time.sleep(0.005)


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call took."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
