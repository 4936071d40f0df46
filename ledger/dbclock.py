"""The database's clock, guessed between two answers of its own.

All workers share that one clock. To ask it costs a round trip, so it is asked once and then carried forward by the
monotonic clock; whoever writes a guess lets the database judge it in the same statement (see `ledger.log`).
"""

import time
from datetime import datetime, timedelta

from django.db import connection

TOLERANCE_SECONDS = 1.0  # what a written guess may be off: entries show minutes

_anchor: tuple[float, datetime] | None = None  # when we last heard from the database, by both clocks


def guess() -> datetime:
    """Return the database's time as it should be now; ask if it was never heard."""
    if _anchor is None:
        return ask()
    heard, said = _anchor
    return said + timedelta(seconds=time.monotonic() - heard)


def ask() -> datetime:
    """Ask the database, and carry its answer forward from here on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
    heard(now)
    return now


def heard(now: datetime) -> None:
    """Take what a statement has just said of its own time."""
    global _anchor  # noqa: PLW0603 - one clock for the process
    _anchor = (time.monotonic(), now)
