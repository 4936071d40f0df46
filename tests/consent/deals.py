"""Rates, offers, licences and permits for the tests of what uses cost."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from consent import decisions, licence_offers, licences, permits, rfc3339
from consent.models import Grant, Licence, LicenceOffer, Likeness, Party, Permit
from consent.policy import Allow
from ledger.canonical import digest
from tests.consent import people
from tests.consent.people import Person
from tests.consent.test_permits import ORDER


def rate(amount: str = "2", *, per: str = "use", currency: str = "EUR", **split: str) -> dict[str, Any]:
    """`split` maps party ids to parts."""
    parts = [{"party": party, "part": part} for party, part in sorted(split.items())]
    return {"currency": currency, "per": per, "amount": amount, "split": parts}


def full_terms(*named: Party, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a document
    """Terms of version 2."""
    now = datetime.now(UTC)
    audience: dict[str, Any] = {
        "kind": "named",
        "parties": [
            {"party": str(party.pk), "not_after": None, "uses": None, "seconds": None}
            for party in sorted(named, key=lambda party: str(party.pk))
        ],
    }
    document: dict[str, Any] = {
        "v": 2,
        "audience": audience if named else {"kind": "everyone", "except": []},
        "window": {
            "not_before": rfc3339.write(now - timedelta(hours=1)),
            "not_after": rfc3339.write(now + timedelta(days=30)),
        },
        "limits": {"uses": None, "seconds": None, "seconds_each": None},
        "purposes": ["entertainment", "satire"],
        "campaigns": None,
        "territories": None,
        "modalities": ["body", "face", "voice"],
        "scenes": {"allowed": ["everyday"], "denied": []},
        "speech": {"kind": "none", "scripts": [], "banned": [], "languages": None},
        "company": {"never": [], "only": None},
        "remix": {"allowed": True, "depth": 4},
        "after_end": "hide",
        "approval": None,
        "training": False,
        "rate": None,
        "credit": None,
        "description": "",
        "representation": "none",
    }
    return document | changes


def grant(holder: Person, likeness: Likeness, *named: Party, **changes: Any) -> Grant:  # noqa: ANN401 - members of a document
    return people.grant(holder, likeness, **(full_terms(*named, **changes)))


def licence_terms(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a document
    now = datetime.now(UTC)
    return {
        "v": 1,
        "purposes": ["satire"],
        "term": {
            "not_before": rfc3339.write(now - timedelta(minutes=30)),
            "not_after": rfc3339.write(now + timedelta(days=10)),
        },
        "territories": None,
        "campaign": None,
        "exclusive": False,
        "rate": rate("5"),
        "sublicensing": "none",
        "keep_labels": True,
        "after_end": "hide",
        "description": "One short film about the sea.",
        "representation": "none",
    } | changes


def offer(given: Grant, licensor: Person, licensee: Person | None, **changes: Any) -> LicenceOffer:  # noqa: ANN401 - members of a document
    return licence_offers.offer(
        given,
        licence_terms(**changes),
        licensee=None if licensee is None else licensee.party,
        expires_at=datetime.now(UTC) + timedelta(days=1),
        actor=licensor.party,
    )


def accept(made: LicenceOffer, licensee: Person) -> Licence:
    document = licences.draft(made, key=licensee.key, actor=licensee.party)
    return licences.accept(document, signed(licensee, document), actor=licensee.party)


def signed(person: Person, document: dict[str, Any]) -> bytes:
    return person.private.sign(digest("licence", document))


def minted(client: Person, *cast: Likeness, seconds: int = 4, purpose: str = "satire") -> Permit:
    """Return a permit of a use that was allowed."""
    with transaction.atomic():
        use = people.use(client.party, *cast, purpose=purpose, seconds=seconds)
        decision, outcome = decisions.decide_locked(use, actor=client.party)
        assert isinstance(outcome, Allow), outcome
        return permits.mint(decision, outcome, job=uuid.uuid4(), video=uuid.uuid4(), order=ORDER, actor=client.party)
