"""What it costs to append an entry in one's own transaction, beside a bare INSERT and COMMIT of the same bytes."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

import psycopg
from django.db import connection, transaction

from benchmarks.pairing import Figure, compare, pin
from ledger import log

BARE = "CREATE TABLE IF NOT EXISTS bare_entry (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), body bytea NOT NULL)"


def figures() -> list[Figure]:
    """Measure; every commit is durable (fsync on)."""
    connection.ensure_connection()
    url = os.environ["DATABASE_URL"]
    floor, twin = (psycopg.connect(url, autocommit=True, prepare_threshold=0) for _ in range(2))
    floor.execute(BARE)
    assert connection.connection is not None  # noqa: S101 - ensured above
    pin(*(session.info.backend_pid for session in (connection.connection, floor, twin)))
    body = secrets.token_bytes(220)
    with tempfile.NamedTemporaryFile(dir=Path(os.environ["COUNTENANCE_VAR"])) as file:
        descriptor = file.fileno()
        return [
            compare(
                "append / bare INSERT + COMMIT",
                append,
                lambda _n: floor.execute("INSERT INTO bare_entry (body) VALUES (%s)", [body]),
                lambda _n: twin.execute("INSERT INTO bare_entry (body) VALUES (%s)", [body]),
                goal=1.3,
                tolerance=0.25,
            ),
            compare(
                "append / 8 kB write + fdatasync",
                append,
                lambda _n: synced(descriptor),
                lambda _n: synced(descriptor),
                goal=2.5,
                tolerance=0.25,
            ),
        ]


def append(number: int) -> None:
    """Append one entry with its sealed opening, and commit."""
    with transaction.atomic():
        log.append("render.delivered", {"job": str(number)}, actor="system:benchmark", subject="system:benchmark")


def synced(descriptor: int) -> None:
    """Write 8 kB and wait until they are on the disk."""
    os.pwrite(descriptor, bytes(8192), 0)
    os.fdatasync(descriptor)
