"""COSE receipts of both kinds."""

from contextlib import suppress

from ledger import cose, merkle, receipt
from ledger.problem import Problem
from tests.ledger.issuer import HASHES, LEAVES, LOG, ORIGIN, SIZE, extended, included

REFUSALS = (Problem,)
LAST = SIZE - 1  # the path of the last leaf fits one size only
INCLUDED, EXTENDED = included(LAST), extended(3, 7)
OLD, ROOT = merkle.root(HASHES[:3]), merkle.root(HASHES[:SIZE])
PROOFS = cose.parse(INCLUDED).unprotected
SEEDS = [INCLUDED, EXTENDED, included(0, 2), cose.parse(INCLUDED).protected_bytes]


def check(data: bytes) -> None:
    """Demand that no bytes but the receipt verify, and a header that the key did sign is a receipt's."""
    with suppress(Problem):
        receipt.verify_inclusion(data, LEAVES[LAST], issuer=ORIGIN, keys=LOG.keys)
        assert data == INCLUDED, "a spoiled receipt verifies"
    with suppress(Problem):
        receipt.verify_consistency(data, OLD, issuer=ORIGIN, keys=LOG.keys)
        assert data == EXTENDED, "a spoiled consistency receipt verifies"
    signature = LOG.sign(cose.to_be_signed(data, ROOT))
    signed = cose.Sign1(data, PROOFS, None, signature).to_bytes()
    claims = receipt.verify_inclusion(signed, LEAVES[LAST], issuer=ORIGIN, keys=LOG.keys).claims
    assert (claims.issuer, claims.subject) == (ORIGIN, receipt.subject(LEAVES[LAST])), "claims of something else"
