"""A grant as a consent record, and as the receipt of one, after ISO/IEC TS 27560:2023 in the words of DPV 2.

Pure. Fields and their mapping: the DPV Community Group's guide "Consent Records and Receipts as per ISO/IEC TS
27560:2023 using DPV" (final report of 1 August 2024), whose table of mandatory fields this follows. The text of the
technical specification was not available, and no conformity is claimed.

A record is one moment's view of a grant: states are added as events, and nothing in it is ever a promise about later.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from consent import rfc3339
from consent.exports.granted import urn
from consent.exports.profile import PREFIXES, namespace, word
from consent.terms import Everyone, Mutuals, Named
from ledger import base64url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from consent.exports.granted import Granted
    from consent.statements import ShownText

SCHEMA: Final = "https://w3id.org/dpv/schema/dpv-27560#"
BROADER_PURPOSE: Final = {"advertising": "dpv:Advertising"}  # DPV has no word for the others but Purpose
BROADER_DATA: Final = {"name": "pd:Name"}  # face, voice and body are biometric; DPV-PD has no voice print

Json = dict[str, Any]


class State(StrEnum):
    """Consent states of DPV. Only the first two are valid for processing."""

    GIVEN = "dpv:ConsentGiven"
    RENEWED = "dpv:RenewedConsentGiven"
    WITHDRAWN = "dpv:ConsentWithdrawn"  # by the person
    REVOKED = "dpv:ConsentRevoked"  # by anybody else
    EXPIRED = "dpv:ConsentExpired"


@dataclass(frozen=True, slots=True)
class Controller:
    """Who answers for the processing. `retention` is an ISO 8601 duration; places are ISO 3166-1 codes or EU."""

    id: str  # an IRI
    name: str
    address: str
    contact: str  # an e-mail address or a URL
    notice: str  # the privacy notice's URL
    storage: tuple[str, ...]
    retention: str
    jurisdiction: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """What became of a grant, as of `at`. `ended_at` None: nobody has ended it; then `ended_by` is None too."""

    given_at: datetime
    ended_at: datetime | None
    ended_by: str | None  # an actor, such as `party:<id>`
    at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows that consent was given: the text that was shown, and where the log has the signed statement."""

    text: ShownText
    statement_digest: str  # this and the next in base64url
    commitment: str
    log: str


@dataclass(frozen=True, slots=True)
class Consent:
    """All that a record says. `names` are the shown names of recipients; one that is not there is left unnamed."""

    granted: Granted
    life: Life
    evidence: Evidence
    controller: Controller
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Event:
    """One change of state. `by` is a party's id, or None for somebody who is not a party: the operator or a court."""

    state: State
    at: datetime
    by: str | None
    until: datetime | None  # None: the state is final


def events(granted: Granted, life: Life) -> list[Event]:
    """Return what happened to the consent, oldest first; the last event is the state."""
    end = granted.terms.window.not_after
    given = State.GIVEN if granted.supersedes is None else State.RENEWED
    found = [Event(given, life.given_at, granted.grantor, end)]
    if life.at >= end and (life.ended_at is None or life.ended_at >= end):
        found.append(Event(State.EXPIRED, end, granted.grantor, None))
    if life.ended_at is not None:
        by_person = life.ended_by == f"party:{granted.grantor}"
        state = State.WITHDRAWN if by_person else State.REVOKED
        found.append(Event(state, life.ended_at, granted.grantor if by_person else None, None))
    return found


def record(consent: Consent, *, base: str) -> Json:
    """Return the consent record; `base` is our public address."""
    return {"@context": context(base), **_record(consent, base)}


def receipt(consent: Consent, *, recipient: str, base: str) -> Json:
    """Return the receipt that `recipient`, a party's id, gets: the whole record, under an id of its own."""
    identifier = receipt_id(consent.granted.id, recipient)
    return {
        "@context": context(base),
        "@id": urn(identifier),
        "@type": "dpv:ConsentReceipt",
        "dct:conformsTo": _iri(f"{SCHEMA}receipt"),
        "dct:identifier": identifier,
        "dpv:hasIdentifier": identifier,
        "dct:created": _time(consent.life.at),
        "dct:publisher": _iri(consent.controller.id),
        "schema:recipient": _iri(urn(recipient)),
        "dpv:hasRecordOfActivity": _record(consent, base),
    }


def receipt_id(grant: str, recipient: str) -> str:
    """Return the id of a party's receipt of a grant: always the same, so it needs no row (RFC 9562 section 5.5)."""
    return str(uuid.uuid5(uuid.UUID(grant), f"receipt/{recipient}"))


def context(base: str) -> Json:
    """Return the JSON-LD context; all of it is here, so that a copy on paper explains itself."""
    more = {
        "dpv": "https://w3id.org/dpv#",
        "pd": "https://w3id.org/dpv/pd#",
        "schema": "https://schema.org/",
        "cn": namespace(base),
    }
    return PREFIXES | more


