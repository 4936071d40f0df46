"""What `ledger.fsck` asks of entries one by one, and of the vault: openings, erasures, sealed files."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection

from ledger import base64url, commitment, log, subjectkeys, vault
from ledger.entry import decode, to_minute
from ledger.models import Blob, Entry, Leaf, Pending, Sealed, SubjectKey
from ledger.problem import Problem
from ledger.walk import CHUNK, Check

UPLOAD_SECONDS = 3600
STATEMENT = """
SELECT e.id, e.kind, e.body, e.created_at, s.id, s.context, s.ciphertext, s.subject_key_id
FROM ledger_entry e LEFT JOIN ledger_sealed s ON s.id = e.sealed_id
"""


class Row(NamedTuple):
    """An entry with what opens it; `ciphertext` is `None` once the subject is erased, the rest if a row is missing."""

    entry: UUID
    kind: str
    body: bytes
    created_at: datetime
    sealed: UUID | None
    context: str | None
    ciphertext: bytes | None
    owner: int | None


def entries() -> Sequence[Check]:
    """Check every entry's form, place and opening."""
    whole = Check("every entry is well-formed, and of the kind and minute that its row says")
    placed = Check("every entry has a place or waits for one")
    opened = Check("every payload that is not erased opens, and is what its entry commits to")
    owners: dict[int, tuple[str, bytes]] = {}
    for row in _rows():
        try:
            body = decode(row.body)
            if body["kind"] != row.kind:
                whole.fault(f"entry {row.entry} is not a {row.kind}")
            if body["time"] != to_minute(row.created_at):
                whole.fault(f"entry {row.entry} is not of the minute in which it was made")
            if row.sealed is None or row.context != f"entry:{row.entry}":
                opened.fault(f"entry {row.entry} has lost what opens it")
            elif row.ciphertext is not None and not _opens(row, body["commit"], owners):
                opened.fault(f"entry {row.entry} does not commit to its payload")
        except Problem as problem:
            (opened if isinstance(problem, vault.UNREADABLE) else whole).fault(f"entry {row.entry}: {problem.detail}")
    waiting = set(Pending.objects.values_list("entry_id", flat=True))
    unplaced = Entry.objects.exclude(pk__in=Leaf.objects.values("entry_id")).values_list("pk", flat=True)
    for key in set(unplaced) - waiting:
        placed.fault(f"entry {key} has no place and does not wait for one")
    for key in Leaf.objects.filter(entry_id__in=waiting).values_list("entry_id", flat=True):
        placed.fault(f"entry {key} has a place and waits for another")
    for key in waiting - set(Entry.objects.filter(pk__in=waiting).values_list("pk", flat=True)):
        placed.fault(f"something waits that is no entry: {key}")
    return whole, placed, opened


def _rows() -> Iterator[Row]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(STATEMENT)
        while found := cursor.fetchmany(CHUNK):
            yield from map(Row._make, found)


def _opens(row: Row, commit: str, owners: dict[int, tuple[str, bytes]]) -> bool:
    """Tell whether the payload is what was committed to; `owners` are the subjects met lately, with their keys."""
    owner = row.owner or 0
    if owner not in owners:
        if len(owners) >= CHUNK:
            owners.clear()
        key = SubjectKey.objects.filter(pk=owner).first()
        if key is None:
            raise subjectkeys.erased("unknown")
        owners[owner] = (key.subject, subjectkeys.unwrap(key))
    subject, secret = owners[owner]
    opening = log.opened(vault.opened_bytes(secret, subject, row.context or "", bytes(row.ciphertext or b"")))
    return base64url.encode(commitment.commit(opening.salt, opening.payload)) == commit


def keys() -> Check:
    """Open every subject's key with the root key that its row names."""
    check = Check("every subject's key opens")
    for key in SubjectKey.objects.exclude(wrapped=None).iterator(CHUNK):
        try:
            subjectkeys.unwrap(key)
        except Problem as problem:
            check.fault(f"key {key.pk}: {problem.detail}")
    return check


def loose() -> Check:
    """Open what is sealed without an entry; the other records are opened with theirs."""
    check = Check("every sealed record opens")
    for sealed in Sealed.objects.filter(entry=None).exclude(ciphertext=None).iterator(CHUNK):
        try:
            vault.unseal(sealed)
        except SubjectKey.DoesNotExist:
            check.fault(f"sealed {sealed.pk} has lost its key")
        except Problem as problem:
            check.fault(f"sealed {sealed.pk}: {problem.detail}")
    return check


def erasures() -> Check:
    """Compare the keys that are gone with the entries that say so. Whose they were is sealed; how many is not."""
    check = Check("nothing is erased but with a subject's key, and every key that is gone has its entry")
    gone = SubjectKey.objects.filter(wrapped=None)
    recorded = Entry.objects.filter(kind="subject.erased").count()
    if gone.count() != recorded:
        check.fault(f"{gone.count()} keys are gone, {recorded} erasures are on record")
    for key in gone.filter(erased_at=None).values_list("pk", flat=True):
        check.fault(f"key {key} is gone, but was never erased")
    kept = set(SubjectKey.objects.exclude(wrapped=None).values_list("pk", flat=True))
    for pk, owner in Sealed.objects.filter(ciphertext=None).values_list("pk", "subject_key_id"):
        if owner in kept:
            check.fault(f"sealed {pk} is empty, but its subject was not erased")
    for owner in Sealed.objects.values_list("subject_key_id", flat=True).distinct():
        if not SubjectKey.objects.filter(pk=owner).exists():
            check.fault(f"the key {owner} of sealed records is missing")
    for pk, owner in Blob.objects.exclude(erased_at=None).values_list("pk", "subject_key_id"):
        if owner in kept:
            check.fault(f"blob {pk} is erased, but its subject was not")
    return check


def vault_listing() -> set[Path]:
    """Return every file in the vault."""
    folder = Path(settings.LEDGER_VAULT_DIR)
    return {path for path in folder.glob("*/*") if path.is_file()} if folder.exists() else set()


def vault_files(before: set[Path]) -> Check:
    """Compare rows and files. `before` was listed before the snapshot, so that an erasure meanwhile is no fault.

    An upload under way has a file before it has a row: only a file that is old and still has none is a fault.
    """
    check = Check("every sealed file that is not erased is there; no old file in the vault is without a row")
    expected = {vault.path_of(blob) for blob in Blob.objects.filter(erased_at=None)}
    for path in sorted(expected - before):
        if not path.exists():
            check.fault(f"{path.name} is missing")
    for path in sorted(before - expected):
        if path.exists() and time.time() - path.stat().st_mtime > UPLOAD_SECONDS:
            check.fault(f"{path.name} belongs to no row")
    return check
