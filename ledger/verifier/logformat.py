"""Checkpoints, verifier keys and proofs as C2SP specifies them: only what a reader needs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .findings import NotTrue, require
from .strict import from_base64
from .tree import EMPTY, HASH, leaf, root_by_path

ED25519 = b"\x01"
COSIGNATURE = b"\x04"
LAST_SECOND = 253402300799  # of the year 9999
NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z", re.ASCII)
PROOF = "c2sp.org/tlog-proof@v1"
MAX_PATH = 64
MAX_SIGNATURES = 64  # verifiers must accept at least 16


@dataclass(frozen=True)
class Doubt:
    """What a stolen key still proves: notes that the reader's witnesses had cosigned before the second `since`.

    `complete_at` returns when all that were asked for had, by their clocks; infinity: never, or there are none.
    """

    since: float
    complete_at: Callable[[str], float]


@dataclass(frozen=True)
class LogKey:
    """The name of a log and its key, read from a vkey. `doubt` `None`: the key is good."""

    name: str
    hint: bytes
    public: bytes
    doubt: Doubt | None = field(default=None, compare=False)

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


def verified_checkpoint(text: str, *keys: LogKey) -> SignedRoot:
    """Return size and root if one of `keys` signed the checkpoint and it is that log's; raise `NotTrue` otherwise."""
    body, _ = note_of(text)
    lines = body.split("\n")
    require(len(lines) == 4 and lines[3] == "", "the checkpoint does not have three lines")  # noqa: PLR2004 - and an end
    signers = signers_of(text, keys)
    require(signers, "the checkpoint is not signed by the given key")
    signers = [key for key in signers if key.name == lines[0]]
    require(signers, f"the checkpoint is of the log {lines[0]!r}")
    _check_doubts(text, [key.doubt for key in signers])
    require(NUMBER.match(lines[1]), "the checkpoint's size is malformed")
    signed = SignedRoot(int(lines[1]), from_base64(lines[2]))
    require(len(signed.root) == HASH, "the checkpoint's root is malformed")
    require(signed.size or signed.root == EMPTY, "the empty tree has the empty root")
    return signed


def signers_of(text: str, keys: Sequence[LogKey]) -> list[LogKey]:
    """Return those of the keys that signed the note; raise `NotTrue` for a bad signature of any of them."""
    body, signatures = note_of(text)
    return [key for line in signatures for key in keys if _signed(line, key, body)]


def _check_doubts(text: str, doubts: list[Doubt | None]) -> None:
    """Raise `NotTrue` if only stolen keys signed, and no quorum had cosigned before the last of them was."""
    stolen = [doubt for doubt in doubts if doubt is not None]
    if len(stolen) < len(doubts):
        return
    last = max(stolen, key=lambda doubt: doubt.since)
    require(last.complete_at(text) < last.since, "only a stolen key signed it, and no witnesses before it was")


def note_of(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text of a note, and name and bytes of each signature. Verifies nothing."""
    body, gap, tail = text.rpartition("\n\n")
    require(gap and tail.endswith("\n"), "the checkpoint is not a signed note")
    lines = tail[:-1].split("\n")
    require(len(lines) <= MAX_SIGNATURES, "the checkpoint has too many signatures")
    return body + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    require(dash == "\u2014" and name and encoded, "a signature line is malformed")
    return name, from_base64(encoded)


def _signed(signature: tuple[str, bytes], key: LogKey, body: str) -> bool:
    """Tell whether this is the key's signature; that of another key is passed over, a bad one of the key raises."""
    name, data = signature
    if name != key.name or data[:4] != key.hint:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(data[4:], body.encode())
    except InvalidSignature as error:
        raise NotTrue("the checkpoint's signature does not verify") from error
    return True


def cosigned_times(text: str, witness: WitnessKey) -> list[int]:
    """Return when the witness cosigned the checkpoint, by its own clock: empty if it did not; a bad one raises.

    The log's signature is checked elsewhere.
    """
    body, signatures = note_of(text)
    mine = [data for name, data in signatures if name == witness.name and data[:4] == witness.hint]
    return [_cosignature(data[4:], witness, body) for data in mine]


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


def verified_place(text: str, entry: bytes, *keys: LogKey) -> int:
    """Return the index at which a tlog-proof shows `entry` under a checkpoint of a key; raise `NotTrue` otherwise."""
    head, gap, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    require(gap and lines[0] == PROOF, f"the proof does not begin with {PROOF}")
    if lines[1].startswith("extra "):
        del lines[1]
    word, _, number = lines[1].partition(" ")
    require(word == "index" and NUMBER.match(number), "the proof has no index")
    path = hashes(lines[2:])
    signed = verified_checkpoint(checkpoint, *keys)
    index = int(number)
    require(index < signed.size, "the index is not inside the tree")
    require(root_by_path(leaf(entry), index, signed.size, path) == signed.root, "the proof leads to another root")
    return index


def hashes(lines: list[str]) -> list[bytes]:
    """Read the hashes of a path, one base64 line each."""
    path = [from_base64(line) for line in lines]
    require(all(len(one) == HASH for one in path) and len(path) < MAX_PATH, "a hash of the proof is malformed")
    return path
