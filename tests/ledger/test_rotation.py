"""A new key in the place of an old one, without a moment in which none stands."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint

from ledger import (
    checkpoint,
    cosignature,
    erasure,
    keyfile,
    keyring,
    note,
    publisher,
    rotation,
    signerhistory,
    subjectkeys,
    vault,
)
from ledger import published as files
from ledger.keyfile import SIGNERS, KeyFile, KeyUnavailable, Signer
from ledger.models import Entry, SubjectKey
from ledger.note import NoteInvalid
from ledger.verifier.cli import main as verify
from ledger.witnesspolicy import QuorumMissed
from tests.ledger.conftest import published, sequenced
from tests.ledger.witness import program

WEEK = timedelta(days=7)
PARTY = "party:0b6b2b64-9c8d-4c0e-8a57-5f7b0f6f0a11"


@pytest.fixture(autouse=True)
def own_keys(settings: Settings, tmp_path: Path) -> Path:
    settings.LEDGER_KEYS_DIR = tmp_path / "own"
    keyring.make_development_keys(tmp_path / "own", settings.LEDGER_ORIGIN)
    return tmp_path / "own"


def now() -> datetime:
    return datetime.now(UTC)


def end(key: KeyFile) -> None:
    """Let the overlap be over."""
    keyfile.write(replace(key, not_before=now() - 2 * WEEK, not_after=now() - timedelta(seconds=1)))


def text() -> str:
    return files.checkpoint_text() or ""


def accepted(key: KeyFile, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """Return which verifiers accept the published checkpoint, knowing only this key."""
    (vkey,) = keyring.vkeys([key])
    found = set()
    with suppress(NoteInvalid):
        checkpoint.verify(text(), origin=key.name, keys=[key.public])
        found.add("ours")
    if verify(["log", str(files.folder()), "--vkey", vkey]) == 0:
        found.add("countenance-verify")
    with suppress(RuntimeError):  # "no signature matched vkey"
        TheirCheckpoint.from_text(text()).verify(Vkey.from_string(vkey))
        found.add("tlog-scales")
    capsys.readouterr()
    return found


ALL = {"ours", "countenance-verify", "tlog-scales"}


@pytest.mark.django_db
def test_who_knows_either_log_key_accepts_in_the_overlap_and_only_the_new_one_after(
    capsys: pytest.CaptureFixture[str],
) -> None:
    published(1)
    done = rotation.rotate("log", overlap=WEEK)
    (old,) = done.old
    assert accepted(old, capsys) == ALL
    published(1)
    names = {one.name for one in note.parse(text()).signatures}
    assert names == {old.name}
    assert len(note.parse(text()).signatures) == 2
    assert accepted(old, capsys) == accepted(done.new, capsys) == ALL
    end(old)
    published(1)
    assert len(note.parse(text()).signatures) == 1
    assert accepted(old, capsys) == set()
    assert accepted(done.new, capsys) == ALL


@pytest.mark.django_db
def test_a_witness_that_was_told_goes_on_and_one_that_was_not_stops_after_the_overlap(
    settings: Settings, tmp_path: Path
) -> None:
    settings.DEVELOPMENT, settings.LEDGER_WITNESS_QUORUM = False, 1
    told = tmp_path / "vkeys"
    told.write_text(keyring.log_vkey() + "\n")
    with program.running(tmp_path, "--log-vkeys", str(told)) as witness:
        settings.LEDGER_WITNESSES = [{"name": witness.cosigner.name, "vkey": witness.vkey, "url": witness.url}]
        published(1)
        done = rotation.rotate("log", overlap=WEEK)
        published(1)  # it knows the old key only, and that signs
        assert cosignature.find(note.parse(text()), witness.cosigner)
        end(done.old[0])
        sequenced(1)
        with publisher.alone(), pytest.raises(QuorumMissed):
            publisher.start().publish()
        told.write_text("\n".join(keyring.vkeys([*done.old, done.new])))
        with publisher.alone():
            publisher.start().publish()
        assert cosignature.find(note.parse(text()), witness.cosigner)
        told.write_text("garbage")
        sequenced(1)
        with publisher.alone(), pytest.raises(QuorumMissed):
            publisher.start().publish()


@pytest.mark.parametrize("purpose", [purpose for purpose in SIGNERS if purpose != "log"])
def test_a_key_whose_signature_stands_alone_is_announced_and_then_takes_over(purpose: Signer) -> None:
    old = keyring.signing_key(purpose).key_id
    done = rotation.rotate(purpose, overlap=WEEK)
    assert keyring.signing_key(purpose).key_id == old
    assert [key.key_id for key in keyring.public_keys(purpose)] == [old, done.new.key_id]
    assert done.old[0].not_after == done.new.not_before == done.until
    for at in (done.until - timedelta(seconds=1), done.until, done.until + WEEK):
        standing = [key.key_id for key in keyring.key_files(purpose) if key.stands(at)]
        assert standing == [old if at < done.until else done.new.key_id]


def test_without_an_overlap_the_new_key_signs_at_once() -> None:
    for purpose in SIGNERS:
        done = rotation.rotate(purpose, overlap=timedelta(0))
        assert [key.key_id for key in keyring.signing_keys(purpose)] == [done.new.key_id]


def test_a_purpose_without_a_standing_key_gets_one_at_once() -> None:
    end(keyring.key_files("permit")[0])
    done = rotation.rotate("permit", overlap=WEEK)
    assert keyring.signing_key("permit").key_id == done.new.key_id


def test_a_key_is_made_only_where_none_stands() -> None:
    with pytest.raises(KeyUnavailable, match="stands"):
        rotation.generate("permit")
    end(keyring.key_files("permit")[0])
    made = rotation.generate("permit")
    assert keyring.signing_key("permit").key_id == made.key_id
    assert made.development is False
    assert made.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_subject_keys_are_wrapped_anew_in_batches_and_open_as_before() -> None:
    sealed = {number: vault.seal(f"{PARTY[:-2]}{number:02}", b"secret", context="here") for number in range(5)}
    old, _ = keyring.vault_root()
    wrapped = {row.pk: bytes(row.wrapped or b"") for row in SubjectKey.objects.all()}
    done = rotation.rotate("vault", overlap=timedelta(0))
    assert keyring.vault_root()[0] == done.new.key_id
    assert [vault.rewrap(2), vault.rewrap(2)] == [2, 2]
    assert SubjectKey.objects.filter(root_key_id=old).count() == 1  # here it was killed, and begins again
    assert [vault.rewrap(2), vault.rewrap(2)] == [1, 0]
    assert not SubjectKey.objects.filter(root_key_id=old).exists()
    done.old[0].path.unlink()
    for row in SubjectKey.objects.all():
        assert bytes(row.wrapped or b"") != wrapped[row.pk]
    for one in sealed.values():
        one.refresh_from_db()
        assert vault.unseal(one) == b"secret"


@pytest.mark.django_db
def test_what_was_erased_is_not_wrapped_anew() -> None:
    sealed = vault.seal(PARTY, b"secret", context="here")
    erasure.erase(PARTY, actor=PARTY, reason="asked")
    rotation.rotate("vault", overlap=timedelta(0))
    while vault.rewrap(10):
        pass
    assert SubjectKey.objects.get(subject=PARTY).wrapped is None
    sealed.refresh_from_db()
    with pytest.raises(subjectkeys.Erased):
        vault.unseal(sealed)


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("ledger_keys", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_command_rotates_puts_on_record_and_says_what_is_next() -> None:
    old = keyring.signing_key("log").key_id
    output = said("rotate", "--purpose", "log", "--overlap", "7d")
    assert keyring.log_vkey() in output
    assert "witness" in output
    assert f"ledger_keys retire --key-id {old}" in output
    assert Entry.objects.filter(kind="signer.registered").count() == len(SIGNERS) + 1
    assert said("register") == ""
    said("retire", "--key-id", old)
    said("compromise", "--key-id", old, "--since", "2026-01-01T00:00Z")
    assert [line.split()[-1] for line in said("list").splitlines() if line.startswith("log")] == [
        "compromised",
        "stands",
    ]
    output = said("rotate", "--purpose", "vault")
    assert "rewrap" in output
    assert "Every subject key is wrapped by" in said("rewrap", "--batch", "1")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments",
    [
        "rotate",
        "rotate --purpose log",
        "rotate --purpose log --overlap 7",
        "rotate --purpose log --overlap 7d --backend pkcs11",
        "rotate --purpose log --overlap 7d --backend kms --signer a.b",
        "rotate --purpose log --overlap 7d --backend kms --signer a.b --public AAAA",
        "rotate --purpose log --overlap 7d --backend kms --signer a.b --public !",
        "generate --purpose log",
        "retire",
        "retire --key-id 00000000",
        "compromise --key-id 00000000",
        "compromise --key-id 00000000 --since yesterday",
        "compromise --key-id 00000000 --since 2026-01-01T00:00Z",
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(own_keys: Path, arguments: str) -> None:
    before = {path: path.read_bytes() for path in own_keys.rglob("*.json")}
    with pytest.raises(CommandError):
        said(*arguments.split())
    assert {path: path.read_bytes() for path in own_keys.rglob("*.json")} == before
    assert not Entry.objects.exists()


def test_a_key_made_without_a_database_can_be_put_on_record_later(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def away() -> Callable[[], None]:
        raise OperationalError("the server is away")

    monkeypatch.setattr(signerhistory, "unregistered", away)
    error = io.StringIO()
    call_command("ledger_keys", "rotate", "--purpose", "permit", "--overlap", "1h", stdout=io.StringIO(), stderr=error)
    assert "ledger_keys register" in error.getvalue()
    assert len(keyring.key_files("permit")) == 2
