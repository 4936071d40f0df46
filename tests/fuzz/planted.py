"""Not a parser of ours: one exception gets out on purpose, so that a test can see that it is found."""

from ledger.problem import Problem

REFUSALS = (Problem,)
SEEDS = [b"good", b"bu"]


def check(data: bytes) -> None:
    """Refuse everything but one seed."""
    if data[:3] == b"bug":
        raise KeyError("no refusal")
    if data != b"good":
        raise Problem("refused")
