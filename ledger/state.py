"""What holds of every grant after so many entries of the log: a dense tree, and the bits of a status list. Pure.

Grants are numbered in the order of their `grant.recorded` entries. A grant's record is

    number u64be || status u8 || index of the entry that last changed it u64be || expiry u64be (Unix seconds)

and the state's root is that of the tree (RFC 9162) over all records. The status list (IETF Token Status List) has two
bits a grant, the first in the least significant bits. Both follow from the public entries alone, so whoever replays the
log gets the same; this module is what the sequencer's tables are compared with.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from ledger import base64url, merkle, statuslist
from ledger.entry import MINUTE
from ledger.statuslist import BITS, PER_BYTE

GRANT = "grant.recorded"
STATED = b'"kind":"state.recorded"'


class Status(IntEnum):
    """The values of the Token Status List that are used."""

    VALID = statuslist.VALID
    INVALID = statuslist.INVALID
    SUSPENDED = statuslist.SUSPENDED


# the kinds that change grants: the field that names them, and what they are from then on
CHANGES = {
    "consent.withdrawn": ("ends", Status.INVALID),
    "consent.revoked": ("ends", Status.INVALID),
    "consent.suspended": ("suspends", Status.SUSPENDED),
    "consent.resumed": ("resumes", Status.VALID),
}
# In canonical JSON no string holds a bare quotation mark, so these stand where the kind is named, or nowhere.
CHANGING = tuple(f'"kind":"{kind}"'.encode() for kind in (GRANT, *CHANGES))


@dataclass(frozen=True, slots=True)
class Record:
    """One grant. `expiry` is 0 for a grant whose entry does not tell (version 1)."""

    number: int
    commit: bytes
    status: Status
    last_index: int
    expiry: int

    def leaf_hash(self) -> bytes:
        """Return the hash of the grant's leaf in the state tree."""
        parts = (self.number.to_bytes(8, "big"), bytes([self.status]), self.last_index.to_bytes(8, "big"))
        return merkle.leaf_hash(b"".join((*parts, self.expiry.to_bytes(8, "big"))))

    def become(self, status: Status, index: int) -> "Record":
        """Return the record after the entry at `index` named the grant. One that has ended stays ended."""
        if self.status in (Status.INVALID, status):
            return self
        return replace(self, status=status, last_index=index)


@dataclass(frozen=True, slots=True)
class Summary:
    """What `state.recorded` says. Hashes are raw."""

    grants: int = 0
    root: bytes = merkle.EMPTY_ROOT
    status_list: bytes = hashlib.sha256().digest()

    def public(self, as_of: int) -> dict[str, object]:
        """Return the public fields of the entry."""
        root, status_list = base64url.encode(self.root), base64url.encode(self.status_list)
        return {"as_of": as_of, "grants": self.grants, "root": root, "status_list": status_list}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Summary":
        """Read the public fields of a decoded entry."""
        return cls(body["grants"], base64url.decode(body["root"]), base64url.decode(body["status_list"]))


def changes_state(body: bytes) -> bool:
    """Tell whether these bytes may change the state of a grant: by what they say, not by what their row says."""
    return any(kind in body for kind in CHANGING)


def recorded(number: int, index: int, body: Mapping[str, Any]) -> Record:
    """Return the record of a new grant, from its decoded entry at `index`."""
    expires = body.get("expires")
    expiry = 0 if expires is None else int(datetime.strptime(expires, MINUTE).replace(tzinfo=UTC).timestamp())
    return Record(number, base64url.decode(body["commit"]), Status.VALID, index, max(0, expiry))


def changed_by(body: Mapping[str, Any]) -> tuple[Status, list[bytes]]:
    """Return the commitments of the grants that a decoded entry of `CHANGES` names, and what it makes of them."""
    name, status = CHANGES[body["kind"]]
    return status, [base64url.decode(commit) for commit in body[name]]


@dataclass
class State:
    """The whole state in memory, kept up entry by entry; `levels[k]` holds the roots of complete 2^k records."""

    records: list[Record] = field(default_factory=list)
    numbers: dict[bytes, int] = field(default_factory=dict)
    levels: list[list[bytes]] = field(default_factory=lambda: [[]])
    bits: bytearray = field(default_factory=bytearray)

    def apply(self, index: int, body: Mapping[str, Any]) -> None:
        """Take in the decoded entry at `index`."""
        if body["kind"] == GRANT:
            new = recorded(len(self.records), index, body)
            self.numbers.setdefault(new.commit, new.number)
            self.records.append(new)
            if new.number % PER_BYTE == 0:
                self.bits.append(0)
            self._put(new)
        elif body["kind"] in CHANGES:
            status, commits = changed_by(body)
            for commit in commits:
                if (number := self.numbers.get(commit)) is not None:
                    self._put(self.records[number].become(status, index))

    def summary(self) -> Summary:
        """Return what a `state.recorded` entry would say now."""
        return Summary(len(self.records), self._root(), statuslist.digest(bytes(self.bits)))

    def _put(self, record: Record) -> None:
        number = record.number
        self.records[number] = record
        shift = number % PER_BYTE * BITS
        self.bits[number // PER_BYTE] = self.bits[number // PER_BYTE] & ~(3 << shift) | record.status << shift
        node, height = record.leaf_hash(), 0
        while True:
            level = self.levels[height]
            level[number : number + 1] = [node]
            if (number | 1) >= len(level):  # the sibling is not there yet: no complete node above
                return
            node = merkle.node_hash(level[number & ~1], level[number | 1])
            number, height = number >> 1, height + 1
            if height == len(self.levels):
                self.levels.append([])

    def _root(self) -> bytes:
        size = len(self.records)
        heights = [height for height in reversed(range(size.bit_length())) if size >> height & 1]
        return merkle.Edge(size, tuple(self.levels[height][(size >> height) - 1] for height in heights)).root()
