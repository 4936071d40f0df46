"""Keys by purpose; one key, one purpose. Which key does what, and when.

`log` signs checkpoints, `permit` permits, `receipt` COSE receipts, `statement` SCITT statements, `status` status lists
(the Bitstring Status List credential among them), `credential` the credentials of grants; `vault` wraps subject keys.
`claim` signs the C2PA claims of videos, `claim-issuer` the certificates of claim keys: both are P-256, and certificates
vouch for them, so that neither the log's list of keys nor its history names them.

A key stands inside its window, unless a statement of compromise about it lies beside its file or among the public
files. The newest that stands signs; checkpoints are signed by every one that stands. The public half of each stays
known, so that old signatures can still be checked; that of a compromised one counts only for what provably lay before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from ledger import checkpoint, compromise, keyfile, note, published, signers, witnesses
from ledger.checkpoint import Checkpoint
from ledger.keyfile import EVERY, KEY_BYTES, PURPOSES, Certified, KeyFile, KeyUnavailable, Purpose, Signer
from ledger.problem import Problem
from ledger.signers import SigningKey

__all__ = [
    "EVERY",
    "KEY_BYTES",
    "PURPOSES",
    "Certified",
    "KeyFile",
    "KeyUnavailable",
    "Purpose",
    "Signer",
    "SigningKey",
]
ALWAYS = datetime.min.replace(tzinfo=UTC)  # since when a key is compromised whose statement cannot be believed
COMPROMISED = "compromised"  # suffix beside the key file, and folder among the public files


class SignatureInvalid(Problem):
    """The signature is not this key's over these bytes."""

    code: ClassVar[str] = "signature-invalid"
    title: ClassVar[str] = "The signature does not verify"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half of a key that everybody may know. `compromised` is since when it proves nothing; `None`: it is good."""

    key_id: str
    public: bytes
    compromised: datetime | None = None

    def verify(self, signature: bytes, data: bytes, *, at: datetime | None = None) -> None:
        """Return if `signature` is this key's over `data`; raise `SignatureInvalid` otherwise.

        `at` is when the log says that the signature was there: the time of an entry that commits to it, under a
        checkpoint that counts. `None` says that nothing does; then a compromised key's signature is refused.
        """
        if self.compromised is not None and (at is None or at >= self.compromised):
            raise SignatureInvalid(f"Key {self.key_id} is compromised, and nothing shows that it signed before")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, data)
        except InvalidSignature as error:
            raise SignatureInvalid(f"Not a signature of key {self.key_id}") from error


def key_files(purpose: Purpose, folder: Path | None = None) -> list[KeyFile]:
    """Return every key of this purpose, oldest first; raise `KeyUnavailable` for a file that cannot be read."""
    return keyfile.read_all(folder or Path(settings.LEDGER_KEYS_DIR), purpose)


def standing(purpose: Purpose) -> list[KeyFile]:
    """Return the keys that may be used now, oldest first; none is an answer, and then nothing may be signed."""
    now = datetime.now(UTC)
    return [key for key in key_files(purpose) if key.stands(now) and compromised_since(key) is None]


def signing_key(purpose: Signer) -> SigningKey:
    """Return the key that signs now; raise `KeyUnavailable` if there is none."""
    return signers.opened(_current(purpose))


def signing_keys(purpose: Signer) -> list[SigningKey]:
    """Return every key that stands, oldest first, for what several may sign; raise `KeyUnavailable` if none does."""
    _current(purpose)
    return [signers.opened(key) for key in standing(purpose)]


def certified_key(purpose: Certified, public: bytes | None = None) -> SigningKey:
    """Return the key of this public half (65 bytes) if it stands, or with `None` the newest that does.

    Raises `KeyUnavailable` for a key that we do not have, that ended, or that was given up.
    """
    found = [key for key in standing(purpose) if public in (None, key.public)]
    if not found:
        which = "No" if public is None else "Not this"
        raise KeyUnavailable(f"{which} {purpose} key stands now", remedy=f"ledger_keys generate --purpose {purpose}")
    return signers.opened(found[-1])


def public_keys(purpose: Signer) -> list[PublicKey]:
    """Return the public half of every key whose signatures count by themselves, oldest first, ended ones included."""
    return [key for key in known_keys(purpose) if key.compromised is None]


def known_keys(purpose: Signer) -> list[PublicKey]:
    """Return the public half of every key of this purpose, oldest first, compromised ones included."""
    return [PublicKey(key.key_id, key.public, compromised_since(key)) for key in key_files(purpose)]


def verified_checkpoint(text: str) -> Checkpoint:
    """Return a checkpoint of this log whose signatures count today; raise otherwise.

    What only a compromised key signed counts if our quorum of witnesses had cosigned it before.
    """
    known = known_keys("log")
    return checkpoint.verify(
        text,
        origin=settings.LEDGER_ORIGIN,
        keys=[key.public for key in known if key.compromised is None],
        compromised={key.public: key.compromised for key in known if key.compromised is not None},
        policy=witnesses.configured().policy,
    )


def log_vkey() -> str:
    """Return the log's verifier key (C2SP signed-note): what a stranger needs to check our checkpoints."""
    return vkeys([_current("log")])[0]


