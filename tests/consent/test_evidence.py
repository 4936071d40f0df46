"""The export bundle of a party, checked by the verifier that shares no code with its writer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pytest_django.fixtures import Settings

from consent import (
    erasure,
    evidence,
    exclusions,
    keys,
    licence_offers,
    licences,
    register,
    reviews,
    suspensions,
)
from consent.models import Exclusion, Likeness
from ledger import keyring
from ledger.canonical import canonical
from ledger.verifier import bundle
from ledger.verifier.logformat import LogKey
from tests.consent import deals, people
from tests.consent.people import Person
from tests.ledger.conftest import published

pytestmark = pytest.mark.django_db


def rotated(person: Person) -> Person:
    """Return the person with a new key in the place of the old one."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    key = keys.rotate_key(
        person.key,
        public,
        proof=private.sign(keys.possession_digest(person.party.handle, public)),
        approval=person.private.sign(keys.rotation_digest(person.party, person.key, public)),
        actor=person.party,
    )
    return replace(person, key=key, private=private)


def checked(made: dict[str, Any]) -> tuple[int, list[str]]:
    key = LogKey.parse(keyring.log_vkey())
    findings = bundle.check(bundle.read(canonical(made)), [key])
    return findings.code(), [text for verdict, text in findings.lines if verdict.value == "FALSE"]


def test_a_party_that_rotates_its_key_between_two_grants_exports_what_verifies(ada: Person, face: Likeness) -> None:
    people.grant(ada, face)
    ada = rotated(ada)
    people.grant(ada, face)
    published(1)
    made = evidence.export(ada.party)
    assert [act["kind"] for act in made["acts"]].count("key.rotated") == 1
    assert checked(made) == (0, [])

    after = [act for act in made["acts"] if act["kind"] != "key.rotated"]
    code, false = checked(made | {"acts": after})
    assert code == 1
    assert any("no act of the bundle registers this key" in line for line in false)
    ada = rotated(rotated(ada))
    published(1)
    made = evidence.export(ada.party)
    assert checked(made) == (0, [])
    rotations = [act for act in made["acts"] if act["kind"] == "key.rotated"]
    code, false = checked(made | {"acts": [act for act in made["acts"] if act is not rotations[1]]})
    assert code == 1
    assert [line.partition(":")[0] for line in false] == [
        "the events of its keys form one chain, none missing between them"
    ]


def kinds(made: dict[str, Any]) -> set[str]:
    return {act["kind"] for act in made["acts"]}


def test_every_kind_of_act_is_in_the_export_and_what_staff_thought_is_not(
    ada: Person, ben: Person, face: Likeness
) -> None:
    given = people.grant(ada, face, **deals.full_terms(ben.party))
    licence_offers.withdraw_offer(deals.offer(given, ada, ben), actor=ada.party)
    licences.end(deals.accept(deals.offer(given, ada, ben), ben), actor=ada.party)
    suspensions.resume(suspensions.suspend(face, reason="paused", actor=ada.party), actor=ada.party)
    exclusions.withdraw_party(ben.party, actor=ada.party)
    exclusions.lift_exclusion(Exclusion.objects.get(), actor=ada.party)
    name = register.protect(["Ada Example"], ground="own_likeness", likeness=face, actor=ada.party)
    register.unprotect(name, actor=ada.party)
    made = people.documented(ada, people.claim(ada))
    reviews.recommend(made, "accept", actor=people.FIRST)
    published(1)
    exported = evidence.export(ada.party)
    assert checked(exported) == (0, [])
    assert kinds(exported) >= {
        "licence.offered",
        "offer.withdrawn",
        "licence.ended",
        "consent.suspended",
        "consent.resumed",
        "consent.withdrawn",
        "exclusion.lifted",
        "name.protected",
        "name.unprotected",
        "claim.made",
        "claim.documented",
    }
    assert "claim.reviewed" not in kinds(exported)
    assert "licence.agreed" in kinds(evidence.export(ben.party))


def test_who_took_a_likeness_over_exports_nothing_of_who_had_it_before(
    ada: Person, ben: Person, face: Likeness, settings: Settings
) -> None:
    settings.SERVING_LEASE_SECONDS = 0.01
    people.accepted(ben, people.claim(ben, face, role="rights_holder"), "transfer")
    published(1)
    assert not kinds(evidence.export(ben.party)) & {"likeness.registered", "enrolment.accepted"}
    assert kinds(evidence.export(ada.party)) >= {"likeness.registered", "enrolment.accepted"}
    erasure.erase_party(ada.party, actor=ada.party)
    published(1)
    assert "party.registered" in kinds(evidence.export(ben.party))
