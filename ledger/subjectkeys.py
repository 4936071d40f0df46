"""The key under which everything private about one subject is sealed.

Rows hold it wrapped by the vault's root key. An unwrapped one is kept in this process for a minute, so that not every
entry asks for it again; one that has run out goes with the next use of any. Who uses a kept one must have the database
confirm, in the statement that writes, that the row still holds the same wrapped bytes. After an erasure it holds none,
and nothing is written.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass

from ledger import aead, keyring
from ledger.models import SubjectKey
from ledger.problem import Problem

KEPT_SECONDS = 60.0
KEPT_MOST = 256
KINDS = ("party:", "system:", "notice:", "case:")

_kept: "OrderedDict[str, tuple[float, SubjectSecret]]" = OrderedDict()


class Erased(Problem):
    """The subject's key was destroyed: nothing can be read or added under it, ever."""

    code = "erased"
    status = 410
    title = "The data was erased"


@dataclass(frozen=True, slots=True)
class SubjectSecret:
    """An unwrapped key, and the row and wrapped bytes that it came from."""

    row: int
    wrapped: bytes
    secret: bytes

    def __repr__(self) -> str:
        return f"SubjectSecret({self.row})"


def secret_of(subject: str) -> SubjectSecret:
    """Return the subject's key, perhaps a kept one: the statement that uses it must compare `wrapped`.

    It is made at first use. Raises `Erased` for an erased subject.
    """
    _drop_old()
    until, secret = _kept.get(subject, (0.0, None))
    if secret is None or until < time.monotonic():
        secret = read(subject)
        _keep(subject, secret)
    return secret


def forget(subject: str) -> None:
    """Drop a kept key: the database did not confirm it."""
    _kept.pop(subject, None)


def read(subject: str) -> SubjectSecret:
    """Read the subject's key FOR SHARE: sealers do not wait for each other, an erasure waits for them all."""
    row = held(subject)
    if row.wrapped is None:
        raise erased(subject)
    return SubjectSecret(row.pk, bytes(row.wrapped), unwrap(row))


def held(subject: str) -> SubjectKey:
    """Return the subject's row FOR SHARE; make it at first use."""
    if not subject.startswith(KINDS):
        raise ValueError(f"{subject!r} is neither party:<uuid> nor system:<name>, nor a notice or a case")
    row = _locked(subject)
    if row is None:
        root_id, root = keyring.vault_root()
        new = SubjectKey(subject=subject, root_key_id=root_id, wrapped=wrapped(root, subject, aead.new_key()))
        SubjectKey.objects.bulk_create([new], ignore_conflicts=True)  # another transaction may be first
        row = _locked(subject)
    if row is None:
        raise erased(subject)  # cannot be: rows are never deleted; denied all the same
    return row


def unwrap(row: SubjectKey) -> bytes:
    """Return the 32 bytes of the key; raise `Erased` once they are destroyed."""
    if row.wrapped is None:
        raise erased(row.subject)
    _, root = keyring.vault_root(row.root_key_id)
    return aead.decrypt(root, bytes(row.wrapped), _bound(row.subject))


def wrapped(root: bytes, subject: str, secret: bytes) -> bytes:
    """Return a subject's key as its row holds it, under the root key."""
    return aead.encrypt(root, secret, _bound(subject))


def erased(subject: str) -> Erased:
    """Return the refusal."""
    return Erased("There is nothing under this subject any more", remedy="Nothing: erasure is final", subject=subject)


def _locked(subject: str) -> SubjectKey | None:
    statement = "SELECT * FROM ledger_subjectkey WHERE subject = %s FOR SHARE"
    return next(iter(SubjectKey.objects.raw(statement, [subject])), None)


def _keep(subject: str, secret: SubjectSecret) -> None:
    _kept[subject] = (time.monotonic() + KEPT_SECONDS, secret)
    _kept.move_to_end(subject)
    while len(_kept) > KEPT_MOST:
        _kept.popitem(last=False)


def _drop_old() -> None:
    """Forget what has run out; the oldest stand first."""
    now = time.monotonic()
    while _kept and next(iter(_kept.values()))[0] < now:
        _kept.popitem(last=False)


def _bound(subject: str) -> bytes:
    return f"countenance/subject-key/v1\0{subject}\0".encode()
