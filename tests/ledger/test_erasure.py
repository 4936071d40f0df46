"""Erasure: what goes, what a crash leaves, and what a restored backup cannot bring back."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from ledger import erasure, keyring, log, vault
from ledger.entry import decode
from ledger.erasure import ErasureUndone
from ledger.erasure_journal import Journal, JournalInvalid
from ledger.fsck import examine
from ledger.merkle import leaf_hash
from ledger.models import Blob, Entry, Sealed, SubjectKey
from ledger.proof import parse, verify
from ledger.subjectkeys import Erased
from tests.conftest import on_server
from tests.ledger.conftest import PARTY, published

ROOT = Path(__file__).resolve().parent.parent.parent
OTHER = "party:11111111-1111-4111-8111-111111111111"
JOURNAL_APPEND = Journal.append


@pytest.fixture(autouse=True)
def no_followers(settings: Any) -> None:  # noqa: ANN401 - pytest-django's
    """Leave the followers out: these subjects are nobody's parties."""
    settings.LEDGER_FOLLOWERS = {}


def files() -> list[Path]:
    return [path for path in Path(configured.LEDGER_VAULT_DIR).rglob("*") if path.is_file()]


def erase(subject: str = PARTY) -> Entry:
    return erasure.erase(subject, actor="party:moderator", reason="asked for it")


def entries() -> int:
    return Entry.objects.filter(kind="subject.erased").count()


def whole() -> bool:
    return [fault for check in examine() for fault in check.faults] == []


@pytest.fixture
def subject(fresh_database: str) -> str:
    """Return a subject with an entry and a file."""
    published(1)
    vault.store_blob(PARTY, io.BytesIO(b"clip"), context="clip")
    return PARTY


class Backup:
    """A copy of the test's database, put back as `pg_restore` would: the files beside it stay as they are."""

    def __init__(self) -> None:
        self.live = str(connection.settings_dict["NAME"])
        self.copy = f"{self.live}_copy"
        self._copied(self.copy, self.live)

    def restore(self) -> None:
        connection.close()
        on_server("template", self._sql("DROP DATABASE {} WITH (FORCE)"), self.live)
        self._copied(self.live, self.copy)

    def drop(self) -> None:
        on_server("template", self._sql("DROP DATABASE IF EXISTS {} WITH (FORCE)"), self.copy)

    def _copied(self, new: str, old: str) -> None:
        connection.close()
        on_server("template", self._sql("CREATE DATABASE {} TEMPLATE {}"), new, old)

    def _sql(self, text: str) -> Any:  # noqa: ANN401 - psycopg's
        from psycopg import sql

        return sql.SQL(text)


@pytest.fixture
def backup(subject: str) -> Any:  # noqa: ANN401 - yields a Backup
    made = Backup()
    yield made
    made.drop()


def test_erasure_destroys_key_payloads_and_files_and_the_log_still_verifies(fresh_database: str) -> None:
    (entry,) = published(1)
    blob = vault.store_blob(PARTY, io.BytesIO(b"clip"), context="clip")
    path, key, kept = vault.path_of(blob), SubjectKey.objects.get(subject=PARTY), log.proof(entry)
    erased = erase()
    key.refresh_from_db()
    blob.refresh_from_db()
    entry = Entry.objects.get(pk=entry.pk)
    assert key.wrapped is None
    assert entry.sealed.ciphertext is None
    assert not path.exists()
    for attempt in (
        lambda: log.opening(entry),
        lambda: vault.read_blob(blob),
        lambda: vault.open_blob(blob),
        lambda: vault.seal(PARTY, b"again", context="test"),
        lambda: vault.store_blob(PARTY, io.BytesIO(b"again"), context="test"),
        erase,
    ):
        with pytest.raises(Erased):
            attempt()
    assert erased.kind == "subject.erased"
    assert PARTY.encode() in log.opening(erased).payload
    assert PARTY.encode() not in bytes(erased.body)
    keys = [key.public for key in keyring.public_keys("log")]
    leaf = leaf_hash(bytes(entry.body))
    assert verify(parse(kept), leaf, origin=configured.LEDGER_ORIGIN, keys=keys)
    published(0)
    assert verify(parse(log.proof(entry)), leaf, origin=configured.LEDGER_ORIGIN, keys=keys)
    assert whole()