def vkeys(keys: Sequence[KeyFile]) -> list[str]:
    """Return the verifier keys of log keys."""
    return [note.vkey(settings.LEDGER_ORIGIN, key.public) for key in keys]


def vault_root(key_id: str | None = None) -> tuple[str, bytes]:
    """Return (key id, 32 bytes) of the root key that wraps subject keys; `None` asks for the one that wraps now."""
    keys = [_current("vault")] if key_id is None else key_files("vault")
    for key in keys:
        if key_id in (None, key.key_id) and key.secret is not None:
            return key.key_id, key.secret
    raise KeyUnavailable(f"No vault key {key_id}", remedy="Restore the key file that wrapped this subject's key")


def make_development_keys(folder: Path, origin: str) -> None:
    """Make one key per purpose where there is none. They are marked, and refused outside development."""
    for purpose in PURPOSES:
        if not list((folder / purpose).glob("*.json")):
            keyfile.make(folder, purpose, origin, not_before=datetime.now(UTC), development=True)


def statements(key: KeyFile) -> tuple[Path, Path]:
    """Return where statements of compromise about this key lie: beside its file, and among the public files."""
    return key.path.with_suffix(f".{COMPROMISED}"), published.folder() / COMPROMISED / key.key_id


def compromised_since(key: KeyFile) -> datetime | None:
    """Return since when this key is compromised, the earliest that is stated; `None` while nothing is.

    A statement that cannot be believed still stands for one: the key signs nothing, and nothing that it signed counts.
    """
    return min((_stated(key, path) for path in statements(key) if _is_there(path)), default=None)


def _is_there(path: Path) -> bool:
    """Tell whether there is anything of this name; what cannot be looked at counts as there."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _stated(key: KeyFile, path: Path) -> datetime:
    try:
        known = {*_others(key)}
        return compromise.verify(path.read_text(), origin=settings.LEDGER_ORIGIN, key_id=key.key_id, keys=known).since
    except (Problem, OSError, ValueError):
        return ALWAYS


def _others(key: KeyFile) -> Iterator[bytes]:
    """Yield the public halves that may testify against a key: the log's and those of its purpose, never its own."""
    for purpose in {"log", key.purpose} - {"vault"}:
        folder = key.path.parent.parent
        yield from (one.public for one in keyfile.read_all(folder, purpose) if one.public != key.public)


def _current(purpose: Purpose) -> KeyFile:
    found = standing(purpose)
    if not found:
        raise KeyUnavailable(f"No {purpose} key stands now", remedy="Put a key into LEDGER_KEYS_DIR (ledger_keys)")
    return found[-1]
