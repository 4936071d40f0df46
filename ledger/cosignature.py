"""C2SP tlog-cosignature v1: a witness' timed signature (type 0x04) under a checkpoint that it found consistent. Pure.

A cosignature does not cover the name of the cosigner, so each cosigner needs a key of its own.
"""

from dataclasses import dataclass
from typing import ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger import note
from ledger.problem import Problem

COSIGNATURE = 0x04
TIME_BYTES = 8
SIGNATURE_BYTES = 64
LATEST = 253_402_300_799  # seconds since 1970; the end of the year 9999, after which no time can be shown


class CosignatureInvalid(Problem):
    """A witness' signature is missing, malformed, or not over this checkpoint."""

    code: ClassVar[str] = "cosignature-invalid"
    title: ClassVar[str] = "Not cosigned by this witness"


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness' name and Ed25519 key."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that this key's cosignatures begin with."""
        return note.key_id(self.name, self.public, COSIGNATURE)

    def vkey(self) -> str:
        """Return the verifier key text."""
        return note.vkey(self.name, self.public, COSIGNATURE)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosignature that holds: whose, when (seconds since 1970, by the witness' clock), and its line in the note."""

    cosigner: Cosigner
    at: int
    signature: note.Signature


def parse_vkey(text: str) -> Cosigner:
    """Read a verifier key of type 0x04; raise `ledger.note.NoteInvalid` for any other."""
    return Cosigner(*note.vkey_parts(text, COSIGNATURE))


def message(text: str, at: int) -> bytes:
    """Return what is signed over the note's text."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def sign(text: str, name: str, signer: note.Signer, *, at: int) -> note.Signature:
    """Cosign the text of a checkpoint at this second."""
    if not 0 < at <= LATEST:
        raise CosignatureInvalid(f"{at} is no time to sign at", remedy="Set the clock")
    timed = at.to_bytes(TIME_BYTES, "big") + signer.sign(message(text, at))
    return note.Signature(name, note.key_id(name, signer.public, COSIGNATURE) + timed)


def find(unverified: note.Note, cosigner: Cosigner) -> Cosignature | None:
    """Return the cosigner's cosignature, the latest if there are several; `None` if there is none.

    A bad signature under this name and key id is no mere absence: it raises `CosignatureInvalid`.
    """
    mine = [one for one in unverified.signatures if one.name == cosigner.name and one.key_id == cosigner.key_id]
    return max((_verified(unverified.text, one, cosigner) for one in mine), key=lambda found: found.at, default=None)


def verify(unverified: note.Note, cosigner: Cosigner) -> Cosignature:
    """Return the cosigner's cosignature; raise `CosignatureInvalid` if there is none or one does not hold."""
    found = find(unverified, cosigner)
    if found is None:
        raise CosignatureInvalid(f"{cosigner.name} has not cosigned")
    return found


def _verified(text: str, signature: note.Signature, cosigner: Cosigner) -> Cosignature:
    timed = signature.data[note.KEY_ID_BYTES :]
    at = int.from_bytes(timed[:TIME_BYTES], "big")
    if len(timed) != TIME_BYTES + SIGNATURE_BYTES or not 0 < at <= LATEST:
        raise CosignatureInvalid(f"The cosignature of {cosigner.name} is malformed")
    try:
        Ed25519PublicKey.from_public_bytes(cosigner.public).verify(timed[TIME_BYTES:], message(text, at))
    except InvalidSignature as error:
        raise CosignatureInvalid(f"The cosignature of {cosigner.name} does not verify") from error
    return Cosignature(cosigner, at, signature)
