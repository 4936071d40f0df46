"""The state of every grant in tables, brought forward batch by batch by the sequencer.

The same as `ledger.state.State`, without holding it: a batch reads and writes what it changes, and the path from there
to the root. Nodes are kept for every fourth level of the tree, so that a grant costs one fifteenth of a row.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from ledger import merkle
from ledger.entry import decode
from ledger.models import GrantState, StateNode, StatusChunk
from ledger.state import GRANT, Record, State, Status, Summary, changed_by, changes_state, recorded
from ledger.statuslist import BITS, PER_BYTE

LEVELS = 4  # tree levels between two levels of nodes
ARITY = 1 << LEVELS
CHUNK_BYTES = 1024
CHUNK = CHUNK_BYTES * PER_BYTE  # grants

Leaf = tuple[int, str, bytes]  # index, kind, body


def fold(before: Summary, leaves: Iterable[Leaf]) -> Summary:
    """Bring the tables from `before` to after these leaves, in the caller's transaction; return what then holds."""
    changes = _Changes(before.grants)
    bodies = [(index, decode(body)) for index, _, body in leaves if changes_state(body)]
    named = {commit for _, body in bodies if body["kind"] != GRANT for commit in changed_by(body)[1]}
    changes.load(named)
    for index, body in bodies:
        if body["kind"] == GRANT:
            changes.put(recorded(changes.grants, index, body))
        else:
            changes.name(*changed_by(body), index)
    if not changes.changed:
        return before
    _write_records(changes.changed.values())
    _write_nodes(changes.changed, changes.grants)
    _write_chunks(list(changes.changed.values()))
    return Summary(changes.grants, root(changes.grants), _list_hash())


@dataclass
class _Changes:
    """The records that a batch adds or changes, by number."""

    grants: int
    changed: dict[int, Record] = field(default_factory=dict)
    known: dict[bytes, Record] = field(default_factory=dict)

    def load(self, commits: Collection[bytes]) -> None:
        if commits:
            self.known = {row.commit: row for row in map(_record, GrantState.objects.filter(commit__in=commits))}

    def put(self, record: Record) -> None:
        self.changed[record.number] = self.known[record.commit] = record
        self.grants = max(self.grants, record.number + 1)

    def name(self, status: Status, commits: Iterable[bytes], index: int) -> None:
        for commit in commits:
            record = self.known.get(commit)
            if record is not None and (changed := record.become(status, index)) != record:
                self.put(changed)


def root(grants: int) -> bytes:
    """Return the root over the first `grants` records, from the complete nodes along the right edge."""
    places, level = [], 0
    while size := grants >> (LEVELS * level):
        places.append((level, range(size & ~(ARITY - 1), size)))
        level += 1
    edge: list[bytes] = []
    for level, numbers in reversed(places):
        edge += _complete(hashes(level, numbers))
    return merkle.Edge(grants, tuple(edge)).root()


def inclusion_proof(number: int, grants: int) -> list[bytes]:
    """Return the path from the record of grant `number` to the root over the first `grants` records.

    The tables may have moved on since that root was recorded: what comes out has to be checked against it.
    """
    return merkle.inclusion_proof(number, grants, _range)


def _range(start: int, end: int) -> bytes:
    """Return the hash over the records from `start` to before `end`, a range that occurs in a proof."""
    height = (end - start - 1).bit_length()
    if end - start < 1 << height:
        middle = start + (1 << (height - 1))
        return merkle.node_hash(_range(start, middle), _range(middle, end))
    level, rest = divmod(height, LEVELS)
    first = start >> (LEVELS * level)
    return merkle.root(hashes(level, range(first, first + (1 << rest))))


