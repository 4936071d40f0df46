"""C2SP tlog-witness `add-checkpoint`, rule by rule, against the real program."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import sqlite3
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint

from ledger import checkpoint, cosignature, merkle, note
from ledger.checkpoint import Checkpoint
from ledger.witness.memory import Cosigned, Memory
from ledger.witness.submission import Malformed, Submission, decode, encode
from tests.ledger.test_note import Signer
from tests.ledger.witness.program import (
    LOG,
    ORIGIN,
    VKEY,
    Program,
    Reply,
    command,
    leaves,
    proof,
    running,
    signed,
    submission,
)  # fmt: skip

SIZE = "text/x.tlog.size"
THREE, FIVE = leaves(3), leaves(5)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Program]:
    with running(tmp_path) as program:
        yield program


def test_a_log_that_it_never_saw_is_cosigned_from_nothing_and_again_as_it_grows(witness: Program) -> None:
    begun = int(time.time())
    for body, hashes in ((submission(0, THREE), THREE), (submission(3, FIVE), FIVE), (submission(5, FIVE), FIVE)):
        reply = witness.add(body)
        assert reply.status == 200, reply
        text = signed(hashes) + reply.text
        found = cosignature.verify(note.parse(text), witness.cosigner)
        assert begun <= found.at <= time.time()
        TheirCheckpoint.from_text(text).verify(Vkey.from_string(witness.vkey))


def test_unknown_signatures_in_the_checkpoint_are_ignored_and_not_kept(witness: Program) -> None:
    grease = note.sign(note.parse(signed(THREE)).text, "grease.invalid", Signer(9)).rpartition("\n\n")[2]
    assert witness.add(encode(0, (), signed(THREE) + grease)).status == 200
    assert "grease" not in shown(witness).text


def shown(witness: Program, origin: str = ORIGIN) -> Reply:
    return witness.ask("GET", f"/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint")


def test_an_unknown_origin_is_404(witness: Program) -> None:
    assert witness.add(encode(0, (), signed(THREE, origin="other.example/log"))).status == 404


def test_no_trusted_signature_is_403(witness: Program) -> None:
    assert witness.add(encode(0, (), signed(THREE, signer=Signer(9)))).status == 403


def test_a_bad_signature_of_the_trusted_key_is_403_even_beside_a_good_one(witness: Program) -> None:
    bad = signed(FIVE).rpartition("\n\n")[2]
    assert witness.add(encode(0, (), signed(THREE).rpartition("\n\n")[0] + "\n\n" + bad)).status == 403
    assert witness.add(encode(0, (), signed(THREE) + bad)).status == 403


def test_an_old_size_beyond_the_checkpoint_is_400(witness: Program) -> None:
    assert witness.add(encode(4, (), signed(THREE))).status == 400


def test_another_old_size_than_ours_is_409_with_ours(witness: Program) -> None:
    assert witness.add(submission(2, THREE)).text == "0\n"
    witness.add(submission(0, THREE))
    for old in (0, 1, 2, 4):
        reply = witness.add(submission(old, FIVE))
        assert (reply.status, reply.kind, reply.text) == (409, SIZE, "3\n")


def test_a_smaller_tree_than_ours_is_409(witness: Program) -> None:
    witness.add(submission(0, FIVE))
    reply = witness.add(submission(3, THREE))
    assert (reply.status, reply.text) == (409, "5\n")


def test_a_proof_that_does_not_hold_is_422_and_changes_nothing(witness: Program) -> None:
    witness.add(submission(0, THREE))
    good = proof(3, FIVE)
    for spoiled in ([], good[:-1], [*good, good[0]], good[::-1], [bytes(32), *good[1:]]):
        assert witness.add(encode(3, spoiled, signed(FIVE))).status == 422
    assert witness.add(submission(3, FIVE)).status == 200


def test_a_proof_from_nothing_or_between_equal_sizes_is_422(witness: Program) -> None:
    assert witness.add(encode(0, proof(3, FIVE), signed(FIVE))).status == 422
    assert witness.add(submission(0, FIVE)).status == 200
    assert witness.add(encode(5, [bytes(32)], signed(FIVE))).status == 422


def test_an_empty_tree_has_the_empty_root_or_is_422(witness: Program) -> None:
    wrong = checkpoint.sign(Checkpoint(ORIGIN, 0, bytes(32)), LOG)
    assert witness.add(encode(0, (), wrong)).status == 422
    assert witness.add(submission(0, [])).status == 200
    assert witness.add(submission(0, THREE)).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 00\n\n" + signed(THREE).encode(),
        b"old -1\n\n" + signed(THREE).encode(),
        b"old 0\r\n\n" + signed(THREE).encode(),
        b"old 0\n" + signed(THREE).encode(),
        b"\xff" + submission(0, THREE),
        submission(0, THREE)[:-1],
        b"old 0\n!\n\n" + signed(THREE).encode(),
        b"old 0\nAAAA\n\n" + signed(THREE).encode(),
        encode(0, [bytes(32)] * 64, signed(THREE)),
        submission(0, THREE).replace(b"\n3\n", b"\n03\n"),
    ],
)
def test_what_is_no_submission_is_400(witness: Program, body: bytes) -> None:
    assert witness.add(body).status == 400


def test_63_proof_lines_are_read_and_a_body_beyond_all_bounds_is_not(witness: Program) -> None:
    assert witness.add(encode(0, [bytes(32)] * 63, signed(THREE))).status == 422
    assert witness.add(b"old 0\n" + b"A" * 70_000).status == 413
    assert witness.ask("POST", "/add-checkpoint", None, **{"Content-Length": "x"}).status == 411


@given(st.integers(0, 10**18), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_a_submission_is_read_back(old: int, hashes: list[bytes]) -> None:
    assert decode(encode(old, hashes, signed(THREE))) == Submission(old, tuple(hashes), signed(THREE))


@given(st.binary(max_size=300))
def test_no_body_ends_in_another_error(body: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode(body)


def test_the_newest_cosigned_checkpoint_is_shown_to_anybody(witness: Program) -> None:
    assert shown(witness).status == 404
    witness.add(submission(0, THREE))
    witness.add(submission(3, FIVE))
    reply = shown(witness)
    parsed = note.parse(reply.text)
    assert checkpoint.verify(reply.text, origin=ORIGIN, keys=[LOG.public]).size == 5
    assert cosignature.verify(parsed, witness.cosigner)
    assert shown(witness, "other.example/log").status == 404
    for path in ("/", "/checkpoint", "/../state.sqlite3", "/" + "0" * 64 + "/checkpoint"):
        assert witness.ask("GET", path).status == 404


def test_what_was_answered_is_remembered_over_a_kill(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        assert first.add(submission(0, THREE)).status == 200
    with running(tmp_path) as second:
        assert second.vkey == first.vkey
        assert second.add(submission(0, FIVE)).text == "3\n"
        assert second.add(submission(3, FIVE)).status == 200


def test_the_same_size_sent_at_once_from_many_sides_is_signed_in_one_order(witness: Program) -> None:
    """Two publishers: growing by different steps, each old size is accepted once at most."""
    witness.add(submission(0, THREE))
    statuses: list[int] = []

    def send(size: int) -> None:
        statuses.append(witness.add(submission(3, leaves(size))).status)

    threads = [threading.Thread(target=send, args=(size,)) for size in range(4, 16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 11


def test_nobody_else_is_judged_while_one_is(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "state.sqlite3")
    memory.prepare()
    with closing(sqlite3.connect(memory.path, timeout=0, isolation_level=None)) as other:
        with memory.turn(), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")


def test_what_was_remembered_in_a_turn_that_failed_is_not(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "state.sqlite3")
    memory.prepare()

    def fail() -> None:
        with memory.turn() as turn:
            turn.remember(ORIGIN, Cosigned(3, bytes(32), ""))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert memory.cosigned() == {}


def test_a_connection_that_says_nothing_keeps_nobody_waiting(witness: Program) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(witness.url).port or 0)) as silent:
        silent.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 500\r\n\r\nold")
        assert witness.add(submission(0, THREE)).status == 200


def test_its_key_is_its_own_and_a_key_without_its_memory_does_not_start(tmp_path: Path) -> None:
    with running(tmp_path) as program:
        assert program.add(submission(0, THREE)).status == 200
    for name in ("key.json", "state.sqlite3"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert (tmp_path / "key.vkey").read_text() == program.vkey + "\n"
    (tmp_path / "state.sqlite3").unlink()
    assert "is gone" in refusal(tmp_path)


def refusal(folder: Path, *options: str) -> str:
    done = subprocess.run(command(folder, *options), capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_key_that_others_can_read_or_that_is_none_does_not_start(tmp_path: Path) -> None:
    with running(tmp_path):
        pass
    (tmp_path / "key.json").chmod(0o640)
    assert "chmod 600" in refusal(tmp_path)
    (tmp_path / "key.json").chmod(0o600)
    (tmp_path / "key.json").write_text('{"purpose": "log"}')
    assert "no key of a witness" in refusal(tmp_path)
    assert "another type" in refusal(tmp_path, "--log-vkey", program_vkey())


def program_vkey() -> str:
    return note.vkey(ORIGIN, LOG.public, cosignature.COSIGNATURE)


def test_two_keys_of_one_log_are_both_trusted(tmp_path: Path) -> None:
    new = Signer(22)
    with running(tmp_path, "--log-vkey", VKEY, "--log-vkey", note.vkey(ORIGIN, new.public)) as witness:
        assert witness.add(submission(0, THREE)).status == 200
        body = encode(3, merkle.consistency_proof(3, 5, merkle.subtree_of(FIVE)), signed(FIVE, signer=new))
        assert witness.add(body).status == 200


def test_a_file_of_keys_is_read_again_at_each_submission(tmp_path: Path) -> None:
    new, file = Signer(22), tmp_path / "vkeys"
    file.write_text(f"{VKEY}\n")
    body = encode(3, merkle.consistency_proof(3, 5, merkle.subtree_of(FIVE)), signed(FIVE, signer=new))
    with running(tmp_path, "--log-vkeys", str(file)) as witness:
        assert witness.add(submission(0, THREE)).status == 200
        assert witness.add(body).status == 403
        file.write_text("garbage\n")
        assert witness.add(body).status == 500
        file.write_text(f"{VKEY}\n{note.vkey(ORIGIN, new.public)}\n")
        assert witness.add(body).status == 200
        file.write_text(f"{note.vkey(ORIGIN, new.public)}\n")  # the old key is not trusted any more
        assert witness.add(submission(5, leaves(6))).status == 403


def test_a_witness_without_a_log_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "vkeys").write_text("\n")
    assert "no log is named" in refusal(tmp_path, "--log-vkeys", str(tmp_path / "vkeys"))
    assert "does not start" in refusal(tmp_path, "--log-vkeys", str(tmp_path / "none"))
