"""Give committed entries their places in the tree. One batch, one transaction, by the one sequencer that leads.

Writers never wait for each other: an insert makes an entry pending, and only here is it numbered. The order is that of
arrival among what has committed. Every batch ends with a `state.recorded` entry: what holds of every grant after all
entries before it. If we crash before COMMIT nothing happened; after it, the batch is durable.

Who leads is said by an epoch in the database: whoever takes over raises it, and each batch checks it under lock. A
sequencer that slept through its replacement comes back to an epoch that is no longer its own, and numbers nothing.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from ledger import log, merkle, statetable
from ledger.bodies import rows
from ledger.entry import decode
from ledger.models import Entry, Fence, Head
from ledger.problem import Problem
from ledger.state import Summary

BATCH = 4096
LOCK = 0x636F756E74656E61  # the session lock of the sequencer that leads; others stand by
STAND_BY_SECONDS = 0.5

Waiting = tuple[UUID, str, bytes, int]  # entry, kind, body, place in the queue; 0: the trigger knows it, we do not

logger = logging.getLogger(__name__)


class Fenced(Problem):
    """Another sequencer has taken over. This one must end; nothing of its batch was written."""

    code: ClassVar[str] = "sequencer-fenced"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "Another sequencer leads"


@contextmanager
def lead(stopping: Callable[[], bool] = lambda: False) -> Iterator[int | None]:
    """Wait until no other sequencer leads, take over, and hold on while the block lasts; `None` if told to stop first.

    The session lock makes the others wait; the epoch keeps this one from numbering if its session is lost unnoticed.
    """
    while not _session_lock("pg_try_advisory_lock"):
        if stopping():
            yield None
            return
        time.sleep(STAND_BY_SECONDS)
    try:
        yield take_over()
    finally:
        _session_lock("pg_advisory_unlock")


def take_over() -> int:
    """Raise the epoch and return it: whoever led before is fenced off."""
    with transaction.atomic():
        fence = _fence()
        fence.epoch += 1
        fence.save(update_fields=["epoch"])
    return fence.epoch


def sequence(limit: int = BATCH, *, epoch: int | None = None) -> int:
    """Append up to `limit` pending entries to the tree, and the state; return how many leaves that made.

    With nothing pending the state is recorded again once it is `LEDGER_STATE_SECONDS` old, so that "not withdrawn" can
    be shown to be recent. `epoch` is the one that `lead` gave; `None` takes over for this one batch. Raises `Fenced`.
    """
    with transaction.atomic():
        _check(take_over() if epoch is None else epoch)
        # From here on nobody else numbers, and what the last one committed is visible (READ COMMITTED).
        head = Head.objects.order_by("-size").first()
        batch = _pending(limit)
        if head is None:
            genesis = log.open_log()
            batch = [_ours(genesis), *batch]
        elif not batch and not _state_is_old(head):
            return 0
        return _append(merkle.Edge() if head is None else merkle.Edge.from_bytes(head.size, bytes(head.edge)), batch)


def _append(edge: merkle.Edge, batch: list[Waiting]) -> int:
    numbered = [(edge.size + place, kind, body) for place, (_, kind, body, _) in enumerate(batch)]
    now = statetable.fold(_state_before(edge.size), numbered)
    as_of = edge.size + len(batch)
    state = log.record_state(as_of, now.public(as_of))
    batch = [*batch, _ours(state)]
    hashes = [merkle.leaf_hash(body) for _, _, body, _ in batch]
    _insert(edge.size, batch, hashes)
    edge = edge.extended(hashes)
    Head.objects.create(size=edge.size, root=edge.root(), edge=edge.to_bytes())
    logger.debug("tree size %d", edge.size)
    return len(batch)


def _state_before(size: int) -> Summary:
    """Return what holds at this size: the last leaf says it. If it does not, every entry is folded again."""
    last = next(rows(size - 1, size), None) if size else None
    if last is not None and last[1] == log.STATE:
        return Summary.of(decode(last[2]))
    statetable.clear()
    summary = Summary()
    for start in range(0, size, BATCH):
        summary = statetable.fold(summary, rows(start, min(start + BATCH, size)))
    return summary


def _state_is_old(head: Head) -> bool:
    limit = timedelta(seconds=settings.LEDGER_STATE_SECONDS)
    return Head.objects.filter(pk=head.pk, created_at__lte=Now() - limit).exists()


def _fence() -> Fence:
    return Fence.objects.select_for_update().get_or_create(pk=1)[0]


def _check(epoch: int) -> None:
    if (leads := _fence().epoch) != epoch:
        raise Fenced(f"Epoch {leads} leads, this sequencer has {epoch}", remedy="Nothing, if you started another")


def _ours(entry: Entry) -> Waiting:
    return entry.pk, entry.kind, bytes(entry.body), 0


def _pending(limit: int) -> list[Waiting]:
    """Return what waits, in order of arrival; when the log opens, its own entry is not among them yet."""
    statement = """
        SELECT e.id, e.kind, e.body, p.id FROM ledger_pending p JOIN ledger_entry e ON e.id = p.entry_id
        ORDER BY p.id LIMIT %s
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [limit])
        return list(cursor.fetchall())


def _insert(start: int, batch: Sequence[Waiting], hashes: Sequence[bytes]) -> None:
    """Write the places and take the batch off the queue; the triggers check both as a whole."""
    with connection.cursor() as cursor:
        with cursor.copy("COPY ledger_leaf (index, entry_id, leaf_hash) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "uuid", "bytea"])
            for place, ((entry, _, _, _), leaf) in enumerate(zip(batch, hashes, strict=True)):
                copy.write_row((start + place, entry, leaf))
        ours = [entry for entry, _, _, queued in batch if not queued]
        theirs = [queued for _, _, _, queued in batch if queued]
        cursor.execute("DELETE FROM ledger_pending WHERE id = ANY(%s) OR entry_id = ANY(%s)", [theirs, ours])


def _session_lock(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
