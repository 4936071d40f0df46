"""One key as it lies on disk: `<folder>/<purpose>/<key id>.json`, mode 0600. Pure.

`backend` says who signs: `file` (the private half is in the file, and the default), `pkcs11` (it is in a module), `kms`
(somebody else's program). With the last two the file holds the public half and where to find the other one, and no
secret: a PIN in a key file makes it unreadable.

A key is Ed25519, or P-256 (`es256`) if certificates vouch for its purpose: `claim` and `claim-issuer`, which know other
readers than the log's and have their history in certificates.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import base64url, durable, es256, note
from ledger.problem import Problem

Purpose = Literal["log", "permit", "receipt", "statement", "status", "credential", "vault", "claim", "claim-issuer"]
Signer = Literal["log", "permit", "receipt", "statement", "status", "credential"]
Certified = Literal["claim", "claim-issuer"]
PURPOSES: tuple[Purpose, ...] = ("log", "permit", "receipt", "statement", "status", "credential", "vault")
SIGNERS: tuple[Signer, ...] = ("log", "permit", "receipt", "statement", "status", "credential")
CERTIFIED: tuple[Certified, ...] = ("claim", "claim-issuer")
EVERY: tuple[Purpose, ...] = (*PURPOSES, *CERTIFIED)
BACKENDS = ("file", "pkcs11", "kms")
KEY_BYTES = 32
PKCS11_PLACE = frozenset({"module", "token", "label"})
PKCS11_PIN = (frozenset({"pin_env"}), frozenset({"pin_file"}))


class KeyUnavailable(Problem):
    """There is no key that may do this now."""

    code: ClassVar[str] = "key-unavailable"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "A key is missing"


class BackendUnknown(KeyUnavailable):
    """A key file names a backend that this version does not have."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One key. `not_after` is `None` while it has no end; `secret` is `None` if somebody else keeps it.

    `public` is the public half, 32 bytes of Ed25519 or the 65 of a point of P-256, and empty for a vault key.
    """

    path: Path
    purpose: Purpose
    key_id: str
    name: str
    public: bytes
    secret: bytes | None
    not_before: datetime
    not_after: datetime | None
    development: bool
    backend: str = "file"
    options: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"KeyFile({self.path})"

    def stands(self, at: datetime) -> bool:
        """Tell whether `at` lies in the key's window. Whether it was compromised is not asked here."""
        return self.not_before <= at and (self.not_after is None or at < self.not_after)


def read_all(folder: Path, purpose: Purpose) -> list[KeyFile]:
    """Return every key of this purpose, oldest first; raise `KeyUnavailable` for a file that cannot be read."""
    return sorted(_read_all(folder, purpose), key=lambda key: (key.not_before, key.key_id))


def make(folder: Path, purpose: Purpose, name: str, *, not_before: datetime, development: bool = False) -> KeyFile:
    """Make a key whose secret lies in its file; the file appears whole, for its owner only, or not at all."""
    secret = es256.new_secret() if purpose in CERTIFIED else secrets.token_bytes(KEY_BYTES)
    public = b"" if purpose == "vault" else public_of(secret, purpose)
    path = folder / purpose / f"{key_id(purpose, name, public or secret)}.json"
    return write(
        KeyFile(path, purpose, path.stem, name, public, secret, not_before, None, development),
    )


def adopt(
    folder: Path,
    purpose: Signer | Certified,
    name: str,
    *,
    public: bytes,
    backend: str,
    options: Mapping[str, str],
    not_before: datetime,
) -> KeyFile:
    """Write the file of a key that somebody else keeps. Raises `KeyUnavailable` for options the backend cannot use."""
    if not _is_public(public, purpose):
        raise KeyUnavailable("A public key has 32 bytes; one for certificates is a point of P-256, 65 bytes")
    path = folder / purpose / f"{key_id(purpose, name, public)}.json"
    key = KeyFile(path, purpose, path.stem, name, public, None, not_before, None, False, backend, options)  # noqa: FBT003 - `development`
    check_options(backend, options)
    return write(key)


