"""C2SP signed-note v1.0.0: a text with signatures of named keys, and verifier keys (vkeys). Pure.

Only Ed25519 (type 0x01) is signed and checked here (type 0x04 is `ledger.cosignature`); signatures of keys that the
reader does not hold are ignored, and a bad one of a key that it does hold refuses the whole note.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.problem import Problem

ED25519 = 0x01
KEY_ID_BYTES = 4
PUBLIC_BYTES = 32
MAX_SIGNATURES = 64  # verifiers must accept at least 16
DASH = "\u2014"
SIGNATURE = re.compile(rf"{DASH} (?P<name>[^\s+]+) (?P<data>[A-Za-z0-9+/]+={{0,2}})")


class NoteInvalid(Problem):
    """The bytes are not a signed note, or a signature that counts does not verify."""

    code: ClassVar[str] = "note-invalid"
    title: ClassVar[str] = "Not a note signed by this key"


class Signer(Protocol):
    """What signs a note: `ledger.signers.SigningKey`, for one."""

    @property
    def public(self) -> bytes:
        """The 32 bytes of the Ed25519 public key."""

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of the signature."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: `data` is the key id (4 bytes) and what the key's type puts after it."""

    name: str
    data: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that hint at the key."""
        return self.data[:KEY_ID_BYTES]

    def line(self) -> str:
        """Return the signature line, its end included."""
        return f"{DASH} {self.name} {base64.b64encode(self.data).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note. Nothing about it is verified yet."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Verifier:
    """A name and the Ed25519 key that signs under it."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that this key's signatures begin with."""
        return key_id(self.name, self.public)


def key_id(name: str, public: bytes, kind: int = ED25519) -> bytes:
    """Return H(name || 0x0A || type || key)[:4]."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:KEY_ID_BYTES]


def vkey(name: str, public: bytes, kind: int = ED25519) -> str:
    """Return the verifier key text `name+hex(key id)+base64(type || key)`."""
    _check_name(name)
    encoded = base64.b64encode(bytes([kind]) + public).decode()
    return f"{name}+{key_id(name, public, kind).hex()}+{encoded}"


def parse_vkey(text: str) -> Verifier:
    """Read an Ed25519 verifier key; raise `NoteInvalid` if its parts do not belong together."""
    return Verifier(*vkey_parts(text, ED25519))


def vkey_parts(text: str, kind: int) -> tuple[str, bytes]:
    """Return name and 32 bytes of a verifier key of this type; raise `NoteInvalid` for any other."""
    name, _, rest = text.partition("+")
    hint, _, encoded = rest.partition("+")
    _check_name(name)
    data = _unbase64(encoded)
    if len(data) != 1 + PUBLIC_BYTES or data[0] != kind:
        raise NoteInvalid(f"The verifier key is of another type than 0x{kind:02x}")
    if key_id(name, data[1:], kind).hex() != hint:
        raise NoteInvalid("The verifier key's id does not belong to its name and key")
    return name, data[1:]


def sign(text: str, name: str, *signers: Signer) -> str:
    """Return the note: `text`, an empty line, one signature line under `name` for each of the `signers`, in order."""
    _check_name(name)
    _check_text(text)
    if not signers:
        raise NoteInvalid("A note is signed by somebody")
    lines = (Signature(name, key_id(name, one.public) + one.sign(text.encode())).line() for one in signers)
    return f"{text}\n{''.join(lines)}"


def parse(data: str) -> Note:
    """Split a note into text and signatures; raise `NoteInvalid` if it is not one. Verifies nothing."""
    text, gap, tail = data.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise NoteInvalid("The note has no signatures")
    text += "\n"
    _check_text(text)
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteInvalid(f"The note has more than {MAX_SIGNATURES} signatures")
    return Note(text, tuple(map(_signature, lines)))


def verify(note: Note, verifiers: Collection[Verifier]) -> tuple[Verifier, ...]:
    """Return the verifiers that signed, at least one; raise `NoteInvalid` for none, or for a bad signature by one."""
    signed: list[Verifier] = []
    for verifier in verifiers:
        for signature in note.signatures:
            if signature.name == verifier.name and signature.key_id == verifier.key_id:
                _verify_one(note.text, signature, verifier)
                signed.append(verifier)
    if not signed:
        raise NoteInvalid("No known key signed the note", remedy="Check the verifier key")
    return tuple(dict.fromkeys(signed))


def _verify_one(text: str, signature: Signature, verifier: Verifier) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature.data[KEY_ID_BYTES:], text.encode())
    except InvalidSignature as error:
        raise NoteInvalid(f"A signature under {verifier.name} does not verify") from error


def _signature(line: str) -> Signature:
    match = SIGNATURE.fullmatch(line)
    if match is None:
        raise NoteInvalid("A signature line is malformed")
    data = _unbase64(match["data"])
    if len(data) <= KEY_ID_BYTES:
        raise NoteInvalid("A signature line is too short")
    return Signature(match["name"], data)


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteInvalid("A key name is not empty and has no space and no plus sign")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(character < " " and character != "\n" for character in text):
        raise NoteInvalid("The text does not end with a newline, or holds a control character")


def _unbase64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteInvalid("Not base64") from error
    if base64.b64encode(data).decode() != text:
        raise NoteInvalid("Not the canonical base64 spelling")
    return data
