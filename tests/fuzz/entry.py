"""Leaves of the log."""

from datetime import UTC, datetime

from ledger import entry
from ledger.canonical import canonical
from ledger.problem import Problem

REFUSALS = (Problem,)
AT = datetime(2026, 11, 22, 14, 35, tzinfo=UTC)
COMMIT = "q" * 42 + "o"
SEEDS = [
    entry.encode("party.registered", bytes(32), AT),
    entry.encode("grant.recorded", bytes(32), AT, {"expires": "2027-11-22T14:35Z"}),
    entry.encode("consent.withdrawn", bytes(32), AT, {"ends": [COMMIT]}),
    entry.encode("state.recorded", bytes(32), AT, {"as_of": 9, "grants": 2, "root": COMMIT, "status_list": COMMIT}),
]


def check(data: bytes) -> None:
    """Demand that a leaf is the canonical spelling of a known kind, with its fields and no other."""
    body = entry.decode(data)
    assert canonical(body) == data, "two spellings of one entry"
    kind = entry.KINDS[body["kind"]]
    assert set(body) == entry.RESERVED | set(kind.fields(body["v"])), "an entry with other fields"
    assert entry.is_minute(body["time"])
    assert entry.is_commitment(body["commit"])
