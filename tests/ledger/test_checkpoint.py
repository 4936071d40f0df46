"""C2SP tlog-checkpoint and tlog-proof."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import checkpoint, cosignature, merkle, note, proof
from ledger.checkpoint import Checkpoint, CheckpointInvalid
from ledger.cosignature import Cosigner
from ledger.note import NoteInvalid
from ledger.problem import Problem
from ledger.proof import Proof, ProofMalformed
from ledger.witnesspolicy import QuorumMissed, WitnessPolicy
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


SINCE = datetime(2026, 11, 22, 14, 35, tzinfo=UTC)
BEFORE, THEN = SINCE - timedelta(seconds=1), SINCE
OTHER, STOLEN = Signer(2), Signer(3)
W1, W2 = Signer(11), Signer(12)
COSIGNERS = Cosigner("one.example/w", W1.public), Cosigner("two.example/w", W2.public)


def cosigned(signed: str, *times: datetime) -> str:
    text = note.parse(signed).text
    for cosigner, witness, at in zip(COSIGNERS, (W1, W2), times, strict=False):
        signed += cosignature.sign(text, cosigner.name, witness, at=int(at.timestamp())).line()
    return signed


def judged(signed: str, *, quorum: int | None, keys: tuple[bytes, ...] = ()) -> Checkpoint:
    policy = None if quorum is None else WitnessPolicy(quorum, COSIGNERS)
    return checkpoint.verify(signed, origin=ORIGIN, keys=keys, compromised={STOLEN.public: SINCE}, policy=policy)


ONE = Checkpoint(ORIGIN, 1, ROOT)
BY_STOLEN = checkpoint.sign(ONE, STOLEN)


def test_several_keys_sign_one_checkpoint_and_each_is_enough() -> None:
    both = checkpoint.sign(ONE, US, OTHER)
    for key in (US, OTHER):
        assert checkpoint.verify(both, origin=ORIGIN, keys=[key.public]) == ONE
    with pytest.raises(NoteInvalid):
        checkpoint.verify(both, origin=ORIGIN, keys=[STOLEN.public])
    spoiled = both.replace(both[-12:-6], "AAAAAA")
    with pytest.raises(NoteInvalid):
        checkpoint.verify(spoiled, origin=ORIGIN, keys=[US.public, OTHER.public])
    with pytest.raises(NoteInvalid):
        checkpoint.sign(ONE)


@pytest.mark.parametrize(
    ("signed", "quorum"),
    [
        (cosigned(BY_STOLEN, BEFORE), 1),
        (cosigned(BY_STOLEN, BEFORE, BEFORE), 2),
        (cosigned(BY_STOLEN, THEN, BEFORE), 1),
        (checkpoint.sign(ONE, STOLEN, US), None),
        (cosigned(checkpoint.sign(ONE, US, STOLEN), THEN), 1),
    ],
    ids=["a quorum before", "two of two before", "one of two before, one needed", "beside a good key", "good and late"],
)
def test_what_a_stolen_key_signed_counts_if_a_quorum_saw_it_before_or_a_good_key_signed_too(
    signed: str, quorum: int | None
) -> None:
    assert judged(signed, quorum=quorum, keys=(US.public,)) == ONE


@pytest.mark.parametrize(
    ("signed", "quorum", "refusal"),
    [
        (BY_STOLEN, None, CheckpointInvalid),
        (cosigned(BY_STOLEN, BEFORE), None, CheckpointInvalid),
        (cosigned(BY_STOLEN, BEFORE), 0, CheckpointInvalid),
        (BY_STOLEN, 1, QuorumMissed),
        (cosigned(BY_STOLEN, BEFORE), 2, QuorumMissed),
        (cosigned(BY_STOLEN, THEN), 1, CheckpointInvalid),
        (cosigned(BY_STOLEN, BEFORE, THEN), 2, CheckpointInvalid),
        (cosigned(BY_STOLEN, THEN, BEFORE), 2, CheckpointInvalid),
    ],
    ids=["alone", "no policy", "a quorum of none", "no witness", "too few", "late", "one late", "the other late"],
)
def test_what_only_a_stolen_key_signed_is_refused_unless_it_was_seen_before(
    signed: str, quorum: int | None, refusal: type[Problem]
) -> None:
    with pytest.raises(refusal):
        judged(signed, quorum=quorum, keys=(US.public,))
