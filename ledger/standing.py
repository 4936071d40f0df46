"""What holds of one grant, proved to whoever reads the log: by the state tree whose root the newest entry records.

The sequencer's tables give number and path; nothing they say counts before it leads to the published root.
"""

from dataclasses import dataclass, replace

from ledger import merkle, state, statetable
from ledger.models import GrantState
from ledger.problem import Problem
from ledger.publiclog import PublicEntry, PublicLog, commit_bytes
from ledger.state import Record, Status


@dataclass(frozen=True, slots=True)
class Standing:
    """A grant's record that leads to the root in `recorded`. `changed_by` is `None` while nothing has changed it."""

    record: Record
    recorded: PublicEntry
    changed_by: PublicEntry | None


def of_grant(log: PublicLog, entry: PublicEntry) -> Standing | None:
    """Return what the newest published state says of the grant that this entry recorded.

    `None` says that it cannot be shown now: the tables are ahead of what is published, or there is no state to show it.
    """
    row = GrantState.objects.filter(commit=commit_bytes(entry)).first()
    if row is None or log.state is None or log.summary is None:
        return None
    record = state.recorded(row.number, entry.index, entry.body)
    if entry.index < row.last_index < log.size and row.status in set(Status):
        record = replace(record, status=Status(row.status), last_index=row.last_index)
    if not _leads(record, log.summary):
        return None
    if record.last_index == entry.index:
        return Standing(record, log.state, None)
    changed_by = log.entry(record.last_index)
    return Standing(record, log.state, changed_by) if _named(entry, changed_by, record.status) else None


def _named(entry: PublicEntry, changed_by: PublicEntry, status: Status) -> bool:
    """Tell whether that entry names this grant, and as what it now is."""
    name, becomes = state.CHANGES.get(changed_by.kind, ("", None))
    return becomes == status and entry.commit in changed_by.body.get(name, ())


def _leads(record: Record, summary: state.Summary) -> bool:
    if record.number >= summary.grants:
        return False
    try:
        path = statetable.inclusion_proof(record.number, summary.grants)
        merkle.verify_inclusion(record.number, summary.grants, record.leaf_hash(), path, summary.root)
    except (Problem, IndexError):
        return False
    return True
