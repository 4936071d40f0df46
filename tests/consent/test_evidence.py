"""The export bundle of a party, checked by the verifier that shares no code with its writer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent import evidence, keys
from consent.models import Likeness
from ledger import keyring
from ledger.canonical import canonical
from ledger.verifier import bundle
from ledger.verifier.logformat import LogKey
from tests.consent import people
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
