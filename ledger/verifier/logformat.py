"""Checkpoints, verifier keys and proofs as C2SP specifies them, and the tree of RFC 9162: only what a reader needs.

The tree is written from the recursive definitions of section 2.1, not from the iterative procedures the writer follows.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .findings import NotTrue, require
from .strict import from_base64

ED25519 = b"\x01"
COSIGNATURE = b"\x04"
LAST_SECOND = 253402300799  # of the year 9999
HASH = 32
EMPTY = sha256(b"").digest()
NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z", re.ASCII)
PROOF = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True)
class LogKey:
    """The name of a log and its key, read from a vkey."""

    name: str
    hint: bytes
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> "LogKey":
        """Read `name+hex8+base64`; raise if the parts do not belong together or the key is not Ed25519."""
        return cls(*_key(vkey, ED25519))


@dataclass(frozen=True)
class WitnessKey:
    """The name of a witness and its key, read from a vkey of type 0x04."""

    name: str
    hint: bytes
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> "WitnessKey":
        """Read `name+hex8+base64`; raise if the parts do not belong together or the key does not cosign."""
        return cls(*_key(vkey, COSIGNATURE))


def _key(vkey: str, kind: bytes) -> tuple[str, bytes, bytes]:
    name, hint, encoded = vkey.strip().split("+", 2)
    data = from_base64(encoded)
    require(data[:1] == kind and len(data) == 1 + HASH, f"the verifier key is not an Ed25519 key of type {kind.hex()}")
    digest = sha256(name.encode() + b"\n" + data).digest()[:4]
    require(name and digest.hex() == hint, "the verifier key's id does not belong to its name and key")
    return name, digest, data[1:]


@dataclass(frozen=True)
class SignedRoot:
    """A checkpoint whose signature holds."""

    size: int
    root: bytes


def verified_checkpoint(text: str, key: LogKey) -> SignedRoot:
    """Return size and root if `key` signed the checkpoint and it is that log's; raise `NotTrue` otherwise."""
    body, gap, tail = text.rpartition("\n\n")
    require(gap and tail.endswith("\n"), "the checkpoint is not a signed note")
    body += "\n"
    lines = body.split("\n")
    require(len(lines) == 4 and lines[3] == "", "the checkpoint does not have three lines")  # noqa: PLR2004 - and an end
    found = [_signature(line, key, body) for line in tail[:-1].split("\n")]
    require(any(found), "the checkpoint is not signed by the given key")
    require(lines[0] == key.name, f"the checkpoint is of the log {lines[0]!r}")
    require(NUMBER.match(lines[1]), "the checkpoint's size is malformed")
    root = from_base64(lines[2])
    require(len(root) == HASH, "the checkpoint's root is malformed")
    return SignedRoot(int(lines[1]), root)


def _signature(line: str, key: LogKey, body: str) -> bool:
    """Tell whether this is the key's signature; a line of another key is passed over, a bad one of the key raises."""
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    require(dash == "\u2014" and name and encoded, "a signature line is malformed")
    data = from_base64(encoded)
    if name != key.name or data[:4] != key.hint:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(data[4:], body.encode())
    except InvalidSignature as error:
        raise NotTrue("the checkpoint's signature does not verify") from error
    return True


def cosigned_at(text: str, witness: WitnessKey) -> int:
    """Return when the witness cosigned the checkpoint, by its own clock; raise `NotTrue` if it did not.

    The log's signature is checked elsewhere. Of several cosignatures the latest counts, and each must hold.
    """
    body, gap, tail = text.rpartition("\n\n")
    require(gap and tail.endswith("\n"), "the checkpoint is not a signed note")
    times = [0]
    for line in tail[:-1].split("\n"):
        dash, name, encoded = line.split(" ", 2)
        data = from_base64(encoded)
        if dash == "\u2014" and name == witness.name and data[:4] == witness.hint:
            times.append(_cosignature(data[4:], witness, body + "\n"))
    require(max(times), f"the witness {witness.name} has not cosigned the checkpoint")
    return max(times)


def _cosignature(timed: bytes, witness: WitnessKey, body: str) -> int:
    """Return the time of one cosignature of this witness (C2SP tlog-cosignature v1)."""
    seconds = int.from_bytes(timed[:8], "big")
    require(len(timed) == 8 + 64 and 0 < seconds <= LAST_SECOND, "the cosignature is malformed")
    try:
        message = b"cosignature/v1\ntime %d\n%s" % (seconds, body.encode())
        Ed25519PublicKey.from_public_bytes(witness.public).verify(timed[8:], message)
    except InvalidSignature as error:
        raise NotTrue(f"the cosignature of {witness.name} does not verify") from error
    return seconds


def verified_place(text: str, entry: bytes, key: LogKey) -> int:
    """Return the index at which a tlog-proof shows `entry` under a checkpoint of `key`; raise `NotTrue` otherwise."""
    head, gap, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    require(gap and lines[0] == PROOF, f"the proof does not begin with {PROOF}")
    if lines[1].startswith("extra "):
        del lines[1]
    word, _, number = lines[1].partition(" ")
    require(word == "index" and NUMBER.match(number), "the proof has no index")
    path = [from_base64(line) for line in lines[2:]]
    require(all(len(one) == HASH for one in path) and len(path) < 64, "a hash of the proof is malformed")  # noqa: PLR2004
    signed = verified_checkpoint(checkpoint, key)
    index = int(number)
    require(index < signed.size, "the index is not inside the tree")
    require(root_by_path(leaf(entry), index, signed.size, path) == signed.root, "the proof leads to another root")
    return index


def leaf(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def root_by_path(leaf_hash: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that PATH(index, D[size]) gives, by its definition read backwards (section 2.1.3.1)."""
    if size == 1:
        require(not path, "the proof is too long")
        return leaf_hash
    require(path, "the proof is too short")
    left = largest_power_below(size)
    if index < left:
        return node(root_by_path(leaf_hash, index, left, path[:-1]), path[-1])
    return node(path[-1], root_by_path(leaf_hash, index - left, size - left, path[:-1]))


def tree_root(hashes: list[bytes]) -> bytes:
    """Return MTH by its definition (section 2.1.1)."""
    if len(hashes) < 2:  # noqa: PLR2004 - MTH({}) and MTH({d0})
        return hashes[0] if hashes else EMPTY
    left = largest_power_below(len(hashes))
    return node(tree_root(hashes[:left]), tree_root(hashes[left:]))


def largest_power_below(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power
