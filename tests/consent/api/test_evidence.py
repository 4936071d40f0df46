"""The export bundle and the proofs, checked by programs that share nothing with what wrote them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from scitt_cose import extract_receipts, parse_signed_statement, verify_receipt

from consent import revocations
from consent.models import Likeness
from ledger import cose, keyring, publisher
from ledger.sequencer import sequence
from tests.consent import people
from tests.consent.api.conftest import Call
from tests.consent.people import Person


def publish() -> None:
    while sequence():
        pass
    with publisher.alone():
        publisher.start().publish()


@pytest.fixture
def lived(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Person, Person, Likeness]:
    ada, ben = people.register("ada"), people.register("ben")
    face = people.enrolled(ada, monkeypatch)
    given = people.grant(ada, face, ben.party)
    revocations.drain(revocations.withdraw_grant(given, actor=ada.party))
    people.grant(ada, face)
    return ada, ben, face


def verify(bundle: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ledger.verifier", "bundle", str(bundle), "--log-vkey", keyring.log_vkey()],
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_export_verifies_offline_and_a_changed_one_does_not(
    call: Call, lived: tuple[Person, Person, Likeness], tmp_path: Path
) -> None:
    ada, ben, _ = lived
    early = call(ada, "get", "export")
    assert (early.status_code, early.json()["code"]) == (409, "not-yet-published")
    publish()
    bundle = call(ada, "get", "export").json()
    kinds = [act["kind"] for act in bundle["acts"]]
    assert kinds == [
        "party.registered",
        "key.registered",
        "likeness.registered",
        "enrolment.accepted",
        "grant.recorded",
        "consent.withdrawn",
        "withdrawal.drained",
        "grant.recorded",
    ]
    file = tmp_path / "export.json"
    file.write_text(json.dumps(bundle))
    checked = verify(file)
    assert checked.returncode == 0, checked.stdout
    bundle["acts"][4]["statement"]["document"]["terms"]["remix"]["allowed"] = False
    file.write_text(json.dumps(bundle))
    assert verify(file).returncode == 1
    assert len(call(ben, "get", "export").json()["acts"]) == 2


def test_a_proof_is_for_those_whom_the_entry_concerns(call: Call, lived: tuple[Person, Person, Likeness]) -> None:
    ada, ben, face = lived
    carl = people.register("carl")
    given = people.grant(ada, face, ben.party)
    publish()
    assert call(ada, "get", f"entries/{face.entry_id}/proof").content.startswith(b"c2sp.org/tlog-proof@v1\n")
    assert call(ben, "get", f"entries/{given.entry_id}/proof").status_code == 200
    hidden = call(carl, "get", f"entries/{given.entry_id}/proof")
    absent = call(carl, "get", f"entries/{people.some_id()}/proof")
    assert hidden.status_code == absent.status_code == 404
    assert {**hidden.json(), "instance": ""} == {**absent.json(), "instance": ""}
    assert call(ben, "get", f"entries/{face.entry_id}/proof").status_code == 404


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("receipt", "application/scitt-receipt+cose"), ("statement", "application/scitt-statement+cose")],
)
def test_receipts_and_statements_are_for_those_whom_the_entry_concerns(
    call: Call, lived: tuple[Person, Person, Likeness], form: str, media_type: str
) -> None:
    ada, ben, face = lived
    given = people.grant(ada, face, ben.party)
    early = call(ada, "get", f"entries/{given.entry_id}/{form}")
    assert (early.status_code, early.json()["code"]) == (409, "not-yet-published")
    publish()
    for person in (ada, ben):
        answer = call(person, "get", f"entries/{given.entry_id}/{form}", HTTP_ACCEPT=media_type)
        assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (200, media_type, "no-store")
        assert found(form, answer.content, bytes(given.entry.body))
    hidden = call(ben, "get", f"entries/{face.entry_id}/{form}")
    absent = call(ben, "get", f"entries/{people.some_id()}/{form}")
    assert hidden.status_code == absent.status_code == 404
    assert {**hidden.json(), "instance": ""} == {**absent.json(), "instance": ""}
    assert call(None, "get", f"entries/{given.entry_id}/{form}").status_code == 401


def found(form: str, data: bytes, leaf: bytes) -> bool:
    """Check the answer with a program that is not ours."""
    key = {purpose: cose.pem(keyring.public_keys(purpose)[0].public) for purpose in ("receipt", "statement")}
    if form == "statement":
        parsed = parse_signed_statement(data, public_key_pem=key["statement"])
        assert (parsed["signature_verified"], parsed["payload"]) == (True, leaf)
        (data,) = extract_receipts(data)
    return bool(verify_receipt(data, leaf_entry_hex=leaf.hex(), log_public_key_pem=key["receipt"]).ok)
