"""The history of the operator's keys, and what a compromised one is still worth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from ledger import base64url, compromise, keyring, log, publisher, rotation, signerhistory, signers
from ledger import published as files
from ledger.canonical import parse
from ledger.entry import decode, to_minute
from ledger.keyfile import SIGNERS, KeyUnavailable, Signer
from ledger.keyring import SignatureInvalid
from ledger.log import LogUnverifiable
from ledger.models import Entry
from ledger.signerhistory import SignerRefused
from tests.ledger.conftest import published, sequenced

pytestmark = pytest.mark.django_db
OPERATOR = "system:operator"
AN_HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def own_keys(settings: Settings, tmp_path: Path) -> Path:
    settings.LEDGER_KEYS_DIR = tmp_path / "own"
    keyring.make_development_keys(tmp_path / "own", settings.LEDGER_ORIGIN)
    return tmp_path / "own"


def now() -> datetime:
    return datetime.now(UTC)


def body(entry: Entry) -> dict[str, object]:
    return decode(bytes(entry.body))


def rotated(purpose: Signer = "log", overlap: timedelta = AN_HOUR) -> rotation.Rotation:
    return rotation.rotate(purpose, overlap=overlap)


def reported(key_id: str, since: datetime | None = None) -> Entry:
    return signerhistory.report_compromise(key_id, since=since or now(), actor=OPERATOR)


def test_a_key_is_put_on_record_once_with_its_public_half() -> None:
    key = keyring.signing_key("receipt")
    entry = signerhistory.register_signer(key.key_id, actor=OPERATOR)
    assert body(entry) | {"commit": "", "time": ""} == {
        "v": 1, "kind": "signer.registered", "commit": "", "time": "",
        "purpose": "receipt", "key_id": key.key_id, "public": base64url.encode(key.public),
    }  # fmt: skip
    assert parse(log.opening(entry).payload)["actor"] == OPERATOR
    with pytest.raises(SignerRefused):
        signerhistory.register_signer(key.key_id, actor=OPERATOR)
    assert key.key_id not in signerhistory.unregistered()
    assert len(signerhistory.unregistered()) == len(SIGNERS) - 1


def test_a_vault_key_signs_nothing_and_has_no_history() -> None:
    key_id, _ = keyring.vault_root()
    with pytest.raises(SignerRefused):
        signerhistory.register_signer(key_id, actor=OPERATOR)


def test_a_retired_key_signs_nothing_and_stays_known() -> None:
    done = rotated()
    (old,) = done.old
    assert [key.key_id for key in keyring.signing_keys("log")] == [old.key_id, done.new.key_id]
    entry = signerhistory.retire_signer(old.key_id, actor=OPERATOR)
    assert body(entry)["key_id"] == old.key_id
    assert [key.key_id for key in keyring.signing_keys("log")] == [done.new.key_id]
    assert [key.key_id for key in keyring.public_keys("log")] == [old.key_id, done.new.key_id]
    with pytest.raises(SignerRefused):
        signerhistory.retire_signer(old.key_id, actor=OPERATOR)


def test_the_last_key_of_a_purpose_is_not_retired() -> None:
    key = keyring.signing_key("log")
    with pytest.raises(SignerRefused, match="No other log key"):
        signerhistory.retire_signer(key.key_id, actor=OPERATOR)
    assert keyring.signing_key("log").key_id == key.key_id


def test_a_compromised_key_signs_nothing_though_its_window_is_open(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    done = rotated()
    (old,) = done.old
    with django_capture_on_commit_callbacks(execute=True):
        entry = reported(old.key_id, since := now() - AN_HOUR)
    assert old.stands(now())
    assert {"key_id": old.key_id, "since": to_minute(since)}.items() <= body(entry).items()
    assert [key.key_id for key in keyring.signing_keys("log")] == [done.new.key_id]
    assert [key.key_id for key in keyring.public_keys("log")] == [done.new.key_id]
    text = files.read(f"compromised/{old.key_id}").decode()
    stated = compromise.verify(text, origin=old.name, key_id=old.key_id, keys=[done.new.public])
    assert stated.since == since.replace(second=0, microsecond=0)


def test_the_only_log_key_cannot_be_denounced_by_itself() -> None:
    key = keyring.signing_key("log")
    with pytest.raises(SignerRefused, match="could sign the statement"):
        reported(key.key_id)
    assert keyring.signing_key("log").key_id == key.key_id
    assert not Entry.objects.filter(kind="signer.compromised").exists()


def test_the_log_key_testifies_where_no_other_key_of_the_purpose_stands() -> None:
    key = keyring.signing_key("permit")
    log_key = keyring.signing_key("log")
    reported(key.key_id)
    with pytest.raises(KeyUnavailable):
        keyring.signing_key("permit")
    (file,) = keyring.key_files("permit")
    text = keyring.statements(file)[0].read_text()
    assert compromise.verify(text, origin=file.name, key_id=key.key_id, keys=[log_key.public])


def test_the_public_statement_alone_stops_the_key() -> None:
    rotated()
    old = keyring.key_files("log")[0]
    reported(old.key_id)
    beside, public = keyring.statements(old)
    public.parent.mkdir(parents=True)
    beside.rename(public)
    assert old.key_id not in [key.key_id for key in keyring.signing_keys("log")]
    public.unlink()
    assert old.key_id in [key.key_id for key in keyring.signing_keys("log")]


@pytest.mark.parametrize("text", ["", "garbage", "by itself"], ids=["empty", "garbage", "by itself"])
def test_a_statement_that_cannot_be_believed_stops_the_key_and_leaves_nothing_of_it(text: str) -> None:
    rotated("permit", timedelta(0))
    old = keyring.key_files("permit")[0]
    signature = signers.opened(old).sign(b"data")
    statement = compromise.Compromise(old.name, old.key_id, now())
    if text == "by itself":
        text = compromise.sign(statement, signers.opened(old))
    keyring.statements(old)[0].write_text(text)
    assert keyring.compromised_since(old) == keyring.ALWAYS
    known = keyring.known_keys("permit")[0]
    for at in (None, now(), datetime(2000, 1, 1, tzinfo=UTC)):
        with pytest.raises(SignatureInvalid):
            known.verify(signature, b"data", at=at)


def test_a_signature_counts_only_for_what_the_log_had_before() -> None:
    rotated("receipt", timedelta(0))
    old = keyring.key_files("receipt")[0]
    signature = signers.opened(old).sign(b"data")
    since = now().replace(second=0, microsecond=0)
    reported(old.key_id, since)
    known = keyring.known_keys("receipt")[0]
    known.verify(signature, b"data", at=since - timedelta(minutes=1))
    for at in (since, since + AN_HOUR, None):
        with pytest.raises(SignatureInvalid, match="compromised"):
            known.verify(signature, b"data", at=at)
    with pytest.raises(SignatureInvalid, match="Not a signature"):
        known.verify(signature, b"other", at=since - AN_HOUR)


def test_a_second_statement_is_only_ever_earlier() -> None:
    rotated()
    old = keyring.key_files("log")[0]
    first = now() - AN_HOUR
    reported(old.key_id, first)
    with pytest.raises(SignerRefused, match="It is stated since"):
        reported(old.key_id, first + timedelta(minutes=5))
    again = reported(old.key_id, first)
    assert Entry.objects.filter(kind="signer.compromised").get() == again
    reported(old.key_id, first - AN_HOUR)
    assert Entry.objects.filter(kind="signer.compromised").count() == 2
    assert keyring.compromised_since(old) == (first - AN_HOUR).replace(second=0, microsecond=0)


def test_a_compromise_does_not_begin_in_the_future() -> None:
    rotated()
    with pytest.raises(SignerRefused, match="future"):
        reported(keyring.key_files("log")[0].key_id, now() + AN_HOUR)


def test_a_crash_before_the_commit_leaves_a_key_that_signs_nothing_and_the_next_try_finishes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rotated()
    old = keyring.key_files("log")[0]
    since = now() - AN_HOUR
    with monkeypatch.context() as patched:
        patched.setattr(log, "append", crash)
        with pytest.raises(ZeroDivisionError):
            reported(old.key_id, since)
    assert keyring.compromised_since(old) is not None
    assert not Entry.objects.filter(kind="signer.compromised").exists()
    reported(old.key_id, since)
    assert Entry.objects.filter(kind="signer.compromised").count() == 1


def crash(*_arguments: object, **_named: object) -> None:
    raise ZeroDivisionError


def test_the_log_goes_on_under_the_next_key_after_its_key_was_stolen(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    (entry,) = published(1)
    stolen = keyring.signing_key("log")
    before = files.checkpoint_text() or ""
    done = rotated(overlap=timedelta(0))
    with django_capture_on_commit_callbacks(execute=True):
        reported(stolen.key_id, now() - AN_HOUR)
    with pytest.raises(LogUnverifiable, match="compromised key"):
        log.proof(entry)  # of the checkpoint that only the stolen key signed
    sequenced(1)
    with publisher.alone():
        publisher.start().publish()
    assert log.proof(entry)
    assert keyring.verified_checkpoint(files.checkpoint_text() or "").size == 6
    assert keyring.signing_key("log").key_id == done.new.key_id
    with pytest.raises(Exception, match="compromised"):
        keyring.verified_checkpoint(before)
