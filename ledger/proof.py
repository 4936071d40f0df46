"""C2SP tlog-proof v1: an inclusion proof and the checkpoint that it leads to, in one text. Pure."""

import base64
import binascii
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from ledger import checkpoint, merkle
from ledger.problem import Problem

HEADER = "c2sp.org/tlog-proof@v1"
INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)
MAX_HASHES = 63


class ProofMalformed(Problem):
    """The text is not a tlog-proof."""

    code: ClassVar[str] = "proof-malformed"
    title: ClassVar[str] = "Not a proof"


@dataclass(frozen=True, slots=True)
class Proof:
    """A parsed proof. `extra` is authenticated by nothing and `None` if there is none."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def text(self) -> str:
        """Return the tlog-proof text."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(one).decode() for one in self.hashes]
        return "\n".join(lines) + "\n\n" + self.checkpoint


def parse(text: str) -> Proof:
    """Read a proof; raise `ProofMalformed`. Nothing is verified."""
    head, gap, signed = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines.pop(0) != HEADER or not lines:
        raise ProofMalformed(f"A proof begins with the line {HEADER}")
    extra = _unbase64(lines.pop(0).removeprefix("extra ")) if lines[0].startswith("extra ") else None
    match = INDEX.fullmatch(lines.pop(0)) if lines else None
    if match is None or len(lines) > MAX_HASHES:
        raise ProofMalformed("The proof has no index, or too many hashes")
    hashes = tuple(map(_unbase64, lines))
    if any(len(one) != merkle.HASH_BYTES for one in hashes):
        raise ProofMalformed("A hash of the proof does not have 32 bytes")
    return Proof(int(match[1]), hashes, signed, extra)


def verify(proof: Proof, leaf: bytes, *, origin: str, keys: Collection[bytes]) -> checkpoint.Checkpoint:
    """Return the checkpoint under which the leaf hash stands at the proof's index; raise otherwise."""
    signed = checkpoint.verify(proof.checkpoint, origin=origin, keys=keys)
    merkle.verify_inclusion(proof.index, signed.size, leaf, proof.hashes, signed.root)
    return signed


def _unbase64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofMalformed("A line of the proof is not base64") from error
    if base64.b64encode(data).decode() != text:
        raise ProofMalformed("A line of the proof is not canonical base64")
    return data
