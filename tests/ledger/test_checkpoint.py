"""C2SP tlog-checkpoint and tlog-proof."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import checkpoint, merkle, note, proof
from ledger.checkpoint import Checkpoint, CheckpointInvalid
from ledger.note import NoteInvalid
from ledger.problem import Problem
from ledger.proof import Proof, ProofMalformed
from tests.ledger.test_note import US, Signer

ORIGIN = "example.com/log"
ROOT = merkle.leaf_hash(b"one")
GOOD = checkpoint.sign(Checkpoint(ORIGIN, 1, ROOT), US)


@given(st.integers(1, 2**60), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_back_and_verifies(size: int, root: bytes) -> None:
    made = Checkpoint(ORIGIN, size, root)
    assert checkpoint.verify(checkpoint.sign(made, US), origin=ORIGIN, keys=[US.public]) == made


def test_an_empty_tree_has_the_empty_root() -> None:
    empty = Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT)
    # Source: C2SP tlog-checkpoint; base64 of SHA-256 of nothing.
    assert empty.text() == f"{ORIGIN}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    assert checkpoint.parse_text(empty.text()) == empty
    with pytest.raises(CheckpointInvalid):
        checkpoint.parse_text(Checkpoint(ORIGIN, 0, ROOT).text())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "o\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "o\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "o\n\u0661\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n",
        "o\n1\n47DE\n",
        "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n",
    ],
)
def test_what_is_not_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(CheckpointInvalid):
        checkpoint.parse_text(text)


def test_another_key_is_refused() -> None:
    with pytest.raises(NoteInvalid):
        checkpoint.verify(GOOD, origin=ORIGIN, keys=[Signer(2).public])
    with pytest.raises(NoteInvalid):
        checkpoint.verify(GOOD, origin=ORIGIN, keys=[])


def test_a_checkpoint_of_another_log_is_refused_though_our_key_signed_it() -> None:
    text = Checkpoint("example.com/another", 1, ROOT).text()
    with pytest.raises(CheckpointInvalid):
        checkpoint.verify(note.sign(text, ORIGIN, US), origin=ORIGIN, keys=[US.public])


@given(
    st.integers(0, 2**60),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.none() | st.binary(max_size=50),
)
def test_a_proof_is_read_back(index: int, hashes: list[bytes], extra: bytes | None) -> None:
    made = Proof(index, tuple(hashes), GOOD, extra)
    assert proof.parse(made.text()) == made


def test_a_proof_verifies_and_each_spoiled_part_is_refused() -> None:
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(5)]
    signed = checkpoint.sign(Checkpoint(ORIGIN, 5, merkle.root(leaves)), US)
    hashes = tuple(merkle.inclusion_proof(2, 5, merkle.subtree_of(leaves)))
    good = Proof(2, hashes, signed)
    assert proof.verify(good, leaves[2], origin=ORIGIN, keys=[US.public]).size == 5
    for spoiled, leaf in (
        (Proof(3, hashes, signed), leaves[2]),
        (Proof(2, hashes[:-1], signed), leaves[2]),
        (Proof(2, hashes, GOOD), leaves[2]),
        (Proof(2, hashes, signed.replace(ORIGIN, "example.com/other")), leaves[2]),
        (good, leaves[3]),
    ):
        with pytest.raises(Problem):
            proof.verify(spoiled, leaf, origin=ORIGIN, keys=[US.public])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\n" + GOOD,
        "c2sp.org/tlog-proof@v1\nindex 00\n\n" + GOOD,
        "c2sp.org/tlog-proof@v1\n\n" + GOOD,
        "c2sp.org/tlog-proof@v1\nextra AA==\n\n" + GOOD,
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n" + GOOD,
        "c2sp.org/tlog-proof@v1\nindex 0\n!\n\n" + GOOD,
    ],
)
def test_what_is_not_a_proof_is_refused(text: str) -> None:
    with pytest.raises(ProofMalformed):
        proof.parse(text)
