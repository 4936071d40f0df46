"""C2SP tlog-tiles."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import merkle, tile
from ledger.tile import PublishedTree, TileInvalid


def tiles(hashes: list[bytes]) -> dict[str, bytes]:
    """Make every tile of a tree, level by level, the simple way."""
    files: dict[str, bytes] = {}
    level = 0
    while hashes:
        groups = [hashes[at : at + 256] for at in range(0, len(hashes), 256)]
        for number, group in enumerate(groups):
            files[tile.hash_path(level, number, len(group))] = b"".join(group)
        hashes = [merkle.root(group) for group in groups if len(group) == 256]
        level += 1
    return files


HASHES = [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(70_000)]


# Source: C2SP tlog-tiles, section "Merkle tree", and its example of a tree of 70,000 entries.
def test_a_number_is_spelled_in_groups_of_three() -> None:
    assert tile.number_path(1234067) == "x001/x234/067"
    assert tile.number_path(0) == "000"
    assert tile.number_path(999) == "999"
    assert tile.number_path(1000) == "x001/000"


def test_a_tree_of_70000_has_its_known_tiles() -> None:
    assert [tile.width_at(70_000, 0, number) for number in (0, 272, 273, 274)] == [256, 256, 112, 0]
    assert [tile.width_at(70_000, 1, number) for number in (0, 1, 2)] == [256, 17, 0]
    assert [tile.width_at(70_000, 2, number) for number in (0, 1)] == [1, 0]
    assert list(tile.levels(70_000)) == [0, 1, 2]
    assert tile.hash_path(0, 273, 112) == "tile/0/273.p/112"
    assert tile.bundle_path(273, 112) == "tile/entries/273.p/112"


def test_a_tree_of_256_has_a_full_tile_and_one_hash_above() -> None:
    assert [tile.width_at(256, level, 0) for level in (0, 1, 2)] == [256, 1, 0]


@settings(max_examples=25)
@given(st.sampled_from([1, 2, 255, 256, 257, 511, 512, 4097]), st.data())
def test_proofs_from_tiles_are_those_of_the_tree(size: int, data: st.DataObject) -> None:
    leaves = HASHES[:size]
    tree = PublishedTree(size, tiles(leaves).__getitem__)
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(0, size))
    assert tree.root() == merkle.root(leaves)
    merkle.verify_inclusion(index, size, leaves[index], tree.inclusion_proof(index), tree.root())
    old = merkle.root(leaves[:first])
    merkle.verify_consistency(first, size, old, tree.root(), tree.consistency_proof(first))


def test_proofs_reach_over_three_levels_of_tiles() -> None:
    tree = PublishedTree(70_000, tiles(HASHES).__getitem__)
    assert tree.root() == merkle.root(HASHES)
    for index in (0, 65_535, 65_536, 69_999):
        merkle.verify_inclusion(index, 70_000, HASHES[index], tree.inclusion_proof(index), tree.root())


def test_the_empty_tree_needs_no_tile() -> None:
    assert PublishedTree(0, tiles([]).__getitem__).root() == merkle.EMPTY_ROOT


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    assert tile.decode_bundle(tile.encode_bundle(entries), len(entries)) == entries


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=9), st.data())
def test_a_cut_or_longer_bundle_is_refused(entries: list[bytes], data: st.DataObject) -> None:
    encoded = tile.encode_bundle(entries)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    for spoiled in (encoded[:cut], encoded + b"\0", encoded + encoded):
        with pytest.raises(TileInvalid):
            tile.decode_bundle(spoiled, len(entries))


def test_an_entry_too_long_for_its_length_is_refused() -> None:
    tile.encode_bundle([bytes(65_535)])
    with pytest.raises(TileInvalid):
        tile.encode_bundle([bytes(65_536)])


@pytest.mark.parametrize("width", [1, 3, 256])
def test_a_tile_of_another_width_is_refused(width: int) -> None:
    with pytest.raises(TileInvalid):
        tile.decode_hashes(bytes(64), width)
    with pytest.raises(TileInvalid):
        tile.decode_hashes(b"", 0)


def test_no_tile_is_empty_or_wider_than_256() -> None:
    for wrong in ([], [bytes(32)] * 257, [bytes(31)]):
        with pytest.raises(TileInvalid):
            tile.encode_hashes(wrong)
        with pytest.raises(TileInvalid):
            tile.hash_path(0, 0, 0)
    with pytest.raises(TileInvalid):
        tile.bundle_path(-1)
