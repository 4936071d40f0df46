"""Read by statements that the server parses and plans once for each connection.

Django's own cursor has a statement parsed and planned anew each time, which costs a short one four times over. For
reading only: what is read is as current as by any other way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def rows(query: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of one statement of ours; its values are bound by the server. Raises `django.db.Error`.

    While somebody counts the statements of the connection it goes by Django's cursor, so that it is counted too.
    """
    session = connections[DEFAULT_DB_ALIAS]  # looked up once: `django.db.connection` does it anew for each name
    if session.queries_logged:
        with session.cursor() as counted:
            counted.execute(query, values)
            found: list[tuple[Any, ...]] = counted.fetchall()
            return found
    session.close_if_health_check_failed()
    if session.connection is None:
        session.ensure_connection()
    session.validate_no_broken_transaction()
    with session.wrap_database_errors:
        cursor = psycopg.Cursor(session.connection)
        return cursor.execute(query, values, prepare=True).fetchall()
