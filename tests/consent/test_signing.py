"""Keys and signatures of parties."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent import signing

# The eight points of small order and the spellings of them that are not the only one.
# Source: "Taming the many EdDSAs" (eprint 2020/1244), table 6.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_a_key_under_which_one_signature_fits_everything_is_refused(point: str) -> None:
    with pytest.raises(signing.KeyRefused):
        signing.check_key(bytes.fromhex(point))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(signing.KeyRefused):
        signing.check_key(bytes(length))


def test_fresh_keys_are_accepted() -> None:
    for _ in range(50):
        signing.check_key(Ed25519PrivateKey.generate().public_key().public_bytes_raw())


def test_a_signature_covers_exactly_its_bytes() -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    signature = private.sign(b"this")
    signing.check_signature(public, signature, b"this", pointer="/signature", remedy="sign")
    for other in (b"that", b"", b"this "):
        with pytest.raises(signing.SignatureRefused):
            signing.check_signature(public, signature, other, pointer="/signature", remedy="sign")
    for flawed in (signature[:-1], signature + b"\0", bytes(64), signature[:-1] + bytes([signature[-1] ^ 1])):
        with pytest.raises(signing.SignatureRefused):
            signing.check_signature(public, flawed, b"this", pointer="/signature", remedy="sign")


def test_a_key_id_depends_on_the_key_alone() -> None:
    assert signing.key_id(bytes(32)) == signing.key_id(bytes(32))
    assert signing.key_id(bytes(32)) != signing.key_id(bytes(31) + b"\1")
    assert len(signing.key_id(bytes(32))) == 22
