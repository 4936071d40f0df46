"""The body of `add-checkpoint` (C2SP tlog-witness): old size, consistency proof, checkpoint. Read and written. Pure."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.merkle import HASH_BYTES

OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
MAX_HASHES = 63


class Malformed(ValueError):  # noqa: N818 - says what the bytes are
    """The body is not a submission."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What a log sends. Nothing about it is verified yet."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: str


def encode(old: int, proof: Sequence[bytes], checkpoint: str) -> bytes:
    """Return the body."""
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof)]
    return ("\n".join(lines) + "\n\n" + checkpoint).encode()


def decode(body: bytes) -> Submission:
    """Read a body; raise `Malformed`."""
    try:
        head, gap, checkpoint = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise Malformed("not UTF-8") from error
    first, *lines = head.split("\n")
    match = OLD.fullmatch(first)
    if not gap or match is None:
        raise Malformed("no old size, or no empty line before the checkpoint")
    if len(lines) > MAX_HASHES:
        raise Malformed(f"more than {MAX_HASHES} proof lines")
    return Submission(int(match[1]), tuple(map(_hash, lines)), checkpoint)


def _hash(line: str) -> bytes:
    try:
        data = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("a proof line is not base64") from error
    if len(data) != HASH_BYTES or base64.b64encode(data).decode() != line:
        raise Malformed("a proof line is not 32 bytes of canonical base64")
    return data