def _record(consent: Consent, base: str) -> Json:
    """Return the record by the sections of the guide: header, notice, processing, parties, events."""
    granted, evidence, controller = consent.granted, consent.evidence, consent.controller
    happened = events(granted, consent.life)
    person = {"@id": urn(granted.grantor), "@type": "dpv:DataSubject", "dct:identifier": granted.grantor}
    return {
        "@id": f"{base}/v1/grants/{granted.id}/exports/record",
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": _iri(f"{SCHEMA}record"),
        "dct:identifier": granted.id,
        "dct:hasPart": _iri(urn(receipt_id(granted.id, granted.grantor))),
        "dct:modified": _time(happened[-1].at),
        "cn:statementDigest": evidence.statement_digest,
        "cn:entryCommitment": evidence.commitment,
        "cn:log": evidence.log,
        "dpv:hasDataSubject": person,
        "dpv:hasNotice": _notices(evidence, controller),
        "dpv:hasProcess": _process(granted, controller, base),
        "dpv:hasEntity": [_controller(controller), *_recipients(granted, controller, consent.names)],
        "dpv:hasConsentStatus": [_event(one, controller) for one in happened],
    }


def _notices(evidence: Evidence, controller: Controller) -> list[Json]:
    shown = {
        "@type": "dpv:ConsentNotice",
        "dct:identifier": evidence.text.template,
        "dct:language": evidence.text.language,
        "cn:textDigest": base64url.encode(evidence.text.sha256),
    }
    return [shown, {"@id": controller.notice, "@type": "dpv:PrivacyNotice"}]


def _process(granted: Granted, controller: Controller, base: str) -> Json:
    terms = granted.terms
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": [_purpose(one) for one in sorted(terms.purposes)],
        "dpv:hasPersonalData": [_personal_data(one) for one in sorted(terms.modalities)],
        "dpv:hasLegalBasis": _iri("dpv:ExplicitlyExpressedConsent"),
        "dpv:hasDataController": _iri(controller.id),
        "dpv:hasRecipient": [_iri(one) for one in _recipient_ids(granted)],
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageLocation", "dpv:hasLocation": _places(controller.storage)},
            {
                "@type": "dpv:StorageDuration",
                "dpv:hasDuration": _duration("dpv:TemporalDuration", controller.retention),
            },
        ],
        "dpv:hasJurisdiction": _places(controller.jurisdiction),
        "dpv:hasConsentControl": {
            "@type": "dpv:WithdrawConsent",
            "dpv:isExercisedAt": _iri(f"{base}/v1/withdrawals"),
        },
    }


def _purpose(name: str) -> Json:
    broader = BROADER_PURPOSE.get(name, "dpv:Purpose")
    return {"@id": word("purpose", name), "@type": "dpv:Purpose", "skos:broader": _iri(broader)}


def _personal_data(name: str) -> Json:
    broader = BROADER_DATA.get(name, "pd:Biometric")
    return {"@id": word("modality", name), "@type": "dpv:PersonalData", "skos:broader": _iri(broader)}


def _recipient_ids(granted: Granted) -> list[str]:
    """Return the IRIs of who may receive what shows the likeness; a class of parties has one of the profile."""
    match granted.terms.audience:
        case Named(parties=parties):
            return [urn(named.party) for named in parties]
        case Mutuals():
            return ["cn:Mutual"]
        case Everyone():
            return ["cn:Everyone"]
        case _:
            return [urn(granted.grantor)]


def _controller(controller: Controller) -> Json:
    return {
        "@id": controller.id,
        "@type": "dpv:DataController",
        "dpv:hasIdentifier": controller.id,
        "dpv:hasName": controller.name,
        "schema:address": {"@type": "schema:PostalAddress", "schema:streetAddress": controller.address},
        "schema:contactPoint": _contact(controller),
    }


def _contact(controller: Controller) -> Json:
    field = "schema:email" if "@" in controller.contact else "schema:url"
    return {"@type": "schema:ContactPoint", field: controller.contact}


def _recipients(granted: Granted, controller: Controller, names: Mapping[str, str]) -> list[Json]:
    """Return the parties that are named. We hold no address of theirs: they are reached through the controller."""
    if not isinstance(granted.terms.audience, Named):
        return []
    return [
        {
            "@id": urn(named.party),
            "@type": "dpv:ThirdParty",
            "dpv:hasIdentifier": named.party,
            "schema:contactPoint": _contact(controller),
        }
        | ({"dpv:hasName": names[named.party]} if named.party in names else {})
        for named in granted.terms.audience.parties
    ]


def _event(event: Event, controller: Controller) -> Json:
    endless = {"@type": "dpv:EndlessDuration"}
    return {
        "@type": [str(event.state), "dpv:ExplicitlyExpressedConsent"],
        "dpv:isIndicatedAtTime": _time(event.at),
        "dpv:isIndicatedBy": _iri(controller.id if event.by is None else urn(event.by)),
        "dpv:hasDuration": endless
        if event.until is None
        else _duration("dpv:UntilTimeDuration", rfc3339.write(event.until)),
    }


def _duration(kind: str, value: str) -> Json:
    return {"@type": kind, "rdf:value": value}


def _places(codes: tuple[str, ...]) -> list[Json]:
    return [_iri(f"loc:{code}") for code in codes]


def _iri(value: str) -> Json:
    return {"@id": value}


def _time(at: datetime) -> Json:
    return {"@value": rfc3339.write(at), "@type": "xsd:dateTime"}
