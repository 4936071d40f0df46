"""What holds of one grant, proved to whoever reads the log: by the state tree whose root the newest entry records.

The sequencer's tables give number and path; nothing they say counts before it leads to the published root.
"""

from dataclasses import dataclass

from ledger import merkle, state, statetable
from ledger.models import GrantState
from ledger.problem import Problem
from ledger.publiclog import PublicEntry, PublicLog, commit_bytes
from ledger.state import Record, Status


@dataclass(frozen=True, slots=True)
class Standing:
    """A grant's record that leads to the root in `recorded`. `ended_by` is `None` while nobody took the grant back."""

    record: Record
    recorded: PublicEntry
    ended_by: PublicEntry | None


def of_grant(log: PublicLog, entry: PublicEntry) -> Standing | None:
    """Return what the newest published state says of the grant that this entry recorded.

    `None` says that it cannot be shown now: the tables are ahead of what is published, or there is no state to show it.
    """
    row = GrantState.objects.filter(commit=commit_bytes(entry)).first()
    if row is None or log.state is None or log.summary is None:
        return None
    record = state.recorded(row.number, entry.index, entry.body)
    if row.status == Status.INVALID and row.last_index < log.size:
        record = record.ended(row.last_index)
    if not _leads(record, log.summary):
        return None
    if record.status == Status.VALID:
        return Standing(record, log.state, None)
    ended_by = log.entry(record.last_index)
    return Standing(record, log.state, ended_by) if entry.commit in ended_by.body.get("ends", ()) else None


def _leads(record: Record, summary: state.Summary) -> bool:
    if record.number >= summary.grants:
        return False
    try:
        path = statetable.inclusion_proof(record.number, summary.grants)
        merkle.verify_inclusion(record.number, summary.grants, record.leaf_hash(), path, summary.root)
    except (Problem, IndexError):
        return False
    return True
