"""C2SP tlog-checkpoint v1.0.0: origin, size and root of the tree, as a signed note. Pure."""

import base64
import binascii
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from ledger import note
from ledger.merkle import EMPTY_ROOT, HASH_BYTES
from ledger.problem import Problem

SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
LINES = 3


class CheckpointInvalid(Problem):
    """The text is not a checkpoint, or not one of this log."""

    code: ClassVar[str] = "checkpoint-invalid"
    title: ClassVar[str] = "Not a checkpoint of this log"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log says about itself at one size."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def fields(text: str) -> Checkpoint:
    """Read the three lines, whatever they claim.

    Extension lines are refused: not every kind of signature covers them.
    """
    lines = text.split("\n")
    if len(lines) != LINES + 1 or lines[-1] or not lines[0] or not SIZE.fullmatch(lines[1]):
        raise CheckpointInvalid("A checkpoint is origin, size and root, one line each")
    return Checkpoint(lines[0], int(lines[1]), _root(lines[2]))


def parse_text(text: str) -> Checkpoint:
    """Read the three lines; raise `CheckpointInvalid` for what no tree can have."""
    checkpoint = fields(text)
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise CheckpointInvalid("The empty tree has the empty root")
    return checkpoint


def sign(checkpoint: Checkpoint, signer: note.Signer) -> str:
    """Return the signed note; the key's name is the origin."""
    return note.sign(checkpoint.text(), checkpoint.origin, signer)


def unverified(text: str) -> Checkpoint:
    """Read a signed checkpoint without looking at its signatures."""
    return parse_text(note.parse(text).text)


def verify(text: str, *, origin: str, keys: Collection[bytes]) -> Checkpoint:
    """Return the checkpoint if it is of this `origin` and signed by one of its `keys` (32-byte Ed25519); else raise."""
    unverified_note = note.parse(text)
    note.verify(unverified_note, [note.Verifier(origin, key) for key in keys])
    checkpoint = parse_text(unverified_note.text)
    if checkpoint.origin != origin:
        raise CheckpointInvalid(f"The checkpoint is of the log {checkpoint.origin!r}, not of {origin!r}")
    return checkpoint


def _root(text: str) -> bytes:
    try:
        root = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CheckpointInvalid("The root is not base64") from error
    if len(root) != HASH_BYTES or base64.b64encode(root).decode() != text:
        raise CheckpointInvalid("The root is not 32 bytes of canonical base64")
    return root
