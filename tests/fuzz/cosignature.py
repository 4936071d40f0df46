"""Cosignatures under a checkpoint."""

from contextlib import suppress

from ledger import cosignature, note
from ledger.cosignature import Cosigner
from ledger.problem import Problem
from tests.fuzz.checkpoint import SEEDS as CHECKPOINTS
from tests.ledger.issuer import NOW, STATES

REFUSALS = (Problem, UnicodeDecodeError)
COSIGNER = Cosigner("witness.example/w1", STATES.public)
TEXT = note.parse(CHECKPOINTS[0].decode()).text
LINE = cosignature.sign(TEXT, COSIGNER.name, STATES, at=NOW).line()
SEEDS = [CHECKPOINTS[0] + LINE.encode(), CHECKPOINTS[0], COSIGNER.vkey().encode()]


def check(data: bytes) -> None:
    """Demand that a key has one spelling, and what verifies is what was cosigned, at the time that was said."""
    text = data.decode()
    with suppress(Problem):
        assert cosignature.parse_vkey(text).vkey() == text, "two spellings of one key"
    parsed = note.parse(text)
    found = cosignature.verify(parsed, COSIGNER)
    assert (parsed.text, found.at) == (TEXT, NOW), "a spoiled cosignature verifies"
