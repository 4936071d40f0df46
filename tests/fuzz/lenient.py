"""Not a parser of ours: it takes no notice of what follows, on purpose, so that a test can see that this is found."""

from ledger.problem import Problem

REFUSALS = (Problem,)
SEEDS = [b"good"]


def check(data: bytes) -> None:
    """Demand that only the seed is accepted, of a reader that looks at its first bytes only."""
    if data[:4] != b"good":
        raise Problem("refused")
    assert data == b"good", "spoiled, and accepted"
