"""Keys in a PKCS#11 module: SoftHSM2, which really signs, in a token that is thrown away."""

from __future__ import annotations

import io
import json
import multiprocessing
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint

from ledger import base64url, checkpoint, keyring, merkle, rotation
from ledger.checkpoint import Checkpoint
from ledger.checks import keys_are_fit
from ledger.keyfile import KeyUnavailable
from ledger.signers import patience
from ledger.signers import pkcs11 as backend
from tests.ledger.signers import token as tokens
from tests.ledger.signers.contract import assert_keeps_the_contract
from tests.ledger.signers.token import PIN, Token


@pytest.fixture
def token(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Token]:
    settings.LEDGER_KEYS_DIR = tmp_path / "own"
    backend._begin_anew()  # each test has another token, and the module looks for tokens when it is initialised
    yield from tokens.made(tmp_path / "hsm", monkeypatch, "countenance")
    backend._begin_anew()


def signed_checkpoint() -> str:
    root = merkle.leaf_hash(b"one")
    return checkpoint.sign(Checkpoint("localhost:8000/log", 1, root), *keyring.signing_keys("log"))


def test_a_key_in_a_token_keeps_the_contract(token: Token) -> None:
    rotation.generate("permit", backend="pkcs11", options=token.options("permit-1"))
    assert_keeps_the_contract(keyring.signing_key("permit"))


def test_a_checkpoint_that_a_token_signed_is_accepted_by_us_and_by_others(token: Token, settings: Settings) -> None:
    settings.LEDGER_ORIGIN = "localhost:8000/log"
    key = rotation.generate("log", backend="pkcs11", options=token.options("log-1"))
    text = signed_checkpoint()
    assert checkpoint.verify(text, origin="localhost:8000/log", keys=[key.public]).size == 1
    TheirCheckpoint.from_text(text).verify(Vkey.from_string(keyring.log_vkey()))
    assert [known.public for known in keyring.public_keys("log")] == [key.public]


def private_object(token: Token) -> Any:  # noqa: ANN401 - the library's own type
    import pkcs11

    session = backend.Key(**cast("dict[str, Any]", token.options("log-1")))._session()
    return session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="log-1")


def test_the_private_half_cannot_be_read_out(token: Token) -> None:
    import pkcs11

    rotation.generate("log", backend="pkcs11", options=token.options("log-1"))
    found = private_object(token)
    assert found[pkcs11.Attribute.SENSITIVE] is True
    assert found[pkcs11.Attribute.EXTRACTABLE] is False
    assert found[pkcs11.Attribute.NEVER_EXTRACTABLE] is True
    assert found[pkcs11.Attribute.MODIFIABLE] is False
    with pytest.raises(pkcs11.AttributeSensitive):
        found[pkcs11.Attribute.VALUE]
    with pytest.raises(pkcs11.PKCS11Error):
        found[pkcs11.Attribute.EXTRACTABLE] = True


def test_nothing_secret_is_in_the_key_file(token: Token) -> None:
    key = rotation.generate("log", backend="pkcs11", options=token.options("log-1"))
    text = key.path.read_text()
    assert PIN not in text
    assert "secret" not in json.loads(text)
    assert json.loads(text)["pkcs11"] == token.options("log-1")


@pytest.mark.parametrize(
    "change",
    [
        {"pin": PIN},
        {"pin_env": ""},
        {"pin_file": "/somewhere"},
        {"module": 3},
        {"token": None},
    ],
    ids=["a PIN in it", "no PIN", "two places for the PIN", "a number", "nothing"],
)
def test_a_key_file_with_other_options_is_refused(token: Token, change: dict[str, object]) -> None:
    key = rotation.generate("log", backend="pkcs11", options=token.options("log-1"))
    content = json.loads(key.path.read_text())
    content["pkcs11"] |= change
    key.path.write_text(json.dumps(content))
    with pytest.raises(KeyUnavailable):
        keyring.key_files("log")
    assert "ledger.E003" in {message.id for message in keys_are_fit(None)}


def test_a_label_is_used_once(token: Token) -> None:
    rotation.generate("log", backend="pkcs11", options=token.options("one"))
    with pytest.raises(KeyUnavailable, match="has a one already"):
        rotation.generate("permit", backend="pkcs11", options=token.options("one"))


def test_the_pin_may_lie_in_a_file(token: Token, tmp_path: Path) -> None:
    (tmp_path / "pin").write_text(f"{PIN}\n")
    rotation.generate("log", backend="pkcs11", options=token.options("one", pin_file=str(tmp_path / "pin")))
    assert signed_checkpoint()


