"""Times in signed documents (RFC 3339): UTC, whole seconds, one spelling.

Pure. `2026-11-22T14:35:00Z` and `2026-11-22T14:35:00+00:00` are one instant and
two hashes, so only the first is accepted.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def write(at: datetime) -> str:
    """Return `at` in UTC, cut to the second. Raises `ValueError` for a naive time."""
    if at.tzinfo is None:
        raise ValueError("a time without an offset is not an instant")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def read(text: str) -> datetime:
    """Return the instant that `text` names. Raises `ValueError` for every other spelling."""
    if not _FORM.fullmatch(text):
        raise ValueError("not a time of the form 2026-11-22T14:35:00Z")
    return datetime.fromisoformat(text)
