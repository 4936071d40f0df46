"""SCITT statements, with and without a receipt."""

from contextlib import suppress

from ledger import cose, transparent
from ledger.problem import Problem
from tests.ledger.issuer import LEAVES, LOG, ORIGIN, SIZE, STATES, included

REFUSALS = (Problem,)
LAST = SIZE - 1  # the path of the last leaf fits one size only
STATEMENT = transparent.sign_statement(LEAVES[LAST], issuer=ORIGIN, signer=STATES)
TRANSPARENT = transparent.attach(STATEMENT, included(LAST))
SEEDS = [STATEMENT, TRANSPARENT, cose.parse(STATEMENT).protected_bytes]


def check(data: bytes) -> None:
    """Demand that no bytes but the statement verify, and a header that the key did sign is a statement's."""
    with suppress(Problem):
        transparent.verify_statement(data, issuer=ORIGIN, keys=STATES.keys)
        assert data == STATEMENT, "a spoiled statement verifies"
    with suppress(Problem):
        transparent.verify(data, issuer=ORIGIN, statement_keys=STATES.keys, receipt_keys=LOG.keys)
        assert data == TRANSPARENT, "a spoiled transparent statement verifies"
    signed = cose.Sign1(data, {}, LEAVES[LAST], STATES.sign(cose.to_be_signed(data, LEAVES[LAST])))
    transparent.verify_statement(signed.to_bytes(), issuer=ORIGIN, keys=STATES.keys)
    assert data == cose.parse(STATEMENT).protected_bytes, "a header of something else is a statement's"
