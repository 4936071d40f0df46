"""A grant that a passkey signed is recorded, exported and believed by strangers; any other assertion is not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consent import evidence, grants, keys, likenesses, revocations, signing
from consent.grants import GrantReplayed
from consent.models import Grant, Likeness, PartyKey
from consent.webauthn import CounterWentBack, EvidenceRefused
from ledger import base64url, keyring, vault
from ledger.canonical import canonical, digest
from ledger.models import Entry
from ledger.problem import Problem
from ledger.verifier.cli import main
from tests.consent import people
from tests.consent.people import Holder, Person
from tests.consent.softpasskey import KINDS, Evidence, SoftPasskey
from tests.consent.test_webauthn import changed
from tests.ledger.conftest import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def eve(db: None) -> Holder:
    return people.register_passkey("eve")


@pytest.fixture
def look(eve: Holder, monkeypatch: pytest.MonkeyPatch) -> Likeness:
    return people.enrolled(eve, monkeypatch)


@pytest.fixture
def document(eve: Holder, ben: Person, look: Likeness) -> dict[str, Any]:
    return grants.draft(look, people.terms(ben.party), key=eve.key, actor=eve.party)


def recorded(holder: Holder, document: dict[str, Any], shown: Any = None) -> Grant:  # noqa: ANN401 - anything may be sent
    return grants.record_grant(document, evidence=shown or holder.sign(document), actor=holder.party)


def refused(holder: Holder, document: dict[str, Any], shown: Evidence, kind: type[Problem]) -> Problem:
    """Nothing is left behind, and the passkey's counter is as it was."""
    before, counter = Entry.objects.count(), PartyKey.objects.get(pk=holder.key.pk).counter
    with pytest.raises(kind) as refusal:
        recorded(holder, document, shown)
    assert not Grant.objects.exists()
    assert Entry.objects.count() == before
    assert PartyKey.objects.get(pk=holder.key.pk).counter == counter
    assert refusal.value.remedy
    return refusal.value


def test_a_grant_signed_by_a_passkey_is_recorded_with_its_evidence(eve: Holder, document: dict[str, Any]) -> None:
    shown = eve.sign(document)
    grant = recorded(eve, document, shown)
    assert json.loads(vault.unseal(grant.statement)) == {"statement": document, "evidence": shown}
    assert bytes(grant.signature) == base64url.decode(shown["signature"])
    assert grant.key == eve.key


def test_a_grant_is_signed_in_one_way(eve: Holder, ada: Person, document: dict[str, Any]) -> None:
    shown = eve.sign(document)
    with pytest.raises(signing.SignatureRefused, match="one way"):
        grants.record_grant(document, actor=eve.party)
    with pytest.raises(signing.SignatureRefused, match="one way"):
        grants.record_grant(document, bytes(64), evidence=shown, actor=eve.party)
    with pytest.raises(signing.SignatureRefused, match="WebAuthn"):
        grants.record_grant(document, base64url.decode(shown["signature"]), actor=eve.party)
    with pytest.raises(signing.SignatureRefused, match="WebAuthn"):
        grants.record_grant(document, ada.sign(document), actor=eve.party)
    assert not Grant.objects.exists()


def test_an_app_key_does_not_sign_by_evidence(ada: Person, face: Likeness) -> None:
    document = grants.draft(face, people.terms(), key=ada.key, actor=ada.party)
    passkey = SoftPasskey("EdDSA")
    for shown in (
        passkey.sign(digest("grant", document)),
        passkey.sign(digest("grant", document)) | {"credential_public_key": base64url.encode(bytes(ada.key.public))},
    ):
        with pytest.raises(signing.SignatureRefused, match="Ed25519"):
            grants.record_grant(document, evidence=shown, actor=ada.party)


