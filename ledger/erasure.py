"""Erase a subject, for good: also for backups that are restored later.

    1. lock the subject's key; every sealing under it has committed, and no other begins
    2. destroy the key and the ciphertexts, mark the files, append `subject.erased`
    3. the caller's own rows, in the same transaction (`erasing`)
    4. write the erasure journal, outside the database, and have it on disk
    5. commit
    6. remove the sealed files

If we crash before 4, nothing happened. After 4 the erasure is decided: `refuse_if_undone` keeps every program from
serving until `replay` (or the same verb again) has finished it; the same holds for a database that was restored from a
backup made before 5. After 5 files may remain: without the key they are noise; the next call or replay removes them.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from ledger import log, subjectkeys, vault
from ledger.canonical import parse
from ledger.durable import sync_folder
from ledger.entry import decode
from ledger.erasure_journal import Journal, JournalInvalid, Line, digest
from ledger.follower import LoggedEntry
from ledger.models import Blob, Entry, Sealed, SubjectKey
from ledger.problem import Problem
from ledger.subjectkeys import Erased

KIND = "subject.erased"
SUBJECT = "system:vault"  # under whose key the entries of erasures are sealed
CHUNK = 1000


class ErasureUndone(Problem):
    """The database holds what the journal says was erased: it was restored, or a crash came in between."""

    code: ClassVar[str] = "erasure-undone"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "An erasure has come undone"


@dataclass(frozen=True, slots=True)
class Journaled:
    """One line of the journal beside the database. `subject` is `None` if the database knows no such subject."""

    line: Line
    subject: str | None
    erased: bool

    @property
    def undone(self) -> bool:
        """Whether the subject is here and not erased."""
        return self.subject is not None and not self.erased


def erase(subject: str, *, actor: str, reason: str) -> Entry:
    """Destroy the subject's key, its ciphertexts and its files; append `subject.erased`.

    The subject is named only inside the entry's own sealed payload. Entries and proofs about it stay valid; what they
    commit to is gone. Raises `Erased` for a subject that is erased, after removing what files a crash left, and
    `RuntimeError` inside a transaction, which could undo what the journal says.
    """
    with erasing(subject, actor=actor, reason=reason) as entry:
        return entry


@contextlib.contextmanager
def erasing(subject: str, *, actor: str, reason: str) -> Iterator[Entry]:
    """Erase as `erase` does, together with what the caller changes inside the block: all of it or nothing."""
    paths: list[Path] = []
    try:
        with transaction.atomic(durable=True):
            row = SubjectKey.objects.select_for_update().filter(subject=subject).first()
            if row is None or row.wrapped is None:
                raise subjectkeys.erased(subject)
            paths = _destroy(row)
            payload = {"subject": subject, "reason": reason}
            entry = log.append(KIND, payload, actor=actor, subject=SUBJECT)
            yield entry
            journaled = decode(bytes(entry.body))
            journal().append(
                subject, time=journaled["time"], key=row.pk, entry=str(entry.pk), commit=journaled["commit"]
            )
    except Erased:
        remove_files(Blob.objects.filter(subject_key__subject=subject).exclude(erased_at=None))
        raise
    _unlink(paths)


def journal() -> Journal:
    """Return the journal of this installation."""
    return Journal(Path(settings.LEDGER_ERASURE_JOURNAL))


def examine() -> list[Journaled]:
    """Compare the journal with the database, line by line. Raises `JournalInvalid`.

    The row id finds the subject at once. Where a restore has given it to somebody else, every subject is looked at.
    """
    salt, lines = journal().lines()
    found: dict[str, tuple[str, bool]] = {}
    for start in range(0, len(lines), CHUNK):
        keys = [line.key for line in lines[start : start + CHUNK]]
        found |= _by_digest(salt, SubjectKey.objects.filter(pk__in=keys).values_list("subject", "erased_at"))
    if any(line.subject not in found for line in lines):
        everybody = SubjectKey.objects.values_list("subject", "erased_at").iterator(CHUNK)
        known = {line.subject for line in lines}
        found |= {name: row for name, row in _by_digest(salt, everybody).items() if name in known}
    return [Journaled(line, *found.get(line.subject, (None, False))) for line in lines]


def refuse_if_undone() -> None:
    """Raise `ErasureUndone` if the database holds what was erased, and `JournalInvalid` if that cannot be known.

    Asked before anything is served, sequenced or published: a restored backup knows people who asked to be forgotten.
    """
    recorded = Entry.objects.filter(kind=KIND).count()
    examined = examine()  # after the count: a line is on disk before its entry commits, so none is missed
    if recorded > len(examined):
        raise JournalInvalid(
            f"The journal has {len(examined)} erasures, the log {recorded}",
            remedy="Restore LEDGER_ERASURE_JOURNAL from its own copy; see docs/runbooks/restore.md",
        )
    undone = sum(_came_back(each) for each in examined if each.undone)
    if undone:
        raise ErasureUndone(
            f"{undone} erasures of the journal are not in this database",
            remedy="Run `ledger_erasures --replay`; see docs/runbooks/restore.md",
        )


def finish() -> int:
    """Erase again whom the journal announced and no commit followed; return how many. For a sweeper, and for a start.

    Files that a crash left after the commit go too; those of more than a day ago are left to a replay.
    """
    replayed = _replayed("system:erasure")
    for entry in replayed:
        _tell(entry)
    remove_files(Blob.objects.filter(erased_at__gt=Now() - timedelta(days=1)))
    return len(replayed)


def replay(*, actor: str) -> list[Entry]:
    """Do again every erasure that the database does not show, each in a transaction; return their entries.

    An entry that the database still has is not appended a second time. Whoever follows the log is told at once, out of
    turn, about every erasure in the journal: followers find nothing to do twice. Files that remained are removed.
    """
    replayed = _replayed(actor)
    for each in examine():
        if (entry := on_record(each.line)) is not None:
            _tell(entry)
    remove_files(Blob.objects.exclude(erased_at=None))
    return replayed


def on_record(line: Line) -> Entry | None:
    """Return the entry that a line names, by its id or else by its commitment; `None`: the database lost it."""
    entry = Entry.objects.filter(pk=line.entry, kind=KIND).first()
    if entry is not None and entry.commit_text == line.commit:
        return entry
    return next((each for each in Entry.objects.filter(kind=KIND) if each.commit_text == line.commit), None)


def subject_of(entry_id: UUID) -> str | None:
    """Return whom an entry `subject.erased` erased; `None`: its payload cannot be read here any more."""
    entry = Entry.objects.select_related("sealed__subject_key").get(pk=entry_id)
    try:
        return str(parse(log.opening(entry).payload)["payload"]["subject"])
    except Erased:
        return None


def is_erased(subject: str) -> bool:
    """Tell whether nothing can be read or added under this subject, ever."""
    return SubjectKey.objects.filter(subject=subject, wrapped=None).exists()


def remove_files(blobs: Iterable[Blob]) -> None:
    """Remove what a crash left of erased files."""
    _unlink([vault.path_of(blob) for blob in blobs])


def _destroy(row: SubjectKey) -> list[Path]:
    """Destroy the key and all that it sealed, in the caller's transaction; return the files to remove after it."""
    subjectkeys.forget(row.subject)
    row.wrapped, row.erased_at = None, Now()
    row.save(update_fields=["wrapped", "erased_at"])
    Sealed.objects.filter(subject_key=row).update(ciphertext=None)
    blobs = Blob.objects.filter(subject_key=row, erased_at=None)
    paths = [vault.path_of(blob) for blob in blobs]
    blobs.update(erased_at=Now())
    return paths


