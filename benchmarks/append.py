"""What it costs to append an entry in one's own transaction, beside a bare INSERT and COMMIT of the same bytes."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

import psycopg
from django.db import connection, transaction

from benchmarks import crowd
from benchmarks.crowd import INSERT
from benchmarks.pairing import Figure, compare, pin
from ledger import log
from ledger.models import Entry, Sealed

SUBJECT = "system:benchmark"
TOLERANCE = 0.25  # two equal commits differ by more than two equal questions


def figures(*, full: bool) -> list[Figure]:
    """Measure; every commit is durable (fsync on). The crowd first: later this process is pinned to one CPU."""
    connection.ensure_connection()
    body = secrets.token_bytes(size_of_one())
    together = crowd.figures(body, seconds=8 if full else 3)
    url = os.environ["DATABASE_URL"]
    bare, twin, own = (psycopg.connect(url, autocommit=True, prepare_threshold=0) for _ in range(3))
    assert connection.connection is not None  # noqa: S101 - ensured above
    pin(*(session.info.backend_pid for session in (connection.connection, bare, twin, own)))
    with tempfile.NamedTemporaryFile(dir=Path(os.environ["COUNTENANCE_VAR"])) as file:
        descriptor = file.fileno()

        def insert(_n: int) -> None:
            bare.execute(INSERT, [body])

        def insert_again(_n: int) -> None:
            twin.execute(INSERT, [body])

        def insert_in_transaction(_n: int) -> None:
            own.execute("BEGIN")
            own.execute(INSERT, [body])
            own.execute("COMMIT")

        def sync(_n: int) -> None:
            os.pwrite(descriptor, bytes(8192), 0)
            os.fdatasync(descriptor)

        return [
            compare(
                "append / bare INSERT, committing itself", append, insert, insert_again, goal=1.3, tolerance=TOLERANCE
            ),
            compare("append / 8 kB write + fdatasync", append, sync, sync, goal=2.5, tolerance=TOLERANCE),
            told(
                compare(
                    "append / BEGIN, bare INSERT, COMMIT",
                    append,
                    insert_in_transaction,
                    insert_in_transaction,
                    goal=1,
                    tolerance=TOLERANCE,
                )
            ),
            told(
                compare(
                    "BEGIN, bare INSERT, COMMIT / bare INSERT",
                    insert_in_transaction,
                    insert,
                    insert_again,
                    goal=1,
                    tolerance=TOLERANCE,
                )
            ),
            *together,
        ]


def told(figure: Figure) -> Figure:
    """Return the figure without a goal: it says where the others come from."""
    return Figure(figure.name, figure.value, figure.unit, figure.floor, figure.ratio, None, figure.spread)


def append(number: int) -> None:
    """Append one entry with its sealed opening, and commit."""
    with transaction.atomic():
        log.append("render.delivered", {"job": str(number)}, actor=SUBJECT, subject=SUBJECT)


def size_of_one() -> int:
    """Return how many bytes one entry and what is sealed with it have: the bare row has as many."""
    append(0)
    entry, sealed = Entry.objects.latest("created_at"), Sealed.objects.latest("entry__created_at")
    return len(entry.body) + len(sealed.ciphertext or b"")
