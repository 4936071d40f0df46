"""Derive the whole log again from the entries' bytes, and compare: the heads, the store, the public files, the vault.

Reads only. What it finds is a list of checks, each with what is wrong; it mends nothing. The stranger's counterpart,
which shares none of this code, is `ledger.verifier`.
"""

import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from ledger import checkpoint, commitment, keyring, log, published, subjectkeys, vault
from ledger.checkpoint import Checkpoint
from ledger.checkpoint_store import CheckpointStore
from ledger.entry import decode, to_minute
from ledger.models import Blob, Entry, Leaf, Pending, Sealed, SubjectKey
from ledger.problem import Problem
from ledger.walk import CHUNK, Check, Outside, Walk

UPLOAD_SECONDS = 3600
TRIGGERS = (
    *("ledger_entry_pends", "ledger_pending_ends", "ledger_leaf_follows", "ledger_head_grows"),
    *(f"ledger_{table}_{reach}" for table in ("entry", "leaf", "head", "pending") for reach in ("rows", "whole")),
)


def examine() -> list[Check]:
    """Return every check of the log, in order; the log is sound if none has a fault."""
    outside = _read_outside()  # before the snapshot: what is outside never legitimately runs ahead of the database
    files = _vault_listing()
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        walked = Walk(outside)
        walked.run()
        return [_triggers(), *_entries(), _erasures(), *walked.checks(), *outside.checks, _vault_files(files)]


def _read_outside() -> Outside:
    stored = Check("the checkpoint store holds a checkpoint that this log's key signed")
    public = Check("the published checkpoint is signed by this log's key and not ahead of the store")
    shown = _verified(public, published.checkpoint_text())
    signed = CheckpointStore(Path(settings.LEDGER_CHECKPOINT_STORE)).load()
    kept = None if signed is None else _verified(stored, signed.checkpoint)
    if signed is not None and kept is not None and kept.size != signed.size:
        stored.fault(f"the store says size {signed.size}, its checkpoint {kept.size}")
    if shown is not None and shown.size > (0 if kept is None else kept.size):
        public.fault(f"size {shown.size} is published, the store holds {0 if kept is None else kept.size}")
    return Outside(signed, kept, shown, [stored, public])


def _verified(check: Check, text: str | None) -> Checkpoint | None:
    if text is None:
        return None
    try:
        keys = [key.public for key in keyring.public_keys("log")]
        return checkpoint.verify(text, origin=settings.LEDGER_ORIGIN, keys=keys)
    except Problem as problem:
        check.fault(problem.detail)
        return None


def _triggers() -> Check:
    check = Check("every trigger that keeps the log append-only is there and always on")
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal")
        found = dict(cursor.fetchall())
    for name in TRIGGERS:
        if found.get(name) not in ("A", b"A"):
            check.fault(f"trigger {name} is missing or off")
    return check


def _entries() -> Sequence[Check]:
    whole = Check("every entry is well-formed and of the kind that its row says")
    placed = Check("every entry has a place or waits for one")
    opened = Check("every payload that is not erased opens, and is what its entry commits to")
    keys: dict[int, bytes] = {}
    waiting = set(Pending.objects.values_list("entry_id", flat=True))
    for entry in Entry.objects.select_related("sealed__subject_key").order_by("pk").iterator(CHUNK):
        try:
            body = decode(bytes(entry.body))
            if body["kind"] != entry.kind:
                whole.fault(f"entry {entry.pk} is not a {entry.kind}")
            elif body["time"] != to_minute(entry.created_at):
                whole.fault(f"entry {entry.pk} is not of the minute in which it was made")
            elif entry.sealed.ciphertext is not None:
                _open(entry, keys, opened)
        except Problem as problem:
            whole.fault(f"entry {entry.pk}: {problem.detail}")
    unplaced = Entry.objects.exclude(pk__in=Leaf.objects.values("entry_id")).values_list("pk", flat=True)
    for key in set(unplaced) - waiting:
        placed.fault(f"entry {key} has no place and does not wait for one")
    for key in Leaf.objects.filter(entry_id__in=waiting).values_list("entry_id", flat=True):
        placed.fault(f"entry {key} has a place and waits for another")
    return whole, placed, opened


def _open(entry: Entry, keys: dict[int, bytes], check: Check) -> None:
    """Open one payload; `keys` are the subjects' keys met lately, so that not each entry unwraps one."""
    owner = entry.sealed.subject_key
    try:
        if owner.pk not in keys:
            if len(keys) >= CHUNK:
                keys.clear()
            keys[owner.pk] = subjectkeys.unwrap(owner)
        opening = log.opened(vault.unsealed(entry.sealed, keys[owner.pk]))
    except Problem as problem:
        check.fault(f"entry {entry.pk}: {problem.detail}")
        return
    if commitment.commit(opening.salt, opening.payload) != entry.commit:
        check.fault(f"entry {entry.pk} does not commit to its payload")


def _erasures() -> Check:
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


def _vault_listing() -> set[Path]:
    folder = Path(settings.LEDGER_VAULT_DIR)
    return {path for path in folder.glob("*/*") if path.is_file()} if folder.exists() else set()


def _vault_files(before: set[Path]) -> Check:
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
