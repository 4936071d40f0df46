"""How old the public record is: its state by the database's clock, its cosignatures by the witnesses' own.

Whoever decides about people while the log does not move decides on something that nobody outside can check any more.
So a decision asks here first, and is refused while the record is older than `LEDGER_STALE_SECONDS`.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import ClassVar

from django.conf import settings

from ledger import checkpoint, keyring, note, prepared, published, witnesses
from ledger.checkpoint import Checkpoint
from ledger.problem import Problem

AGE = (
    "SELECT statement_timestamp() - created_at FROM ledger_head WHERE size = %s::bigint AND root = %s"  # each decision
)


class RecordStale(Problem):
    """The published log is older than a decision may rest on; it is taken up again once the log moves."""

    code: ClassVar[str] = "record-stale"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The public record is out of date"


def require() -> None:
    """Return if what is published is recent enough to decide on; raise `RecordStale` if not, or if there is nothing.

    0 in `LEDGER_STALE_SECONDS` asks nothing; a system check admits that in development only.
    """
    if not settings.LEDGER_STALE_SECONDS:
        return
    text = published.checkpoint_text()
    if text is None:
        raise _stale("Nothing is published yet")
    try:
        known, cosigned_at = _verified(text)
    except Problem as problem:
        raise _stale(f"The published checkpoint does not hold: {problem.detail}") from problem
    limit = timedelta(seconds=settings.LEDGER_STALE_SECONDS)
    age = _state_age(known)
    if age is None or age > limit:
        raise _stale("The published state is too old")
    if cosigned_at is not None and abs(datetime.now(UTC) - cosigned_at) > limit:  # in the future: our clock is wrong
        raise _stale("The witnesses' cosignatures are too old, or this server's clock is wrong")


@lru_cache(maxsize=2)
def _verified(text: str) -> tuple[Checkpoint, datetime | None]:
    """Return the checkpoint, and when the quorum was reached; `None` if no witness is asked for.

    The time is that of the oldest of the cosignatures that the quorum needs, the youngest ones being counted.
    """
    keys = [key.public for key in keyring.public_keys("log")]
    known = checkpoint.verify(text, origin=settings.LEDGER_ORIGIN, keys=keys)
    policy = witnesses.configured().policy
    if not policy.quorum:
        return known, None
    times = sorted((one.at for one in policy.verify(note.parse(text))), reverse=True)
    return known, datetime.fromtimestamp(times[policy.quorum - 1], UTC)


def _state_age(known: Checkpoint) -> timedelta | None:
    """Return how long ago the published state was recorded; `None` if the database knows no such tree."""
    found = prepared.rows(AGE, [known.size, known.root])
    return found[0][0] if found else None


def _stale(detail: str) -> RecordStale:
    remedy = "Try again in a minute; if it stays so, see that sequencer, publisher and witnesses run"
    return RecordStale(detail, remedy=remedy)