@pytest.mark.parametrize("counter", [0, 4])
def test_an_assertion_is_recorded_once(eve: Holder, document: dict[str, Any], counter: int) -> None:
    eve.passkey.counter = counter
    shown = eve.sign(document)
    recorded(eve, document, shown)
    with pytest.raises(GrantReplayed):
        recorded(eve, document, shown)
    with pytest.raises(GrantReplayed):
        recorded(eve, document)
    revocations.withdraw_likeness(likenesses.owned(document["likeness"], holder=eve.party, pointer=""), actor=eve.party)
    with pytest.raises(Problem):
        recorded(eve, document, shown)
    assert Grant.objects.count() == 1


def test_an_assertion_for_another_document_is_refused(eve: Holder, ben: Person, document: dict[str, Any]) -> None:
    look = Likeness.objects.get(pk=document["likeness"])
    other = grants.draft(look, people.terms(ben.party), key=eve.key, actor=eve.party)
    assert refused(eve, document, eve.sign(other), EvidenceRefused).pointer == "/evidence/clientDataJSON"
    label = eve.passkey.sign(digest("permit", document))
    assert refused(eve, document, label, EvidenceRefused).pointer == "/evidence/clientDataJSON"


def test_every_field_of_the_document_is_what_was_signed(eve: Holder, document: dict[str, Any]) -> None:
    """What the text does not show is signed too: whatever is changed afterwards, it is another document."""
    shown = eve.sign(document)
    for name, value in {"id": people.some_id(), "nonce": base64url.encode(bytes(16))}.items():
        refused(eve, document | {name: value}, shown, EvidenceRefused)


def test_anothers_passkey_does_not_sign(eve: Holder, ada: Person, document: dict[str, Any]) -> None:
    mallory = people.register_passkey("mallory")
    assert refused(eve, document, mallory.sign(document), EvidenceRefused).pointer == "/evidence/credential_public_key"
    posing = mallory.sign(document) | {"credential_public_key": base64url.encode(eve.passkey.public)}
    assert refused(eve, document, posing, EvidenceRefused).pointer == "/evidence/signature"
    theirs = document | {"key": mallory.key.key_id}
    refused(eve, theirs, mallory.sign(theirs), keys.KeyUnknown)


@pytest.mark.parametrize(
    "how",
    [
        {"flags": 0x01},
        {"flags": 0x04},
        {"rp_id": "evil.example"},
        {"origin": "https://evil.example"},
        {"type": "webauthn.create"},
        {"crossOrigin": True},
        {"topOrigin": "https://evil.example"},
        {"challenge": "AAAA"},
    ],
    ids=str,
)
def test_an_assertion_with_one_flaw_is_refused(eve: Holder, document: dict[str, Any], how: dict[str, Any]) -> None:
    asked = digest("grant", document)
    made = {"challenge": base64url.encode(asked)} | how
    refused(eve, document, eve.passkey.sign(asked, **made), EvidenceRefused)


def test_a_revoked_passkey_signs_nothing_more(eve: Holder, document: dict[str, Any]) -> None:
    shown = eve.sign(document)
    keys.revoke_key(eve.key, actor=eve.party)
    refused(eve, document, shown, keys.KeyUnknown)


def test_a_copy_of_a_passkey_is_noticed_by_what_it_counts(eve: Holder, ben: Person, look: Likeness) -> None:
    def signs(counter: int) -> Grant:
        eve.passkey.counter = counter
        return recorded(eve, grants.draft(look, people.terms(ben.party), key=eve.key, actor=eve.party))

    for counter in (0, 0, 1, 5):
        signs(counter)
    for counter in (5, 4, 0):
        with pytest.raises(CounterWentBack):
            signs(counter)
    assert PartyKey.objects.get(pk=eve.key.pk).counter == 5
    assert Grant.objects.count() == 4


# --- what a stranger makes of it ----------------------------------------

PAGE = ["--rp-id", "localhost", "--origin", "http://localhost:8000"]


def told(made: dict[str, Any], folder: Path, *place: str) -> int:
    """Run the stranger's program over a bundle and return its exit code: 0 true, 1 false, 3 could not check."""
    file = folder / "bundle"
    file.write_bytes(canonical(made))
    return main(["bundle", str(file), "--log-vkey", keyring.log_vkey(), *(place or PAGE)])


