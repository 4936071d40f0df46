"""Derive the whole log again from the entries' bytes, and compare: the heads, the store, the public files, the vault.

Reads only. What it finds is a list of checks, each with what is wrong; it mends nothing. The stranger's counterpart,
which shares none of this code, is `ledger.verifier`.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from ledger import checkpoint, commitment, keyring, log, merkle, published, tile, vault
from ledger.checkpoint import Checkpoint
from ledger.checkpoint_store import CheckpointStore, Signed
from ledger.entry import decode
from ledger.models import Blob, Entry, Head, Leaf, Pending
from ledger.problem import Problem

CHUNK = 1000
SHOWN = 10
UPLOAD_SECONDS = 3600
TRIGGERS = (
    *("ledger_entry_pends", "ledger_pending_ends", "ledger_leaf_follows", "ledger_head_grows"),
    *(f"ledger_{table}_{reach}" for table in ("entry", "leaf", "head", "pending") for reach in ("rows", "whole")),
)


@dataclass
class Check:
    """One thing that must hold, and each way in which it does not."""

    title: str
    faults: list[str] = field(default_factory=list)
    more: int = 0

    def fault(self, text: str) -> None:
        """Note a fault; past the first few only their number is kept."""
        if len(self.faults) < SHOWN:
            self.faults.append(text)
        else:
            self.more += 1


def examine() -> list[Check]:
    """Return every check of the log, in order; the log is sound if none has a fault."""
    outside = _Outside.read()  # before the snapshot: what is outside never legitimately runs ahead of the database
    files = _vault_listing()
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        walked = _Walk(outside)
        walked.run()
        return [_triggers(), *_entries(), *walked.checks(), *outside.checks, _vault_files(files)]


@dataclass
class _Outside:
    """What lies outside the database; `None` where nothing was signed or published."""

    signed: Signed | None
    signed_checkpoint: Checkpoint | None
    published: Checkpoint | None
    checks: list[Check]

    @classmethod
    def read(cls) -> "_Outside":
        stored = Check("the checkpoint store holds a checkpoint that this log's key signed")
        public = Check("the published checkpoint is signed by this log's key and not ahead of the store")
        shown = _verified(public, published.checkpoint_text())
        signed = CheckpointStore(Path(settings.LEDGER_CHECKPOINT_STORE)).load()
        kept = None if signed is None else _verified(stored, signed.checkpoint)
        if signed is not None and kept is not None and kept.size != signed.size:
            stored.fault(f"the store says size {signed.size}, its checkpoint {kept.size}")
        if shown is not None and shown.size > (0 if kept is None else kept.size):
            public.fault(f"size {shown.size} is published, the store holds {0 if kept is None else kept.size}")
        return cls(signed, kept, shown, [stored, public])


def _verified(check: Check, text: str | None) -> Checkpoint | None:
    if text is None:
        return None
    try:
        keys = [key.public for key in keyring.public_keys("log")]
        return checkpoint.verify(text, origin=settings.LEDGER_ORIGIN, keys=keys)
    except Problem as problem:
        check.fault(problem.detail)
        return None


class _Walk:
    """One pass over the leaves in order, in memory that does not grow with the log."""

    def __init__(self, outside: _Outside) -> None:
        self.outside = outside
        self.order = Check("leaves are numbered from 0 without a gap; log.opened is the first, and only the first")
        self.hashes = Check("every leaf is the hash of its entry's bytes")
        self.heads = Check("every head is the root and right edge of the leaves up to its size")
        self.signed = Check("the entries give the root that was signed last, and the one that is published")
        self.files = Check("the published bundles and tiles are those of the entries")
        self.edge = merkle.Edge()
        self.unseen = iter(Head.objects.order_by("size").iterator(CHUNK))
        self.head = next(self.unseen, None)
        self.size = 0 if outside.published is None else outside.published.size
        self.bundle: list[bytes] = []
        self.level: list[list[bytes]] = [[] for _ in tile.levels(self.size)]
        self.done: list[int] = [0 for _ in self.level]

    def checks(self) -> list[Check]:
        return [self.order, self.hashes, self.heads, self.signed, self.files]

    def run(self) -> None:
        for index, leaf_hash, kind, body in _leaves():
            self._leaf(index, leaf_hash, kind, body)
        if self.head is not None:
            self.heads.fault(f"head {self.head.size} is larger than the {self.edge.size} leaves")
        last = Head.objects.order_by("-size").values_list("size", flat=True).first() or 0
        if last < self.edge.size:
            self.heads.fault(f"the newest head is {last}, there are {self.edge.size} leaves")
        for known in (self.outside.signed_checkpoint, self.outside.published):
            if known is not None and known.size > self.edge.size:
                self.signed.fault(f"size {known.size} was signed, the database ends at {self.edge.size}")
        if self.edge.size >= self.size:
            self._partial_tiles()

    def _leaf(self, index: int, leaf_hash: bytes, kind: str, body: bytes) -> None:
        if index != self.edge.size:
            self.order.fault(f"leaf {index} stands at place {self.edge.size}")
        if (kind == log.GENESIS) != (self.edge.size == 0):
            self.order.fault(f"leaf {index} is {kind}")
        actual = merkle.leaf_hash(body)
        if actual != leaf_hash:
            self.hashes.fault(f"the entry of leaf {index} is not what was hashed")
        self.edge = self.edge.extended([actual])
        self._compare_head()
        self._compare_signed()
        if self.edge.size <= self.size:
            self._compare_files(actual, body)

    def _compare_head(self) -> None:
        if self.head is None or self.head.size > self.edge.size:
            return
        if bytes(self.head.root) != self.edge.root() or bytes(self.head.edge) != self.edge.to_bytes():
            self.heads.fault(f"head {self.head.size} is not of these entries")
        self.head = next(self.unseen, None)

    def _compare_signed(self) -> None:
        for name, known in (("signed", self.outside.signed_checkpoint), ("published", self.outside.published)):
            if known is not None and known.size == self.edge.size and known.root != self.edge.root():
                self.signed.fault(f"the {name} root of size {known.size} is not of these entries")
        signed = self.outside.signed
        if signed is not None and signed.size == self.edge.size and signed.edge != self.edge.to_bytes():
            self.signed.fault(f"the stored right edge of size {signed.size} is not of these entries")

    def _compare_files(self, leaf_hash: bytes, body: bytes) -> None:
        self.bundle.append(body)
        if len(self.bundle) == tile.WIDTH:
            self._compare_bundle()
        node: bytes | None = leaf_hash
        for level in range(len(self.level)):
            if node is None:
                return
            self.level[level].append(node)
            full = len(self.level[level]) == tile.WIDTH
            node = merkle.root(self.level[level]) if full else None
            if full:
                self._compare_tile(level)

    def _partial_tiles(self) -> None:
        if self.bundle:
            self._compare_bundle()
        for level, hashes in enumerate(self.level):
            if hashes:
                self._compare_tile(level)

    def _compare_bundle(self) -> None:
        self._compare(tile.bundle_path(self.done[0], len(self.bundle)), tile.encode_bundle(self.bundle))
        self.bundle = []

    def _compare_tile(self, level: int) -> None:
        hashes = self.level[level]
        self._compare(tile.hash_path(level, self.done[level], len(hashes)), tile.encode_hashes(hashes))
        self.level[level] = []
        self.done[level] += 1

    def _compare(self, path: str, expected: bytes) -> None:
        try:
            if published.read(path) != expected:
                self.files.fault(f"{path} is not of these entries")
        except OSError:
            self.files.fault(f"{path} is missing")


def _leaves() -> Iterator[tuple[int, bytes, str, bytes]]:
    rows = Leaf.objects.order_by("index").values_list("index", "leaf_hash", "entry__kind", "entry__body")
    for index, leaf_hash, kind, body in rows.iterator(CHUNK):
        yield index, bytes(leaf_hash), kind, bytes(body)


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
    waiting = set(Pending.objects.values_list("entry_id", flat=True))
    for entry in Entry.objects.select_related("sealed__subject_key").order_by("pk").iterator(CHUNK):
        try:
            if decode(bytes(entry.body))["kind"] != entry.kind:
                whole.fault(f"entry {entry.pk} is not a {entry.kind}")
            elif entry.sealed.ciphertext is not None:
                _open(entry, opened)
        except Problem as problem:
            whole.fault(f"entry {entry.pk}: {problem.detail}")
    unplaced = Entry.objects.exclude(pk__in=Leaf.objects.values("entry_id")).values_list("pk", flat=True)
    for key in set(unplaced) - waiting:
        placed.fault(f"entry {key} has no place and does not wait for one")
    for key in Leaf.objects.filter(entry_id__in=waiting).values_list("entry_id", flat=True):
        placed.fault(f"entry {key} has a place and waits for another")
    return whole, placed, opened


def _open(entry: Entry, check: Check) -> None:
    try:
        opening = log.opening(entry)
    except Problem as problem:
        check.fault(f"entry {entry.pk}: {problem.detail}")
        return
    if commitment.commit(opening.salt, opening.payload) != entry.commit:
        check.fault(f"entry {entry.pk} does not commit to its payload")


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
