"""What the publisher does with its witnesses: honest, down, slow, lying."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint

from ledger import checkpoint, cosignature, keyring, log, merkle, note, publisher
from ledger import published as files
from ledger.checkpoint import Checkpoint
from ledger.checks import witness_policy_can_be_met
from ledger.cosignature import Cosigner, parse_vkey
from ledger.proof import parse
from ledger.publisher import PublishRefused
from ledger.verifier.cli import main as verify
from ledger.witnesspolicy import QuorumMissed
from tests.ledger import lying_witness
from tests.ledger.conftest import published, published_at, sequenced
from tests.ledger.lying_witness import COSIGNER, Say, line, saying
from tests.ledger.test_note import Signer
from tests.ledger.test_publisher import assert_sound, held, shown, store
from tests.ledger.witness import program

pytestmark = pytest.mark.django_db
NOBODY = {"name": COSIGNER.name, "vkey": COSIGNER.vkey(), "url": "http://127.0.0.1:9"}  # the discard port: refused


@contextmanager
def real(folder: Path) -> Iterator[dict[str, str]]:
    """Run our own witness on the log of this test; yield its line of the settings."""
    folder.mkdir(exist_ok=True)
    with program.running(folder, "--log-vkey", keyring.log_vkey(), "--name", f"{folder.name}.example/w") as running:
        yield {"name": running.cosigner.name, "vkey": running.vkey, "url": running.url}


@pytest.fixture
def witness(tmp_path: Path, settings: Settings) -> Iterator[dict[str, str]]:
    with real(tmp_path / "honest") as one:
        settings.LEDGER_WITNESSES, settings.LEDGER_WITNESS_QUORUM = [one], 1
        settings.DEVELOPMENT = False
        yield one


def text() -> str:
    return files.checkpoint_text() or ""


def cosigned_by(witness: dict[str, str]) -> bool:
    return cosignature.find(note.parse(text()), parse_vkey(witness["vkey"])) is not None


def test_each_checkpoint_is_published_with_its_cosignature(witness: dict[str, str]) -> None:
    for size in (2, 5, 257, 259):
        published_at(size)
        assert cosigned_by(witness)
        assert_sound()
        TheirCheckpoint.from_text(text()).verify(Vkey.from_string(witness["vkey"]))
        TheirCheckpoint.from_text(text()).verify(Vkey.from_string(keyring.log_vkey()))
    assert shown().size == 259


def test_the_store_keeps_our_own_signature_only(witness: dict[str, str]) -> None:
    published(1)
    assert len(note.parse(held().checkpoint).signatures) == 1
    assert text().startswith(held().checkpoint)


def test_a_proof_carries_the_cosignature_and_the_verifier_can_demand_it(
    witness: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (entry,) = published(1)
    assert cosignature.verify(note.parse(parse(log.proof(entry)).checkpoint), parse_vkey(witness["vkey"]))
    command = ["log", str(files.folder()), "--vkey", keyring.log_vkey(), "--witness-vkey"]
    assert verify([*command, witness["vkey"]]) == 0
    assert "5 the checkpoint is cosigned by" in capsys.readouterr().out
    assert verify([*command, witness["vkey"], "--witness-vkey", COSIGNER.vkey()]) == 1
    assert "has not cosigned" in capsys.readouterr().out
    assert verify([*command, "nonsense"]) == 2
    assert verify([*command, keyring.log_vkey()]) == 2


def test_a_spoiled_cosignature_is_false_to_the_verifier(witness: dict[str, str]) -> None:
    published(1)
    command = ["log", str(files.folder()), "--vkey", keyring.log_vkey(), "--witness-vkey", witness["vkey"]]
    parsed = note.parse(text())
    mine = parsed.signatures[1]
    for place in (4, 11, 12, 75):
        spoiled = bytearray(mine.data)
        spoiled[place] ^= 1
        changed = held().checkpoint + note.Signature(mine.name, bytes(spoiled)).line()
        (files.folder() / "checkpoint").write_text(changed)
        assert verify(command) == 1
    (files.folder() / "checkpoint").write_text(held().checkpoint)
    assert verify(command) == 1
    assert verify(command[:4]) == 0


def test_a_witness_that_is_down_stops_publication_in_production_and_what_was_signed_waits(
    witness: dict[str, str], tmp_path: Path, settings: Settings
) -> None:
    published(1)
    before = text()
    settings.LEDGER_WITNESSES = [witness | {"url": NOBODY["url"]}]
    sequenced(1)
    running = publisher.start()
    for _ in range(2):
        with pytest.raises(QuorumMissed):
            running.publish()
        assert (held().size, text()) == (5, before)
    assert verify(["log", str(files.folder()), "--vkey", keyring.log_vkey()]) == 0
    settings.LEDGER_WITNESSES = [witness]
    promised = held().checkpoint
    publisher.start().publish()
    assert text().startswith(promised)
    assert cosigned_by(witness)


def test_in_development_it_is_published_with_a_warning_and_cosigned_once_the_witness_is_back(
    witness: dict[str, str],
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.DEVELOPMENT = True
    settings.LEDGER_WITNESSES = [witness | {"url": NOBODY["url"]}]
    published(1)
    assert "PUBLISHED WITHOUT ITS QUORUM" in caplog.text
    assert not cosigned_by(witness)
    settings.LEDGER_WITNESSES = [witness]
    assert publisher.start().publish() is False
    assert cosigned_by(witness)
    assert_sound()


def test_a_witness_that_missed_some_checkpoints_is_led_on_by_its_409(
    witness: dict[str, str], settings: Settings
) -> None:
    published(2)
    settings.LEDGER_WITNESSES, settings.LEDGER_WITNESS_QUORUM = [], 0
    published(5)
    settings.LEDGER_WITNESSES, settings.LEDGER_WITNESS_QUORUM = [witness], 1
    sequenced(1)
    fresh = publisher.Publisher(store())  # knows no size of any witness
    fresh.publish()
    assert cosigned_by(witness)


def test_a_spoiled_cosignature_in_the_published_file_is_made_anew(witness: dict[str, str]) -> None:
    published(1)
    mine = note.parse(text()).signatures[1]
    (files.folder() / "checkpoint").write_text(
        held().checkpoint + note.Signature(mine.name, mine.data[:4] + bytes(72)).line()
    )
    assert publisher.start().publish() is False
    assert cosigned_by(witness)


def answers(status: int = 200, kind: str = "text/plain") -> Say:
    return lambda sent: (status, kind, line(sent))


LIES: dict[str, Say] = {
    "another key": lambda sent: (200, "text/plain", line(sent, Signer(32))),
    "a bad signature": lambda sent: (200, "text/plain", line(sent, text="other.example/log\n1\n" + "A" * 43 + "=\n")),
    "a time long ago": lambda sent: (200, "text/plain", line(sent, skew=-100_000)),
    "a time to come": lambda sent: (200, "text/plain", line(sent, skew=100_000)),
    "nothing": lambda _sent: (200, "text/plain", ""),
    "nonsense": lambda _sent: (200, "text/plain", "nonsense\n"),
    "an answer without end": lambda sent: (200, "text/plain", line(sent) * 1000),
    "a good line under a bad status": answers(202),
    "an error": lambda _sent: (500, "text/plain", "no\n"),
    "a conflict for ever": lambda _sent: (409, "text/x.tlog.size", "0\n"),
    "a conflict without size": lambda _sent: (409, "text/plain", "0\n"),
    "a size beyond ours": lambda _sent: (409, "text/x.tlog.size", "9999\n"),
    "a size that is none": lambda _sent: (409, "text/x.tlog.size", "-1\n"),
    "a bad signature beside a good one": lambda sent: (
        200, "text/plain", line(sent) + note.Signature(COSIGNER.name, COSIGNER.key_id + bytes(72)).line(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_counts_as_no_cosignature(lie: str, settings: Settings) -> None:
    settings.DEVELOPMENT, settings.LEDGER_WITNESS_QUORUM = False, 1
    with saying(LIES[lie]) as witness:
        settings.LEDGER_WITNESSES = [witness]
        with pytest.raises(QuorumMissed):
            published(1)
    assert files.checkpoint_text() is None


def test_the_same_witness_telling_the_truth_counts(settings: Settings) -> None:
    settings.DEVELOPMENT, settings.LEDGER_WITNESS_QUORUM = False, 1
    with saying(answers()) as witness:
        settings.LEDGER_WITNESSES = [witness]
        published(1)
        assert cosigned_by(witness)


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_of_one_does_not_stop_what_the_quorum_lets_through(
    lie: str, witness: dict[str, str], settings: Settings
) -> None:
    with saying(LIES[lie]) as liar:
        settings.LEDGER_WITNESSES = [liar, witness]
        published(1)
        assert cosigned_by(witness)
        assert not cosigned_by(liar)
    assert_sound()


def test_what_a_witness_adds_beside_its_cosignature_is_not_published(settings: Settings) -> None:
    grease = note.Signature("grease.invalid", bytes(72)).line()
    with saying(lambda sent: (200, "text/plain", grease + line(sent))) as witness:
        settings.LEDGER_WITNESSES = [witness]
        published(1)
        assert cosigned_by(witness)
    assert "grease" not in text()


def test_a_witness_that_drips_is_cut_off(witness: dict[str, str], settings: Settings) -> None:
    with saying(answers(), drip=0.3) as slow:
        settings.LEDGER_WITNESSES = [slow, witness]
        sequenced(1)
        running = publisher.start()
        begun = time.monotonic()
        running.publish()
        assert time.monotonic() - begun < 10  # dripping to its end would take a minute
    assert cosigned_by(witness)
    assert not cosigned_by(slow)


def test_a_store_restored_from_an_older_copy_is_caught_by_what_a_witness_shows(witness: dict[str, str]) -> None:
    published(1)
    kept = store().path.read_bytes()
    published(1)
    store().path.write_bytes(kept)
    (files.folder() / "checkpoint").write_text(held().checkpoint)
    with pytest.raises(PublishRefused, match="holds size 5 signed by us"):
        publisher.start()


def test_a_witness_that_only_claims_to_have_seen_more_is_not_believed(settings: Settings) -> None:
    claimed = Checkpoint(configured.LEDGER_ORIGIN, 1000, merkle.leaf_hash(b"x"))
    with saying(answers(), shows=checkpoint.sign(claimed, lying_witness.SIGNER)) as witness:
        settings.LEDGER_WITNESSES = [witness]
        published(1)
        assert cosigned_by(witness)


def test_two_histories_of_a_log_get_one_cosignature(witness: dict[str, str], settings: Settings) -> None:
    """Two houses with one key and two stores, each honest to its own database: the witness holds to the first."""
    published(2)
    twin = Checkpoint(configured.LEDGER_ORIGIN, 4, merkle.leaf_hash(b"another history"))
    forked = checkpoint.sign(twin, keyring.signing_key("log"))
    before = publisher.start()
    assert before.witnesses.cosign(forked, 4) == forked
    sequenced(1)
    with pytest.raises(QuorumMissed):
        before.publish()
    assert text().splitlines()[1] == "4"


def test_a_policy_that_cannot_be_met_does_not_start(settings: Settings) -> None:
    assert witness_policy_can_be_met(None) == []
    settings.LEDGER_WITNESSES, settings.LEDGER_WITNESS_QUORUM = [NOBODY], 2
    assert [found.id for found in witness_policy_can_be_met(None)] == ["ledger.E004"]
    twin = Cosigner("twin.example/w", lying_witness.SIGNER.public)
    settings.LEDGER_WITNESSES = [NOBODY, {"name": twin.name, "vkey": twin.vkey(), "url": NOBODY["url"]}]
    assert [found.id for found in witness_policy_can_be_met(None)] == ["ledger.E004"]
