"""Parties, their keys and their tokens."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, transaction

from consent import keys, parties, signing
from consent.models import ApiToken, Party, PartyKey
from ledger import log
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def fresh(handle: str) -> tuple[bytes, bytes]:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return public, private.sign(keys.possession_digest(handle, public))


def test_registering_makes_a_party_a_key_and_two_entries() -> None:
    person = people.register("ada", "Ada Example")
    assert person.party.entry.kind == "party.registered"
    assert person.key.entry.kind == "key.registered"
    assert b"Ada Example" in log.opening(person.party.entry).payload
    assert b"ada" not in bytes(person.party.entry.body).lower().replace(b"party.registered", b"")
    assert parties.by_token(person.token) == person.party


def test_the_token_is_stored_nowhere() -> None:
    person = people.register("ada")
    stored = ApiToken.objects.get(party=person.party)
    assert bytes(stored.digest) == hashlib.sha256(person.token.encode()).digest()
    assert len(person.token) >= 4 + 43  # 256 bits in base64url
    assert parties.by_token(person.token[:-1]) is None
    assert parties.by_token("") is None


def test_somebody_elses_key_cannot_be_claimed() -> None:
    public, proof = fresh("ada")
    with pytest.raises(signing.SignatureRefused):
        parties.register_party(handle="eve", name="Eve", kind="person", public=public, proof=proof)
    assert not Party.objects.exists()
    assert not Entry.objects.filter(kind="party.registered").exists()


@pytest.mark.parametrize(
    ("handle", "name", "kind", "pointer"),
    [
        ("Ada", "Ada", "person", "/handle"),
        ("a", "Ada", "person", "/handle"),
        ("-ada", "Ada", "person", "/handle"),
        ("ada\n", "Ada", "person", "/handle"),
        ("a" * 40, "Ada", "person", "/handle"),
        ("ada", "", "person", "/name"),
        ("ada", " Ada", "person", "/name"),
        ("ada", "Ada\nEverything is permitted", "person", "/name"),
        ("ada", "Ada\u202eneB", "person", "/name"),
        ("ada", "Ada\x00", "person", "/name"),
        ("ada", "A" * 121, "person", "/name"),
        ("ada", "Ada", "estate", "/kind"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(handle: str, name: str, kind: str, pointer: str) -> None:
    public, proof = fresh(handle)
    with pytest.raises(parties.PartyInvalid) as refusal:
        parties.register_party(handle=handle, name=name, kind=kind, public=public, proof=proof)
    assert refusal.value.pointer == pointer


def test_a_handle_and_a_key_belong_to_one_party() -> None:
    person = people.register("ada")
    public, proof = fresh("ada")
    with pytest.raises(parties.HandleTaken):
        parties.register_party(handle="ada", name="Ada", kind="person", public=public, proof=proof)
    public = bytes(person.key.public)
    with pytest.raises(keys.KeyKnown):
        parties.register_party(
            handle="eve",
            name="Eve",
            kind="person",
            public=public,
            proof=person.private.sign(keys.possession_digest("eve", public)),
        )
    assert Party.objects.count() == 1


def test_the_database_refuses_an_act_without_an_entry(ada: Person) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PartyKey.objects.create(party=ada.party, key_id="k", public=bytes(32))
    with pytest.raises(IntegrityError), transaction.atomic():
        Party.objects.create(handle="eve", name="Eve", kind="person")