@pytest.fixture(params=KINDS)
def exported(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    holder = people.register_passkey("dora", SoftPasskey(request.param))
    look = people.enrolled(holder, monkeypatch)
    recorded(holder, grants.draft(look, people.terms(), key=holder.key, actor=holder.party))
    published(1)
    return evidence.export(holder.party)


def statement(made: dict[str, Any]) -> dict[str, Any]:
    (found,) = [act["statement"] for act in made["acts"] if act["statement"] is not None]
    return found  # type: ignore[no-any-return]  # JSON


def test_the_real_export_is_believed_by_a_stranger(exported: dict[str, Any], tmp_path: Path) -> None:
    assert set(statement(exported)) == {"document", "evidence", "key_id"}
    assert told(exported, tmp_path) == 0


def test_a_stranger_asks_where_it_was_signed(exported: dict[str, Any], tmp_path: Path) -> None:
    assert told(exported, tmp_path, "--rp-id", "localhost", "--origin", "https://other.example") == 1
    assert told(exported, tmp_path, "--rp-id", "other.example", "--origin", "http://localhost:8000") == 1


def client(made: Evidence, **members: object) -> Evidence:
    read = json.loads(base64url.decode(made["clientDataJSON"])) | members
    return made | {"clientDataJSON": base64url.encode(json.dumps(read).encode())}


OTHER = SoftPasskey()
SPOILED: dict[str, Callable[[Evidence], Evidence]] = {
    "type": lambda made: client(made, type="webauthn.create"),
    "challenge": lambda made: client(made, challenge=base64url.encode(bytes(32))),
    "origin": lambda made: client(made, origin="https://evil.example"),
    "crossOrigin": lambda made: client(made, crossOrigin=True),
    "topOrigin": lambda made: client(made, topOrigin="http://localhost:8000"),
    "another member": lambda made: client(made, extra=True),
    "relying party": lambda made: changed(made, "authenticatorData", 0),
    "presence": lambda made: changed(made, "authenticatorData", 32, 0x01),
    "verification": lambda made: changed(made, "authenticatorData", 32, 0x04),
    "backup": lambda made: changed(made, "authenticatorData", 32, 0x10),
    "counter": lambda made: changed(made, "authenticatorData", 36),
    "signature": lambda made: changed(made, "signature", -1),
    "another's key": lambda made: made | {"credential_public_key": base64url.encode(OTHER.public)},
    "another's passkey": lambda made: OTHER.sign(
        base64url.decode(json.loads(base64url.decode(made["clientDataJSON"]))["challenge"])
    ),
    "no evidence": lambda _: {},
}


def test_a_stranger_refuses_each_spoiled_member(exported: dict[str, Any], tmp_path: Path) -> None:
    believed = []
    for name, spoil in SPOILED.items():
        made = copy.deepcopy(exported)
        statement(made)["evidence"] = spoil(statement(made)["evidence"])
        if told(made, tmp_path) != 1:
            believed.append(name)
    assert believed == []


def test_a_stranger_refuses_a_key_that_is_called_something_else(exported: dict[str, Any], tmp_path: Path) -> None:
    made = copy.deepcopy(exported)
    made["keys"][0]["algorithm"] = "Ed25519"
    assert told(made, tmp_path) == 1
    made = copy.deepcopy(exported)
    made["keys"][0]["public"] = base64url.encode(OTHER.public)
    assert told(made, tmp_path) == 1


def test_an_assertion_of_one_grant_stands_for_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, eve: Holder, look: Likeness
) -> None:
    for _ in range(2):
        recorded(eve, grants.draft(look, people.terms(), key=eve.key, actor=eve.party))
    published(1)
    made = evidence.export(eve.party)
    assert told(made, tmp_path) == 0
    first, second = [act["statement"] for act in made["acts"] if act["statement"] is not None]
    first["evidence"], second["evidence"] = second["evidence"], first["evidence"]
    assert told(made, tmp_path) == 1
