"""What an erasure means for the rows of consent.

The verb `consent.erasure.erase_party` has done it already, in the erasure's own transaction. Something is left only
after a restore, when the erasure was replayed from the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from consent import erasure
from ledger.erasure import KIND

if TYPE_CHECKING:
    from ledger.follower import LoggedEntry


def handle(entry: LoggedEntry) -> None:
    """See to it that nothing private is left in plain columns. A repetition finds nothing."""
    if entry.kind == KIND:
        erasure.settled(entry.entry_id)