def test_without_a_pin_nothing_is_signed(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    rotation.generate("log", backend="pkcs11", options=token.options("one"))
    backend._begin_anew()
    monkeypatch.delenv("LEDGER_TEST_PIN")
    with pytest.raises(KeyUnavailable, match="no PIN"):
        signed_checkpoint()


def test_a_wrong_pin_is_tried_once_so_that_the_token_does_not_lock(
    token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotation.generate("log", backend="pkcs11", options=token.options("one"))
    backend._begin_anew()
    monkeypatch.setenv("LEDGER_TEST_PIN", "wrong")
    with pytest.raises(KeyUnavailable, match="PinIncorrect"):
        signed_checkpoint()
    with pytest.raises(KeyUnavailable, match="refused this PIN before"):
        signed_checkpoint()
    monkeypatch.setenv("LEDGER_TEST_PIN", PIN)
    assert signed_checkpoint()


def test_another_key_under_the_label_is_no_signer(token: Token) -> None:
    one = rotation.generate("log", backend="pkcs11", options=token.options("one"))
    rotation.generate("permit", backend="pkcs11", options=token.options("two"))
    content = json.loads(one.path.read_text())
    content["pkcs11"]["label"] = "two"
    one.path.write_text(json.dumps(content))
    with pytest.raises(KeyUnavailable, match="does not sign as this key"):
        signed_checkpoint()


def test_a_lost_token_refuses_and_signs_again_when_it_is_back(token: Token) -> None:
    rotation.generate("log", backend="pkcs11", options=token.options("one"))
    assert signed_checkpoint()
    shutil.move(token.folder / "tokens", token.folder / "away")
    (token.folder / "tokens").mkdir()
    for _ in range(2):
        with pytest.raises(KeyUnavailable):
            signed_checkpoint()
    (token.folder / "tokens").rmdir()
    shutil.move(token.folder / "away", token.folder / "tokens")
    assert signed_checkpoint()


def test_a_module_that_is_not_there_refuses(token: Token) -> None:
    options = token.options("one") | {"module": str(token.folder / "none.so")}
    with pytest.raises(KeyUnavailable):
        rotation.generate("log", backend="pkcs11", options=options)
    assert keyring.key_files("log") == []


def test_a_module_that_hangs_is_not_waited_for(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    rotation.generate("log", backend="pkcs11", options=token.options("one"))
    let_go = threading.Event()
    with monkeypatch.context() as patched:
        patched.setattr(patience, "SECONDS", 0.1)
        patched.setattr(backend.Key, "_sign", lambda *_: let_go.wait(60))
        with pytest.raises(KeyUnavailable, match="no answer"):
            signed_checkpoint()
        patched.undo()
        patched.setattr(patience, "SECONDS", 0.1)
        with pytest.raises(KeyUnavailable):  # the call before still holds the module
            signed_checkpoint()
    let_go.set()
    assert signed_checkpoint()


def sign_in_child(sender: Any, data: bytes) -> None:  # noqa: ANN401 - a connection
    sender.send(keyring.signing_key("log").sign(data))


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # a fork with threads is what this is about
def test_a_session_does_not_outlive_a_fork(token: Token) -> None:
    key = rotation.generate("log", backend="pkcs11", options=token.options("one"))
    assert signed_checkpoint()
    receiver, sender = multiprocessing.Pipe(duplex=False)
    with backend._process.lock:  # as if another thread were inside the module at the moment of the fork
        child = multiprocessing.get_context("fork").Process(target=sign_in_child, args=(sender, b"from the child"))
        child.start()
    child.join(30)
    assert child.exitcode == 0
    assert receiver.poll(10)
    Ed25519PublicKey.from_public_bytes(key.public).verify(receiver.recv(), b"from the child")
    assert signed_checkpoint()


@pytest.mark.django_db
def test_the_command_makes_a_key_in_the_module(token: Token) -> None:
    rotation.generate("vault")  # entries are sealed
    out = io.StringIO()
    options = token.options("by-command")
    call_command("ledger_keys", "generate", purpose="receipt", backend="pkcs11", stdout=out, **options)
    (key,) = keyring.key_files("receipt")
    assert key.backend == "pkcs11"
    assert base64url.encode(key.public) in out.getvalue()
    assert f"Key {key.key_id} is on record" in out.getvalue()
    keyring.signing_key("receipt").sign(b"data")


def test_a_vault_key_is_kept_in_a_file_only(token: Token) -> None:
    with pytest.raises(CommandError, match="lies in its file"):
        call_command("ledger_keys", "generate", purpose="vault", backend="pkcs11", **token.options("vault-1"))


def test_without_softhsm_these_tests_are_skipped_but_fail_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MODULES", ())
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install softhsm2"):
        tokens.module()
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception):
        tokens.module()
