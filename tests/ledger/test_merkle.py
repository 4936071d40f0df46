"""The tree of RFC 9162 section 2.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.merkle import Edge, ProofInvalid

# Source: the reference tree of eight leaves of RFC 6962 implementations (transparency-dev/merkle, testonly).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
sizes = st.integers(1, 300)


def hashes(size: int) -> list[bytes]:
    return [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_the_reference_tree_has_its_known_roots(size: int) -> None:
    assert merkle.root(map(merkle.leaf_hash, LEAVES[:size])).hex() == ROOTS[size]


@given(sizes, st.data())
def test_every_leaf_is_proven_in_every_size(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    proof = merkle.inclusion_proof(index, size, merkle.subtree_of(leaves))
    merkle.verify_inclusion(index, size, leaves[index], proof, merkle.root(leaves))


@given(sizes, st.data())
def test_every_tree_extends_every_smaller_one(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, second))
    leaves = hashes(second)
    proof = merkle.consistency_proof(first, second, merkle.subtree_of(leaves))
    merkle.verify_consistency(first, second, merkle.root(leaves[:first]), merkle.root(leaves), proof)


@given(st.integers(2, 100), st.data())
def test_a_spoiled_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    root = merkle.root(leaves)
    proof = merkle.inclusion_proof(index, size, merkle.subtree_of(leaves))
    place = data.draw(st.integers(0, len(proof) - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != index))
    spoiled = proof.copy()
    spoiled[place] = merkle.leaf_hash(b"another")
    for attempt in (
        (index, size, leaves[index], spoiled, root),
        (index, size, leaves[index], proof[:-1], root),
        (index, size, leaves[index], [*proof, leaves[0]], root),
        (index, size, leaves[other], proof, root),
        (other, size, leaves[index], proof, root),
        (index, size, leaves[index], proof, merkle.EMPTY_ROOT),
        (size, size, leaves[index], proof, root),
    ):
        with pytest.raises(ProofInvalid):
            merkle.verify_inclusion(*attempt)


@given(st.integers(2, 100), st.data())
def test_a_spoiled_consistency_proof_is_refused(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second - 1))
    leaves = hashes(second)
    old, new = merkle.root(leaves[:first]), merkle.root(leaves)
    proof = merkle.consistency_proof(first, second, merkle.subtree_of(leaves))
    wrong = merkle.leaf_hash(b"another")
    place = data.draw(st.integers(0, len(proof) - 1))
    spoiled = proof.copy()
    spoiled[place] = wrong
    for attempt in (
        (first, second, old, new, spoiled),
        (first, second, old, new, proof[:-1]),
        (first, second, old, new, [*proof, wrong]),
        (first, second, wrong, new, proof),
        (first, second, old, wrong, proof),
        (second, first, new, old, proof),
        (first, second, old, new, []),
    ):
        with pytest.raises(ProofInvalid):
            merkle.verify_consistency(*attempt)


@pytest.mark.parametrize(
    ("first", "second", "old", "new", "proof"),
    [
        (0, 1, merkle.leaf_hash(b""), merkle.leaf_hash(b""), []),
        (0, 1, merkle.EMPTY_ROOT, merkle.leaf_hash(b""), [merkle.EMPTY_ROOT]),
        (1, 1, merkle.EMPTY_ROOT, merkle.leaf_hash(b""), []),
        (1, 1, merkle.leaf_hash(b""), merkle.leaf_hash(b""), [merkle.EMPTY_ROOT]),
        (-1, 1, merkle.EMPTY_ROOT, merkle.leaf_hash(b""), []),
    ],
)
def test_equal_and_empty_trees_need_the_same_root_and_no_proof(
    first: int, second: int, old: bytes, new: bytes, proof: list[bytes]
) -> None:
    with pytest.raises(ProofInvalid):
        merkle.verify_consistency(first, second, old, new, proof)


@given(st.integers(0, 200), st.integers(0, 200))
def test_an_edge_grows_in_steps_to_the_same_root(first: int, more: int) -> None:
    leaves = hashes(first + more)
    kept = Edge().extended(leaves[:first])
    again = Edge.from_bytes(kept.size, kept.to_bytes())
    assert again.extended(leaves[first:]).root() == merkle.root(leaves)


def test_an_edge_of_another_size_is_refused() -> None:
    with pytest.raises(ProofInvalid):
        Edge.from_bytes(3, merkle.EMPTY_ROOT)
    with pytest.raises(ProofInvalid):
        Edge(1, (b"short",))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1)])
def test_there_is_no_proof_for_a_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofInvalid):
        merkle.inclusion_proof(index, size, merkle.subtree_of(hashes(size)))


def test_there_is_no_proof_that_a_smaller_tree_extends_a_larger() -> None:
    with pytest.raises(ProofInvalid):
        merkle.consistency_proof(3, 2, merkle.subtree_of(hashes(3)))
