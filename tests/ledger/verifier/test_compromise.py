"""A stolen key of the log: what only it signed counts if the reader's witnesses had dated it before."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger import base64url, compromise, keyfile, note
from ledger.compromise import Compromise
from ledger.verifier import compromise as verifier
from ledger.verifier.cli import main
from ledger.verifier.findings import NotTrue
from ledger.verifier.logformat import LogKey, verified_checkpoint
from ledger.verifier.policy import Policy
from tests.ledger.test_note import Signer
from tests.ledger.verifier.forge import KEY, LOG, NOW, ORIGIN, VKEY, WITNESS_VKEYS, log_of, put, signed
from tests.ledger.verifier.test_receipt import ENTRIES, OURS, made, parts, statement
from tests.ledger.verifier.test_statuslist import STATUS, jwt

NEXT = Signer(30)
NEXT_VKEY = note.vkey(ORIGIN, NEXT.public)
MINUTE = NOW // 60 * 60
LEAVES = [bytes(32)] * 3


def said(
    key_id: str = KEY.hint.hex(), *, since: int = MINUTE, by: Signer = NEXT, origin: str = ORIGIN, name: str = ORIGIN
) -> str:
    about = Compromise(origin, key_id, datetime.fromtimestamp(since, UTC))
    return note.sign(about.text(), name, by)


class Case:
    """Runs the command on a checkpoint with these statements."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, text: str, *statements: str, witnesses: int = 1, more: tuple[str, ...] = ()) -> int:
        (self.folder / "checkpoint").write_text(text)
        told = ["checkpoint", str(self.folder / "checkpoint"), "--vkey", VKEY, "--vkey", NEXT_VKEY, *more]
        for number, one in enumerate(statements):
            (self.folder / f"said-{number}").write_text(one)
            told += ["--compromised", str(self.folder / f"said-{number}")]
        for vkey in WITNESS_VKEYS[:witnesses]:
            told += ["--witness-vkey", vkey]
        return main(told)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_the_writer_s_statement_is_read(case: Case) -> None:
    assert said() == compromise.sign(Compromise(ORIGIN, KEY.hint.hex(), datetime.fromtimestamp(MINUTE, UTC)), NEXT)
    keys = [KEY, LogKey.parse(NEXT_VKEY)]
    assert verifier.parse(said(), keys) == verifier.Statement(ORIGIN, KEY.hint.hex(), MINUTE)
    assert KEY.hint.hex() == keyfile.key_id("log", ORIGIN, LOG.public)
    assert case.run(signed(LEAVES, at=[(0, MINUTE + 600)])) == 0


@pytest.mark.parametrize(("at", "code"), [(MINUTE - 1, 0), (MINUTE, 1), (MINUTE + 1, 1)])
def test_a_stolen_key_counts_only_for_what_was_cosigned_before(case: Case, at: int, code: int) -> None:
    assert case.run(signed(LEAVES, at=[(0, at)]), said()) == code


def test_the_first_cosignature_of_a_witness_dates_and_the_last_of_the_quorum(case: Case) -> None:
    before, after = MINUTE - 10, MINUTE + 10
    assert case.run(signed(LEAVES, at=[(0, before), (0, after)]), said()) == 0
    assert case.run(signed(LEAVES, at=[(0, before), (1, after)]), said(), witnesses=2) == 1
    assert case.run(signed(LEAVES, at=[(0, before), (1, before)]), said(), witnesses=2) == 0
    quorum = ("--quorum", "2")
    both, late = [(0, before), (1, before), (2, after)], [(0, before), (1, after), (2, after)]
    assert case.run(signed(LEAVES, at=both), said(), witnesses=3, more=quorum) == 0
    assert case.run(signed(LEAVES, at=late), said(), witnesses=3, more=quorum) == 1
    assert case.run(signed(LEAVES, at=both[:1]), said(), witnesses=3, more=quorum) == 1


def test_a_reader_without_witnesses_counts_nothing_of_a_stolen_key(case: Case, tmp_path: Path) -> None:
    text = signed(LEAVES, at=[(0, MINUTE - 10)])
    assert case.run(text, witnesses=0) == 0
    assert case.run(text, said(), witnesses=0) == 1
    (tmp_path / "policy").write_text(f"log {VKEY}\nlog {NEXT_VKEY}\nquorum none\n")
    assert case.run(text, said(), witnesses=0, more=("--policy", str(tmp_path / "policy"))) == 1
    assert Policy().complete_at(text) == float("inf")


def test_a_checkpoint_that_a_good_key_signed_too_counts_for_that_key(case: Case) -> None:
    from ledger import checkpoint, merkle

    both = checkpoint.sign(checkpoint.Checkpoint(ORIGIN, 3, merkle.root(LEAVES)), LOG, NEXT)
    assert case.run(both, said(), witnesses=0) == 0
    own = said(NEXT_VKEY.split("+")[1], by=LOG)
    assert case.run(both, said(), own, witnesses=0) == 1
    assert case.run(signed(LEAVES, NEXT), said(), witnesses=0) == 0


