"""ES256 as certificates know it: 65 bytes of a point, 64 bytes of a signature, and DER understood."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from ledger import es256

# RFC 6979, appendix A.2.5: the private number and the point of its P-256 key.
X = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
POINT = bytes.fromhex(
    "04"
    "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
)
# the same appendix, SHA-256, message "sample"
R = bytes.fromhex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716")
S = bytes.fromhex("F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")


def test_the_point_is_that_of_rfc_6979() -> None:
    assert es256.public_of(X) == POINT


def test_the_signature_of_rfc_6979_is_accepted_as_r_and_s_and_in_der() -> None:
    assert es256.verified(POINT, R + S, b"sample") == R + S
    der = encode_dss_signature(int.from_bytes(R), int.from_bytes(S))
    assert es256.verified(POINT, der, b"sample") == R + S


@given(st.binary(max_size=200))
def test_what_a_key_signs_verifies_and_for_that_only(data: bytes) -> None:
    signature = es256.Key.of(X).sign(data)
    assert es256.verified(POINT, signature, data) == signature
    with pytest.raises(InvalidSignature):
        es256.verified(POINT, signature, data + b"\x00")


@given(st.binary(max_size=80))
def test_any_bytes_are_a_signature_or_none_and_nothing_else_happens(garbage: bytes) -> None:
    with pytest.raises(InvalidSignature):
        es256.verified(POINT, garbage, b"data")


@pytest.mark.parametrize("public", [b"", POINT[1:], POINT[:-1] + b"\x00", bytes(65)], ids=["none", "64", "off", "zero"])
def test_what_is_no_point_is_refused(public: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the library's own words
        es256.public_key(public)


def test_keys_of_other_curves_are_refused() -> None:
    for other in (ec.generate_private_key(ec.SECP384R1()).public_key(), Ed25519PrivateKey.generate().public_key()):
        with pytest.raises(ValueError, match="P-256"):
            es256.point(other)


def test_the_secret_does_not_show() -> None:
    assert str(int.from_bytes(X)) not in repr(es256.Key.of(X))
