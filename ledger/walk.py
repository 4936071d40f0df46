"""One pass over the leaves in order: what `ledger.fsck` derives from the entries' bytes and compares.

Memory does not grow with the log, but for the state of grants: one record for each.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection

from ledger import log, merkle, published, statetable, tile
from ledger.checkpoint import Checkpoint
from ledger.checkpoint_store import Signed
from ledger.entry import decode
from ledger.models import GrantState, Head
from ledger.problem import Problem
from ledger.state import STATED, State, Summary, changes_state

CHUNK = 1000
SHOWN = 10


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


@dataclass
class Outside:
    """What lies outside the database; `None` where nothing was signed or published."""

    signed: Signed | None
    signed_checkpoint: Checkpoint | None
    published: Checkpoint | None
    checks: list[Check]


class Walk:
    """One pass over the leaves in order, in memory that does not grow with the log."""

    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self.order = Check("leaves are numbered from 0 without a gap; log.opened is the first, and only the first")
        self.hashes = Check("every leaf is the hash of its entry's bytes")
        self.heads = Check("every head is the root and right edge of the leaves up to its size")
        self.signed = Check("the entries give the root that was signed last, and the one that is published")
        self.files = Check("the published bundles and tiles are those of the entries")
        self.states = Check("every state.recorded is what the entries before it give, and so are the state tables")
        self.state = State()
        self.edge = merkle.Edge()
        self.fresh: list[bytes] = []  # hashes of leaves that are not in the edge yet
        self.reached = 0
        self.known = (outside.signed_checkpoint, outside.published)
        self.unseen = iter(Head.objects.order_by("size").iterator(CHUNK))
        self._next_head()
        self.size = 0 if outside.published is None else outside.published.size
        self.bundle: list[bytes] = []
        self.level: list[list[bytes]] = [[] for _ in tile.levels(self.size)]
        self.done: list[int] = [0 for _ in self.level]

    def checks(self) -> list[Check]:
        """Return what was compared, after `run`."""
        return [self.order, self.hashes, self.heads, self.signed, self.files, self.states]

    def run(self) -> None:
        """Read every leaf once."""
        for index, leaf_hash, kind, body in _leaves():
            self._leaf(index, leaf_hash, kind, body)
        self._compare_roots()
        self._compare_tables()
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
        if index != self.reached:
            self.order.fault(f"leaf {index} stands at place {self.reached}")
        if (kind == log.GENESIS) != (self.reached == 0):
            self.order.fault(f"leaf {index} is {kind}")
        actual = merkle.leaf_hash(body)
        if actual != leaf_hash:
            self.hashes.fault(f"the entry of leaf {index} is not what was hashed")
        self.fresh.append(actual)
        self.reached += 1
        if changes_state(body) or STATED in body:
            self._compare_state(index, body)
        if self.reached in self.stops or len(self.fresh) == CHUNK:
            self._compare_roots()
        if self.reached <= self.size:
            self._compare_files(actual, body)

    def _compare_roots(self) -> None:
        """Bring the right edge up to the leaves read; compare what is said of this very size."""
        self.edge, self.fresh = self.edge.extended(self.fresh), []
        self._compare_head()
        self._compare_signed()

    def _compare_head(self) -> None:
        if self.head is None or self.head.size > self.edge.size:
            return
        if bytes(self.head.root) != self.edge.root() or bytes(self.head.edge) != self.edge.to_bytes():
            self.heads.fault(f"head {self.head.size} is not of these entries")
        self._next_head()

    def _next_head(self) -> None:
        self.head = next(self.unseen, None)
        self.stops = {known.size for known in (*self.known, self.head) if known is not None}

    def _compare_signed(self) -> None:
        for name, known in (("signed", self.outside.signed_checkpoint), ("published", self.outside.published)):
            if known is not None and known.size == self.edge.size and known.root != self.edge.root():
                self.signed.fault(f"the {name} root of size {known.size} is not of these entries")
        signed = self.outside.signed
        if signed is not None and signed.size == self.edge.size and signed.edge != self.edge.to_bytes():
            self.signed.fault(f"the stored right edge of size {signed.size} is not of these entries")

    def _compare_state(self, index: int, body: bytes) -> None:
        try:
            decoded = decode(body)
        except Problem as problem:
            self.states.fault(f"leaf {index}: {problem.detail}")
            return
        self.state.apply(index, decoded)
        if decoded["kind"] == log.STATE and (decoded["as_of"], Summary.of(decoded)) != (index, self.state.summary()):
            self.states.fault(f"leaf {index} says another state than the entries before it")

    def _compare_tables(self) -> None:
        rows = GrantState.objects.order_by("number").values_list("number", "commit", "status", "last_index", "expiry")
        kept = iter(rows.iterator(CHUNK))
        for one in self.state.records:
            row = next(kept, None)
            if row is None or (row[0], bytes(row[1]), *row[2:]) != (
                one.number, one.commit, one.status, one.last_index, one.expiry
            ):  # fmt: skip
                self.states.fault(f"the row of grant {one.number} is not what the entries give")
        if next(kept, None) is not None:
            self.states.fault("there are rows of grants that the entries do not know")
        self.states.faults += statetable.faults(self.state)

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
            if _published(path, len(expected)) != expected:
                self.files.fault(f"{path} is not of these entries")
        except OSError:
            self.files.fault(f"{path} is missing")


def _published(path: str, length: int) -> bytes:
    """Return a public file; of a partial tile that made way for the full one meanwhile, the full one's beginning."""
    try:
        return published.read(path)
    except FileNotFoundError:
        full, partial, _ = path.partition(".p/")
        if not partial:
            raise
        return published.read(full)[:length]


def _leaves() -> Iterator[tuple[int, bytes, str, bytes]]:
    """Yield index, stored hash, kind and body of every leaf by index, gaps and all."""
    statement = """
        SELECT l.index, l.leaf_hash, coalesce(e.kind, ''), coalesce(e.body, '')
        FROM ledger_leaf l LEFT JOIN ledger_entry e ON e.id = l.entry_id ORDER BY l.index
    """
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement)
        while found := cursor.fetchmany(CHUNK):
            yield from found
