"""RFC 8785 bytes and strict reading."""

import hashlib
import json
import string

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger import base64url, commitment
from ledger.canonical import MalformedJson, NotCanonical, canonical, digest, parse

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(texts, documents, max_size=5)


@given(objects)
def test_what_is_written_is_read_back(document: dict[str, object]) -> None:
    assert parse(canonical(document)) == document


@given(objects)
def test_the_order_of_members_does_not_matter(document: dict[str, object]) -> None:
    assert canonical(dict(reversed(document.items()))) == canonical(document)


@given(objects | st.dictionaries(st.text(string.printable, max_size=4), documents, max_size=5))
def test_every_document_is_written_as_the_library_writes_it(document: dict[str, object]) -> None:
    assert canonical(document) == rfc8785.dumps(document)  # type: ignore[arg-type]  # made of what JSON has


def test_members_are_ordered_by_utf16() -> None:
    # Source: RFC 8785 section 3.2.3, the sorting example.
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = json.loads(canonical(dict.fromkeys(names, 0)), object_pairs_hook=list)
    assert [name for name, _ in written] == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        (0.5, "/a/0"),
        (float("nan"), "/a/0"),
        (2**53, "/a/0"),
        (b"bytes", "/a/0"),
        ("\ud800", "/a/0"),
        ({1: 2}, "/a/0"),
        ({"\ud800": 2}, "/a/0"),
        (object(), "/a/0"),
        ({"x/y~": 1.5}, "/a/0/x~1y~0"),
    ],
)
def test_what_has_no_single_spelling_is_refused_by_name(value: object, pointer: str) -> None:
    with pytest.raises(NotCanonical) as refused:
        canonical({"a": [value]})
    assert refused.value.pointer == pointer


def test_deep_nesting_is_refused() -> None:
    deep: object = 0
    for _ in range(40):
        deep = [deep]
    with pytest.raises(NotCanonical):
        canonical(deep)
    with pytest.raises(MalformedJson):
        parse(b'{"a":' + b"[" * 40 + b"]" * 40 + b"}")
    with pytest.raises(MalformedJson):
        parse(b'{"a":' + b"[" * 30000 + b"]" * 30000 + b"}")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'"a"',
        b"{",
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":9007199254740992}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"a":01}',
        b"{'a':1}",
    ],
)
def test_what_is_not_one_strict_object_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse(data)


def test_a_document_over_the_limit_is_refused() -> None:
    assert parse(b'{"a":1}', limit=7)
    with pytest.raises(MalformedJson):
        parse(b'{"a":1}', limit=6)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        assert isinstance(parse(data), dict)
    except MalformedJson:
        return


def test_a_digest_is_labelled_with_kind_and_version() -> None:
    assert digest("grant", {"b": 1, "a": 2}) == hashlib.sha256(b'countenance/grant/v1\x00{"a":2,"b":1}').digest()
    assert digest("grant", {}, version=2) != digest("grant", {})
    assert digest("permit", {}) != digest("grant", {})


def test_a_commitment_covers_label_salt_and_data() -> None:
    salt = commitment.new_salt()
    made = commitment.commit(salt, b"data")
    assert made == hashlib.sha256(b"countenance/commitment/v1\x00" + salt + b"data").digest()
    assert made != commitment.commit(salt, b"data", label="binding")
    assert made != commitment.commit(commitment.new_salt(), b"data")
    with pytest.raises(ValueError, match="32 bytes"):
        commitment.commit(salt[:31], b"\0data")


@given(st.binary(max_size=40))
def test_base64url_has_one_spelling(data: bytes) -> None:
    text = base64url.encode(data)
    assert "=" not in text
    assert base64url.decode(text) == data


@pytest.mark.parametrize("text", ["A", "AB", "AA==", "A+==", "++++", "AA\n", "AAA=", "\u00e4aaa"])
def test_other_spellings_of_base64url_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        base64url.decode(text)