def test_of_two_stolen_keys_the_later_theft_decides() -> None:
    from ledger import checkpoint, cosignature, merkle
    from tests.ledger.verifier.forge import WITNESSES

    body = checkpoint.Checkpoint(ORIGIN, 3, merkle.root(LEAVES))
    name, signer = WITNESSES[0]
    text = checkpoint.sign(body, LOG, NEXT) + cosignature.sign(body.text(), name, signer, at=MINUTE).line()
    from ledger.verifier.logformat import WitnessKey
    from ledger.verifier.policy import of_witnesses

    policies = [of_witnesses([WitnessKey.parse(WITNESS_VKEYS[0])])]
    keys = [KEY, LogKey.parse(NEXT_VKEY)]
    for first, second, holds in ((0, 1, True), (1, 0, True), (-1, 0, False)):
        thefts = [
            verifier.Statement(ORIGIN, key.hint.hex(), MINUTE + at)
            for key, at in zip(keys, (first, second), strict=True)
        ]
        found = verifier.doubted(keys, thefts, policies)
        if holds:
            assert verified_checkpoint(text, *found).size == 3
        else:
            with pytest.raises(NotTrue, match="only a stolen key signed it"):
                verified_checkpoint(text, *found)


def test_the_earliest_minute_counts_and_what_nobody_else_signed_means_always(case: Case) -> None:
    text = signed(LEAVES, at=[(0, MINUTE - 10)])
    assert case.run(text, said()) == 0
    assert case.run(text, said(), said(since=MINUTE - 60)) == 1
    assert case.run(text, said(since=MINUTE - 60), said()) == 1
    assert case.run(text, said(by=LOG)) == 1, "the key itself may not choose the minute"
    assert case.run(text, said(by=Signer(99))) == 1
    assert case.run(text, said().replace("\u2014 example.com/log ", "\u2014 example.com/lag ")) == 1
    spoiled = said()[:-8] + ("A" if said()[-8] != "A" else "B") + said()[-7:]
    assert case.run(text, spoiled) == 1


def test_a_statement_about_another_key_or_log_changes_nothing(case: Case) -> None:
    text = signed(LEAVES)
    assert case.run(text, said("01234567"), said(origin="example.com/other"), witnesses=0) == 0


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("countenance/compromise/v1", "countenance/compromise/v2", "no statement"),
        ("Z\n\n", "Z\nmore\n\n", "no statement"),
        (f"{ORIGIN}\n", "", "no statement"),
        ("20", "x0", "minute"),
        ("T0", "T", "minute"),
        ("\n\n", "\n", "not a signed note"),
        ("\n\n", "\n\nx", "signature line"),
    ],
)
def test_what_is_no_statement_is_unreadable(
    case: Case, capsys: pytest.CaptureFixture[str], old: str, new: str, why: str
) -> None:
    text = said(since=datetime(2026, 11, 18, 2, 30, tzinfo=UTC).timestamp().__int__())
    assert old in text
    assert case.run(signed(LEAVES), text.replace(old, new, 1)) == 2
    found = capsys.readouterr().out
    assert found.startswith("unreadable: a statement of compromise:")
    assert why in found


def test_every_command_heeds_it(tmp_path: Path) -> None:
    """What only the stolen key signed is refused wherever a checkpoint is read."""
    (tmp_path / "said").write_text(said())
    folder = str(put(tmp_path / "log", log_of([{"kind": "log.opened", "v": 1}])))
    stolen = ["--compromised", str(tmp_path / "said")]
    keys = ["--vkey", VKEY, "--vkey", NEXT_VKEY]
    assert main(["log", folder, *keys]) == 0
    assert main(["log", folder, *keys, *stolen]) == 1
    from ledger.verifier import monitor

    watch = [folder, "--once", "--state", str(tmp_path / "state"), *keys]
    assert monitor.main([*watch, *stolen]) == 1
    assert monitor.main(watch) == 0


def test_a_stolen_key_of_receipts_statements_or_lists_proves_nothing_here(tmp_path: Path) -> None:
    """Nothing that the command is given dates such a signature."""
    from tests.ledger.verifier.test_receipt import ISSUER

    files = {"receipt": made(parts()), "statement": statement(), "status": jwt()}
    more = {
        "receipt": ["--entry", ENTRIES[4].hex()],
        "statement": [f"--statement-key={base64url.encode(ISSUER.public)}"],
        "status": ["--at", str(NOW + 1)],
    }
    signers = {"receipt": OURS, "statement": OURS, "status": STATUS}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        told = [name, str(tmp_path / name), f"--key={base64url.encode(signers[name].public)}", *more[name]]
        purposes = {
            "receipt": signers[name],
            "status": signers[name],
            "statement": ISSUER if name == "statement" else OURS,
        }
        for purpose, signer in purposes.items():
            stolen = keyfile.key_id(purpose, ORIGIN, signer.public)
            (tmp_path / "said").write_text(said(stolen))
            concerned = signer is signers[name] or (name, purpose) == ("statement", "statement")
            assert main([*told, "--compromised", str(tmp_path / "said")]) == (1 if concerned else 0), (name, purpose)
        (tmp_path / "said").write_text(said("0123456789abcdef"))
        assert main([*told, "--compromised", str(tmp_path / "said")]) == 0
        assert main(told) == 0
