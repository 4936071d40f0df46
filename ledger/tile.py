"""C2SP tlog-tiles: paths, hash tiles, entry bundles, and proofs read from them. Pure.

A tile holds 1 to 256 hashes of 32 bytes; hash i of tile n at level L covers leaves (n*256 + i) * 256^L and on. Partial
tiles carry their width in the path, so that whatever was published once never changes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from ledger import merkle
from ledger.entry import MAX_BYTES
from ledger.problem import Problem

WIDTH = 256
TILE_LEVELS = 8  # tree levels in one tile level
LENGTH_BYTES = 2

Read = Callable[[str], bytes]  # the bytes of a published path, or an exception


class TileInvalid(Problem):
    """The bytes are not the tile or bundle that the path names."""

    code: ClassVar[str] = "tile-invalid"
    title: ClassVar[str] = "Not a tile of the log"


def number_path(number: int) -> str:
    """Return N in groups of three digits, all but the last with an x: 1234067 is x001/x234/067."""
    digits = f"{number:d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])


def hash_path(level: int, number: int, width: int = WIDTH) -> str:
    """Return the path of a hash tile, without a leading slash."""
    return f"tile/{level}/{_numbered(number, width)}"


def bundle_path(number: int, width: int = WIDTH) -> str:
    """Return the path of an entry bundle, without a leading slash."""
    return f"tile/entries/{_numbered(number, width)}"


def width_at(size: int, level: int, number: int) -> int:
    """Return how many hashes tile `number` of `level` has in a tree of `size` leaves: 0 to 256."""
    return max(0, min(WIDTH, (size >> (TILE_LEVELS * level)) - number * WIDTH))


def encode_hashes(hashes: Sequence[bytes]) -> bytes:
    """Return a hash tile."""
    if not 1 <= len(hashes) <= WIDTH or any(len(one) != merkle.HASH_BYTES for one in hashes):
        raise TileInvalid("A tile has 1 to 256 hashes of 32 bytes")
    return b"".join(hashes)


def decode_hashes(data: bytes, width: int) -> list[bytes]:
    """Return the hashes of a tile; raise `TileInvalid` unless there are exactly `width`."""
    if len(data) != width * merkle.HASH_BYTES or not width:
        raise TileInvalid(f"A tile of width {width} does not have {len(data)} bytes")
    return [data[at : at + merkle.HASH_BYTES] for at in range(0, len(data), merkle.HASH_BYTES)]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return an entry bundle: a u16 length before each entry."""
    if not 1 <= len(entries) <= WIDTH or any(len(entry) > MAX_BYTES for entry in entries):
        raise TileInvalid("A bundle has 1 to 256 entries of at most 65,535 bytes")
    return b"".join(len(entry).to_bytes(LENGTH_BYTES, "big") + entry for entry in entries)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """Return the entries of a bundle; raise `TileInvalid` unless there are exactly `width` and nothing after them."""
    entries, at = [], 0
    for _ in range(width):
        length = int.from_bytes(data[at : at + LENGTH_BYTES], "big")
        entry = data[at + LENGTH_BYTES : at + LENGTH_BYTES + length]
        if len(data) < at + LENGTH_BYTES or len(entry) != length:
            raise TileInvalid("The bundle ends early")
        entries.append(entry)
        at += LENGTH_BYTES + length
    if at != len(data):
        raise TileInvalid("The bundle holds more than its width")
    return entries


def levels(size: int) -> Iterator[int]:
    """Yield each tile level that has a hash in a tree of `size` leaves."""
    level = 0
    while size >> (TILE_LEVELS * level):
        yield level
        level += 1


@dataclass
class PublishedTree:
    """A tree of `size` leaves as its tiles show it. Nothing read is trusted: check what comes out against a root."""

    size: int
    read: Read
    _tiles: dict[tuple[int, int], list[bytes]] = field(default_factory=dict)

    def root(self) -> bytes:
        """Return the root that the tiles lead to."""
        return self.subtree(0, self.size) if self.size else merkle.EMPTY_ROOT

    def leaf_hashes(self, number: int, root: bytes) -> list[bytes]:
        """Return the hashes of tile `number` of level 0 if they lead to `root`; raise `TileInvalid` if they do not.

        The root of a full tile is one hash of the tile above it; those that are not full are what `root` is made of.
        """
        level, at = 0, number
        leaves = hashes = self.tile(0, number)
        while len(hashes) == WIDTH:
            node = merkle.root(hashes)
            level, (at, place) = level + 1, divmod(at, WIDTH)
            hashes = self.tile(level, at)
            if hashes[place] != node:
                raise TileInvalid(f"Tile {number} is not what the tiles above it say")
        if self.root() != root:
            raise TileInvalid("The tiles lead to another root")
        return leaves

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Return the proof for the leaf at `index`."""
        return merkle.inclusion_proof(index, self.size, self.subtree)

    def consistency_proof(self, first: int) -> list[bytes]:
        """Return the proof that this tree extends its first `first` leaves."""
        return merkle.consistency_proof(first, self.size, self.subtree)

    def subtree(self, start: int, end: int) -> bytes:
        """Return MTH(D[start:end]) for a range that occurs in a proof: `start` is a multiple of the range's top."""
        height = (end - start - 1).bit_length()
        if end - start == 1 << height:
            return self._complete(height, start >> height)
        middle = start + (1 << (height - 1))
        return merkle.node_hash(self.subtree(start, middle), self.subtree(middle, end))

    def _complete(self, height: int, number: int) -> bytes:
        """Return the root of the complete subtree of 2^height leaves, by the tile that holds its parts."""
        level, rest = divmod(height, TILE_LEVELS)
        first = number << rest
        hashes = self.tile(level, first // WIDTH)
        return merkle.root(hashes[first % WIDTH : first % WIDTH + (1 << rest)])

    def tile(self, level: int, number: int) -> list[bytes]:
        """Return the hashes of a tile as far as this tree has them.

        A partial tile that is gone was outgrown: the full one begins with the same hashes.
        """
        if (level, number) not in self._tiles:
            width = width_at(self.size, level, number)
            try:
                found = decode_hashes(self.read(hash_path(level, number, width)), width)
            except FileNotFoundError:
                if width == WIDTH:
                    raise
                found = decode_hashes(self.read(hash_path(level, number)), WIDTH)[:width]
            self._tiles[level, number] = found
        return self._tiles[level, number]


def _numbered(number: int, width: int) -> str:
    if number < 0 or not 1 <= width <= WIDTH:
        raise TileInvalid("A tile has a number from 0 and a width from 1 to 256")
    return number_path(number) + ("" if width == WIDTH else f".p/{width}")
