"""A consent record has every mandatory field of the guide, and its events are the grant's life."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from consent.exports import consent_record, profile
from consent.exports.consent_record import Consent, Controller, Evidence, Life, State
from consent.exports.granted import Granted
from consent.statements import ShownText
from tests.consent.exports.grants import BASE, BEN, CLEO, EVERYONE, FULL, GRANTOR, GRANTS, OLDER, START
from tests.consent.exports.jsonld import compact_iris, unmapped

EXAMPLES = Path(__file__).parents[3] / "docs/examples"
CONTROLLER = Controller(
    id=f"{BASE}/#controller",
    name="Countenance Example Ltd",
    address="1 Example Street, Dublin 2, Ireland",
    contact="privacy@countenance.example",
    notice=f"{BASE}/privacy",
    storage=("IE",),
    retention="P3Y",
    jurisdiction=("IE", "EU"),
)
EVIDENCE = Evidence(ShownText("en", "grant/2", bytes(32)), "c3RhdGVtZW50", "Y29tbWl0bWVudA", "log.countenance.example")
DAY = timedelta(days=1)
GIVEN = Life(START, None, None, START + DAY)
NAMES = {BEN: "Ben Example"}
# What the guide's table marks as mandatory: where it stands in a record.
MANDATORY: dict[str, tuple[str, ...]] = {
    "schema version": ("dct:conformsTo",),
    "record id": ("dct:identifier",),
    "receipt id": ("dct:hasPart",),
    "pii principal id": ("dpv:hasDataSubject", "dct:identifier"),
    "privacy notice": ("dpv:hasNotice", "1", "@id"),
    "language": ("dpv:hasNotice", "0", "dct:language"),
    "purpose": ("dpv:hasProcess", "dpv:hasPurpose", "0", "@id"),
    "pii information, pii type": ("dpv:hasProcess", "dpv:hasPersonalData", "0", "skos:broader"),
    "pii controllers": ("dpv:hasProcess", "dpv:hasDataController"),
    "storage locations": ("dpv:hasProcess", "dpv:hasStorageCondition", "0", "dpv:hasLocation", "0"),
    "retention period": ("dpv:hasProcess", "dpv:hasStorageCondition", "1", "dpv:hasDuration", "rdf:value"),
    "jurisdiction": ("dpv:hasProcess", "dpv:hasJurisdiction", "0"),
    "recipients": ("dpv:hasProcess", "dpv:hasRecipient", "0"),
    "withdrawal method": ("dpv:hasProcess", "dpv:hasConsentControl", "dpv:isExercisedAt"),
    "party id": ("dpv:hasEntity", "0", "dpv:hasIdentifier"),
    "party name": ("dpv:hasEntity", "0", "dpv:hasName"),
    "party address": ("dpv:hasEntity", "0", "schema:address", "schema:streetAddress"),
    "party contact": ("dpv:hasEntity", "0", "schema:contactPoint", "schema:email"),
    "party type": ("dpv:hasEntity", "0", "@type"),
    "event time": ("dpv:hasConsentStatus", "0", "dpv:isIndicatedAtTime"),
    "validity duration": ("dpv:hasConsentStatus", "0", "dpv:hasDuration", "rdf:value"),
    "entity id": ("dpv:hasConsentStatus", "0", "dpv:isIndicatedBy"),
    "event type": ("dpv:hasConsentStatus", "0", "@type", "1"),
    "event state": ("dpv:hasConsentStatus", "0", "@type", "0"),
}


def made(granted: Granted = FULL, life: Life = GIVEN) -> dict[str, Any]:
    return consent_record.record(Consent(granted, life, EVIDENCE, CONTROLLER, NAMES), base=BASE)


def received(granted: Granted = FULL, life: Life = GIVEN, recipient: str = GRANTOR) -> dict[str, Any]:
    return consent_record.receipt(Consent(granted, life, EVIDENCE, CONTROLLER, NAMES), recipient=recipient, base=BASE)


def at(document: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON
    for step in path:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


@pytest.mark.parametrize("field", sorted(MANDATORY))
@pytest.mark.parametrize("granted", [FULL, EVERYONE, OLDER], ids=["named", "everyone", "older"])
def test_every_mandatory_field_is_there(granted: Granted, field: str) -> None:
    assert at(made(granted), MANDATORY[field])
    assert at(received(granted)["dpv:hasRecordOfActivity"], MANDATORY[field])


@given(GRANTS)
def test_every_word_is_in_the_context_and_every_word_of_ours_in_the_profile(granted: Granted) -> None:
    document = received(granted)
    assert unmapped(document, set()) == set()
    defined = {term["@id"] for term in profile.document(BASE)["@graph"]}
    assert {term for term in compact_iris(document) if term.startswith("cn:")} <= defined


@pytest.mark.parametrize(
    ("ended_after", "ended_by", "seen_after", "states"),
    [
        (None, None, 1, [State.RENEWED]),
        (None, None, 30, [State.RENEWED, State.EXPIRED]),
        (2, f"party:{GRANTOR}", 3, [State.RENEWED, State.WITHDRAWN]),
        (2, f"party:{GRANTOR}", 40, [State.RENEWED, State.WITHDRAWN]),
        (2, f"party:{BEN}", 3, [State.RENEWED, State.REVOKED]),
        (2, "staff:1", 3, [State.RENEWED, State.REVOKED]),
        (31, f"party:{GRANTOR}", 40, [State.RENEWED, State.EXPIRED, State.WITHDRAWN]),
    ],
)
def test_the_events_are_the_life_of_the_grant(
    ended_after: int | None, ended_by: str | None, seen_after: int, states: list[State]
) -> None:
    ended_at: datetime | None = None if ended_after is None else START + ended_after * DAY
    found = consent_record.events(FULL, Life(START, ended_at, ended_by, START + seen_after * DAY))
    assert [event.state for event in found] == states
    assert [event.at for event in found] == sorted(event.at for event in found)


def test_a_first_grant_is_given_and_not_renewed() -> None:
    assert [event.state for event in consent_record.events(EVERYONE, GIVEN)] == [State.GIVEN]


def test_who_is_no_party_acts_as_the_operator() -> None:
    record = made(life=Life(START, START + DAY, "staff:1", START + DAY))
    assert record["dpv:hasConsentStatus"][-1]["dpv:isIndicatedBy"] == {"@id": CONTROLLER.id}


def test_each_party_has_a_receipt_of_its_own_and_always_the_same() -> None:
    mine, theirs = received(), received(recipient=BEN)
    assert mine["dct:identifier"] != theirs["dct:identifier"]
    assert received(life=replace(GIVEN, at=START + 2 * DAY))["dct:identifier"] == mine["dct:identifier"]
    assert uuid.UUID(mine["dct:identifier"]).version == 5
    assert made()["dct:hasPart"] == {"@id": mine["@id"]}


def test_no_name_of_a_party_is_told_that_was_not_given() -> None:
    third = {entity["@id"]: entity for entity in made()["dpv:hasEntity"]}
    assert third[f"urn:uuid:{BEN}"]["dpv:hasName"] == "Ben Example"
    assert "dpv:hasName" not in third[f"urn:uuid:{CLEO}"]


def test_the_examples_are_what_is_made() -> None:
    assert json.loads((EXAMPLES / "consent-record.jsonld").read_text()) == made()
    assert json.loads((EXAMPLES / "consent-receipt.jsonld").read_text()) == received()
