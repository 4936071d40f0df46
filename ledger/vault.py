"""Everything private, sealed under one key per subject, so that destroying that key erases the subject.

Subjects are "party:<uuid>", "system:<name>", and of takedowns "notice:<uuid>" and "case:<uuid>".
A subject's key lies in the database, wrapped by the root key, which
does not; ciphertexts are bound to their subject and context, so none can be passed off as another.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from ledger import aead, keyring, subjectkeys
from ledger.durable import sync_folder
from ledger.models import Blob, Sealed, SubjectKey

UNREADABLE = (aead.Undecipherable, subjectkeys.Erased)


def seal(subject: str, plaintext: bytes, *, context: str) -> Sealed:
    """Encrypt `plaintext` under the subject's key, bound to `context`; raise `Erased` for an erased subject."""
    with transaction.atomic():
        key = subjectkeys.read(subject)
        ciphertext = sealed_bytes(key.secret, subject, context, plaintext)
        return Sealed.objects.create(subject_key_id=key.row, context=context, ciphertext=ciphertext)


def sealed_bytes(secret: bytes, subject: str, context: str, plaintext: bytes) -> bytes:
    """Return what a `Sealed` row of this subject and context holds."""
    return aead.encrypt(secret, plaintext, _bound("sealed", subject, context))


def unseal(sealed: Sealed) -> bytes:
    """Return the plaintext; raise `Erased` once it is gone, `Undecipherable` if the row was tampered with."""
    if sealed.ciphertext is None:
        raise subjectkeys.erased(sealed.subject_key.subject)
    key = sealed.subject_key
    return opened_bytes(subjectkeys.unwrap(key), key.subject, sealed.context, bytes(sealed.ciphertext))


def opened_bytes(secret: bytes, subject: str, context: str, ciphertext: bytes) -> bytes:
    """Return the plaintext of what `sealed_bytes` made; raise `Undecipherable` for anything else."""
    return aead.decrypt(secret, ciphertext, _bound("sealed", subject, context))


def store_blob(subject: str, source: BinaryIO, *, context: str) -> Blob:
    """Encrypt a file into `LEDGER_VAULT_DIR`; plaintext never touches the disk.

    If we crash before the caller's commit, the file stays without a row: unreadable, and listed by `ledger_fsck`.
    """
    with transaction.atomic():
        key = subjectkeys.read(subject)
        blob = Blob(subject_key_id=key.row, context=context)
        blob.size = _write(path_of(blob), key.secret, source, _bound("blob", subject, context, str(blob.pk)))
        blob.save(force_insert=True)
        return blob


def open_blob(blob: Blob) -> Iterator[bytes]:
    """Yield the plaintext in chunks of up to 64 KiB, each only after its tag was verified; memory stays flat.

    The end is reached only if the frame that is marked as the last was the last, and the sum of all is the size that
    was stored. A cut file raises `Undecipherable` in place of ending, so whoever iterates to the end has the whole, and
    whoever meets an exception throws away what it took. Raises `Erased` at once.
    """
    row = blob.subject_key
    if blob.erased_at is not None:
        raise subjectkeys.erased(row.subject)
    return _chunks(blob, subjectkeys.unwrap(row), _bound("blob", row.subject, blob.context, str(blob.pk)))


def read_blob(blob: Blob) -> bytes:
    """Return the whole plaintext, or raise: a part of it is never returned."""
    return b"".join(open_blob(blob))


def _chunks(blob: Blob, key: bytes, bound: bytes) -> Iterator[bytes]:
    size = 0
    try:
        with path_of(blob).open("rb") as source:
            for chunk in aead.decrypt_stream(key, source, bound):
                size += len(chunk)
                yield chunk
    except FileNotFoundError as error:
        raise aead.Undecipherable("The sealed file is missing") from error
    if size != blob.size:
        raise aead.Undecipherable("The sealed file has another size than was stored")


def rewrap(limit: int) -> int:
    """Wrap up to `limit` subject keys with the root key of now; return how many. 0: none is wrapped by an older one.

    No subject's key changes, so nothing that is sealed does. If we crash, this batch is wrapped as it was; call again.
    """
    with transaction.atomic():
        root_id, root = keyring.vault_root()
        old = SubjectKey.objects.select_for_update().filter(wrapped__isnull=False).exclude(root_key_id=root_id)
        rows = list(old.order_by("pk")[:limit])
        for row in rows:
            row.wrapped = subjectkeys.wrapped(root, row.subject, subjectkeys.unwrap(row))
            row.root_key_id = root_id
        SubjectKey.objects.bulk_update(rows, ["wrapped", "root_key_id"])
        return len(rows)


def _bound(what: str, *parts: str) -> bytes:
    """Label and parts, each ended by a NUL: no part holds one, so no two lists give the same bytes."""
    return b"".join(f"{part}\0".encode() for part in (f"countenance/{what}/v1", *parts))


def path_of(blob: Blob) -> Path:
    """Return where the sealed file lies."""
    name = str(blob.pk)
    return Path(settings.LEDGER_VAULT_DIR) / name[:2] / name


def _write(target: Path, key: bytes, source: BinaryIO, bound: bytes) -> int:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = target.with_suffix(".new")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            size = aead.encrypt_stream(key, source, file, bound)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
    return size