def test_the_journal_names_the_entry_and_not_the_subject(subject: str) -> None:
    entry = erase()
    (line,) = erasure.journal().lines()[1]
    assert (line.entry, line.commit) == (str(entry.pk), entry.commit_text)
    assert subject.encode() not in erasure.journal().path.read_bytes()
    erasure.refuse_if_undone()


def test_an_erasure_is_refused_inside_a_transaction_that_could_undo_it(subject: str) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        erase()
    assert not erasure.journal().path.exists()


def test_what_the_caller_changes_with_it_stands_or_falls_with_it(subject: str) -> None:
    with pytest.raises(ZeroDivisionError), erasure.erasing(subject, actor="system:test", reason=""):
        raise ZeroDivisionError
    assert files()
    assert log.opening(Entry.objects.get(kind="party.registered"))
    assert erasure.journal().lines()[1] == []


@pytest.mark.django_db
def test_the_key_is_gone_if_and_only_if_the_row_says_so() -> None:
    from django.db import IntegrityError
    from django.db.models.functions import Now

    key = vault.seal(PARTY, b"x", context="test").subject_key
    for half in ({"wrapped": None}, {"erased_at": Now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SubjectKey.objects.filter(pk=key.pk).update(**half)


# --- crashes -------------------------------------------------------


def killed(database: str, point: str) -> None:
    names = ("LEDGER_KEYS_DIR", "LEDGER_VAULT_DIR", "LEDGER_ERASURE_JOURNAL")
    environment = os.environ | {name: str(getattr(configured, name)) for name in names} | {"DATABASE_URL": database}
    command = [sys.executable, "-m", "tests.ledger.dying_eraser", point, PARTY]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize(
    "point",  # where it dies, how many lines the journal has then, whether the database knows
    [
        ("before:ledger.erasure/_destroy", 0, False),
        ("after:ledger.erasure/_destroy", 0, False),
        ("before:ledger.erasure_journal/Journal.append", 0, False),
        ("after:ledger.erasure_journal/Journal.append", 1, False),
        ("before:ledger.erasure/_unlink", 1, True),
    ],
    ids=lambda point: point[0],
)
@pytest.mark.parametrize("healed_by", ["the same verb", "a replay", "the sweeper"])
def test_a_killed_erasure_is_finished_by_whoever_comes_next(
    subject: str, fresh_database: str, point: tuple[str, int, bool], healed_by: str
) -> None:
    where, journaled, committed = point
    killed(fresh_database, where)
    assert len(erasure.journal().lines()[1]) == journaled
    assert erasure.is_erased(PARTY) is committed
    assert files(), "the file goes last"
    if journaled and not committed:
        with pytest.raises(ErasureUndone):
            erasure.refuse_if_undone()
    if healed_by == "a replay":
        erasure.replay(actor="system:test")
    elif healed_by == "the sweeper":
        erasure.finish()
    elif committed:
        with pytest.raises(Erased):
            erase()
    else:
        erase()
    if journaled or healed_by == "the same verb":
        assert erasure.is_erased(PARTY)
        assert not files()
        assert entries() == 1
    else:
        assert files(), "what was never decided is not replayed"
    erasure.refuse_if_undone()
    published(0)
    assert whole()


@pytest.mark.parametrize("persisted", ["not persisted", "persisted, but reported failed"])
def test_a_journal_that_cannot_be_written_undoes_the_erasure(
    subject: str, monkeypatch: pytest.MonkeyPatch, persisted: str
) -> None:
    decided = persisted != "not persisted"

    def fail(self: Journal, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - of the real one
        if decided:
            JOURNAL_APPEND(self, *args, **kwargs)
        raise OSError(28, "no space left")

    monkeypatch.setattr(Journal, "append", fail)
    with pytest.raises(OSError, match="no space"):
        erase()
    assert not erasure.is_erased(PARTY)
    assert entries() == 0
    monkeypatch.undo()
    if decided:  # it was decided, as far as anybody can know
        with pytest.raises(ErasureUndone):
            erasure.refuse_if_undone()
    erase()
    erasure.refuse_if_undone()
    assert entries() == 1


# --- restores ------------------------------------------------------


def test_a_backup_from_before_brings_nobody_back(backup: Backup) -> None:
    published(2)
    entry = erase()
    backup.restore()
    assert not erasure.is_erased(PARTY), "the backup knows the key"
    assert Entry.objects.filter(pk=entry.pk).count() == 0
    with pytest.raises(ErasureUndone) as refused:
        erasure.refuse_if_undone()
    assert "--replay" in refused.value.remedy
    with pytest.raises(CommandError, match="not in this database"):
        call_command("ledger_erasures", stdout=io.StringIO())
    said = io.StringIO()
    call_command("ledger_erasures", "--replay", stdout=said)
    assert "1 erasures were done again" in said.getvalue()
    assert erasure.is_erased(PARTY)
    assert not Sealed.objects.filter(subject_key__subject=PARTY).exclude(ciphertext=None).exists()
    assert not Blob.objects.filter(subject_key__subject=PARTY, erased_at=None).exists()
    assert entries() == 1
    erasure.refuse_if_undone()


def test_a_second_replay_changes_nothing(backup: Backup) -> None:
    erase()
    backup.restore()
    assert len(erasure.replay(actor="system:test")) == 1
    assert erasure.replay(actor="system:test") == []
    assert entries() == 1


def test_an_entry_that_the_restore_kept_is_not_appended_twice(subject: str) -> None:
    """As after a restore whose lost entries were read back from the published files."""
    key = SubjectKey.objects.get(subject=PARTY)
    wrapped = bytes(key.wrapped or b"")
    erase()
    SubjectKey.objects.filter(pk=key.pk).update(wrapped=wrapped, erased_at=None)
    with pytest.raises(ErasureUndone):
        erasure.refuse_if_undone()
    erasure.replay(actor="system:test")
    assert erasure.is_erased(PARTY)
    assert entries() == 1


def test_a_subject_that_came_back_under_another_row_is_found(backup: Backup) -> None:
    erase()
    backup.restore()
    vault.seal(OTHER, b"x", context="test")
    other = SubjectKey.objects.get(subject=OTHER)
    mine = SubjectKey.objects.get(subject=PARTY)
    SubjectKey.objects.filter(pk=other.pk).update(subject="party:swap")
    SubjectKey.objects.filter(pk=mine.pk).update(subject=OTHER)
    SubjectKey.objects.filter(pk=other.pk).update(subject=PARTY)
    (found,) = erasure.examine()
    assert (found.subject, found.undone) == (PARTY, True)


def test_a_backup_that_never_knew_the_subject_has_nothing_to_undo(fresh_database: str) -> None:
    published(1)
    made = Backup()
    try:
        vault.seal(OTHER, b"x", context="test")
        erase(OTHER)
        made.restore()
        erasure.refuse_if_undone()
        (found,) = erasure.examine()
        assert found.subject is None
        assert erasure.replay(actor="system:test") == []
    finally:
        made.drop()


def test_a_journal_that_knows_fewer_erasures_than_the_log_refuses(subject: str) -> None:
    """It is another file, or an older copy: what it says of a restored backup proves nothing."""
    erase(subject)
    erasure.refuse_if_undone()
    Path(configured.LEDGER_ERASURE_JOURNAL).unlink()
    with pytest.raises(JournalInvalid, match="has 0 erasures, the log 1"):
        erasure.refuse_if_undone()


def test_an_erasure_that_commits_during_the_comparison_is_no_missing_line(
    subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase(subject)
    vault.seal(OTHER, b"more", context="test")
    compare = erasure.examine

    def meanwhile() -> list[erasure.Journaled]:
        found = compare()
        monkeypatch.setattr(erasure, "examine", compare)
        erase(OTHER)
        return found

    monkeypatch.setattr(erasure, "examine", meanwhile)
    erasure.refuse_if_undone()
    assert entries() == 2


def test_an_erasure_under_way_is_waited_for_and_not_taken_for_one_undone(subject: str) -> None:
    announced, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with erasure.erasing(subject, actor="system:test", reason="asked") as entry:
                body = decode(bytes(entry.body))
                key = SubjectKey.objects.get(subject=subject).pk
                erasure.journal().append(
                    subject, time=body["time"], key=key, entry=str(entry.pk), commit=body["commit"]
                )
                announced.set()
                assert go_on.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert announced.wait(30)
    threading.Timer(0.5, go_on.set).start()
    assert erasure.finish() == 0
    erasure.refuse_if_undone()
    thread.join(30)
    assert entries() == 1


def test_a_journal_that_cannot_be_read_refuses(subject: str) -> None:
    erase()
    path = erasure.journal().path
    path.write_bytes(path.read_bytes().replace(b'"key"', b'"kay"'))
    with pytest.raises(JournalInvalid):
        erasure.refuse_if_undone()
