"""Sealing: opens for the service and the job it was meant for, and for nobody else."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gpu_client.sealing import OVERHEAD, SealBroken, parse_public, seal, unseal

KEY = X25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw()


@given(st.binary(max_size=2000), st.text(max_size=40))
def test_what_was_sealed_opens_to_the_same_bytes(data: bytes, job: str) -> None:
    sealed = seal(data, public=PUBLIC, job=job)
    assert len(sealed) == len(data) + OVERHEAD
    assert unseal(sealed, key=KEY, job=job) == data


def test_the_plaintext_is_not_in_the_sealed_bytes() -> None:
    assert b"a face and a voice" not in seal(b"a face and a voice" * 9, public=PUBLIC, job="1")


@given(st.integers(min_value=0))
def test_a_changed_bit_is_refused(position: int) -> None:
    sealed = bytearray(seal(b"clip", public=PUBLIC, job="1"))
    sealed[position // 8 % len(sealed)] ^= 1 << position % 8
    with pytest.raises(SealBroken):
        unseal(bytes(sealed), key=KEY, job="1")


def test_another_job_cannot_open_it() -> None:
    with pytest.raises(SealBroken):
        unseal(seal(b"clip", public=PUBLIC, job="1"), key=KEY, job="2")


def test_another_service_cannot_open_it() -> None:
    with pytest.raises(SealBroken):
        unseal(seal(b"clip", public=PUBLIC, job="1"), key=X25519PrivateKey.generate(), job="1")


@pytest.mark.parametrize("cut", [b"", b"short", bytes(48)])
def test_something_shorter_or_empty_is_refused(cut: bytes) -> None:
    with pytest.raises(SealBroken):
        unseal(cut, key=KEY, job="1")


@pytest.mark.parametrize("text", ["", "zz" * 32, "00" * 31, "00" * 33])
def test_a_public_key_is_64_hex_digits(text: str) -> None:
    with pytest.raises(ValueError, match=r"hex|bytes"):
        parse_public(text)