def _by_digest(salt: bytes, rows: Iterable[tuple[str, object]]) -> dict[str, tuple[str, bool]]:
    return {digest(salt, subject): (subject, erased_at is not None) for subject, erased_at in rows}


def _one_a_subject(examined: list[Journaled]) -> list[Journaled]:
    """Return what is undone, each subject once: with a line whose entry is on record, if there is one."""
    undone: dict[str, Journaled] = {}
    for each in examined:
        if each.subject is not None and each.undone and (each.subject not in undone or on_record(each.line)):
            undone[each.subject] = each
    return list(undone.values())


def _came_back(undone: Journaled) -> bool:
    """Tell whether the subject is really there: an erasure under way holds its row, and this waits for its end."""
    with transaction.atomic():
        row = SubjectKey.objects.select_for_update().filter(subject=undone.subject).first()
        return row is not None and row.wrapped is not None


def _replayed(actor: str) -> list[Entry]:
    """Erase again every subject that came back; return the entries. One that somebody erases meanwhile is left out."""
    again = (_again(each, actor) for each in _one_a_subject(examine()) if _came_back(each))
    return [entry for entry in again if entry is not None]


def _again(undone: Journaled, actor: str) -> Entry | None:
    """Erase one subject again; `None`: it was erased by somebody else before we held its row."""
    subject = str(undone.subject)
    entry = on_record(undone.line)
    if entry is None:
        with contextlib.suppress(Erased):
            return erase(subject, actor=actor, reason="replayed from the erasure journal")
        return None
    with transaction.atomic(durable=True):
        row = SubjectKey.objects.select_for_update().get(subject=subject)
        if row.wrapped is None:
            return None
        paths = _destroy(row)
    _unlink(paths)
    return entry


def _tell(entry: Entry) -> None:
    """Let every follower act on this entry now."""
    index = entry.index
    logged = LoggedEntry(-1 if index is None else index, entry.kind, entry.pk, decode(bytes(entry.body)))
    for path in settings.LEDGER_FOLLOWERS.values():
        with transaction.atomic():
            import_string(path)(logged)


def _unlink(paths: list[Path]) -> None:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            sync_folder(path.parent)
