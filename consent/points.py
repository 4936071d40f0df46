"""A point in the log: so many entries had happened, and the clock showed a moment.

Named by the size of the tree, by an entry (the point just after it), or by a time (the last batch that was integrated
then). Every point is one that a published checkpoint covers, and its root is proved to be a part of that checkpoint's:
whoever has the log can say whether the answer was computed over the log that everybody sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from consent import clock
from ledger import log, merkle, published
from ledger.canonical import MAX_INTEGER
from ledger.models import Head, Leaf
from ledger.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from ledger.checkpoint import Checkpoint

LARGEST: Final = MAX_INTEGER  # as JSON spells it


class PointUnknown(Problem):
    """There is no such point, or no published checkpoint covers it yet. Whose entry an id names is not told."""

    code: ClassVar[str] = "point-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "The log has no such point"


@dataclass(frozen=True, slots=True)
class Point:
    """`size` entries, of which the last was integrated at `integrated_at`; clocks are taken to show `at`.

    `root` is that of the first `size` entries; `consistency` proves that `checkpoint` extends it (RFC 9162, 2.1.4).
    """

    size: int
    at: datetime
    integrated_at: datetime
    root: bytes
    checkpoint: Checkpoint
    consistency: tuple[bytes, ...]


def after(size: int) -> Point:
    """Return the point at which the log had this many entries, when their batch was integrated."""
    head = Head.objects.filter(size__gte=size).order_by("size").first() if 0 < size <= LARGEST else None
    if head is None:
        raise _unknown("/as_of/size")
    return _anchored(size, head.created_at, head.created_at, "/as_of/size")


def just_after(entry: UUID) -> Point:
    """Return the point just after an entry."""
    index = Leaf.objects.filter(entry_id=entry).values_list("index", flat=True).first()
    if index is None:
        raise _unknown("/as_of/entry")
    return after(index + 1)


def at(moment: datetime) -> Point:
    """Return the point at a time: the last entries that were integrated by then, by the database's clock."""
    if moment.tzinfo is None or moment > clock.now():
        raise _unknown("/as_of/time")
    head = Head.objects.filter(created_at__lte=moment).order_by("-size").first()
    if head is None:
        raise _unknown("/as_of/time")
    return _anchored(head.size, moment, head.created_at, "/as_of/time")


def _anchored(size: int, moment: datetime, integrated_at: datetime, pointer: str) -> Point:
    """Prove that the newest published checkpoint extends the tree of this size. Raises `LogUnverifiable`."""
    text = published.checkpoint_text()
    if text is None:
        raise _unknown(pointer)
    signed = log.verified(text)
    if size > signed.size:
        raise _unknown(pointer)
    with log.verifying():
        tree = published.tree(signed.size)
        root, proof = tree.subtree(0, size), tree.consistency_proof(size)
        merkle.verify_consistency(size, signed.size, root, signed.root, proof)
    return Point(size, moment, integrated_at, root, signed, tuple(proof))


def _unknown(pointer: str) -> PointUnknown:
    remedy = "Name a size, an entry or a past time that the published checkpoint covers; a new entry takes a second."
    return PointUnknown("No published checkpoint covers such a point.", pointer=pointer, remedy=remedy)
