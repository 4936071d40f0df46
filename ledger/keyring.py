"""Keys by purpose; one key, one purpose.

`log` signs checkpoints, `permit` permits, `receipt` COSE receipts, `statement` SCITT statements, `status` status lists;
`vault` wraps subject keys.

A key is one JSON file, mode 0600, under `LEDGER_KEYS_DIR`/<purpose>/<key id>.json. The newest whose window has begun
and not ended signs; the public half of every one stays known, so that old signatures can still be checked.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from ledger import base64url, note
from ledger.problem import Problem

Purpose = Literal["log", "permit", "receipt", "statement", "status", "vault"]
Signer = Literal["log", "permit", "receipt", "statement", "status"]
PURPOSES: tuple[Purpose, ...] = ("log", "permit", "receipt", "statement", "status", "vault")
KEY_BYTES = 32


class KeyUnavailable(Problem):
    """There is no key that may do this now."""

    code: ClassVar[str] = "key-unavailable"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "A key is missing"


class SignatureInvalid(Problem):
    """The signature is not this key's over these bytes."""

    code: ClassVar[str] = "signature-invalid"
    title: ClassVar[str] = "The signature does not verify"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half of a key that everybody may know."""

    key_id: str
    public: bytes

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return if `signature` is this key's over `data`; raise `SignatureInvalid` otherwise."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, data)
        except InvalidSignature as error:
            raise SignatureInvalid(f"Not a signature of key {self.key_id}") from error


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key that can sign. The private half does not appear in its `repr`."""

    key_id: str
    public: bytes
    _private: Ed25519PrivateKey

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of the Ed25519 signature (RFC 8032) over `data`."""
        return self._private.sign(data)

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id})"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One key as it lies on disk. `not_after` is `None` while the key has no end."""

    path: Path
    purpose: str
    key_id: str
    name: str
    secret: bytes
    not_before: datetime
    not_after: datetime | None
    development: bool

    def __repr__(self) -> str:
        return f"KeyFile({self.path})"

    def stands(self, at: datetime) -> bool:
        """Tell whether the key may be used at `at`."""
        return self.not_before <= at and (self.not_after is None or at < self.not_after)


def key_files(purpose: Purpose, folder: Path | None = None) -> list[KeyFile]:
    """Return every key of this purpose, oldest first; raise `KeyUnavailable` for a file that cannot be read."""
    return sorted(_read_all(purpose, folder or Path(settings.LEDGER_KEYS_DIR)), key=lambda key: key.not_before)


def signing_key(purpose: Signer) -> SigningKey:
    """Return the key that signs now; raise `KeyUnavailable` if there is none."""
    key = _current(purpose)
    private = Ed25519PrivateKey.from_private_bytes(key.secret)
    return SigningKey(key.key_id, private.public_key().public_bytes_raw(), private)


def public_keys(purpose: Signer) -> list[PublicKey]:
    """Return the public half of every key of this purpose, oldest first, ended ones included."""
    return [PublicKey(key.key_id, _public(key.secret)) for key in key_files(purpose)]


def log_vkey() -> str:
    """Return the log's verifier key (C2SP signed-note): what a stranger needs to check our checkpoints."""
    return note.vkey(settings.LEDGER_ORIGIN, signing_key("log").public)


def vault_root(key_id: str | None = None) -> tuple[str, bytes]:
    """Return (key id, 32 bytes) of the root key that wraps subject keys; `None` asks for the one that wraps now."""
    if key_id is None:
        key = _current("vault")
        return key.key_id, key.secret
    for key in key_files("vault"):
        if key.key_id == key_id:
            return key.key_id, key.secret
    raise KeyUnavailable(f"No vault key {key_id}", remedy="Restore the key file that wrapped this subject's key")


def make_development_keys(folder: Path, origin: str) -> None:
    """Make one key per purpose where there is none. They are marked, and refused outside development."""
    for purpose in PURPOSES:
        if not list((folder / purpose).glob("*.json")):
            _write(folder, purpose, origin)


def _current(purpose: Purpose) -> KeyFile:
    now = datetime.now(UTC)
    standing = [key for key in key_files(purpose) if key.stands(now)]
    if not standing:
        raise KeyUnavailable(f"No {purpose} key stands now", remedy="Put a key into LEDGER_KEYS_DIR (ledger_keys)")
    return standing[-1]


def _public(secret: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def _read_all(purpose: Purpose, folder: Path) -> Iterator[KeyFile]:
    for path in sorted((folder / purpose).glob("*.json")):
        try:
            yield _read(path, purpose)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KeyUnavailable(f"The key file {path.name} cannot be read") from error


def _read(path: Path, purpose: Purpose) -> KeyFile:
    content = json.loads(path.read_text())
    secret = base64url.decode(content["secret"])
    not_after = content["not_after"]
    key_id = _key_id(purpose, content["name"], secret)
    if content["purpose"] != purpose or content["key_id"] != key_id or len(secret) != KEY_BYTES:
        raise ValueError("purpose, id or length do not fit the key")
    return KeyFile(
        path=path,
        purpose=purpose,
        key_id=key_id,
        name=content["name"],
        secret=secret,
        not_before=datetime.fromisoformat(content["not_before"]),
        not_after=None if not_after is None else datetime.fromisoformat(not_after),
        development=bool(content["development"]),
    )


def _key_id(purpose: str, name: str, secret: bytes) -> str:
    """Return the id: the log key's is the one of its notes, the others are short hashes under our own label."""
    if purpose == "log":
        return note.key_id(name, _public(secret)).hex()
    material = secret if purpose == "vault" else _public(secret)
    return hashlib.sha256(f"countenance/{purpose}-key/v1\0".encode() + material).hexdigest()[:16]


def _write(folder: Path, purpose: Purpose, name: str) -> None:
    """Write one new key; the file appears whole, readable by its owner only, or not at all."""
    secret = secrets.token_bytes(KEY_BYTES)
    key_id = _key_id(purpose, name, secret)
    content = {
        "purpose": purpose,
        "key_id": key_id,
        "name": name,
        "algorithm": "AES-256" if purpose == "vault" else "Ed25519",
        "secret": base64url.encode(secret),
        "not_before": datetime.now(UTC).isoformat(timespec="seconds"),
        "not_after": None,
        "development": True,
    }
    target = folder / purpose / f"{key_id}.json"
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = target.with_suffix(".new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(target)
