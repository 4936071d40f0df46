"""The database's clock: the one by which consent begins and ends.

Workers' clocks differ from each other; the database's does not differ from
itself. `clock_timestamp()` and not `now()`, which stands still from the start of
the transaction, before any lock that it waited for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from datetime import datetime


def now() -> datetime:
    """Return the time at this very statement, aware, UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
    if at is None or at.tzinfo is None:
        raise TypeError("the database's clock gave no instant")
    return at  # type: ignore[no-any-return]  # timestamptz is an aware datetime
