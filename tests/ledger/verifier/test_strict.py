"""Bytes and JSON that could be read in two ways are not read."""

from __future__ import annotations

import binascii
from typing import Any

import pytest
from hypothesis import given

from ledger.canonical import canonical
from ledger.verifier import bundle, strict
from ledger.verifier.findings import Unreadable
from tests.ledger.test_canonical import objects


@pytest.mark.parametrize(
    "data", [b'{"a":1,"a":1}', b'{"a":1.0}', b'{"a":1e1}', b'{"a":NaN}', b"\xff", b"{", b"[" * 200_000]
)
def test_json_that_could_be_read_in_two_ways_is_not_read(data: bytes) -> None:
    with pytest.raises(strict.Malformed):
        strict.read_json(data)
    with pytest.raises(Unreadable):
        bundle.read(data)


@pytest.mark.parametrize("value", [1.5, 2**53, b"x", {1: 2}, "\ud800"])
def test_what_has_no_canonical_form_is_not_written(value: object) -> None:
    with pytest.raises((strict.Malformed, AttributeError, UnicodeEncodeError)):
        strict.write_json(value)


def test_deep_nesting_is_not_written() -> None:
    deep: list[Any] = []
    for _ in range(50):
        deep = [deep]
    with pytest.raises(strict.Malformed):
        strict.write_json(deep)


@pytest.mark.parametrize("text", ["AA", "AB==", "A A=", "AA==\n"])
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises((strict.Malformed, binascii.Error)):
        strict.from_base64(text)


@pytest.mark.parametrize("text", ["AB", "AA==", "A+", "A"])
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises((strict.Malformed, binascii.Error)):
        strict.from_base64url(text)


@given(objects)
def test_two_canonicalisers_agree(document: dict[str, Any]) -> None:
    assert strict.write_json(document) == canonical(document)
