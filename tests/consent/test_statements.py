"""What parties sign is read strictly, and refused by field."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import rfc3339, statements
from consent.statements import GrantStatement, ShownText, StatementInvalid
from consent.terms import Named, NamedParty, OnlyMe, Terms, Window
from consent.vocabulary import PURPOSES
from ledger.canonical import digest

ID = "7f3f2f30-8b5e-4a53-9d5c-1c2f9d1c0a01"
DOCUMENT: dict[str, Any] = {
    "type": "countenance/grant",
    "v": 1,
    "id": ID,
    "likeness": ID,
    "grantor": ID,
    "key": "k1",
    "issued_at": "2026-11-22T12:00:00Z",
    "nonce": "AAAAAAAAAAAAAAAAAAAAAA",
    "supersedes": None,
    "terms": {
        "v": 1,
        "audience": {"kind": "named", "parties": [{"party": ID, "not_after": None}]},
        "window": {"not_before": "2026-11-22T12:00:00Z", "not_after": "2027-11-22T12:00:00Z"},
        "purposes": ["entertainment", "satire"],
        "remix": {"allowed": False},
    },
    "text": {"language": "en", "template": "grant/1", "sha256": "A" * 43},
}


def changed(pointer: str, value: object) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    at: Any = document
    *way, last = pointer.strip("/").split("/")
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[int(last) if isinstance(at, list) else last] = value
    return document


def test_the_document_is_read_and_written_back() -> None:
    assert statements.to_document(statements.parse(DOCUMENT)) == DOCUMENT


def test_the_digest_is_pinned() -> None:
    """SHA-256 of the label, NUL, and `json.dumps(sort_keys=True, separators=(",", ":"))`, computed by itself."""
    assert digest("grant", DOCUMENT).hex() == "83d7a871218774a256826ba0b79d1c6df9626e089d87151b202e4773a9e1b304"


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/type", "countenance/revocation"),
        ("/v", 2),
        ("/v", True),
        ("/v", "1"),
        ("/id", "nobody"),
        ("/id", ID.upper()),
        ("/likeness", None),
        ("/grantor", 7),
        ("/key", ""),
        ("/key", "a\0b"),
        ("/key", "k" * 65),
        ("/issued_at", "2026-11-22T12:00:00+00:00"),
        ("/issued_at", "2026-11-22T12:00:00"),
        ("/issued_at", "2026-02-30T12:00:00Z"),
        ("/nonce", "AAAA"),
        ("/nonce", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ("/nonce", "AAAAAAAAAAAAAAAAAAAAAB"),
        ("/supersedes", "no"),
        ("/terms", []),
        ("/terms/v", 3),
        ("/terms/audience/kind", "everyone"),
        ("/terms/audience/parties", []),
        ("/terms/audience/parties", [{"party": ID, "not_after": None}] * 2),
        ("/terms/audience/parties/0/party", "ben"),
        ("/terms/audience/parties/0/not_after", "2028-01-01T00:00:00Z"),
        ("/terms/audience/parties/0/not_after", "2026-11-22T12:00:00Z"),
        ("/terms/audience/parties/0/quota", 3),
        ("/terms/window/not_after", "2026-11-22T12:00:00Z"),
        ("/terms/window/not_after", "2036-11-24T12:00:00Z"),
        ("/terms/purposes", []),
        ("/terms/purposes", ["satire", "entertainment"]),
        ("/terms/purposes", ["satire", "satire"]),
        ("/terms/purposes/0", "anything"),
        ("/terms/remix", True),
        ("/terms/remix/allowed", "yes"),
        ("/terms/remix/allowed", 1),
        ("/terms/training", {"allowed": True}),
        ("/text/language", "xx"),
        ("/text/template", "grant/2"),
        ("/text/sha256", "AAAA"),
        ("/comment", "hello"),
        ("/a~1b", "hello"),
    ],
)
def test_each_wrong_field_is_refused_by_name(pointer: str, value: object) -> None:
    document = changed(pointer.replace("~1", "\0"), value)
    if "\0" in pointer.replace("~1", "\0"):
        document["a/b"] = document.pop("a\0b")
    with pytest.raises(StatementInvalid) as refusal:
        statements.parse(document)
    assert refusal.value.pointer is not None
    assert refusal.value.pointer.startswith(pointer)
    assert refusal.value.remedy


@pytest.mark.parametrize("field", [*DOCUMENT, *(f"terms/{name}" for name in DOCUMENT["terms"]), "text/sha256"])
def test_each_missing_field_is_refused_by_name(field: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    at = document
    *way, last = field.split("/")
    for step in way:
        at = at[step]
    del at[last]
    with pytest.raises(StatementInvalid) as refusal:
        statements.parse(document)
    assert (refusal.value.pointer or "").startswith(f"/{field}")


def test_only_me_takes_no_list() -> None:
    assert statements.parse(changed("/terms/audience", {"kind": "only_me"})).terms.audience == OnlyMe()
    with pytest.raises(StatementInvalid):
        statements.parse(changed("/terms/audience", {"kind": "only_me", "parties": []}))


def test_ten_years_is_the_longest() -> None:
    assert statements.parse(changed("/terms/window/not_after", "2036-11-22T12:00:00Z"))


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
POINTERS = ["/" + name for name in DOCUMENT] + [f"/terms/{name}" for name in DOCUMENT["terms"]]


@given(st.sampled_from(POINTERS), json)
def test_whatever_stands_in_a_field_is_read_exactly_or_refused(pointer: str, value: object) -> None:
    document = changed(pointer, value)
    try:
        statement = statements.parse(document)
    except StatementInvalid:
        return
    assert statements.to_document(statement) == document


moments = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)).map(  # noqa: DTZ001 - UTC is added on the next line
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)


@st.composite
def any_statement(draw: st.DrawFn) -> GrantStatement:
    start = draw(moments)
    end = start + timedelta(seconds=draw(st.integers(2, 3653 * 86400)))
    until = st.none() | st.integers(1, int((end - start).total_seconds())).map(lambda n: start + timedelta(seconds=n))
    named = st.lists(
        st.builds(NamedParty, st.uuids().map(str), until), min_size=1, max_size=4, unique_by=lambda one: one.party
    )
    audience = draw(st.just(OnlyMe()) | named.map(lambda found: Named(tuple(found))))
    purposes = draw(st.frozensets(st.sampled_from(sorted(PURPOSES)), min_size=1))
    ids = st.uuids().map(str)
    return GrantStatement(
        id=draw(ids),
        likeness=draw(ids),
        grantor=draw(ids),
        key=draw(st.text("abcXYZ019-_", min_size=1, max_size=64)),
        issued_at=draw(moments),
        nonce=draw(st.binary(min_size=16, max_size=16)),
        supersedes=draw(st.none() | ids),
        terms=Terms(audience, Window(start, end), purposes, remix := draw(st.booleans()), 16 * remix, version=1),
        text=ShownText("en", "grant/1", draw(st.binary(min_size=32, max_size=32))),
    )


@given(any_statement())
def test_every_statement_survives_its_document(statement: GrantStatement) -> None:
    assert statements.parse(statements.to_document(statement)) == statement


@given(st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)))
def test_a_time_has_one_spelling(at: datetime) -> None:
    assert rfc3339.read(rfc3339.write(at)) == at


def test_a_naive_time_is_not_written() -> None:
    with pytest.raises(ValueError, match="offset"):
        rfc3339.write(datetime(2026, 1, 1))  # noqa: DTZ001 - the point
