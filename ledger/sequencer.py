"""Give committed entries their places in the tree. One batch, one transaction, under one advisory lock.

Writers never wait for each other: an insert makes an entry pending, and only here is it numbered. The order is that of
arrival among what has committed. If we crash before COMMIT nothing happened; after it, the batch is durable.
"""

import logging

from django.db import connection, transaction

from ledger import log, merkle
from ledger.models import Entry, Head, Leaf, Pending

BATCH = 1024
LOCK = 0x636F756E74656E61  # the sequencer's advisory lock: two may run, one works

logger = logging.getLogger(__name__)


def sequence(limit: int = BATCH) -> int:
    """Append up to `limit` pending entries to the tree; return how many. The first of all is the genesis entry."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        # From here on nobody else numbers, and what the last one committed is visible (READ COMMITTED).
        edge = _edge()
        if edge.size == 0:
            log.open_log()
        batch = _pending(limit, opening=edge.size == 0)
        if batch:
            _append(edge, batch)
        return len(batch)


def _edge() -> merkle.Edge:
    head = Head.objects.order_by("-size").first()
    return merkle.Edge() if head is None else merkle.Edge.from_bytes(head.size, bytes(head.edge))


def _pending(limit: int, *, opening: bool) -> list[Entry]:
    """Return entries in order of arrival; when the log opens, its own entry goes first, whoever came before."""
    waiting = Pending.objects.order_by("pk").select_related("entry")
    batch = [row.entry for row in waiting[:limit]]
    if not opening:
        return batch
    genesis = Entry.objects.get(kind=log.GENESIS)
    return [genesis, *[entry for entry in batch if entry != genesis][: limit - 1]]


def _append(edge: merkle.Edge, batch: list[Entry]) -> None:
    hashes = [merkle.leaf_hash(bytes(entry.body)) for entry in batch]
    Leaf.objects.bulk_create(
        Leaf(index=edge.size + place, entry=entry, leaf_hash=leaf)
        for place, (entry, leaf) in enumerate(zip(batch, hashes, strict=True))
    )
    edge = edge.extended(hashes)
    Head.objects.create(size=edge.size, root=edge.root(), edge=edge.to_bytes())
    Pending.objects.filter(entry__in=batch).delete()
    logger.debug("tree size %d", edge.size)
