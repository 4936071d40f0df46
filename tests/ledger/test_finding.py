"""The search of the log browser finds what is published, by any of its names; no text breaks it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from ledger import base64url, finding, log, merkle, published, receipts
from ledger.models import Entry
from tests.ledger.conftest import published as grow
from tests.ledger.test_pages import indices

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def static_folder(settings: Settings) -> None:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


def leaf_of(entry: Entry) -> bytes:
    return merkle.leaf_hash(bytes(entry.body))


FORMS: dict[str, Callable[[Entry], str]] = {
    "index": lambda entry: str(entry.index),
    "commitment": lambda entry: entry.commit_text,
    "its first characters": lambda entry: entry.commit_text[:8],
    "more of them": lambda entry: entry.commit_text[:21],
    "hexadecimal": lambda entry: entry.commit.hex(),
    "upper case": lambda entry: entry.commit.hex().upper(),
    "hexadecimal beginning": lambda entry: entry.commit.hex()[:9],
    "longer hexadecimal beginning": lambda entry: entry.commit.hex()[:31],
    "subject of a receipt": lambda entry: f"urn:countenance:commitment:{entry.commit_text}",
    "leaf hash": lambda entry: leaf_of(entry).hex(),
    "leaf hash as in a tile": lambda entry: base64.b64encode(leaf_of(entry)).decode(),
    "leaf hash as base64url": lambda entry: base64url.encode(leaf_of(entry)),
    "with space around": lambda entry: f"  {entry.commit_text}\r\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_an_entry_is_found_by(client: Client, form: str) -> None:
    entry = grow(8)[5]
    answer = client.get("/log/", {"q": FORMS[form](entry)})
    assert (answer.status_code, answer.get("Location")) == (302, f"/log/entries/{entry.index}")


def test_several_with_one_beginning_are_listed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "commit", lambda _salt, opened: b"same same" + merkle.leaf_hash(opened)[:23])
    grow(3)
    answer = client.get("/log/", {"q": b"same same".hex()})
    assert indices(answer.text) == [0, 1, 2, 3, 4]


def test_a_proof_and_a_receipt_lead_to_their_entry_with_a_verdict(client: Client) -> None:
    entry = grow(8)[5]
    receipt = base64.b64encode(receipts.receipt(entry)).decode()
    grow(3)
    for text in (log.proof(entry), log.proof(entry).replace("\n", "\r\n"), receipt, receipt[:70] + "\n" + receipt[70:]):
        for answer in (client.get("/log/", {"q": text}), client.post("/log/search", {"q": text})):
            assert answer.status_code == 200
            assert indices(answer.text) == [entry.index]
            assert "holds:" in answer.text


def test_a_spoiled_proof_or_receipt_is_said_not_to_hold(client: Client) -> None:
    entry, other = grow(8)[:2]
    proof = log.proof(entry).replace(f"index {entry.index}", f"index {other.index}")
    receipt = bytearray(receipts.receipt(entry))
    receipt[-1] ^= 1
    for text in (proof, base64.b64encode(receipt).decode()):
        assert "does not hold" in client.post("/log/search", {"q": text}).text


def test_a_receipt_of_consistency_is_named_as_such(client: Client) -> None:
    grow(8)
    text = base64.b64encode(receipts.consistency_receipt(3, 8)).decode()
    assert "from size 3 to 8" in client.get("/log/", {"q": text}).text


def test_the_form_for_long_texts_wants_its_own_token() -> None:
    grow(1)
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/log/search", {"q": "1"}).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', strict.get("/log/search").text)
    assert token is not None
    assert strict.post("/log/search", {"q": "1", "csrfmiddlewaretoken": token[1]}).status_code == 302


@pytest.mark.parametrize("text", ["", "short", "x" * 9000, "!" * 40, "\0", "c2sp.org/tlog-proof@v1", "0" * 30])
def test_what_names_nothing_is_told_so(client: Client, text: str) -> None:
    grow(1)
    assert client.post("/log/search", {"q": text}).status_code == 404


HOSTILE = st.one_of(
    st.text(max_size=200),
    st.text("0123456789abcdefABCDEF", min_size=1, max_size=70),
    st.text("ABCxyz019_-+/=", min_size=1, max_size=400),
    st.binary(max_size=300).map(lambda data: base64.b64encode(data).decode()),
    st.binary(max_size=300).map(lambda data: base64.b64encode(b"\xd2\x84" + data).decode()),
    st.text("\n index0123 ABCD=/", max_size=200).map(lambda text: f"c2sp.org/tlog-proof@v1\n{text}"),
)


@pytest.mark.django_db
@hypothesis(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=HOSTILE)
def test_no_text_breaks_the_search(client: Client, text: str) -> None:
    if published.checkpoint_text() is None:
        grow(3)
    if len(quote(text)) < 4000:
        assert client.get("/log/", {"q": text}).status_code in {200, 302, 404}
    assert client.post("/log/search", {"q": text}).status_code in {200, 302, 404}


def test_the_search_by_commitment_uses_its_index() -> None:
    grow(1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for statement, values in ((finding.BY_PREFIX, [b"AAAA", b"AAAB"]), (finding.BY_KEYS, [[b"AAAAAAAAAAAA"]])):
            cursor.execute(f"EXPLAIN {statement}", values)
            assert "ledger_entry_commitment" in str(cursor.fetchall())
