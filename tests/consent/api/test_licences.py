"""Licences and statements of account over HTTP."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent import royalties
from consent.models import Grant, Licence, LicenceOffer, Likeness
from ledger import base64url
from tests.consent import deals, people
from tests.consent.api.conftest import Call
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def given(ada: Person, ben: Person, face: Likeness) -> Grant:
    return deals.grant(ada, face, ben.party, rate=deals.rate("2"))


def offer_body(given: Grant, licensee: Person | None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members
    return {
        "grant": str(given.pk),
        "licensee": None if licensee is None else str(licensee.party.pk),
        "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "terms": deals.licence_terms(),
    } | changes


def offered(call: Call, given: Grant, ada: Person, ben: Person) -> str:
    answer = call(ada, "post", "licence-offers", offer_body(given, ben))
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def accepted(call: Call, offer: str, ben: Person) -> dict[str, Any]:
    drafted = call(ben, "post", f"licence-offers/{offer}", {"key": ben.key.key_id}).json()
    signature = ben.private.sign(base64url.decode(drafted["digest"]))
    body = {"document": drafted["document"], "signature": base64url.encode(signature)}
    answer = call(ben, "post", "licences", body)
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def test_an_offer_is_made_drafted_accepted_and_ended(call: Call, given: Grant, ada: Person, ben: Person) -> None:
    offer = offered(call, given, ada, ben)
    assert call(ben, "get", f"licence-offers/{offer}").json()["state"] == "open"
    made = accepted(call, offer, ben)
    assert call(ada, "get", f"licence-offers/{offer}").json()["state"] == "accepted"
    assert call(ada, "get", f"licences/{made['id']}").json() == made
    assert [one["id"] for one in call(ben, "get", "licences").json()["items"]] == [made["id"]]
    ended = call(ada, "delete", f"licences/{made['id']}").json()
    assert ended["ended_at"] is not None
    assert call(ben, "delete", f"licences/{made['id']}").json() == ended


def test_an_offer_is_taken_back_and_cannot_be_accepted(call: Call, given: Grant, ada: Person, ben: Person) -> None:
    offer = offered(call, given, ada, ben)
    drafted = call(ben, "post", f"licence-offers/{offer}", {"key": ben.key.key_id}).json()
    assert call(ada, "delete", f"licence-offers/{offer}").json()["state"] == "withdrawn"
    signature = base64url.encode(ben.private.sign(base64url.decode(drafted["digest"])))
    answer = call(ben, "post", "licences", {"document": drafted["document"], "signature": signature})
    assert (answer.status_code, answer.json()["code"]) == (409, "offer-closed")


def test_strangers_learn_nothing(call: Call, given: Grant, ada: Person, ben: Person, carl: Person) -> None:
    offer = offered(call, given, ada, ben)
    made = accepted(call, offer, ben)
    for kind, pk in (("licence-offers", offer), ("licences", made["id"])):
        for method in ("get", "delete"):
            theirs, absent = (call(carl, method, f"{kind}/{one}") for one in (pk, people.some_id()))
            assert theirs.status_code == 404
            assert {**theirs.json(), "instance": ""} == {**absent.json(), "instance": ""}
        assert call(carl, "get", kind).json()["items"] == []
        assert call(None, "get", kind).status_code == 401
    answer = call(carl, "post", "licence-offers", offer_body(given, ben))
    assert answer.json()["code"] == "grant-missing"


@pytest.mark.parametrize(
    "change",
    [
        {"grant": 1},
        {"licensee": people.some_id()},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "soon"},
        {"terms": {}},
        {"terms": []},
        {"extra": 1},
        {"terms": deals.licence_terms(purposes=["advertising"])},
    ],
    ids=["grant", "licensee", "past", "time", "empty", "list", "unknown", "wider"],
)
def test_bad_offers_are_refused_and_nothing_is_written(
    call: Call, given: Grant, ada: Person, ben: Person, change: dict[str, Any]
) -> None:
    answer = call(ada, "post", "licence-offers", offer_body(given, ben) | change)
    assert answer.status_code == 422, answer.content
    assert not LicenceOffer.objects.exists()


@pytest.mark.parametrize("signature", ["", "AA", base64url.encode(b"\0" * 64), 1, None])
def test_a_bad_signature_agrees_to_nothing(
    call: Call, given: Grant, ada: Person, ben: Person, signature: object
) -> None:
    drafted = call(ben, "post", f"licence-offers/{offered(call, given, ada, ben)}", {"key": ben.key.key_id}).json()
    answer = call(ben, "post", "licences", {"document": drafted["document"], "signature": signature})
    assert answer.status_code == 422
    assert not Licence.objects.exists()


def month() -> str:
    return datetime.now(UTC).strftime("%Y-%m")


def test_a_statement_comes_as_json_csv_and_pdf(
    call: Call, given: Grant, ada: Person, ben: Person, face: Likeness
) -> None:
    royalties.accrue(deals.minted(ben, face), at=datetime.now(UTC), actor="system:test")
    (mine,) = call(ada, "get", f"statements?period={month()}").json()["items"]
    assert (mine["closing"]["payable"], mine["due"], mine["provisional"]) == ("2.00", "2.00", True)
    (theirs,) = call(ben, "get", f"statements?period={month()}").json()["items"]
    assert (theirs["closing"]["receivable"], theirs["due"]) == ("-2.00", "-2.00")
    table = call(ada, "get", f"statements.csv?period={month()}")
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    (line,) = [row for row in csv.DictReader(io.StringIO(table.content.decode())) if row["row"] == "accrued"]
    assert (line["amount"], line["counterparty"]) == ("2.00", "Ben Example")
    printed = call(ada, "get", f"statements.pdf?period={month()}")
    assert printed.content.startswith(b"%PDF-")
    assert printed["Content-Disposition"] == f'attachment; filename="statement-{month()}.pdf"'
    assert printed["Cache-Control"] == "no-store"


def test_accept_chooses_the_form(call: Call, ada: Person) -> None:
    for accept, media in (
        ("text/csv", "text/csv"),
        ("application/pdf, */*", "application/pdf"),
        ("*/*", "application/json"),
    ):
        answer = call(ada, "get", f"statements?period={month()}", HTTP_ACCEPT=accept)
        assert answer["Content-Type"].startswith(media)


@pytest.mark.parametrize("query", ["", "?period=", "?period=2026", "?period=2999-01", "?period=2026-11%0d%0ax"])
@pytest.mark.parametrize("suffix", ["", ".csv", ".pdf"])
def test_no_month_no_statement(call: Call, ada: Person, suffix: str, query: str) -> None:
    answer = call(ada, "get", f"statements{suffix}{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "period-invalid")


def test_a_statement_is_for_its_party_alone(
    call: Call, given: Grant, ben: Person, carl: Person, face: Likeness
) -> None:
    royalties.accrue(deals.minted(ben, face), at=datetime.now(UTC), actor="system:test")
    assert call(carl, "get", f"statements?period={month()}").json() == {"items": []}
    assert call(None, "get", f"statements.pdf?period={month()}").status_code == 401
