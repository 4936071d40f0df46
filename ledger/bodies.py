"""The entries' own bytes in log order: what every root is recomputed from, in bounded memory."""

from collections.abc import Iterator
from itertools import batched

from django.db import connection

CHUNK = 4096
STATEMENT = """
SELECT l.index, e.kind, e.body FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id
WHERE l.index >= %s AND l.index < %s ORDER BY l.index
"""


def rows(start: int, end: int) -> Iterator[tuple[int, str, bytes]]:
    """Yield (index, kind, body) of each leaf from `start` to before `end`, ending early where one is missing."""
    for first in range(start, end, CHUNK):
        last = min(first + CHUNK, end)
        with connection.cursor() as cursor:
            cursor.execute(STATEMENT, [first, last])
            found = cursor.fetchall()
        for expected, (index, kind, body) in enumerate(found, start=first):
            if index != expected:
                return
            yield index, kind, bytes(body)
        if len(found) != last - first:
            return


def bodies(start: int, end: int) -> Iterator[bytes]:
    """Yield the body of each leaf from `start` to before `end`, ending early at the first that is missing."""
    return (body for _, _, body in rows(start, end))


def bundles(start: int, end: int, width: int) -> Iterator[tuple[bytes, ...]]:
    """Yield the bodies in groups of `width`."""
    return batched(bodies(start, end), width)
