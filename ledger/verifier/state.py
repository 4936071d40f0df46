"""What holds for each grant, recomputed from the public entries: records, their tree, and the status list's bits.

A leaf is H(0x00 || g u64be || status u8 || last_log_index u64be || expiry u64be). Memory grows with the number of
grants; a change costs the height of the tree.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from .findings import NotTrue, require
from .strict import from_base64url
from .tree import EMPTY, HASH, leaf, node

VALID, INVALID, SUSPENDED = 0, 1, 2
CHANGES = {
    "consent.withdrawn": ("ends", INVALID),
    "consent.revoked": ("ends", INVALID),
    "consent.suspended": ("suspends", SUSPENDED),
    "consent.resumed": ("resumes", VALID),
}
NAMES = ("VALID", "INVALID", "SUSPENDED", "of no known meaning")
PER_BYTE = 4  # grants in one byte of the status list
MINUTE = "%Y-%m-%dT%H:%MZ"


@dataclass
class StateTree:
    """A dense tree whose leaves change: all its levels, the leaves first, so that only touched paths are hashed."""

    levels: list[bytearray] = field(default_factory=lambda: [bytearray()])
    touched: set[int] = field(default_factory=set)

    def put(self, number: int, hashed: bytes) -> None:
        """Set one leaf; the next new one has the number of leaves as its number."""
        self.levels[0][number * HASH : (number + 1) * HASH] = hashed
        self.touched.add(number)

    def root(self) -> bytes:
        """Hash what was touched, and return the root."""
        if not self.levels[0]:
            return EMPTY
        touched, level = self.touched, 0
        while len(self.levels[level]) > HASH:
            if level + 1 == len(self.levels):
                self.levels.append(bytearray())
            touched = {number // 2 for number in touched}
            for number in sorted(touched):
                self._parent(level, number)
            level += 1
        self.touched = set()
        return bytes(self.levels[level])

    def _parent(self, level: int, number: int) -> None:
        """Hash a pair; the last one of an odd level has no partner and rises as it is, which gives the same root."""
        pair = bytes(self.levels[level][2 * number * HASH : (2 * number + 2) * HASH])
        hashed = node(pair[:HASH], pair[HASH:]) if len(pair) > HASH else pair
        self.levels[level + 1][number * HASH : (number + 1) * HASH] = hashed


@dataclass(frozen=True)
class Record:
    """One grant: its status, the index of the entry that last changed it, its expiry in seconds (0: none public)."""

    status: int
    last: int
    expiry: int


@dataclass(frozen=True)
class Recorded:
    """What a `state.recorded` entry says, after it was found true; `bits` is the status list that it hashes."""

    as_of: int
    grants: int
    bits: bytes


@dataclass
class Grants:
    """The grants of a log so far, numbered in its order. `keep` is the place whose recorded state is to be kept."""

    keep: int | None = None
    kept: Recorded | None = None
    numbers: dict[bytes, int] = field(default_factory=dict)
    commitments: list[bytes] = field(default_factory=list)
    status: bytearray = field(default_factory=bytearray)
    last: "array[int]" = field(default_factory=lambda: array("Q"))
    expiry: "array[int]" = field(default_factory=lambda: array("Q"))
    bits: bytearray = field(default_factory=bytearray)
    tree: StateTree = field(default_factory=StateTree)
    changed: set[int] = field(default_factory=set)

    def take(self, index: int, body: Mapping[str, Any]) -> None:
        """Let an entry have its effect; raise `NotTrue` if it records another state than the entries before it gave."""
        match body["kind"]:
            case "grant.recorded":
                self.add(from_base64url(body["commit"]), Record(VALID, index, _expiry(body)))
            case "state.recorded":
                self._compare(index, body)
            case kind if kind in CHANGES:
                name, status = CHANGES[kind]
                for commitment in body[name]:
                    self._become(from_base64url(commitment), status, index)

    def add(self, commitment: bytes, record: Record) -> None:
        """Append a grant."""
        require(commitment not in self.numbers, "another grant has this commitment")
        number = self.numbers[commitment] = len(self.status)
        self.commitments.append(commitment)
        self.status.append(record.status)
        self.last.append(record.last)
        self.expiry.append(record.expiry)
        if number % PER_BYTE == 0:
            self.bits.append(0)
        self._changed(number)

    def record(self, number: int) -> Record:
        """Return one grant."""
        return Record(self.status[number], self.last[number], self.expiry[number])

    def _become(self, commitment: bytes, status: int, index: int) -> None:
        """Change a grant; a commitment of something else, or of a grant that has ended, changes nothing."""
        number = self.numbers.get(commitment)
        if number is not None and self.status[number] not in (INVALID, status):
            self.status[number], self.last[number] = status, index
            self._changed(number)

    def _changed(self, number: int) -> None:
        record = self.record(number)
        numbers = (number.to_bytes(8, "big"), bytes([record.status]), record.last.to_bytes(8, "big"))
        self.tree.put(number, leaf(b"".join(numbers) + record.expiry.to_bytes(8, "big")))
        at, shift = number // PER_BYTE, 2 * (number % PER_BYTE)
        self.bits[at] = self.bits[at] & ~(3 << shift) | record.status << shift
        self.changed.add(number)

    def _compare(self, index: int, body: Mapping[str, Any]) -> None:
        require(type(body["as_of"]) is int and body["as_of"] == index, "it is not as of its own place")
        require(type(body["grants"]) is int and body["grants"] == len(self.status), "it counts the grants otherwise")
        require(from_base64url(body["root"]) == self.tree.root(), "the grants give another root")
        require(
            from_base64url(body["status_list"]) == sha256(self.bits).digest(), "the grants give another status list"
        )
        if index == self.keep:
            self.kept = Recorded(index, len(self.status), bytes(self.bits))


def _expiry(body: Mapping[str, Any]) -> int:
    """Return the expiry of a grant.recorded entry in seconds since 1970; version 1 made none public."""
    if type(body["v"]) is int and body["v"] == 1:
        return 0
    if type(body["v"]) is not int or body["v"] != 2:  # noqa: PLR2004 - the newest version
        raise NotTrue("a grant of an unknown version")
    at = datetime.strptime(body["expires"], MINUTE).replace(tzinfo=UTC)
    require(at.strftime(MINUTE) == body["expires"], "the expiry is not a minute of UTC")
    return int(at.timestamp())
