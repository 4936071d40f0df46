"""The tree, against the writer's."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.tile import number_path
from ledger.verifier import tiles, tree
from ledger.verifier.findings import NotTrue
from tests.ledger.test_tile import tiles as made_tiles

LEAVES = [sha256(number.to_bytes(4, "big")).digest() for number in range(700)]


@given(st.integers(1, 90), st.data())
def test_two_trees_agree(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    assert tree.tree_root(LEAVES[:size]) == merkle.root(LEAVES[:size])
    path = merkle.inclusion_proof(index, size, merkle.subtree_of(LEAVES))
    assert tree.root_by_path(LEAVES[index], index, size, path) == merkle.root(LEAVES[:size])


def test_the_empty_tree_has_the_empty_root() -> None:
    assert tree.tree_root([]) == tree.Growth().root() == merkle.EMPTY_ROOT


@given(st.integers(0, 2**40))
def test_two_spellings_of_tile_numbers_agree(number: int) -> None:
    assert tiles.tile_name(number) == number_path(number)


@given(st.data())
def test_two_consistency_proofs_agree(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 90))
    first = data.draw(st.integers(0, size))
    part = merkle.subtree_of(LEAVES)
    path = merkle.consistency_proof(first, size, part)
    if 0 < first < size:
        assert tree.consistency_path(first, size, part) == path
    old, new = merkle.root(LEAVES[:first]), merkle.root(LEAVES[:size])
    tree.extends(first, old, size, new, path)


def spoiled(first: int, size: int) -> dict[str, tuple[int, bytes, int, bytes, list[bytes]]]:
    """Return what `extends` is asked when one part of a good proof is another."""
    old, new = merkle.root(LEAVES[:first]), merkle.root(LEAVES[:size])
    path = merkle.consistency_proof(first, size, merkle.subtree_of(LEAVES))
    return {
        "another old root": (first, new, size, new, path),
        "another new root": (first, old, size, old, path),
        "a hash less": (first, old, size, new, path[1:]),
        "a hash more": (first, old, size, new, [*path, path[0]]),
        "a hash more in front": (first, old, size, new, [path[0], *path]),
        "no hash": (first, old, size, new, []),
        "sizes swapped": (size, old, first, new, path),
        "sizes swapped, no hash": (size, old, first, new, []),
        "an equal size with a proof": (size, new, size, new, path),
        "an equal size with another root": (size, old, size, new, []),
        "an empty tree with a proof": (0, merkle.EMPTY_ROOT, size, new, path),
        "an empty tree with a root": (0, old, size, new, []),
    }


@pytest.mark.parametrize(("first", "size"), [(3, 7), (4, 7), (6, 13), (255, 600)])
def test_a_spoiled_consistency_proof_is_refused(first: int, size: int) -> None:
    for name, asked in spoiled(first, size).items():
        with pytest.raises(NotTrue):
            tree.extends(*asked)
        assert name


def test_a_path_of_the_wrong_length_says_so() -> None:
    with pytest.raises(NotTrue, match="too short"):
        tree.extends(3, LEAVES[0], 7, LEAVES[1], [])
    with pytest.raises(NotTrue, match="another length"):
        tree.extends(4, LEAVES[0], 8, LEAVES[1], [LEAVES[2], LEAVES[3]])


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 65_536, 65_537, 70_000])
def test_a_tree_that_grows_has_the_same_root_and_tiles_and_keeps_only_what_has_begun(size: int) -> None:
    growth, files = tree.Growth(), dict[tuple[int, int], bytes]()
    leaves = [sha256(number.to_bytes(4, "big")).digest() for number in range(size)]
    for one in leaves:
        files |= {(level, number): b"".join(hashes) for level, number, hashes in growth.add(one)}
    assert sum(map(len, growth.levels)) < 3 * 256
    files |= {(level, number): b"".join(hashes) for level, number, hashes in growth.partial()}
    assert growth.root() == merkle.root(leaves)
    paths = {
        tiles.path_of(tiles.tile_place(level, number), len(data) // 32): data for (level, number), data in files.items()
    }
    assert paths == made_tiles(leaves)


@pytest.mark.parametrize(
    ("first", "size"), [(1, 2), (3, 257), (256, 512), (511, 513), (4097, 70_000), (65_536, 65_537)]
)
def test_a_proof_made_from_tiles_holds(first: int, size: int) -> None:
    leaves = [sha256(number.to_bytes(4, "big")).digest() for number in range(size)]
    path = tree.consistency_path(first, size, tiles.part_of(made_tiles(leaves).__getitem__, size))
    merkle.verify_consistency(first, size, merkle.root(leaves[:first]), merkle.root(leaves), path)
