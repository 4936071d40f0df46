"""The subcommands `checkpoint` and `proof`."""

from __future__ import annotations

import time
from hashlib import sha256
from pathlib import Path

import pytest

from ledger import merkle
from ledger.verifier import checkpoint
from ledger.verifier.cli import main
from ledger.verifier.findings import Verdict
from tests.ledger.verifier.forge import (
    KEY,
    LOG,
    NOW,
    PARTY,
    VKEY,
    WITNESS_VKEYS,
    b64,
    entry,
    log_of,
    proofs,
    put,
    signed,
)  # fmt: skip

LEAVES = [sha256(number.to_bytes(4, "big")).digest() for number in range(300)]
Command = list[str]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a folder with checkpoints of several sizes, the newest witnessed now, and their proof."""
    now = int(time.time())
    (tmp_path / "new").write_text(signed(LEAVES, at=[(0, now), (1, now - 1000)]))
    (tmp_path / "old").write_text(signed(LEAVES[:200]))
    (tmp_path / "forked").write_text(signed([bytes(32), *LEAVES[1:200]]))
    (tmp_path / "foreign").write_text(signed(LEAVES[:200], PARTY))
    path = merkle.consistency_proof(200, 300, merkle.subtree_of(LEAVES))
    (tmp_path / "path").write_text("".join(b64(one) + "\n" for one in path))
    (tmp_path / "short").write_text("".join(b64(one) + "\n" for one in path[1:]))
    (tmp_path / "nonsense").write_bytes(b"\xff\n")
    return tmp_path


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("", 0),
        ("--witness-vkey W0", 0),
        ("--witness-vkey W0 --witness-vkey W1", 0),
        ("--witness-vkey W0 --witness-vkey W2", 1),
        ("--witness-vkey W0 --witness-vkey W2 --quorum 1", 0),
        ("--witness-vkey W0 --witness-vkey W2 --quorum 3", 2),
        ("--quorum 1", 2),
        ("--witness-vkey W0 --max-age 60", 0),
        ("--witness-vkey W1 --max-age 60", 1),
        ("--witness-vkey W0 --witness-vkey W1 --max-age 60", 1),
        ("--witness-vkey W0 --witness-vkey W1 --quorum 1 --max-age 60", 0),
        ("--witness-vkey W2 --max-age 60", 1),
        ("--max-age 60", 3),
        ("--older old --consistency path", 0),
        ("--older old --consistency short", 1),
        ("--older forked --consistency path", 1),
        ("--older foreign --consistency path", 1),
        ("--older old", 3),
        ("--older new", 0),
        ("--older old --consistency nonsense", 2),
        ("--older missing", 2),
        ("--older nonsense", 2),
        ("--policy nonsense", 2),
    ],
)
def test_a_checkpoint_is_held_against_what_is_asked(files: Path, more: str, code: int) -> None:
    words = [str(files / word) if (files / word).exists() or word == "missing" else word for word in more.split()]
    words = [WITNESS_VKEYS[int(word[1])] if word[0] == "W" else word for word in words]
    assert main(["checkpoint", str(files / "new"), "--vkey", VKEY, *words]) == code


def test_a_smaller_checkpoint_does_not_extend_a_larger(files: Path) -> None:
    command = ["checkpoint", str(files / "old"), "--vkey", VKEY, "--older", str(files / "new")]
    assert main(command) == 1


def test_the_tiles_of_the_log_make_the_proof_and_are_not_believed(tmp_path: Path) -> None:
    entries = [entry("log.opened", 0), *[entry("party.registered", number) for number in range(1, 600)]]
    log = put(tmp_path / "log", log_of(entries))
    (tmp_path / "old").write_bytes(log_of(entries[:300])["checkpoint"])
    command = [
        "checkpoint",
        str(log / "checkpoint"),
        "--vkey",
        VKEY,
        "--older",
        str(tmp_path / "old"),
        "--log",
        str(log),
    ]
    assert main(command) == 0
    tile = log / "tile/0/001"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    assert main(command) == 1
    tile.unlink()
    assert main(command) == 1


def test_a_policy_file_names_witnesses_and_log(files: Path) -> None:
    policy = files / "policy"
    policy.write_text(f"log {VKEY}\nwitness A {WITNESS_VKEYS[0]}\nquorum A\n")
    command = ["checkpoint", str(files / "new"), "--policy", str(policy)]
    assert main(command) == 0
    assert main([*command, "--vkey", VKEY]) == 0
    assert main([*command, "--vkey", VKEY.replace("example.com/log", "example.com/lug")]) == 2
    policy.write_text(f"log {VKEY}\nwitness A {WITNESS_VKEYS[2]}\nquorum A\n")
    assert main(command) == 1
    policy.write_text("quorum none\n")
    assert main(command) == 2  # no key of the log at all
    assert main([*command, "--vkey", VKEY]) == 0
    from ledger import note

    policy.write_text(f"log {note.vkey('example.com/log', PARTY.public)}\nquorum none\n")
    assert main([*command, "--vkey", VKEY]) == 2  # none that the policy knows


def test_a_proof_of_one_entry_is_checked_with_its_witnesses(tmp_path: Path) -> None:
    entries = [b"a", b"b", b"c"]
    (tmp_path / "proof").write_text(proofs(entries)[1])
    command = ["proof", str(tmp_path / "proof"), "--vkey", VKEY, "--entry"]
    (tmp_path / "entry").write_bytes(b"b")
    assert main([*command, "62"]) == 0
    assert main([*command, str(tmp_path / "entry")]) == 0
    assert main([*command, "63"]) == 1
    assert main([*command, "nowhere"]) == 2
    assert main([*command, "62", "--witness-vkey", WITNESS_VKEYS[0]]) == 1


def test_a_size_that_the_root_does_not_allow_is_refused() -> None:
    lines = checkpoint.check(signed([]).replace("\n0\n", "\n1\n"), [KEY]).lines
    assert [verdict for verdict, _ in lines] == [Verdict.FALSE]
    assert checkpoint.check(signed([]), [KEY], now=NOW).code() == 0
    from ledger import note

    assert (
        checkpoint.check(note.sign(f"example.com/log\n0\n{b64(bytes(32))}\n", "example.com/log", LOG), [KEY]).code()
        == 1
    )


def test_several_keys_of_one_log_may_sign_during_a_rotation() -> None:
    from ledger import note
    from ledger.verifier.logformat import LogKey

    other = LogKey.parse(note.vkey("example.com/log", PARTY.public))
    both = signed(LEAVES) + signed(LEAVES, PARTY).rpartition("\n\n")[2]
    for text in (both, signed(LEAVES), signed(LEAVES, PARTY)):
        assert checkpoint.check(text, [KEY, other]).code() == 0
    assert checkpoint.check(signed(LEAVES, PARTY), [KEY]).code() == 1
    spoiled = both[:-20] + ("B" if both[-20] != "B" else "C") + both[-19:]
    assert checkpoint.check(spoiled, [KEY]).code() == 0
    assert checkpoint.check(spoiled, [KEY, other]).code() == 1


def test_a_note_with_very_many_signatures_is_refused() -> None:
    line = "\u2014 grease.invalid AAAAAAAA\n"
    assert checkpoint.check(signed(LEAVES) + line * 63, [KEY]).code() == 0
    assert checkpoint.check(signed(LEAVES) + line * 64, [KEY]).code() == 1
