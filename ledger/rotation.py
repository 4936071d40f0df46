"""New keys in the place of old ones, without a moment in which none stands.

A checkpoint carries several signatures, so a new log key signs at once and the old one goes on for the overlap. A
permit, a receipt or a status list carries one, so its new key is announced for the overlap and then takes over: who
checks them has learnt it by then. A key that certificates vouch for stands at once, so that one can be asked for, and
the old one goes on under its certificate for the overlap. A new vault key wraps at once; old ones go on unwrapping
(see `vault.rewrap`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from ledger import keyfile, keyring
from ledger.keyfile import KeyFile, KeyUnavailable, Purpose
from ledger.signers import pkcs11

NO_OPTIONS: Mapping[str, str] = {}
AT_ONCE = ("log", *keyfile.CERTIFIED)


@dataclass(frozen=True, slots=True)
class Rotation:
    """What came of it. The `old` ones end at `until`; `new` begins at its own `not_before`."""

    new: KeyFile
    old: tuple[KeyFile, ...]
    until: datetime


def rotate(
    purpose: Purpose,
    *,
    overlap: timedelta,
    backend: str = "file",
    options: Mapping[str, str] = NO_OPTIONS,
    public: bytes = b"",
) -> Rotation:
    """Make a key and give every other one of its purpose an end.

    If we crash in between, both stand without an end: do it again, and then retire the one that was made first.
    """
    now = datetime.now(UTC)
    until = now if purpose == "vault" else now + overlap
    begins = until if purpose not in AT_ONCE and keyring.standing(purpose) else now
    before = keyring.key_files(purpose)
    new = make(purpose, not_before=begins, backend=backend, options=options, public=public)
    ending = [key for key in before if key.not_after is None or key.not_after > until]
    return Rotation(new, tuple(keyfile.write(replace(key, not_after=until)) for key in ending), until)


def generate(
    purpose: Purpose, *, backend: str = "file", options: Mapping[str, str] = NO_OPTIONS, public: bytes = b""
) -> KeyFile:
    """Make the first key of a purpose; raise `KeyUnavailable` if one stands, which is then to be rotated."""
    if keyring.standing(purpose):
        raise KeyUnavailable(f"A {purpose} key stands", remedy=f"ledger_keys rotate --purpose {purpose}")
    return make(purpose, not_before=datetime.now(UTC), backend=backend, options=options, public=public)


def make(purpose: Purpose, *, not_before: datetime, backend: str, options: Mapping[str, str], public: bytes) -> KeyFile:
    """Make a key where its backend keeps it, and its file. `public` is given by who made it elsewhere (kms)."""
    folder, name = Path(settings.LEDGER_KEYS_DIR), settings.LEDGER_ORIGIN
    if backend == "file":
        return keyfile.make(folder, purpose, name, not_before=not_before)
    if purpose == "vault":
        raise KeyUnavailable("A vault key lies in its file", remedy="Leave --backend out")
    if backend == "pkcs11":
        keyfile.check_options(backend, options)
        public = pkcs11.Key(**options, p256=purpose in keyfile.CERTIFIED).generate()
    return keyfile.adopt(folder, purpose, name, public=public, backend=backend, options=options, not_before=not_before)
