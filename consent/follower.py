"""What the log means for the rows of consent: who is told that a grant ended, and what an erasure leaves.

The verb `consent.erasure.erase_party` has done it already, in the erasure's own transaction. Something is left only
after a restore, when the erasure was replayed from the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from consent import erasure, news
from consent.takedown import erasing
from ledger.erasure import KIND

if TYPE_CHECKING:
    from ledger.follower import LoggedEntry


def handle(entry: LoggedEntry) -> None:
    """See to it that whom it concerns is told, and nothing private is left. A repetition finds nothing to do."""
    match entry.kind:
        case "consent.withdrawn" | "consent.revoked":
            news.tell_named(entry.entry_id)
        case kind if kind == KIND:
            erasure.settled(entry.entry_id)
            erasing.settled(entry.entry_id)
