"""What the writer really writes passes the verifier, which shares no code with it; and what is spoiled does not."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as configured

from ledger import base64url, compromise, keyfile, keyring, log, published, receipts, signers
from ledger.compromise import Compromise
from ledger.models import Entry
from ledger.verifier.cli import main
from tests.ledger.conftest import published_at
from tests.ledger.test_statusfiles import end, grant, grown

pytestmark = pytest.mark.django_db


def public(purpose: keyring.Signer) -> str:
    return "--key=" + base64url.encode(keyring.public_keys(purpose)[0].public)


@pytest.fixture
def entries() -> list[Entry]:
    """Return two grants, the first of them ended, in a published log."""
    made = [grant(), grant()]
    end(made[0])
    grown()
    return made


def test_a_receipt_passes_and_not_for_another_entry(entries: list[Entry], tmp_path: Path) -> None:
    file = tmp_path / "receipt"
    file.write_bytes(receipts.receipt(entries[0]))
    told = ["receipt", str(file), public("receipt"), "--issuer", configured.LEDGER_ORIGIN, "--entry"]
    assert main([*told, bytes(entries[0].body).hex()]) == 0
    assert main([*told, bytes(entries[1].body).hex()]) == 1
    assert main(["receipt", str(file), public("permit"), "--entry", bytes(entries[0].body).hex()]) == 1


def test_a_transparent_statement_passes(entries: list[Entry], tmp_path: Path) -> None:
    file = tmp_path / "statement"
    file.write_bytes(receipts.transparent_statement(entries[0]))
    told = ["statement", str(file), public("receipt"), public("statement").replace("--key", "--statement-key")]
    assert main(told) == 0
    file.write_bytes(file.read_bytes().replace(b"2027-11-22", b"2028-11-22"))
    assert main(told) == 1


def test_a_proof_passes(entries: list[Entry], vkey: str, tmp_path: Path) -> None:
    file = tmp_path / "proof"
    file.write_text(log.proof(entries[1]))
    assert main(["proof", str(file), "--vkey", vkey, "--entry", bytes(entries[1].body).hex()]) == 0
    assert main(["proof", str(file), "--vkey", vkey, "--entry", bytes(entries[0].body).hex()]) == 1


@pytest.mark.parametrize("form", ["jwt", "cwt"])
def test_a_status_list_passes_against_the_log(entries: list[Entry], vkey: str, form: str) -> None:
    folder = published.folder()
    told = ["status", str(folder / f"status/grants.{form}"), public("status")]
    told += ["--uri", f"{configured.PUBLIC_URL}/status/grants", "--log", str(folder), "--vkey", vkey]
    assert main(told) == 0
    assert main([*told, "--index", "1"]) == 0
    assert main([*told, "--index", "0"]) == 1  # ended
    assert main([*told, "--index", "2"]) == 1  # never was


def test_a_later_checkpoint_extends_an_earlier_one(vkey: str, tmp_path: Path) -> None:
    published_at(200)
    older = tmp_path / "older"
    older.write_bytes(published.read("checkpoint"))
    published_at(300)  # the partial tiles of the older size are gone
    newer = published.folder() / "checkpoint"
    told = ["checkpoint", str(newer), "--vkey", vkey, "--older", str(older), "--log", str(published.folder())]
    assert main(told) == 0
    assert main(["log", str(published.folder()), "--vkey", vkey]) == 0


def test_a_receipt_that_the_log_grew_passes_from_the_older_checkpoint(vkey: str, tmp_path: Path) -> None:
    published_at(200)
    older = tmp_path / "older"
    older.write_bytes(published.read("checkpoint"))
    published_at(300)
    file = tmp_path / "receipt"
    file.write_bytes(receipts.consistency_receipt(200, 300))
    told = ["receipt", str(file), public("receipt"), "--issuer", configured.LEDGER_ORIGIN]
    assert main([*told, "--older", str(older), "--vkey", vkey]) == 0
    assert main([*told, "--older", str(published.folder() / "checkpoint"), "--vkey", vkey]) == 1
    root = older.read_text().splitlines()[2]
    assert main([*told, f"--older-root={root}"]) == 0
    file.write_bytes(receipts.consistency_receipt(199, 300))
    assert main([*told, f"--older-root={root}"]) == 1


def test_the_published_statement_about_a_stolen_key_is_heeded(entries: list[Entry], vkey: str, tmp_path: Path) -> None:
    """It is signed by the next key of the log, as the command that states a theft does it."""
    (stolen,) = keyring.key_files("log")
    following = keyfile.make(tmp_path, "log", configured.LEDGER_ORIGIN, not_before=datetime.now(UTC))
    statement = Compromise(configured.LEDGER_ORIGIN, stolen.key_id, datetime(2026, 1, 1, tzinfo=UTC))
    file = tmp_path / "stolen"
    file.write_text(compromise.sign(statement, signers.opened(following)))
    told = ["log", str(published.folder()), "--vkey", vkey, "--vkey", *keyring.vkeys([following])]
    assert main(told) == 0
    assert main([*told, "--compromised", str(file)]) == 1
    assert main(["log", str(published.folder()), "--vkey", vkey, "--compromised", str(file)]) == 1


def test_a_log_whose_state_lies_does_not_pass(entries: list[Entry], vkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every signature and hash is right: only the replay tells that a withdrawal was left out of the state."""
    assert main(["log", str(published.folder()), "--vkey", vkey]) == 0
    from ledger import statetable

    monkeypatch.setattr(statetable._Changes, "name", lambda *_: None)
    end(entries[1])
    grown()
    assert main(["log", str(published.folder()), "--vkey", vkey]) == 1


def test_the_monitor_follows_the_real_log_as_a_program_of_its_own(vkey: str, tmp_path: Path) -> None:
    published_at(200)
    command = [sys.executable, "-m", "ledger.verifier.monitor", str(published.folder()), "--vkey", vkey]
    command += ["--state", str(tmp_path / "state"), "--once"]
    for size in (200, 300):
        published_at(size) if size > 200 else None
        done = subprocess.run(command, env={"PATH": ""}, capture_output=True, check=False, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    path = published.folder() / "tile/0/000"
    path.write_bytes(bytes(8192))
    done = subprocess.run(
        [*command, "--full-seconds", "0"], env={"PATH": ""}, capture_output=True, check=False, text=True
    )
    assert done.returncode == 1, done.stdout + done.stderr
