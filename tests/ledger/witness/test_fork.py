"""A log that contradicts itself under its own signature is caught, and nothing of it is signed ever again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.witness.submission import encode
from tests.ledger.test_note import Signer
from tests.ledger.witness.program import Program, leaves, proof, running, signed, submission

THREE, FIVE = leaves(3), leaves(5)
FORKED = leaves(5, "forked", since=2)


def caught(folder: Path) -> list[tuple[str, str, bytes]]:
    with sqlite3.connect(folder / "state.sqlite3") as session:
        found = session.execute("SELECT what, kept, against FROM caught").fetchall()
    session.close()
    return found


def assert_refused_for_ever(folder: Path, witness: Program, honest: bytes) -> None:
    assert witness.add(honest).status == 403
    with running(folder) as again:
        assert again.add(honest).status == 403


@pytest.mark.parametrize("old", [0, 4, 5])
def test_another_root_of_the_size_it_cosigned(tmp_path: Path, old: int) -> None:
    with running(tmp_path) as witness:
        witness.add(submission(0, FIVE))
        body = encode(old, (), signed(FORKED))
        assert witness.add(body).status == (422 if old == 5 else 409)
        ((what, kept, against),) = caught(tmp_path)
        assert what == "two roots of size 5"
        assert kept.startswith(signed(FIVE))
        assert against == body
        assert_refused_for_ever(tmp_path, witness, submission(5, leaves(6)))


def test_a_later_tree_that_holds_another_past(tmp_path: Path) -> None:
    with running(tmp_path) as witness:
        witness.add(submission(0, THREE))
        assert witness.add(encode(3, proof(3, FORKED), signed(FORKED))).status == 422
        assert caught(tmp_path)[0][0] == "its tree of size 5 holds another tree of size 3"
        assert_refused_for_ever(tmp_path, witness, submission(3, FIVE))


def test_garbage_beside_a_genuine_checkpoint_catches_nobody(tmp_path: Path) -> None:
    """Anybody can send it: checkpoints are public."""
    with running(tmp_path) as witness:
        witness.add(submission(0, THREE))
        for hashes in ([bytes(32)] * 3, proof(3, FORKED), [], proof(3, FIVE)[:-1]):
            assert witness.add(encode(3, hashes, signed(FIVE))).status == 422
        forged = signed(FORKED, signer=Signer(9))
        assert witness.add(encode(3, proof(3, FORKED), forged)).status == 403
        assert witness.add(encode(3, (), signed(leaves(3, "forked"), signer=Signer(9)))).status == 403
        assert caught(tmp_path) == []
        assert witness.add(submission(3, FIVE)).status == 200


def test_a_fork_from_a_size_whose_proof_shows_no_past_is_refused_without_being_proven(tmp_path: Path) -> None:
    forked = leaves(7, "forked", since=2)
    with running(tmp_path) as witness:
        witness.add(submission(0, leaves(4)))
        assert witness.add(encode(4, proof(4, forked), signed(forked))).status == 422
        assert caught(tmp_path) == []
        assert witness.add(submission(4, FIVE)).status == 200


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_an_honest_log_is_never_said_to_contradict_itself(first: int, more: int, data: st.DataObject) -> None:
    hashes = leaves(first + more)
    old, new, shown = merkle.root(hashes[:first]), merkle.root(hashes), proof(first, hashes)
    assert not merkle.contradicts(first, first + more, old, new, shown)
    place = data.draw(st.integers(0, len(shown) - 1))
    shown[place] = data.draw(st.binary(min_size=32, max_size=32))
    shown = shown[: data.draw(st.integers(0, len(shown)))]
    assert not merkle.contradicts(first, first + more, old, new, shown)


@given(st.integers(3, 40).filter(lambda size: size & (size - 1)), st.integers(1, 40))
def test_a_fork_contradicts_itself_by_its_own_proof(first: int, more: int) -> None:
    old, forked = merkle.root(leaves(first)), leaves(first + more, "forked", since=first - 1)
    assert merkle.contradicts(first, first + more, old, merkle.root(forked), proof(first, forked))
