"""A passkey becomes a party's key by its possession and the word of a key in use, or as the first key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from consent import erasure, keys, parties, passkeys, signing, webauthn
from consent.challenges import ChallengeRefused
from consent.keys import Approval
from consent.models import KeyEvent, Message, Party, PartyKey, SpentChallenge
from consent.webauthn import CounterWentBack, EvidenceRefused
from ledger import base64url, log
from ledger.canonical import parse
from tests.consent import people
from tests.consent.people import Holder, Person
from tests.consent.softpasskey import KINDS, SoftPasskey
from tests.consent.test_keys import fresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def eve(db: None) -> Holder:
    return people.register_passkey("eve")


def approved(person: Person | Holder, public: bytes, algorithm: str = webauthn.ALGORITHM) -> Approval:
    asked = keys.approval_digest(person.party, person.key.key_id, public, algorithm)
    if isinstance(person, Holder):
        return Approval(person.key.key_id, person.passkey.sign(asked))
    return Approval(person.key.key_id, person.private.sign(asked))


def joined(person: Person | Holder, passkey: SoftPasskey, **changes: Any) -> PartyKey:  # noqa: ANN401 - arguments of the verb
    wanted: dict[str, Any] = {"actor": person.party, "approval": approved(person, passkey.public)}
    proof = changes.pop("proof", None) or people.possession(person.party.handle, passkey)
    return keys.register_key(person.party, passkey.public, proof, **(wanted | changes))


@pytest.mark.parametrize("kind", KINDS)
def test_a_party_signs_up_with_a_passkey(kind: str) -> None:
    passkey = SoftPasskey(kind)
    holder = people.register_passkey("dora", passkey)
    key = holder.key
    assert (key.algorithm, bytes(key.public), key.counter) == ("WebAuthn", passkey.public, 0)
    assert key.key_id == webauthn.key_id(passkey.public) != signing.key_id(passkey.public)
    payload = parse(log.opening(key.entry).payload)["payload"]
    assert payload["algorithm"] == "WebAuthn"
    assert payload["public"] == base64url.encode(passkey.public)


def test_a_passkey_joins_an_app_key_and_the_party_is_told(ada: Person) -> None:
    key = joined(ada, SoftPasskey())
    assert key.algorithm == "WebAuthn"
    assert Message.objects.get(party=ada.party).kind == Message.Kind.KEY_ADDED
    assert SpentChallenge.objects.count() == 1


def test_a_passkey_lets_another_passkey_join_and_an_app_key_too(eve: Holder) -> None:
    joined(eve, SoftPasskey())
    public, proof = fresh("eve")
    keys.register_key(eve.party, public, proof, actor=eve.party, approval=approved(eve, public, "Ed25519"))
    assert eve.party.keys.count() == 3


def test_a_passkey_does_not_join_without_the_word_of_a_key_in_use(ada: Person, ben: Person) -> None:
    """Whoever has stolen a token alone does not get a key that signs."""
    passkey = SoftPasskey()
    theirs = keys.approval_digest(ada.party, ada.key.key_id, SoftPasskey().public, "WebAuthn")
    as_app_key = approved(ada, passkey.public, "Ed25519")
    wrong: list[tuple[Approval | None, type[Exception]]] = [
        (None, signing.SignatureRefused),
        (Approval(ada.key.key_id, bytes(64)), signing.SignatureRefused),
        (Approval(ada.key.key_id, ada.private.sign(theirs)), signing.SignatureRefused),
        (as_app_key, signing.SignatureRefused),
        (Approval(ada.key.key_id, passkey.sign(b"")), signing.SignatureRefused),
        (approved(ben, passkey.public), keys.KeyUnknown),
        (Approval("nobody", bytes(64)), keys.KeyUnknown),
    ]
    for approval, refusal in wrong:
        with pytest.raises(refusal):
            joined(ada, passkey, approval=approval)
    assert not SpentChallenge.objects.exists()
    assert KeyEvent.objects.filter(party=ada.party).count() == 1
    keys.revoke_key(ada.key, actor=ada.party)
    with pytest.raises(keys.KeyUnknown):
        joined(ada, passkey)


def test_an_approval_of_an_app_key_that_is_given_must_hold(ada: Person) -> None:
    public, proof = fresh("ada")
    with pytest.raises(signing.SignatureRefused):
        keys.register_key(ada.party, public, proof, actor=ada.party, approval=Approval(ada.key.key_id, bytes(64)))


def test_an_approval_is_no_rotation_and_no_grant(ada: Person) -> None:
    passkey = SoftPasskey()
    proof = people.possession("ada", passkey)
    approval = approved(ada, passkey.public).signed
    with pytest.raises(signing.SignatureRefused):
        keys.rotate_key(ada.key, passkey.public, proof=proof, approval=approval, actor=ada.party)


def test_possession_is_shown_for_this_handle_this_key_and_this_challenge(ada: Person) -> None:
    passkey, other = SoftPasskey(), SoftPasskey()
    good = people.possession("ada", passkey)
    for proof in (
        people.possession("ben", passkey),
        people.possession("ada", other),
        replace(good, challenge=people.possession("ada", passkey).challenge),
        replace(good, evidence=other.sign(passkeys.possession_digest("ada", passkey.public, good.challenge))),
        replace(good, evidence={}),
    ):
        with pytest.raises(EvidenceRefused) as refused:
            joined(ada, passkey, proof=proof)
        assert (refused.value.pointer or "").startswith("/key/evidence")
    joined(ada, passkey, proof=good)


def test_possession_is_not_shown_twice(eve: Holder) -> None:
    """Once its row were gone, an old answer could bring the key back: the challenge is what keeps it from that."""
    passkey = SoftPasskey()
    proof = people.possession("fay", passkey)

    def sign_up() -> Party:
        return parties.register_party(handle="fay", name="Fay", kind="person", public=passkey.public, proof=proof)[0]

    party = sign_up()
    PartyKey.objects.filter(party=party).update(key_id="somebody-elses-now")
    Party.objects.filter(pk=party.pk).update(handle="gone")
    with pytest.raises(ChallengeRefused, match="before"):
        sign_up()
    assert not Party.objects.filter(handle="fay").exists()


def test_a_passkey_is_registered_once(ada: Person, ben: Person, eve: Holder) -> None:
    with pytest.raises(keys.KeyKnown):
        joined(ada, eve.passkey)
    with pytest.raises(keys.KeyKnown):
        people.register_passkey("fay", eve.passkey)
    assert not Party.objects.filter(handle="fay").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_passkey_takes_an_app_keys_place_and_gives_it_back(ada: Person, kind: str) -> None:
    passkey = SoftPasskey(kind)
    asked = keys.rotation_digest(ada.party, ada.key, passkey.public, "WebAuthn")
    proof = people.possession("ada", passkey)
    key = keys.rotate_key(ada.key, passkey.public, proof=proof, approval=ada.private.sign(asked), actor=ada.party)
    public, shown = fresh("ada")
    back = keys.rotation_digest(ada.party, key, public)
    with pytest.raises(signing.SignatureRefused):
        keys.rotate_key(key, public, proof=shown, approval=ada.private.sign(back), actor=ada.party)
    with pytest.raises(EvidenceRefused):
        keys.rotate_key(key, public, proof=shown, approval=passkey.sign(asked), actor=ada.party)
    assert keys.rotate_key(key, public, proof=shown, approval=passkey.sign(back), actor=ada.party).revoked_at is None
    assert [event.kind for event in KeyEvent.objects.filter(party=ada.party)][1:] == ["key.rotated", "key.rotated"]


def test_a_counter_is_remembered_and_never_goes_back(ada: Person) -> None:
    passkey = SoftPasskey()
    passkey.counter = 7
    key = joined(ada, passkey)
    assert key.counter == 7
    data = bytes(32)

    def signs(counter: int) -> None:
        passkey.counter = counter
        with transaction.atomic():
            held = keys.key_in_use(ada.party, key.key_id)
            keys.check_signed(held, passkey.sign(data), data, pointer="/evidence", remedy="")

    signs(8)
    for counter in (8, 7, 0):
        with pytest.raises(CounterWentBack):
            signs(counter)
    assert PartyKey.objects.get(pk=key.pk).counter == 8
    signs(2**32 - 1)


def test_erasing_blanks_a_passkey(eve: Holder) -> None:
    PartyKey.objects.filter(pk=eve.key.pk).update(counter=3)
    erasure.erase_party(eve.party, actor=eve.party)
    key = PartyKey.objects.get(pk=eve.key.pk)
    assert (bytes(key.public), key.counter, key.algorithm) == (b"", 0, "WebAuthn")
    assert key.key_id.startswith("erased-")


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "Ed25519"},
        {"algorithm": "RS256"},
        {"public": bytes(1025)},
        {"public": b""},
        {"counter": 2**32},
    ],
    ids=str,
)
def test_the_database_refuses_a_key_of_another_form(eve: Holder, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PartyKey.objects.filter(pk=eve.key.pk).update(**change)


def test_the_database_refuses_an_app_key_that_counts_or_is_long(ada: Person) -> None:
    changes: tuple[dict[str, Any], ...] = ({"counter": 1}, {"public": bytes(33)})
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            PartyKey.objects.filter(pk=ada.key.pk).update(**change)
