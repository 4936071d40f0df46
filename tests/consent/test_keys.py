"""A party's keys: added, replaced, revoked, and a chain in which none can be missing."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, transaction

from consent import grants, keychain, keys, signing
from consent.keychain import ChainBroken, Link
from consent.models import KeyEvent, Likeness, Message, PartyKey
from ledger import log
from ledger.canonical import canonical, parse
from ledger.commitment import commit, new_salt
from ledger.entry import encode
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def fresh(handle: str) -> tuple[bytes, bytes]:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return public, private.sign(keys.possession_digest(handle, public))


def added(person: Person) -> PartyKey:
    public, proof = fresh(person.party.handle)
    return keys.register_key(person.party, public, proof, actor=person.party)


def rotated(person: Person, **changes: Any) -> PartyKey:  # noqa: ANN401 - arguments of the verb
    public, proof = fresh(person.party.handle)
    wanted: dict[str, Any] = {
        "proof": proof,
        "approval": person.private.sign(keys.rotation_digest(person.party, person.key, public)),
        "actor": person.party,
    }
    return keys.rotate_key(person.key, public, **(wanted | changes))


def links(person: Person) -> list[Link]:
    found = KeyEvent.objects.filter(party=person.party).order_by("number")
    openings = [(event.entry, log.opening(event.entry)) for event in found]
    return [Link(bytes(entry.body), opening.salt, opening.payload) for entry, opening in openings]


def test_a_revoked_key_is_out_of_use_and_stays_known(ada: Person, ben: Person) -> None:
    with pytest.raises(keys.KeyUnknown):
        keys.revoke_key(ada.key, actor=ben.party)
    revoked = keys.revoke_key(ada.key, actor=ada.party)
    assert revoked.revoked_entry is not None
    assert revoked.revoked_entry.kind == "key.revoked"
    assert keys.revoke_key(ada.key, actor=ada.party).revoked_entry == revoked.revoked_entry
    with pytest.raises(keys.KeyUnknown), transaction.atomic():
        keys.key_in_use(ada.party, ada.key.key_id)
    public = bytes(ada.key.public)
    proof = ada.private.sign(keys.possession_digest("ada", public))
    with pytest.raises(keys.KeyKnown):
        keys.register_key(ada.party, public, proof, actor=ada.party)


def test_a_second_key_is_added_by_its_party_only(ada: Person, ben: Person) -> None:
    public, proof = fresh("ada")
    with pytest.raises(keys.KeyUnknown):
        keys.register_key(ada.party, public, proof, actor=ben.party)
    key = keys.register_key(ada.party, public, proof, actor=ada.party)
    assert set(ada.party.keys.values_list("key_id", flat=True)) == {ada.key.key_id, key.key_id}


def test_a_rotation_is_one_entry_that_ends_one_key_and_begins_another(ada: Person) -> None:
    before = Entry.objects.count()
    key = rotated(ada)
    assert Entry.objects.count() == before + 1
    old = PartyKey.objects.get(pk=ada.key.pk)
    assert key.entry.kind == "key.rotated"
    assert old.revoked_entry == key.entry
    assert old.revoked_at is not None
    payload = parse(log.opening(key.entry).payload)["payload"]
    assert (payload["key_id"], payload["revokes"]) == (key.key_id, old.key_id)
    with pytest.raises(keys.KeyUnknown):
        keys.key_in_use(ada.party, old.key_id)
    assert keys.key_in_use(ada.party, key.key_id) == key


def test_a_grant_under_a_replaced_key_is_refused(ada: Person, face: Likeness) -> None:
    document = grants.draft(face, people.terms(), key=ada.key, actor=ada.party)
    rotated(ada)
    with pytest.raises(keys.KeyUnknown):
        grants.record_grant(document, ada.sign(document), actor=ada.party)


def test_a_rotation_needs_both_keys_and_its_party(ada: Person, ben: Person) -> None:
    public, proof = fresh("ben")
    for wrong, refusal in (
        ({"approval": bytes(64)}, signing.SignatureRefused),
        ({"approval": ben.private.sign(keys.rotation_digest(ada.party, ada.key, public))}, signing.SignatureRefused),
        ({"proof": proof}, signing.SignatureRefused),
        ({"actor": ben.party}, keys.KeyUnknown),
    ):
        with pytest.raises(refusal):
            rotated(ada, **wrong)
    assert not KeyEvent.objects.filter(kind="key.rotated").exists()


def test_a_revoked_key_is_replaced_by_nothing_and_a_known_key_replaces_nothing(ada: Person, ben: Person) -> None:
    bens = bytes(ben.key.public)
    approval = ada.private.sign(keys.rotation_digest(ada.party, ada.key, bens))
    proof = ben.private.sign(keys.possession_digest("ada", bens))
    with pytest.raises(keys.KeyKnown):
        keys.rotate_key(ada.key, bens, proof=proof, approval=approval, actor=ada.party)
    keys.revoke_key(ada.key, actor=ada.party)
    with pytest.raises(keys.KeyUnknown):
        rotated(ada)


# --- the chain ----------------------------------------------------


def test_each_event_names_the_one_before(ada: Person, ben: Person) -> None:
    second = added(ada)
    third = rotated(ada)
    keys.revoke_key(second, actor=ada.party)
    chain = links(ada)
    assert len(chain) == 4
    assert keychain.verify(str(ada.party.pk), chain) == {
        ada.key.key_id: False,
        second.key_id: False,
        third.key_id: True,
    }
    assert keychain.verify(str(ben.party.pk), links(ben)) == {ben.key.key_id: True}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda chain: chain[:0],
        lambda chain: chain[1:],
        lambda chain: [chain[0], *chain[2:]],
        lambda chain: [chain[0], chain[2], chain[1], *chain[3:]],
        lambda chain: [chain[0], *chain],
        lambda chain: [chain[0], Link(chain[1].entry, chain[2].salt, chain[1].payload), *chain[2:]],
        lambda chain: [chain[0], Link(chain[1].entry, chain[1].salt[:31], chain[1].payload), *chain[2:]],
        lambda chain: [chain[0], Link(b"{}", chain[1].salt, chain[1].payload), *chain[2:]],
        lambda chain: [chain[0], Link(chain[1].entry, chain[1].salt, b"[]"), *chain[2:]],
        lambda chain: [chain[0], Link(chain[1].entry, chain[1].salt, b"{}"), *chain[2:]],
    ],
    ids=["none", "no-first", "one-missing", "swapped", "doubled", "salt", "short-salt", "entry", "array", "object"],
)
def test_a_chain_with_anything_missing_or_changed_is_broken(ada: Person, spoil) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - a lambda
    added(ada)
    rotated(ada)
    added(ada)
    with pytest.raises(ChainBroken):
        keychain.verify(str(ada.party.pk), spoil(links(ada)))


def made(kind: str, **payload: object) -> Link:
    from datetime import UTC, datetime

    opened, salt = canonical({"actor": "party:a", "payload": payload}), new_salt()
    return Link(encode(kind, commit(salt, opened), datetime.now(UTC)), salt, opened)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("key.registered", {"party": "b", "key_id": "k", "previous": None}),
        ("key.registered", {"party": "a", "key_id": "k"}),
        ("key.registered", {"party": "a", "key_id": "k", "previous": "x"}),
        ("key.registered", {"party": "a", "key_id": 7, "previous": None}),
        ("key.revoked", {"party": "a", "key_id": "k", "previous": None}),
        ("key.rotated", {"party": "a", "key_id": "k", "revokes": "j", "previous": None}),
        ("key.rotated", {"party": "a", "key_id": "k", "revokes": [], "previous": None}),
        ("party.registered", {"party": "a", "key_id": "k", "previous": None}),
    ],
)
def test_an_event_that_cannot_be_is_refused(kind: str, payload: dict[str, object]) -> None:
    good = made("key.registered", party="a", key_id="k", previous=None)
    assert keychain.verify("a", [good]) == {"k": True}
    with pytest.raises(ChainBroken):
        keychain.verify("a", [made(kind, **payload)])


def test_the_database_holds_one_chain(ada: Person) -> None:
    event = KeyEvent.objects.get(party=ada.party)
    with pytest.raises(IntegrityError), transaction.atomic():
        KeyEvent.objects.create(party=ada.party, number=0, kind=event.kind, key=ada.key, entry=ada.party.entry)
    with pytest.raises(IntegrityError), transaction.atomic():
        KeyEvent.objects.filter(pk=event.pk).update(kind="key.rotated")


def test_the_party_is_told_of_every_key_but_its_first(ada: Person) -> None:
    assert not Message.objects.exists()
    second = added(ada)
    rotated(ada)
    keys.revoke_key(second, actor=ada.party)
    kinds = Message.objects.order_by("created_at", "pk").values_list("kind", flat=True)
    assert sorted(kinds) == ["key-added", "key-revoked", "key-rotated"]


def test_what_is_not_told_did_not_happen(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr("consent.messages.tell", fail)
    with pytest.raises(OSError, match="room"):
        added(ada)
    assert PartyKey.objects.filter(party=ada.party).count() == 1
