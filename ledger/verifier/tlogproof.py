"""Check one C2SP tlog-proof: the place of an entry under a checkpoint, and the witnesses of that checkpoint."""

from collections.abc import Sequence

from .checkpoint import check_policies
from .findings import Findings
from .logformat import LogKey, verified_place
from .policy import Policy


def check(text: str, entry: bytes, keys: Sequence[LogKey], policies: Sequence[Policy] = ()) -> Findings:
    """Check that the log has `entry` at the place that the proof names."""
    findings = Findings()
    with findings.check("the log has the entry, under a checkpoint that its key signed"):
        verified_place(text, entry, *keys)
    check_policies(text.partition("\n\n")[2], policies, findings)
    return findings
