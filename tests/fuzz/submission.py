"""Bodies of `add-checkpoint` as a witness reads them."""

from ledger.witness import submission
from ledger.witness.submission import Malformed
from tests.fuzz.checkpoint import SEEDS as CHECKPOINTS
from tests.ledger.issuer import HASHES

REFUSALS = (Malformed,)
SEEDS = [
    submission.encode(3, HASHES[:4], CHECKPOINTS[0].decode()),
    submission.encode(0, [], CHECKPOINTS[0].decode()),
]


def check(data: bytes) -> None:
    """Demand that what is read is written back as the same bytes."""
    found = submission.decode(data)
    assert submission.encode(found.old, found.proof, found.checkpoint) == data, "two spellings of one submission"