def write(key: KeyFile) -> KeyFile:
    """Put the key file in place, or the new version of it in the place of the old; return the key."""
    content: dict[str, Any] = {
        "purpose": key.purpose,
        "key_id": key.key_id,
        "name": key.name,
        "algorithm": algorithm(key.purpose),
        "backend": key.backend,
        "not_before": key.not_before.isoformat(),
        "not_after": None if key.not_after is None else key.not_after.isoformat(),
        "development": key.development,
    }
    if key.secret is None:
        content |= {"public": base64url.encode(key.public), key.backend: dict(key.options)}
    else:
        content["secret"] = base64url.encode(key.secret)
    key.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = key.path.with_suffix(".new")
    temporary.unlink(missing_ok=True)  # of an attempt that was cut short; it was never a key
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(key.path)
    durable.sync_folder(key.path.parent)
    return key


def check_options(backend: str, options: object) -> None:
    """Return if these are the options of a key of this backend; raise `KeyUnavailable` for missing and further ones."""
    members = dict(options) if isinstance(options, Mapping) else {}
    texts = bool(members) and all(isinstance(value, str) and value for value in members.values())
    names = frozenset(members)
    if backend == "pkcs11":
        fit = names >= PKCS11_PLACE and names - PKCS11_PLACE in PKCS11_PIN
    else:
        fit = backend == "kms" and "signer" in names
    if not texts or not fit:
        raise KeyUnavailable(f"These are not the options of a {backend} key", remedy="See docs/runbooks/keys.md")


def key_id(purpose: str, name: str, material: bytes) -> str:
    """Return the id: the log key's is the one of its notes, the others are short hashes under our own label.

    `material` is the public half; of a vault key, the secret.
    """
    if purpose == "log":
        return note.key_id(name, material).hex()
    return hashlib.sha256(f"countenance/{purpose}-key/v1\0".encode() + material).hexdigest()[:16]


def algorithm(purpose: Purpose) -> str:
    """Return what the keys of this purpose are for."""
    return "AES-256" if purpose == "vault" else "ES256" if purpose in CERTIFIED else "Ed25519"


def public_of(secret: bytes, purpose: Purpose = "log") -> bytes:
    """Return the public half: 32 bytes of Ed25519, or a point of P-256 where certificates vouch for the purpose."""
    if purpose in CERTIFIED:
        return es256.public_of(secret)
    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def _read_all(folder: Path, purpose: Purpose) -> Iterator[KeyFile]:
    for path in sorted((folder / purpose).glob("*.json")):
        try:
            yield _read(path, purpose)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyUnavailable(f"The key file {path.name} cannot be read") from error


def _read(path: Path, purpose: Purpose) -> KeyFile:
    content = json.loads(path.read_text())
    backend = content.get("backend", "file")
    if backend not in BACKENDS:
        raise BackendUnknown(f"The key file {path.name} names the backend {backend!r}", remedy=f"One of {BACKENDS}")
    secret, public, options = _halves(content, purpose, backend)
    fits = len(secret) == KEY_BYTES if secret is not None else _is_public(public, purpose)
    if not fits or content["purpose"] != purpose:
        raise ValueError("purpose or length do not fit the key")
    if content["key_id"] != key_id(purpose, content["name"], public or secret or b""):
        raise ValueError("the id does not fit the key")
    not_after = content["not_after"]
    return KeyFile(
        path=path,
        purpose=purpose,
        key_id=content["key_id"],
        name=content["name"],
        public=public,
        secret=secret,
        not_before=_aware(content["not_before"]),
        not_after=None if not_after is None else _aware(not_after),
        development=bool(content["development"]),
        backend=backend,
        options=options,
    )


def _halves(content: dict[str, Any], purpose: Purpose, backend: str) -> tuple[bytes | None, bytes, dict[str, str]]:
    """Return secret, public half and options, of which each backend has its own; anything beyond them is refused."""
    if backend == "file":
        secret = base64url.decode(content["secret"])
        return secret, b"" if purpose == "vault" else public_of(secret, purpose), {}
    if purpose == "vault" or "secret" in content:
        raise ValueError("a vault key lies in its file, and a key that lies elsewhere does not lie here as well")
    check_options(backend, content[backend])
    return None, base64url.decode(content["public"]), content[backend]


def _is_public(public: bytes, purpose: Purpose) -> bool:
    if purpose not in CERTIFIED:
        return len(public) == KEY_BYTES
    try:
        es256.public_key(public)
    except ValueError:
        return False
    return True


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at