def _complete(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the roots of the complete subtrees over fewer than 16 equal ones, largest first."""
    return list(merkle.Edge().extended(hashes).hashes)


def hashes(level: int, numbers: Collection[int]) -> list[bytes]:
    """Return the nodes of one level in order; level 0 are the records themselves."""
    if not numbers:
        return []
    if level == 0:
        rows = GrantState.objects.filter(number__in=numbers).order_by("number")
        return [_record(row).leaf_hash() for row in rows]
    nodes = StateNode.objects.filter(level=level, number__in=numbers).order_by("number")
    return [bytes(one) for one in nodes.values_list("hash", flat=True)]


def _record(row: GrantState) -> Record:
    return Record(row.number, bytes(row.commit), Status(row.status), row.last_index, row.expiry)


def _write_records(records: Iterable[Record]) -> None:
    GrantState.objects.bulk_create(
        [
            GrantState(number=r.number, commit=r.commit, status=r.status, last_index=r.last_index, expiry=r.expiry)
            for r in records
        ],
        update_conflicts=True,
        unique_fields=["number"],
        update_fields=["status", "last_index"],
    )


def _write_nodes(changed: Iterable[int], grants: int) -> None:
    """Recompute every complete node above a changed record, one level at a time."""
    level, touched = 1, _above(changed, grants, 1)
    while touched:
        children = hashes(level - 1, [number * ARITY + place for number in touched for place in range(ARITY)])
        StateNode.objects.bulk_create(
            [
                StateNode(level=level, number=number, hash=merkle.root(children[at * ARITY : (at + 1) * ARITY]))
                for at, number in enumerate(touched)
            ],
            update_conflicts=True,
            unique_fields=["level", "number"],
            update_fields=["hash"],
        )
        level, touched = level + 1, _above(touched, grants, level + 1)


def _above(numbers: Iterable[int], grants: int, level: int) -> list[int]:
    """Return the nodes of `level` above those of the level below, as far as they are complete."""
    complete = grants >> (LEVELS * level)
    return sorted({above for number in numbers if (above := number >> LEVELS) < complete})


def _write_chunks(records: list[Record]) -> None:
    numbers = {record.number // CHUNK for record in records}
    chunks = {row.number: bytearray(row.bits) for row in StatusChunk.objects.filter(number__in=numbers)}
    for record in sorted(records, key=lambda one: one.number):
        bits = chunks.setdefault(record.number // CHUNK, bytearray())
        at, shift = record.number % CHUNK // PER_BYTE, record.number % PER_BYTE * BITS
        bits.extend(bytes(max(0, at + 1 - len(bits))))
        bits[at] = bits[at] & ~(3 << shift) | record.status << shift
    StatusChunk.objects.bulk_create(
        [StatusChunk(number=number, bits=bytes(bits)) for number, bits in chunks.items()],
        update_conflicts=True,
        unique_fields=["number"],
        update_fields=["bits"],
    )


def _list_hash() -> bytes:
    digest = hashlib.sha256()
    for bits in StatusChunk.objects.order_by("number").values_list("bits", flat=True).iterator(100):
        digest.update(bits)
    return digest.digest()


def status_bits() -> bytes:
    """Return the whole status list, uncompressed."""
    chunks = StatusChunk.objects.order_by("number").values_list("bits", flat=True)
    return b"".join(bytes(bits) for bits in chunks.iterator(100))


def clear() -> None:
    """Forget everything: it is about to be folded again from the first entry."""
    for model in (GrantState, StateNode, StatusChunk):
        model.objects.filter(~Q(pk=None)).delete()


def faults(truth: State) -> list[str]:
    """Say in which way nodes and chunks are not those of `truth`; nothing, if they are."""
    found = []
    if status_bits() != bytes(truth.bits):
        found.append("the stored status list is not what the entries give")
    numbers = list(StatusChunk.objects.order_by("number").values_list("number", flat=True))
    if numbers != list(range(-(-len(truth.bits) // CHUNK_BYTES))):
        found.append("the chunks of the status list are not numbered as the entries give them")
    expected = sum(len(truth.records) >> (LEVELS * level) for level in range(1, 17))
    nodes = StateNode.objects.values_list("level", "number", "hash").iterator(CHUNK)
    right = sum(_is_right(truth, level, number, bytes(one)) for level, number, one in nodes)
    if right != expected or StateNode.objects.count() != expected:
        found.append("the stored nodes of the state tree are not what the entries give")
    return found


def _is_right(truth: State, level: int, number: int, node: bytes) -> bool:
    height = LEVELS * level
    return 0 < height < len(truth.levels) and truth.levels[height][number : number + 1] == [node]
