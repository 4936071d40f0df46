"""Checkpoints."""

from contextlib import suppress

from ledger import checkpoint, merkle
from ledger.checkpoint import Checkpoint
from ledger.problem import Problem
from tests.ledger.issuer import HASHES, LOG, ORIGIN

REFUSALS = (Problem, UnicodeDecodeError)
TREE = Checkpoint(ORIGIN, 11, merkle.root(HASHES[:11]))
SEEDS = [
    checkpoint.sign(TREE, LOG).encode(),
    TREE.text().encode(),
    Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT).text().encode(),
]


def check(data: bytes) -> None:
    """Demand that what is read is written back as the same text, and what verifies is what was signed."""
    text = data.decode()
    with suppress(Problem):
        assert checkpoint.parse_text(text).text() == text, "two spellings of one checkpoint"
    assert checkpoint.verify(text, origin=ORIGIN, keys=[LOG.public]) == TREE, "a spoiled checkpoint verifies"
