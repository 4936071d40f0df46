"""The tree of RFC 9162 section 2.1: roots, paths, and a tree that grows in constant memory.

Written from the recursive definitions, not from the iterative procedures that the writer follows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from .findings import require

HASH = 32
WIDTH = 256
EMPTY = sha256(b"").digest()

Part = Callable[[int, int], bytes]  # MTH(D[start:end]), 0 <= start < end


def leaf(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def largest_power_below(size: int) -> int:
    """Return the largest power of two smaller than `size`, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1


def tree_root(hashes: list[bytes]) -> bytes:
    """Return MTH by its definition (section 2.1.1)."""
    if len(hashes) < 2:  # noqa: PLR2004 - MTH({}) and MTH({d0})
        return hashes[0] if hashes else EMPTY
    left = largest_power_below(len(hashes))
    return node(tree_root(hashes[:left]), tree_root(hashes[left:]))


def root_by_path(leaf_hash: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that PATH(index, D[size]) gives, by its definition read backwards (section 2.1.3.1)."""
    if size == 1:
        require(not path, "the proof is too long")
        return leaf_hash
    require(path, "the proof is too short")
    left = largest_power_below(size)
    if index < left:
        return node(root_by_path(leaf_hash, index, left, path[:-1]), path[-1])
    return node(path[-1], root_by_path(leaf_hash, index - left, size - left, path[:-1]))


def consistency_path(first: int, size: int, part: Part) -> list[bytes]:
    """Return PROOF(first, D[size]) for 0 < first < size, by its definition (section 2.1.4.1)."""
    return _subproof(first, 0, size, part, whole=True)


def _subproof(first: int, start: int, size: int, part: Part, *, whole: bool) -> list[bytes]:
    if first == size:
        return [] if whole else [part(start, start + size)]
    left = largest_power_below(size)
    if first <= left:
        return [*_subproof(first, start, left, part, whole=whole), part(start + left, start + size)]
    return [*_subproof(first - left, start + left, size - left, part, whole=False), part(start, start + left)]


def extends(first: int, old: bytes, size: int, new: bytes, path: list[bytes]) -> None:
    """Return if `path` shows that the tree (size, new) begins with (first, old); raise `NotTrue` otherwise.

    The empty tree begins every tree, and a tree begins itself: both with an empty path (C2SP tlog-witness).
    """
    require(first <= size, f"a tree of {size} leaves does not begin with one of {first}")
    if first in (0, size):
        require(not path, "trees of this size need an empty proof")
        require(old == (new if first else EMPTY), "two trees of one size have different roots")
    else:
        require(_roots(first, size, old, path, whole=True) == (old, new), "the proof leads to other roots")


def extended(first: int, old: bytes, size: int, path: list[bytes]) -> bytes:
    """Return the root of `size` leaves to which `path` leads from (first, old); raise `NotTrue` if it leads nowhere."""
    require(0 < first < size, "the sizes are not those of a tree and of a larger one")
    before, after = _roots(first, size, old, path, whole=True)
    require(before == old, "the proof does not begin with the older tree")
    return after


def _roots(first: int, size: int, old: bytes, path: list[bytes], *, whole: bool) -> tuple[bytes, bytes]:
    """Return the old and the new root of a part that PROOF describes, by its definition read backwards."""
    if first == size:
        require(len(path) == (not whole), "the proof has another length")
        return (old, old) if whole else (path[0], path[0])
    require(path, "the proof is too short")
    left = largest_power_below(size)
    if first <= left:
        before, after = _roots(first, left, old, path[:-1], whole=whole)
        return before, node(after, path[-1])
    before, after = _roots(first - left, size - left, old, path[:-1], whole=False)
    return node(path[-1], before), node(path[-1], after)


@dataclass
class Growth:
    """A tree that only grows: of each tile level, the hashes of the one tile that is not full yet, and no more."""

    size: int = 0
    levels: list[list[bytes]] = field(default_factory=list)

    def add(self, hashed: bytes) -> Iterator[tuple[int, int, list[bytes]]]:
        """Append a leaf hash; yield level, number and hashes of each tile that it fills. Must be drained."""
        self.size += 1
        level = 0
        while True:
            if level == len(self.levels):
                self.levels.append([])
            self.levels[level].append(hashed)
            if len(self.levels[level]) < WIDTH:
                return
            full, self.levels[level] = self.levels[level], []
            yield level, (self.size >> 8 * (level + 1)) - 1, full
            hashed, level = tree_root(full), level + 1

    def partial(self) -> Iterator[tuple[int, int, list[bytes]]]:
        """Yield level, number and hashes of each tile that has begun."""
        for level, hashes in enumerate(self.levels):
            if hashes:
                yield level, self.size >> 8 * (level + 1), hashes

    def root(self) -> bytes:
        """Return the root: what a level has begun stands right of all its full tiles, which the next one holds."""
        rest: list[bytes] = []
        for hashes in self.levels:
            if hashes:
                rest = [tree_root(hashes + rest)]
        return rest[0] if rest else EMPTY
