"""The exports over HTTP: to whom, as what, and true to what was signed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.conf import settings as configured
from django.test import Client

from consent import revocations
from consent.exports import odrl_reading
from consent.models import Likeness
from consent.statements import parse_terms
from tests import outsider
from tests.consent import people
from tests.consent.api.conftest import Call
from tests.consent.api.test_evidence import publish
from tests.consent.people import Person

KINDS = ["record", "receipt", "odrl", "credential"]


@pytest.mark.django_db
def test_a_policy_reads_back_as_the_terms_that_were_signed(
    call: Call, ada: Person, ben: Person, face: Likeness
) -> None:
    given = people.grant(ada, face, ben.party)
    answer = call(ada, "get", f"grants/{given.pk}/exports/odrl")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/ld+json", "no-store")
    found = odrl_reading.read(answer.json(), base=configured.PUBLIC_URL)
    assert (found.id, found.likeness, found.grantor) == (str(given.pk), str(face.pk), str(ada.party.pk))
    assert found.terms == parse_terms(given.terms)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_exports_are_for_the_parties_to_the_grant(
    call: Call, ada: Person, ben: Person, carl: Person, *, face: Likeness, kind: str
) -> None:
    given = people.grant(ada, face, ben.party)
    absent = call(carl, "get", f"grants/{people.some_id()}/exports/{kind}")
    hidden = call(carl, "get", f"grants/{given.pk}/exports/{kind}")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "grant-missing")
    assert {**hidden.json(), "instance": ""} == {**absent.json(), "instance": ""}
    theirs = call(ben, "get", f"grants/{given.pk}/exports/{kind}").status_code
    assert theirs == {"record": 404, "odrl": 404, "receipt": 200, "credential": 409}[kind]
    assert call(None, "get", f"grants/{given.pk}/exports/{kind}").status_code == 401


@pytest.mark.django_db
def test_a_receipt_tells_each_party_its_own_name_only(
    call: Call, ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    given = people.grant(ada, face, ben.party, carl.party)
    mine = call(ada, "get", f"grants/{given.pk}/exports/receipt")
    theirs = call(ben, "get", f"grants/{given.pk}/exports/receipt")
    assert mine["Content-Type"] == "application/ld+json"
    assert b"Ben Example" in mine.content
    assert b"Carl Example" in mine.content
    assert b"Ben Example" in theirs.content
    assert b"Carl Example" not in theirs.content
    assert b"Ada Example" not in theirs.content
    assert mine.json()["dct:identifier"] != theirs.json()["dct:identifier"]


@pytest.mark.django_db
def test_a_record_shows_the_withdrawal(call: Call, ada: Person, face: Likeness) -> None:
    given = people.grant(ada, face)
    revocations.withdraw_grant(given, actor=ada.party)
    record = call(ada, "get", f"grants/{given.pk}/exports/record").json()
    states = [event["@type"][0] for event in record["dpv:hasConsentStatus"]]
    assert states == ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]
    assert record["dpv:hasEntity"][0]["dpv:hasName"] == configured.CONSENT_CONTROLLER_NAME


def fetch(address: str) -> bytes:
    answer = Client().get(address.removeprefix(configured.PUBLIC_URL))
    assert answer.status_code == 200, address
    return bytes(answer.content)


def test_a_stranger_follows_a_credential_to_the_end_of_its_grant(
    call: Call, fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = people.register("ada"), people.register("ben")
    face = people.enrolled(ada, monkeypatch)
    other, given = people.grant(ada, face), people.grant(ada, face, ben.party)
    early = call(ben, "get", f"grants/{given.pk}/exports/credential")
    assert (early.status_code, early.json()["code"]) == (409, "not-yet-published")
    publish()
    answer = call(ben, "get", f"grants/{given.pk}/exports/credential")
    assert answer["Content-Type"] == "application/vc+jwt"
    kept = call(ada, "get", f"grants/{other.pk}/exports/credential").content.decode()

    def ended(token: str) -> list[bool]:
        base, now = configured.PUBLIC_URL, datetime.now(UTC)
        found = outsider.verified(token, fetch, issuer=f"{base}/issuers/credential", at=now)
        lists = f"{base}/issuers/status"
        return [outsider.is_set(entry, fetch, issuer=lists, at=now) for entry in found["credentialStatus"]]

    assert ended(answer.content.decode()) == [False, False]
    revocations.drain(revocations.withdraw_grant(given, actor=ada.party))
    publish()
    assert ended(answer.content.decode()) == [True, False]
    assert ended(kept) == [False, False]


@pytest.mark.django_db
def test_the_profile_is_where_policies_say_it_is(call: Call, ada: Person, face: Likeness) -> None:
    given = people.grant(ada, face)
    address = call(ada, "get", f"grants/{given.pk}/exports/odrl").json()["profile"]
    answer = Client().get(address.removeprefix(configured.PUBLIC_URL))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/ld+json")
    assert answer.json()["@graph"][0]["@id"] == address
