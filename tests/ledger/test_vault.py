"""Sealed payloads and files, and their erasure."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from ledger import aead, vault
from ledger.aead import FRAME_BYTES, TAG_BYTES, Undecipherable
from ledger.fsck import examine
from ledger.models import Blob, Sealed, SubjectKey
from tests.ledger.conftest import PARTY, published

OTHER = "party:11111111-1111-4111-8111-111111111111"
KEY = bytes(range(32))
FRAME = FRAME_BYTES + TAG_BYTES


def sealed_file(plaintext: bytes, bound: bytes = b"here") -> bytes:
    target = io.BytesIO()
    assert aead.encrypt_stream(KEY, io.BytesIO(plaintext), target, bound) == len(plaintext)
    return target.getvalue()


def opened(data: bytes, bound: bytes = b"here") -> bytes:
    return b"".join(aead.decrypt_stream(KEY, io.BytesIO(data), bound))


@given(st.binary(max_size=200))
def test_a_small_file_is_read_back(plaintext: bytes) -> None:
    assert opened(sealed_file(plaintext)) == plaintext


@pytest.mark.parametrize("size", [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES])
def test_a_file_of_any_number_of_frames_is_read_back(size: int) -> None:
    plaintext = bytes(number % 251 for number in range(size))
    data = sealed_file(plaintext)
    assert opened(data) == plaintext
    assert len(data) == 32 + size + TAG_BYTES * max(1, -(-size // FRAME_BYTES))


def test_a_source_that_hands_out_little_at_a_time_is_read_whole() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(1000, size or 0))

    data = io.BytesIO()
    assert aead.encrypt_stream(KEY, Slow(bytes(150_000)), data, b"here") == 150_000
    assert opened(data.getvalue()) == bytes(150_000)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[: 32 + FRAME],
        lambda data: data[: 32 + 2 * FRAME],
        lambda data: data[:-1],
        lambda data: data[:32],
        lambda data: data[:31],
        lambda data: data[:0],
        lambda data: data[:32] + data[32 + FRAME : 32 + 2 * FRAME] + data[32 : 32 + FRAME] + data[32 + 2 * FRAME :],
        lambda data: data[:32] + data[32 + FRAME :],
        lambda data: data[: 32 + FRAME] + data[32:],
        lambda data: data + b"\0",
        lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:],
        lambda data: bytes([data[0] ^ 1]) + data[1:],
    ],
)
def test_a_cut_moved_or_changed_file_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    """Cut after a frame or inside one, frames swapped, dropped or doubled, bytes added or flipped."""
    data = sealed_file(bytes(2 * FRAME_BYTES + 5))
    with pytest.raises(Undecipherable):
        opened(spoil(data))


def test_a_file_is_bound_to_its_context() -> None:
    with pytest.raises(Undecipherable):
        opened(sealed_file(b"x"), b"there")


@pytest.mark.django_db
def test_what_is_sealed_is_read_back_and_not_stored_in_the_clear() -> None:
    sealed = vault.seal(PARTY, b"very private", context="test")
    again = Sealed.objects.get(pk=sealed.pk)
    assert vault.unseal(again) == b"very private"
    assert b"private" not in bytes(again.ciphertext or b"")
    assert b"private" not in bytes(again.subject_key.wrapped or b"")


@pytest.mark.django_db
def test_a_sealed_row_cannot_pass_for_another() -> None:
    one = vault.seal(PARTY, b"one", context="first")
    two = vault.seal(OTHER, b"two", context="first")
    same = vault.seal(PARTY, b"three", context="second")
    for spoiled in (
        Sealed(subject_key=two.subject_key, context="first", ciphertext=one.ciphertext),
        Sealed(subject_key=one.subject_key, context="first", ciphertext=same.ciphertext),
        Sealed(subject_key=one.subject_key, context="first", ciphertext=bytes(one.ciphertext or b"")[:-1]),
        Sealed(subject_key=one.subject_key, context="first", ciphertext=b""),
    ):
        with pytest.raises(Undecipherable):
            vault.unseal(spoiled)


@pytest.mark.django_db
def test_a_subject_key_cannot_be_moved_to_another_subject() -> None:
    one, two = (vault.seal(subject, b"x", context="c").subject_key for subject in (PARTY, OTHER))
    one.wrapped = two.wrapped
    with pytest.raises(Undecipherable):
        vault.unseal(Sealed(subject_key=one, context="c", ciphertext=b"x" * 40))


@pytest.mark.django_db
@pytest.mark.parametrize("subject", ["", "ada", "Party:1", "user:1"])
def test_a_subject_is_a_party_or_a_system(subject: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        vault.seal(subject, b"", context="test")


@pytest.mark.django_db
def test_a_file_is_stored_sealed_and_readable_by_its_owner_only() -> None:
    plaintext = b"a very private clip" * 10_000
    blob = vault.store_blob(PARTY, io.BytesIO(plaintext), context="clip")
    path = vault.path_of(blob)
    assert vault.read_blob(Blob.objects.get(pk=blob.pk)) == plaintext
    assert blob.size == len(plaintext)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not [file for file in Path(configured.LEDGER_VAULT_DIR).rglob("*") if file.is_file() and file != path]
    assert b"private" not in path.read_bytes()


@pytest.mark.django_db
def test_a_file_of_another_blob_is_refused() -> None:
    one, two = (vault.store_blob(PARTY, io.BytesIO(b"same"), context="clip") for _ in range(2))
    vault.path_of(one).write_bytes(vault.path_of(two).read_bytes())
    with pytest.raises(Undecipherable):
        vault.read_blob(one)
    vault.path_of(two).unlink()
    with pytest.raises(Undecipherable):
        vault.read_blob(two)


@pytest.mark.django_db
def test_a_file_that_cannot_be_read_leaves_nothing() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:  # noqa: ARG002 - the shape of a file
            raise OSError("the upload ended")

    with pytest.raises(OSError, match="upload"):
        vault.store_blob(PARTY, Broken(), context="clip")
    assert not Blob.objects.exists()
    assert not [file for file in Path(configured.LEDGER_VAULT_DIR).rglob("*") if file.is_file()]


def test_a_file_that_a_rolled_back_transaction_leaves_is_found(fresh_database: str) -> None:
    published(1)
    with transaction.atomic():
        vault.store_blob(PARTY, io.BytesIO(b"clip"), context="clip")
        transaction.set_rollback(True)
    assert [fault for check in examine() for fault in check.faults] == [], "an upload may be under way"
    (left,) = [path for path in Path(configured.LEDGER_VAULT_DIR).rglob("*") if path.is_file()]
    os.utime(left, (0, 0))
    (fault,) = [fault for check in examine() for fault in check.faults]
    assert "belongs to no row" in fault


def test_two_first_seals_of_a_subject_share_one_key(fresh_database: str) -> None:
    from threading import Thread

    made: list[Sealed] = []

    def seal() -> None:
        made.append(vault.seal(PARTY, b"x", context="test"))
        connection.close()

    threads = [Thread(target=seal) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert SubjectKey.objects.count() == 1
    assert [vault.unseal(Sealed.objects.get(pk=one.pk)) for one in made] == [b"x"] * 6


@pytest.mark.django_db
def test_a_large_file_is_read_in_small_pieces_with_flat_memory() -> None:
    import tracemalloc

    size = 200 * FRAME_BYTES + 5

    class Zeros(io.RawIOBase):
        left = size

        def read(self, wanted: int = -1) -> bytes:
            taken = min(wanted, self.left)
            self.left -= taken
            return bytes(taken)

    blob = vault.store_blob(PARTY, Zeros(), context="clip")  # type: ignore[arg-type]  # reads like a file
    tracemalloc.start()
    pieces = [len(chunk) for chunk in vault.open_blob(blob)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (sum(pieces), max(pieces)) == (size, FRAME_BYTES)
    assert peak < 16 * FRAME_BYTES


@pytest.mark.django_db
def test_nobody_who_reads_to_the_end_takes_a_part_for_the_whole() -> None:
    blob = vault.store_blob(PARTY, io.BytesIO(bytes(3 * FRAME_BYTES)), context="clip")
    path = vault.path_of(blob)
    whole = path.read_bytes()
    for length in (32 + FRAME, 32 + 2 * FRAME, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(Undecipherable):
            list(vault.open_blob(blob))
    path.write_bytes(whole)
    blob.size += 1
    with pytest.raises(Undecipherable):
        list(vault.open_blob(blob))
