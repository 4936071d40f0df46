"""Keys from numbers, a small tree, and what is signed over it."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import entry, merkle, receipt, transparent

ORIGIN = "example.com/log"
NOW = 1_800_000_000
SIZE, INDEX = 11, 3
LEAVES = [
    entry.encode("party.registered", bytes([number]) * 32, datetime(2026, 11, 22, tzinfo=UTC)) for number in range(20)
]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]
LEAF = LEAVES[INDEX]


class Issuer:
    """An Ed25519 key that signs, under an id."""

    def __init__(self, seed: int) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self.private.public_key().public_bytes_raw()
        self.key_id = f"{seed:016x}"

    @property
    def keys(self) -> dict[bytes, bytes]:
        return {self.key_id.encode(): self.public}

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


LOG, STATES = Issuer(1), Issuer(2)


def included(index: int = INDEX, size: int = SIZE, *, signer: Issuer = LOG, issuer: str = ORIGIN) -> bytes:
    """Return the receipt of a leaf in the tree of the first `size` leaves."""
    path = merkle.inclusion_proof(index, size, merkle.subtree_of(HASHES))
    return receipt.sign_inclusion(LEAVES[index], index, size, path, issuer=issuer, issued_at=NOW, signer=signer)


def extended(first: int, second: int) -> bytes:
    """Return the receipt that the second tree extends the first."""
    path = merkle.consistency_proof(first, second, merkle.subtree_of(HASHES))
    old = merkle.root(HASHES[:first])
    return receipt.sign_consistency(first, second, old, path, issuer=ORIGIN, issued_at=NOW, signer=LOG)


def stated() -> bytes:
    """Return the signed statement of the leaf."""
    return transparent.sign_statement(LEAF, issuer=ORIGIN, signer=STATES)
