"""Sign what the database holds, and put it where everybody can read it. The only user of the log key.

The cycle, for a tree that has grown since the last signed checkpoint:

    1. read the newest head
    2. recompute the root from the entries' own bytes, starting at the right edge of the last signed tree
    3. sign, and swap the signed checkpoint into the store outside the database
    4. write entry bundles, then tiles, then read the root back from the tiles
    5. have the checkpoint cosigned by the witnesses; too few of them, and in production it ends here for now
    6. write the checkpoint, with the cosignatures that count
    7. remove the partial tiles that are full now
    8. write our public keys and the witness policy, if they have changed
    9. sign the status list of the state that is published now, if it has changed or grows old

If we crash after 3, the next start finds the store ahead of the published checkpoint, and does 4 to 7 for exactly what
the store holds: nothing is ever signed twice for one size. The store holds our signature only; cosignatures can be had
again, and a witness that was missing at 5 is asked again while the log rests.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from django.conf import settings

from ledger import (
    checkpoint,
    durable,
    erasure,
    keyring,
    merkle,
    note,
    publickeys,
    published,
    statusfiles,
    tileset,
    witnesses,
)
from ledger.bodies import bodies
from ledger.checkpoint import Checkpoint
from ledger.checkpoint_store import CheckpointStore, Signed
from ledger.cosignature import CosignatureInvalid
from ledger.keyfile import KeyUnavailable
from ledger.models import Head
from ledger.problem import Problem
from ledger.statusfiles import Due, Issued
from ledger.witnesses import Witnesses
from ledger.witnesspolicy import QuorumMissed

ASK_AGAIN_SECONDS = 2.0  # between two requests to a witness that is missing on the published checkpoint

logger = logging.getLogger(__name__)


class PublishRefused(Problem):
    """Signing or publishing now would tell two histories. A person must look."""

    code: ClassVar[str] = "publish-refused"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The publisher refuses"


@dataclass(frozen=True, slots=True)
class Publisher:
    """One publisher, alone (see `alone`), whose start-up checks have passed (see `start`)."""

    store: CheckpointStore
    witnesses: Witnesses = field(default_factory=witnesses.configured)
    issued: list[Issued] = field(default_factory=list)  # the last status list that this publisher signed, or nothing

    def publish(self) -> bool:
        """Run the cycle once; return whether a new checkpoint was published.

        Any exception but `QuorumMissed` ends this publisher: start another, which reads the store again.
        """
        signed = self._signed()
        self._catch_up(signed)
        head, due = statusfiles.head_and_list(self.issued[-1] if self.issued else None)
        size = 0 if signed is None else signed.size
        if (0 if head is None else head.size) < size:
            raise PublishRefused(f"The database ends before the signed size {size}", remedy="Restore a newer backup")
        grown = head is not None and head.size > size
        if head is not None and grown:
            new = self._sign(_edge(signed), head)
            self.store.swap(size, new)
            # From here on the new checkpoint is a promise; if we crash, `_catch_up` keeps it.
            self._catch_up(new)
            logger.info("published size %d", new.size)
        if due is not None:
            self._write_beside(due)
        return grown

    def _write_beside(self, due: Due) -> None:
        """Do steps 8 and 9 for a head that is published; a round that was cut short before finds them still due.

        Without a key for status lists the log goes on: the last tokens expire, and who asks them is denied.
        """
        publickeys.write()
        try:
            self.issued[:] = [statusfiles.write(due)]
        except KeyUnavailable as missing:
            logger.error("no status list was signed: %s", missing.detail)  # noqa: TRY400 - the detail says it all

    def _signed(self) -> Signed | None:
        """Return what the store holds, after checking that we signed it and that it fits its own edge."""
        signed = self.store.load()
        if signed is None:
            return None
        known = _verified(signed.checkpoint)
        if known.size != signed.size or _edge(signed).root() != known.root:
            raise PublishRefused("The checkpoint store contradicts itself", remedy="Restore the store's file")
        return signed

    def _sign(self, edge: merkle.Edge, head: Head) -> Signed:
        """Recompute the tree up to `head` from stored bytes, compare, and sign it."""
        grown = edge.extended(map(merkle.leaf_hash, bodies(edge.size, head.size)))
        if grown.size != head.size or grown.root() != bytes(head.root):
            raise PublishRefused(f"The entries do not give the root of size {head.size}", remedy="Run ledger_fsck")
        new = Checkpoint(settings.LEDGER_ORIGIN, grown.size, grown.root())
        text = checkpoint.sign(new, *keyring.signing_keys("log"))
        return Signed(grown.size, grown.to_bytes(), text)

    def _catch_up(self, signed: Signed | None) -> None:
        """Bring the public files to exactly what the store holds; refuse if they are ahead of it or contradict it."""
        text = published.checkpoint_text()
        current = None if text is None else _verified(text)
        if current is None and signed is None:
            return
        if current is not None and (signed is None or current.size > signed.size):
            raise PublishRefused("The published checkpoint is newer than the store", remedy="Restore the store's file")
        if signed is None:  # excluded above; said again for the type checker
            return
        if current is not None and current.size == signed.size:
            if current.root != _edge(signed).root():
                raise PublishRefused("The published checkpoint has another root than the store")
            self._cosign_again(text or "", signed)
            return
        old = 0 if current is None else current.size
        _write(old, signed)
        _announce(self._cosigned(signed.checkpoint, signed.size))
        tileset.clean(old, signed.size)

    def _cosigned(self, text: str, size: int) -> str:
        """Return the checkpoint as it may be published; raise `QuorumMissed` outside development if it may not."""
        cosigned = self.witnesses.cosign(text, size)
        try:
            self.witnesses.policy.verify(note.parse(cosigned))
        except QuorumMissed as missed:
            if not settings.DEVELOPMENT:
                raise
            logger.warning("PUBLISHED WITHOUT ITS QUORUM, as only development may: size %d, %s", size, missed.detail)
        return cosigned

    def _cosign_again(self, text: str, signed: Signed) -> None:
        """Ask the witnesses that are missing on the published checkpoint; add what they give.

        If somebody spoiled a cosignature in the file, it is made anew from what the store holds.
        """
        known = text
        try:
            due = self.witnesses.due(text, ASK_AGAIN_SECONDS)
        except CosignatureInvalid as spoiled:
            logger.warning("the published checkpoint is made anew: %s", spoiled)
            known, due = signed.checkpoint, True
        if due:
            cosigned = self.witnesses.cosign(known, signed.size)
            if cosigned != text:
                _announce(cosigned)

    def refuse_if_witnesses_saw_more(self) -> None:
        """Raise `PublishRefused` if a witness shows a checkpoint of ours that the store does not reach.

        Then the store was restored from an older copy, and to go on would sign a second history. Only our own
        signature proves it: a witness that merely claims a size is not believed.
        """
        signed = self.store.load()
        for witness, text in self.witnesses.seen():
            try:
                shown = _verified(text)
            except Problem as problem:
                logger.warning("the witness %s shows what is not ours: %s", witness.cosigner.name, problem)
                continue
            witness.size = shown.size
            if shown.size > (0 if signed is None else signed.size):
                detail = f"The witness {witness.cosigner.name} holds size {shown.size} signed by us, beyond the store"
                raise PublishRefused(detail, remedy="Restore the store's file, and the database behind it")


def start() -> Publisher:
    """Return a publisher, after checking that the database reproduces the stored root from the entries' bytes.

    A database restored from an older backup, or changed behind our back, ends here: `PublishRefused`. One that knows
    somebody who was erased since: `ErasureUndone`.
    """
    erasure.refuse_if_undone()
    publisher = Publisher(CheckpointStore(Path(settings.LEDGER_CHECKPOINT_STORE)))
    signed = publisher._signed()  # noqa: SLF001 - the constructor of the class, in effect
    if signed is not None:
        edge = merkle.Edge().extended(map(merkle.leaf_hash, bodies(0, signed.size)))
        if edge.size < signed.size:
            raise PublishRefused(f"The database ends at {edge.size}, the store at {signed.size}", remedy="Restore")
        if edge.to_bytes() != signed.edge:
            raise PublishRefused("The database does not reproduce the signed root", remedy="Run ledger_fsck")
    publisher.refuse_if_witnesses_saw_more()
    shown = published.checkpoint_text()
    if shown is not None:
        tileset.clean(0, _verified(shown).size)
    return publisher


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock beside the store: a second publisher on this machine is refused, not queued.

    The swap already keeps two from signing one size; the lock keeps a slow one from overwriting a newer checkpoint.
    """
    path = Path(f"{settings.LEDGER_CHECKPOINT_STORE}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise PublishRefused("Another publisher is running", remedy="Stop it first") from error
    finally:
        os.close(descriptor)


def _verified(text: str) -> Checkpoint:
    keys = [key.public for key in keyring.known_keys("log")]  # a compromised one too: our own memory, no evidence
    return checkpoint.verify(text, origin=settings.LEDGER_ORIGIN, keys=keys)


def _edge(signed: Signed | None) -> merkle.Edge:
    return merkle.Edge() if signed is None else merkle.Edge.from_bytes(signed.size, signed.edge)


def _write(old: int, signed: Signed) -> None:
    """Write the tiles of the new size, but not the checkpoint; read the root back from what was written."""
    tileset.write(old, signed.size)
    if published.tree(signed.size).root() != _edge(signed).root():
        raise PublishRefused("The written tiles do not lead to the signed root", remedy="Run ledger_fsck")


def _announce(text: str) -> None:
    durable.replace(published.folder() / published.CHECKPOINT, text.encode())
