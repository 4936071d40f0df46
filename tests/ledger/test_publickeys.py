"""The keys and the policy that a stranger takes from us say what the keyring and the settings say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from ledger import base64url, keyfile, keyring, policytext, publickeys, published, rotation, signerhistory
from ledger.cosignature import Cosigner
from ledger.verifier import policy as strangers
from ledger.witnesspolicy import WitnessPolicy
from tests.ledger.test_freshness import WITNESSES, quorum

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_keys(tmp_path: Path, settings: Settings) -> Path:
    """Give the test keys that it may end."""
    settings.LEDGER_KEYS_DIR = tmp_path / "own keys"
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    keyring.make_development_keys(settings.LEDGER_KEYS_DIR, settings.LEDGER_ORIGIN)
    return tmp_path / "own keys"


def test_every_signer_s_key_is_there_in_each_form_and_no_secret(own_keys: Path, client: Client) -> None:
    answer = client.get("/log/keys")
    assert answer["Content-Type"] == "application/json"
    found = answer.json()["keys"]
    assert set(found) == set(keyfile.SIGNERS)
    for purpose, keys in found.items():
        (known,) = keyring.known_keys(purpose)
        (key,) = keys
        assert (key["key_id"], base64url.decode(key["public"])) == (known.key_id, known.public)
        pem = load_pem_public_key(key["pem"].encode())
        assert isinstance(pem, Ed25519PublicKey)
        assert pem.public_bytes_raw() == known.public
        assert (key["state"], key["not_after"], key["compromised_since"]) == ("current", None, None)
    assert found["log"][0]["vkey"] == keyring.log_vkey()
    for file in own_keys.rglob("*.json"):
        assert json.loads(file.read_text())["secret"] not in answer.text


def test_an_ended_and_a_compromised_key_stay_with_their_marks(
    own_keys: Path, client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    (first,) = keyring.key_files("receipt")
    rotation.rotate("receipt", overlap=timedelta(0))
    states = {key["key_id"]: key for key in client.get("/log/keys").json()["keys"]["receipt"]}
    assert (states[first.key_id]["state"], len(states)) == ("ended", 2)
    assert states[first.key_id]["not_after"] is not None
    since = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    with django_capture_on_commit_callbacks(execute=True):
        signerhistory.report_compromise(first.key_id, since=since, actor="system:test")
    states = {key["key_id"]: key for key in client.get("/log/keys").json()["keys"]["receipt"]}
    marked = states[first.key_id]
    assert (marked["state"], marked["compromised_since"]) == ("compromised", "2026-01-02T03:04Z")
    statement = client.get(f"/log/compromised/{first.key_id}")
    assert (statement.status_code, statement["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert first.key_id in statement.text
    for path in keyring.statements(first):
        path.write_text("not a statement")
    states = {key["key_id"]: key for key in client.get("/log/keys").json()["keys"]["receipt"]}
    assert states[first.key_id]["compromised_since"] == publickeys.EVER


def test_a_statement_about_no_key_is_missing(own_keys: Path, client: Client) -> None:
    for key_id in ("0" * 16, "0" * 8, "../checkpoint", "ABCDEF01", "0" * 8 + "%0A"):
        assert client.get(f"/log/compromised/{key_id}").status_code == 404


@pytest.mark.parametrize("least", [0, 1, 3])
def test_the_stranger_reads_the_policy_that_the_settings_mean(
    own_keys: Path, client: Client, settings: Settings, least: int
) -> None:
    quorum(settings, least)
    answer = client.get("/log/policy")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    read = strangers.parse(answer.content)
    assert [key.public for key in read.logs] == [keyring.signing_key("log").public]
    assert {(one.name, one.public) for one in read.witnesses} == {(one.name, one.public) for one in WITNESSES}
    if least:
        assert isinstance(read.rule, strangers.Group)
        assert (read.rule.least, read.rule.members) == (least, read.witnesses)
    else:
        assert read.rule is None


NAMES = st.text("abcxyz.:/#-é\u4e00", min_size=1, max_size=20) | st.sampled_from(["none", "all", "any", "#x", "quorum"])


@given(names=st.lists(NAMES, max_size=6, unique=True), data=st.data())
def test_any_policy_comes_back_from_its_text(names: list[str], data: st.DataObject) -> None:
    cosigners = tuple(Cosigner(name, bytes([number]) * 32) for number, name in enumerate(names))
    least = data.draw(st.integers(0, len(names)))
    text = policytext.encode([], "https://x.example/log", WitnessPolicy(least, cosigners))
    read = strangers.parse(text.encode())
    assert [(one.name, one.public) for one in read.witnesses] == [(one.name, one.public) for one in cosigners]
    assert (read.rule.least if isinstance(read.rule, strangers.Group) else 0) == least


def test_the_files_are_written_where_they_differ_and_only_there(own_keys: Path) -> None:
    assert publickeys.write()
    assert not publickeys.write()
    assert published.read("keys") == publickeys.document()
    assert published.read("policy").decode() == publickeys.policy()
    rotation.rotate("status", overlap=timedelta(0))
    assert publickeys.write()
    assert published.read("keys") == publickeys.document()
