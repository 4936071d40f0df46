"""Keys that certificates vouch for: P-256 in a file, in SoftHSM2 and in a key service; each for its purpose alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django.fixtures import Settings

from ledger import base64url, es256, keyfile, keyring, rotation
from ledger.checks import keys_are_fit
from ledger.keyfile import CERTIFIED, KeyUnavailable
from ledger.keyring import SigningKey
from ledger.signers import pkcs11 as backend
from tests.ledger.signers import token as tokens
from tests.ledger.signers.token import Token

SERVICE = ec.generate_private_key(ec.SECP256R1())
SERVICES: dict[keyring.Certified, str] = {"claim": "InDer", "claim-issuer": "OfAnother"}


class InDer:
    """A key service that writes DER, as those of the clouds do."""

    def __init__(self, public: bytes) -> None:
        self.public = public

    def sign(self, data: bytes) -> bytes:
        return SERVICE.sign(data, ec.ECDSA(hashes.SHA256()))


class OfAnother(InDer):
    """Signs with a key that is not the one in the key file."""

    def sign(self, data: bytes) -> bytes:
        return ec.generate_private_key(ec.SECP256R1()).sign(data, ec.ECDSA(hashes.SHA256()))


@pytest.fixture(autouse=True)
def own(tmp_path: Path, settings: Settings) -> Path:
    settings.LEDGER_KEYS_DIR = tmp_path / "own"
    return tmp_path / "own"


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Token]:
    backend._begin_anew()
    yield from tokens.made(tmp_path / "hsm", monkeypatch, "countenance")
    backend._begin_anew()


def assert_signs(key: SigningKey) -> None:
    for data in (b"", b"claim", bytes(range(256)) * 40):
        signature = key.sign(data)
        assert len(signature) == 64
        assert es256.verified(key.public, signature, data) == signature


@pytest.mark.parametrize("purpose", CERTIFIED)
def test_a_file_key_signs_as_es256(purpose: keyring.Certified) -> None:
    key = rotation.generate(purpose)
    assert json.loads(key.path.read_text())["algorithm"] == "ES256"
    assert_signs(keyring.certified_key(purpose))
    assert_signs(keyring.certified_key(purpose, key.public))


def test_a_token_makes_and_keeps_a_key_of_p256(token: Token) -> None:
    key = rotation.generate("claim", backend="pkcs11", options=token.options("claim-1"))
    assert key.secret is None
    assert_signs(keyring.certified_key("claim", key.public))


def test_the_curve_follows_from_the_purpose_never_from_the_key_file(token: Token) -> None:
    with pytest.raises(KeyUnavailable):
        rotation.generate("log", backend="pkcs11", options=token.options("log-1") | {"p256": "yes"})
    assert len(rotation.generate("log", backend="pkcs11", options=token.options("log-1")).public) == 32


def test_a_service_that_writes_der_is_understood_and_one_with_another_key_is_not() -> None:
    public = es256.point(SERVICE.public_key())
    for purpose, name in SERVICES.items():
        rotation.generate(purpose, backend="kms", options={"signer": f"{__name__}.{name}"}, public=public)
    assert_signs(keyring.certified_key("claim"))
    with pytest.raises(KeyUnavailable, match="does not sign as this key"):
        keyring.certified_key("claim-issuer").sign(b"data")


@pytest.mark.parametrize("public", [bytes(32), bytes(65), b""], ids=["ed25519", "no point", "none"])
def test_a_public_half_that_is_no_point_is_not_adopted(public: bytes) -> None:
    with pytest.raises(KeyUnavailable, match="P-256"):
        rotation.generate("claim", backend="kms", options={"signer": "a.b"}, public=public)


def test_a_point_is_no_key_of_the_log() -> None:
    with pytest.raises(KeyUnavailable):
        rotation.generate("log", backend="kms", options={"signer": "a.b"}, public=es256.point(SERVICE.public_key()))


@pytest.mark.parametrize("twin", ["claim-issuer", "vault"])
def test_a_claim_key_that_serves_two_purposes_does_not_start(twin: keyfile.Purpose, own: Path) -> None:
    key = rotation.generate("claim")
    assert key.secret is not None
    content = json.loads(key.path.read_text())
    key_id = keyfile.key_id(twin, content["name"], key.public if twin != "vault" else key.secret)
    path = own / twin / f"{key_id}.json"
    path.parent.mkdir()
    path.write_text(json.dumps(content | {"purpose": twin, "key_id": key_id, "secret": base64url.encode(key.secret)}))
    path.chmod(0o600)
    assert "ledger.E012" in {found.id for found in keys_are_fit(None)}


def test_a_key_of_the_other_purpose_is_not_found() -> None:
    issuer = rotation.generate("claim-issuer")
    rotation.generate("claim")
    with pytest.raises(KeyUnavailable, match="Not this claim key"):
        keyring.certified_key("claim", issuer.public)


def test_a_new_key_stands_at_once_and_the_old_one_for_the_overlap() -> None:
    old = rotation.generate("claim")
    new = rotation.rotate("claim", overlap=timedelta(hours=1)).new
    assert keyring.certified_key("claim").key_id == new.key_id
    assert keyring.certified_key("claim", old.public).key_id == old.key_id


def test_a_key_that_was_given_up_signs_nothing() -> None:
    key = rotation.generate("claim")
    keyring.statements(key)[0].write_text("stolen")
    with pytest.raises(KeyUnavailable):
        keyring.certified_key("claim")
