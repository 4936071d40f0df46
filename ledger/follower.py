"""Consequences: apps further right read the log in order, each at its own pace, and act.

A follower handles each sequenced entry once: its handler and the move of its cursor commit together. If we crash in
between, neither happened, and the entry is handled again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from ledger.entry import decode
from ledger.models import Entry, FollowerCursor, Leaf

LIMIT = 256


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """What a follower sees: the place, the kind and the public body; the rest is in the app's own rows."""

    index: int
    kind: str
    entry_id: UUID
    body: dict[str, Any]


Handle = Callable[[LoggedEntry], None]


def visit(name: str, handle: Handle, limit: int = LIMIT) -> int:
    """Hand up to `limit` entries to `handle`, in log order; return how many were handled.

    An exception of the handler is raised with the cursor before that entry, and what it wrote undone.
    """
    FollowerCursor.objects.get_or_create(name=name)
    handled = 0
    while handled < limit and _next(name, handle):
        handled += 1
    return handled


def _next(name: str, handle: Handle) -> bool:
    """Handle one entry; `False`: there is none yet, or another process is at this cursor."""
    with transaction.atomic():
        cursor = FollowerCursor.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if cursor is None:
            return False
        leaf = Leaf.objects.select_related("entry").filter(index=cursor.next_index).first()
        if leaf is None:
            return False
        handle(_logged(leaf.index, leaf.entry))
        cursor.next_index += 1
        cursor.save(update_fields=["next_index"])
    return True


def _logged(index: int, entry: Entry) -> LoggedEntry:
    body = decode(bytes(entry.body))
    return LoggedEntry(index=index, kind=body["kind"], entry_id=entry.pk, body=body)
