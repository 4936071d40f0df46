"""C2SP tlog-checkpoint v1.0.0: origin, size and root of the tree, as a signed note. Pure."""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from ledger import note
from ledger.merkle import EMPTY_ROOT, HASH_BYTES
from ledger.problem import Problem
from ledger.witnesspolicy import WitnessPolicy

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


def sign(checkpoint: Checkpoint, *signers: note.Signer) -> str:
    """Return the signed note, one line for each key that stands; the name of each is the origin."""
    return note.sign(checkpoint.text(), checkpoint.origin, *signers)


def unverified(text: str) -> Checkpoint:
    """Read a signed checkpoint without looking at its signatures."""
    return parse_text(note.parse(text).text)


def verify(
    text: str,
    *,
    origin: str,
    keys: Collection[bytes],
    compromised: Mapping[bytes, datetime] | None = None,
    policy: WitnessPolicy | None = None,
) -> Checkpoint:
    """Return the checkpoint if it is of this `origin` and signed by one of its `keys` (32-byte Ed25519); else raise.

    `compromised` says since when the signatures of further keys prove nothing. One of those counts only if the quorum
    of `policy` had cosigned this checkpoint before (see `_in_time`); with `None` for either, none of them does.
    """
    unverified_note = note.parse(text)
    since = compromised or {}
    signed = note.verify(unverified_note, [note.Verifier(origin, key) for key in {*keys, *since}])
    if all(one.public in since for one in signed):
        _in_time(unverified_note, max(since[one.public] for one in signed), policy)
    checkpoint = parse_text(unverified_note.text)
    if checkpoint.origin != origin:
        raise CheckpointInvalid(f"The checkpoint is of the log {checkpoint.origin!r}, not of {origin!r}")
    return checkpoint


def _in_time(unverified: note.Note, since: datetime, policy: WitnessPolicy | None) -> None:
    """Return if the quorum, at least one witness, had cosigned before `since`: then the key was still the log's alone.

    The time is the one at which the quorum was complete, by the witnesses' own clocks.
    """
    if policy is None or policy.quorum < 1:
        raise CheckpointInvalid("Only a compromised key signed it, and no witness says when")
    times = sorted(one.at for one in policy.verify(unverified))
    if times[policy.quorum - 1] >= since.timestamp():
        raise CheckpointInvalid("Only a compromised key signed it, and not before it was compromised")


def _root(text: str) -> bytes:
    try:
        root = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CheckpointInvalid("The root is not base64") from error
    if len(root) != HASH_BYTES or base64.b64encode(root).decode() != text:
        raise CheckpointInvalid("The root is not 32 bytes of canonical base64")
    return root
