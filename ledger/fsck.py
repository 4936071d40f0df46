"""Derive the whole log again from the entries' bytes, and compare: the heads, the store, the public files, the vault.

Reads only. What it finds is a list of checks, each with what is wrong; it mends nothing. The stranger's counterpart,
which shares none of this code, is `ledger.verifier`.
"""

from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from ledger import checkpoint, keyring, publickeys, published, recordcheck, statuscheck
from ledger.checkpoint import Checkpoint
from ledger.checkpoint_store import CheckpointStore
from ledger.problem import Problem
from ledger.walk import Check, Outside, Walk

TRIGGERS = (
    *("ledger_entry_pends", "ledger_pending_ends", "ledger_leaf_follows", "ledger_head_grows"),
    *(f"ledger_{table}_{reach}" for table in ("entry", "leaf", "head", "pending") for reach in ("rows", "whole")),
)


def examine() -> list[Check]:
    """Return every check of the log, in order; the log is sound if none has a fault."""
    tokens = statuscheck.read()
    outside = _read_outside()  # before the snapshot: what is outside never legitimately runs ahead of the database
    files = recordcheck.vault_listing()
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        walked = Walk(outside)
        walked.run()
        return [
            _triggers(),
            *recordcheck.entries(),
            recordcheck.erasures(),
            recordcheck.keys(),
            recordcheck.loose(),
            *walked.checks(),
            *outside.checks,
            statuscheck.check(tokens, outside.published),
            _public_keys(),
            recordcheck.vault_files(files),
        ]


def _public_keys() -> Check:
    check = Check("the published keys and witness policy are ours")
    check.faults += publickeys.faults()
    return check


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
        keys = [key.public for key in keyring.known_keys("log")]
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
