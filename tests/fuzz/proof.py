"""tlog-proof texts."""

from ledger import merkle, proof
from ledger.problem import Problem
from ledger.proof import Proof
from tests.fuzz.checkpoint import SEEDS as CHECKPOINTS
from tests.fuzz.checkpoint import TREE
from tests.ledger.issuer import HASHES, INDEX, LOG, ORIGIN

REFUSALS = (Problem, UnicodeDecodeError)
PATH = tuple(merkle.inclusion_proof(INDEX, TREE.size, merkle.subtree_of(HASHES)))
CHECKPOINT = CHECKPOINTS[0].decode()
SEEDS = [
    Proof(INDEX, PATH, CHECKPOINT).text().encode(),
    Proof(INDEX, PATH, CHECKPOINT, b"extra").text().encode(),
    Proof(0, (), CHECKPOINT, b"").text().encode(),
]


def check(data: bytes) -> None:
    """Demand that what is read is written back as the same text, and what verifies is the entry's own place."""
    text = data.decode()
    found = proof.parse(text)
    assert found.text() == text, "two spellings of one proof"
    signed = proof.verify(found, HASHES[INDEX], origin=ORIGIN, keys=[LOG.public])
    assert (signed, found.index, found.hashes) == (TREE, INDEX, PATH), "a spoiled proof verifies"
