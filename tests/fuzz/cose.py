"""COSE_Sign1 and the CBOR under it."""

from contextlib import suppress

from ledger import cose
from ledger.problem import Problem
from tests.ledger.issuer import LOG

REFUSALS = (Problem,)
ATTACHED = cose.sign({3: "text/plain", 15: {1: "a", 2: "b", 6: 1}}, b"payload", LOG)
SEEDS = [
    ATTACHED.to_bytes(),
    ATTACHED.with_unprotected({394: [b"one", b"two"], -1: None, "text": -(2**64)}).to_bytes(),
    cose.encode({1: [2**64 - 1, -1, b"", "", None], -70000: {"a": {}}}),
]


def check(data: bytes) -> None:
    """Demand that what is read has this one spelling, and what verifies is what was signed."""
    with suppress(Problem):
        assert cose.encode(cose.decode(data)) == data, "two spellings of one value"
    message = cose.parse(data)
    assert message.to_bytes() == data, "two spellings of one message"
    cose.verify(message, LOG.keys)
    signed = (message.protected_bytes, message.payload, message.signature)
    assert signed == (ATTACHED.protected_bytes, ATTACHED.payload, ATTACHED.signature), "a spoiled message verifies"
