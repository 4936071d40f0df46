"""The Merkle tree of RFC 9162 section 2.1 over SHA-256: roots, right edges, inclusion and consistency proofs. Pure.

Checking a proof returns nothing and raises `ProofInvalid`. Building one asks a callable for the hash of a range of
leaves, so that the same code works over memory, a database or published tiles.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ledger.problem import Problem

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256().digest()

Subtree = Callable[[int, int], bytes]  # MTH(D[start:end]) for 0 <= start < end


class ProofInvalid(Problem):
    """The proof does not lead to the root."""

    code: ClassVar[str] = "proof-invalid"
    title: ClassVar[str] = "The proof does not hold"


def leaf_hash(entry: bytes) -> bytes:
    """Return H(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return H(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: the root of each complete subtree, largest first; one per set bit of `size`.

    It is all that is needed to append and to know the root, whatever the size.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        fits = self.size >= 0 and len(self.hashes) == self.size.bit_count()
        if not fits or any(len(one) != HASH_BYTES for one in self.hashes):
            raise ProofInvalid(f"A tree of {self.size} leaves has another right edge")

    def extended(self, leaf_hashes: Iterable[bytes]) -> "Edge":
        """Return the edge after appending the leaves."""
        size, hashes = self.size, list(self.hashes)
        for leaf in leaf_hashes:
            node, carry = leaf, size
            while carry & 1:
                node = node_hash(hashes.pop(), node)
                carry >>= 1
            hashes.append(node)
            size += 1
        return Edge(size, tuple(hashes))

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        if not self.hashes:
            return EMPTY_ROOT
        node = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            node = node_hash(left, node)
        return node

    def to_bytes(self) -> bytes:
        """Return the hashes one after the other; `from_bytes` needs the size beside them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> "Edge":
        """Read what `to_bytes` wrote; raise `ProofInvalid` if it is not an edge of that size."""
        return cls(size, tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)))


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return MTH of the leaves."""
    return Edge().extended(leaf_hashes).root()


def subtree_of(leaf_hashes: Sequence[bytes]) -> Subtree:
    """Return the range hash over leaves held in memory."""
    return lambda start, end: root(leaf_hashes[start:end])


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return PATH(index, D[size]) of RFC 9162 section 2.1.3.1, the leaf's sibling first."""
    if not 0 <= index < size:
        raise ProofInvalid(f"A tree of {size} leaves has no leaf {index}")
    start, end, proof = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(first: int, second: int, subtree: Subtree) -> list[bytes]:
    """Return PROOF(first, D[second]) of RFC 9162 section 2.1.4.1; empty for equal sizes and for `first` 0."""
    if not 0 <= first <= second:
        raise ProofInvalid(f"A tree of {second} leaves does not extend one of {first}")
    if first in (0, second):
        return []
    start, end, whole, proof = 0, second, True, []
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(start, middle))
            start, whole = middle, False
    if not whole:  # the old tree is not itself a node of the new one: its last complete part must be shown
        proof.append(subtree(start, end))
    return proof[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected_root: bytes) -> None:
    """Return if `leaf` is at `index` of the tree with this size and root (RFC 9162 section 2.1.3.2)."""
    if root_of_inclusion(index, size, leaf, proof) != expected_root:
        raise ProofInvalid("The inclusion proof leads to another root")


def root_of_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that the proof leads to; raise `ProofInvalid` if it has not the form for this index and size."""
    if not 0 <= index < size:
        raise ProofInvalid(f"A tree of {size} leaves has no leaf {index}")
    fn, sn, node = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise ProofInvalid("The inclusion proof is too long")
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise ProofInvalid("The inclusion proof is too short")
    return node


def verify_consistency(first: int, second: int, old: bytes, new: bytes, proof: Sequence[bytes]) -> None:
    """Return if the tree (second, new) extends (first, old), RFC 9162 section 2.1.4.2.

    Size 0 has the empty root and an empty proof, equal sizes have equal roots and an empty proof: the rule of
    C2SP tlog-witness, where libraries differ.
    """
    if not 0 <= first <= second:
        raise ProofInvalid(f"A tree of {second} leaves does not extend one of {first}")
    if first in (0, second):
        if proof or old != (EMPTY_ROOT if first == 0 else new):
            raise ProofInvalid("Equal or empty trees need an empty proof and the same root")
    elif not proof or _roots_by_path(first, second, old, proof) != (old, new):
        raise ProofInvalid("The consistency proof is empty, or leads to other roots")


def root_of_consistency(first: int, second: int, old: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root of the newer tree that the proof leads to, if it shows the older one; for 0 < first < second."""
    if not 0 < first < second or not proof:
        raise ProofInvalid("A consistency proof leads from a tree with leaves to a larger one")
    shown_old, shown_new = _roots_by_path(first, second, old, proof)
    if shown_old != old:
        raise ProofInvalid("The consistency proof leads to another old root")
    return shown_new


def contradicts(first: int, second: int, old: bytes, new: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether `proof` opens the root `new`, and shows that its first `first` leaves do not have the root `old`.

    A proof that opens nothing is `False`: anybody can send one. So is every proof from a size that is a power of two,
    since the old root is then part of the path and nothing shows what stands in its place.
    """
    if not 0 < first < second or not proof:
        return False
    try:
        shown_old, shown_new = _roots_by_path(first, second, old, proof)
    except ProofInvalid:
        return False
    return shown_new == new and shown_old != old


def _roots_by_path(first: int, second: int, old: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of both sizes that the proof leads to."""
    path = [old, *proof] if first.bit_count() == 1 else list(proof)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise ProofInvalid("The consistency proof is too long")
        if fn & 1 or fn == sn:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_node = node_hash(new_node, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise ProofInvalid("The consistency proof is too short")
    return old_node, new_node


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)
