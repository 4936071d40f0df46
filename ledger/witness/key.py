"""The witness' own key: one JSON file, mode 0600, made at the first start."""

import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import base64url, durable, note
from ledger.cosignature import Cosigner

PURPOSE = "witness"
SECRET_BYTES = 32
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyUnfit(ValueError):  # noqa: N818 - says what the key is
    """The key file cannot be used."""


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """A name and the Ed25519 key under it. The private half does not appear in its `repr`."""

    name: str
    public: bytes
    _private: Ed25519PrivateKey

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of the signature."""
        return self._private.sign(data)

    def vkey(self) -> str:
        """Return the verifier key (type 0x04) that others configure."""
        return Cosigner(self.name, self.public).vkey()

    def __repr__(self) -> str:
        return f"WitnessKey({self.name})"


def make(path: Path, name: str) -> None:
    """Write a new key; the file appears whole, readable by its owner only, or not at all."""
    note.vkey(name, bytes(SECRET_BYTES))  # raises for a name that no signature line can carry
    secret = base64url.encode(secrets.token_bytes(SECRET_BYTES))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)  # what a start that was cut short left behind was never used
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"purpose": PURPOSE, "name": name, "algorithm": "Ed25519", "secret": secret}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    durable.sync_folder(path.parent)


def load(path: Path) -> WitnessKey:
    """Read the key; raise `KeyUnfit` if it is another's to read, or no witness' key."""
    if path.stat().st_mode & OTHERS:
        raise KeyUnfit(f"Others on this machine can read {path}. chmod 600 {path}")
    try:
        content = json.loads(path.read_text())
        secret = base64url.decode(content["secret"])
        private = Ed25519PrivateKey.from_private_bytes(secret)
        found = WitnessKey(content["name"], private.public_key().public_bytes_raw(), private)
        found.vkey()
        purpose = content["purpose"]
    except (ValueError, KeyError, TypeError, note.NoteInvalid) as error:
        raise KeyUnfit(f"{path} is no key of a witness: {error}") from error
    if purpose != PURPOSE:
        raise KeyUnfit(f"{path} is a key for another purpose")
    return found
