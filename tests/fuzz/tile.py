"""Hash tiles and entry bundles; the first byte is the width less one."""

from contextlib import suppress

from ledger import tile
from ledger.problem import Problem
from tests.ledger.issuer import HASHES, LEAVES

REFUSALS = (Problem,)
SEEDS = [
    bytes([4]) + tile.encode_hashes(HASHES[:5]),
    bytes([0]) + tile.encode_hashes(HASHES[:1]),
    bytes([4]) + tile.encode_bundle(LEAVES[:5]),
    bytes([1]) + tile.encode_bundle([b"", b"x"]),
]


def check(data: bytes) -> None:
    """Demand that what is read has exactly the width, and is written back as the same bytes."""
    width, body = (data[0] + 1 if data else 1), data[1:]
    with suppress(Problem):
        hashes = tile.decode_hashes(body, width)
        assert (len(hashes), tile.encode_hashes(hashes)) == (width, body), "a tile is read in another way"
    entries = tile.decode_bundle(body, width)
    assert (len(entries), tile.encode_bundle(entries)) == (width, body), "a bundle is read in another way"
