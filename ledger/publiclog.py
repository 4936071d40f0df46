"""The log as everybody can read it: entries from the published files, each led back to the signed root first.

Nothing here comes from the database, so nothing shows that is not published. What does not verify is not shown either:
`LogUnverifiable`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

from ledger import base64url, cosignature, keyring, log, merkle, note, published, tile, witnesses
from ledger.checkpoint import Checkpoint
from ledger.cosignature import CosignatureInvalid, Cosigner
from ledger.entry import KINDS, decode
from ledger.problem import Problem
from ledger.state import Summary
from ledger.tile import PublishedTree
from ledger.witnesspolicy import WitnessPolicy


class EntryUnpublished(Problem):
    """No published checkpoint covers such an entry. Whether it waits to be published is not said."""

    code: ClassVar[str] = "entry-unpublished"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "Not in the published log"


@dataclass(frozen=True)
class PublicEntry:
    """An entry that was found under the checkpoint: `leaf` is its bytes, `body` what they spell."""

    index: int
    leaf: bytes
    body: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return str(self.body["kind"])

    @property
    def meaning(self) -> str:
        """What its kind means, for people."""
        return KINDS[self.kind].meaning.replace("`", "")

    @property
    def commit(self) -> str:
        """Its commitment, as the leaf spells it."""
        return str(self.body["commit"])

    @property
    def time(self) -> str:
        """The UTC minute in which it was made."""
        return str(self.body["time"])

    @property
    def leaf_hash(self) -> bytes:
        """H(0x00 || leaf)."""
        return merkle.leaf_hash(self.leaf)

    @property
    def pretty(self) -> str:
        """All that is public of it, for people."""
        return json.dumps(self.body, indent=2, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What a witness says of the checkpoint. `at` is `None` if it has not cosigned; `spoiled` if that does not hold."""

    cosigner: Cosigner
    at: datetime | None
    spoiled: bool = False


@dataclass(frozen=True)
class PublicLog:
    """The log at its newest published checkpoint, whose signature holds. `published_at` is by the file's own time."""

    text: str
    checkpoint: Checkpoint
    published_at: datetime
    tree: PublishedTree
    bundles: dict[int, list[bytes]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many entries are published."""
        return self.checkpoint.size

    def entry(self, index: int) -> PublicEntry:
        """Return one entry; raise `EntryUnpublished` if the checkpoint does not cover it."""
        if not 0 <= index < self.size:
            raise EntryUnpublished(
                f"The published log has no entry {index}", remedy="Entries appear within seconds; see the newest"
            )
        number, place = divmod(index, tile.WIDTH)
        leaf = self._bundle(number)[place]
        with log.verifying():
            return PublicEntry(index, leaf, decode(leaf))

    def before(self, end: int, count: int) -> list[PublicEntry]:
        """Return up to `count` entries below index `end`, newest first."""
        end = min(end, self.size)
        return [self.entry(index) for index in range(end - 1, max(0, end - count) - 1, -1)]

    def place(self, entry: PublicEntry) -> log.Place:
        """Return the entry's place under the checkpoint, by an inclusion proof made from the tiles and checked."""
        with log.verifying():
            path = self.tree.inclusion_proof(entry.index)
            merkle.verify_inclusion(entry.index, self.size, entry.leaf_hash, path, self.checkpoint.root)
        return log.Place(entry.index, tuple(path), self.text, self.checkpoint)

    @cached_property
    def state(self) -> PublicEntry | None:
        """The newest `state.recorded` of the last batch; `None` if the log does not end with one, as old logs did."""
        last = self.entry(self.size - 1) if self.size else None
        return last if last is not None and last.kind == log.STATE else None

    @cached_property
    def summary(self) -> Summary | None:
        """What that entry says."""
        return None if self.state is None else Summary.of(self.state.body)

    @cached_property
    def policy(self) -> WitnessPolicy:
        """Whose cosignatures the checkpoint should have."""
        return witnesses.configured().policy

    def cosigned(self) -> list[Cosigned]:
        """Return what each configured witness says of the checkpoint."""
        unverified = note.parse(self.text)
        return [_cosigned(unverified, one) for one in self.policy.cosigners]

    def _bundle(self, number: int) -> list[bytes]:
        """Return the entries of one bundle, their hashes compared with the tile and that with the root."""
        if number not in self.bundles:
            with log.verifying():
                entries = _read(number, tile.width_at(self.size, 0, number))
                if [merkle.leaf_hash(one) for one in entries] != self.tree.leaf_hashes(number, self.checkpoint.root):
                    raise tile.TileInvalid(f"The entries of bundle {number} are not those of its tile")
            self.bundles[number] = entries
        return self.bundles[number]


def newest() -> PublicLog | None:
    """Return the log at its newest published checkpoint; `None` means that nothing was published yet."""
    with log.verifying():
        text = published.checkpoint_text()
        if text is None:
            return None
        written = (published.folder() / published.CHECKPOINT).stat().st_mtime
        signed = keyring.verified_checkpoint(text)
    return PublicLog(text, signed, datetime.fromtimestamp(written, UTC), published.tree(signed.size))


def _read(number: int, width: int) -> list[bytes]:
    try:
        return tile.decode_bundle(published.read(tile.bundle_path(number, width)), width)
    except FileNotFoundError:  # a partial bundle that was outgrown: the full one begins with the same entries
        return tile.decode_bundle(published.read(tile.bundle_path(number)), tile.WIDTH)[:width]


def _cosigned(unverified: note.Note, cosigner: Cosigner) -> Cosigned:
    try:
        found = cosignature.find(unverified, cosigner)
    except CosignatureInvalid:
        return Cosigned(cosigner, None, spoiled=True)
    return Cosigned(cosigner, None if found is None else datetime.fromtimestamp(found.at, UTC))


def commit_bytes(entry: PublicEntry) -> bytes:
    """Return the 32 bytes of the entry's commitment."""
    return base64url.decode(entry.commit)
