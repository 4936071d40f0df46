"""Keys in a service, and in files: one contract."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from ledger import keyfile, keyring, rotation
from ledger.keyfile import KeyUnavailable
from ledger.signers import patience
from tests.ledger.signers import keyservice
from tests.ledger.signers.contract import assert_keeps_the_contract


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.LEDGER_KEYS_DIR = tmp_path / "own"
    return tmp_path / "own"


def service(kind: str, name: str = "one", **more: str) -> keyfile.KeyFile:
    options = {"signer": f"tests.ledger.signers.keyservice.{kind}", "key": name} | more
    return rotation.generate("permit", backend="kms", options=options, public=keyservice.new_key(name))


def test_a_key_in_a_file_keeps_the_contract(made_keys: Path) -> None:
    assert_keeps_the_contract(keyring.signing_key("permit"))


def test_a_key_in_a_service_keeps_the_contract(folder: Path) -> None:
    service("Honest")
    assert_keeps_the_contract(keyring.signing_key("permit"))


def test_a_service_is_asked_only_when_something_is_signed(folder: Path) -> None:
    keyservice.opened.clear()
    key = service("Honest", "lazy")
    assert keyring.public_keys("permit")[0].public == keyring.signing_key("permit").public == key.public
    assert keyservice.opened == []
    signer = keyring.signing_key("permit")
    signer.sign(b"one")
    signer.sign(b"two")
    assert keyservice.opened == ["lazy"]


@pytest.mark.parametrize("kind", ["Wrong", "Short", "Silent", "Broken", "Missing"])
def test_what_a_service_does_instead_of_signing_is_no_signature(folder: Path, kind: str) -> None:
    service(kind)
    with pytest.raises(KeyUnavailable):
        keyring.signing_key("permit").sign(b"data")


def test_a_service_that_hangs_is_not_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.05)
    service("Hangs")
    with pytest.raises(KeyUnavailable, match="no answer"):
        keyring.signing_key("permit").sign(b"data")
    keyservice.never.set()


def test_a_service_that_takes_no_such_option_is_no_signer(folder: Path) -> None:
    service("Honest", further="option")
    with pytest.raises(KeyUnavailable):
        keyring.signing_key("permit").sign(b"data")


def test_a_public_half_of_another_length_is_refused(folder: Path) -> None:
    with pytest.raises(KeyUnavailable):
        keyfile.adopt(
            folder,
            "permit",
            "name",
            public=bytes(31),
            backend="kms",
            options={"signer": "a.b"},
            not_before=datetime.now(UTC),
        )
