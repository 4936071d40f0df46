"""Keys by purpose, and the checks that keep unsafe ones from starting."""

import json
from pathlib import Path

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from ledger import base64url, keyfile, keyring, note
from ledger.checks import keys_are_fit
from ledger.keyring import KeyUnavailable, Purpose, SignatureInvalid


@pytest.fixture
def own_keys(settings: Settings, tmp_path: Path) -> Path:
    """Return a folder of keys that the test may spoil."""
    settings.LEDGER_KEYS_DIR = tmp_path / "own"
    keyring.make_development_keys(tmp_path / "own", settings.LEDGER_ORIGIN)
    return tmp_path / "own"


def file_of(folder: Path, purpose: str) -> Path:
    (path,) = (folder / purpose).glob("*.json")
    return path


def change(path: Path, **members: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | members))


def ids() -> set[str | None]:
    return {message.id for message in keys_are_fit(None)}


def test_a_signature_verifies_under_its_public_key_only(own_keys: Path) -> None:
    key = keyring.signing_key("permit")
    (public,) = keyring.public_keys("permit")
    assert (public.key_id, public.public) == (key.key_id, key.public)
    public.verify(key.sign(b"data"), b"data")
    (other,) = keyring.public_keys("log")
    for wrong, signature, data in (
        (public, key.sign(b"data"), b"other"),
        (public, b"", b"data"),
        (public, bytes(64), b"data"),
        (other, key.sign(b"data"), b"data"),
    ):
        with pytest.raises(SignatureInvalid):
            wrong.verify(signature, data)


def test_one_key_has_one_purpose(own_keys: Path) -> None:
    assert keyring.signing_key("log").public != keyring.signing_key("permit").public
    path = file_of(own_keys, "permit")
    path.rename(own_keys / "log" / path.name)
    with pytest.raises(KeyUnavailable):
        keyring.key_files("log")


def test_making_keys_again_changes_nothing(own_keys: Path) -> None:
    before = {path: path.read_bytes() for path in own_keys.rglob("*.json")}
    keyring.make_development_keys(own_keys, configured.LEDGER_ORIGIN)
    assert {path: path.read_bytes() for path in own_keys.rglob("*.json")} == before
    assert len(before) == len(keyring.PURPOSES)
    assert {path.stat().st_mode & 0o777 for path in before} == {0o600}


def test_the_log_key_is_named_by_the_origin(own_keys: Path) -> None:
    verifier = note.parse_vkey(keyring.log_vkey())
    assert verifier.name == configured.LEDGER_ORIGIN
    assert verifier.key_id.hex() == keyring.signing_key("log").key_id


def test_secrets_do_not_show(own_keys: Path) -> None:
    secret = json.loads(file_of(own_keys, "log").read_text())["secret"]
    for shown in (keyring.signing_key("log"), keyring.key_files("log")):
        assert secret not in repr(shown)
        assert repr(base64url.decode(secret)) not in repr(shown)


@pytest.mark.parametrize(
    "window",
    [
        {"not_before": "2999-01-01T00:00:00+00:00"},
        {"not_after": "2020-01-01T00:00:00+00:00"},
    ],
)
def test_a_key_outside_its_window_does_not_sign_but_still_verifies(own_keys: Path, window: dict[str, str]) -> None:
    change(file_of(own_keys, "permit"), **window)
    with pytest.raises(KeyUnavailable):
        keyring.signing_key("permit")
    assert len(keyring.public_keys("permit")) == 1


def test_the_newest_key_signs_and_the_older_ones_stay_known(own_keys: Path, tmp_path: Path) -> None:
    old = keyring.signing_key("permit").key_id
    change(file_of(own_keys, "permit"), not_before="2020-01-01T00:00:00+00:00")
    keyring.make_development_keys(tmp_path / "new", configured.LEDGER_ORIGIN)
    new = file_of(tmp_path / "new", "permit")
    new.rename(own_keys / "permit" / new.name)
    assert keyring.signing_key("permit").key_id == new.stem
    assert [key.key_id for key in keyring.public_keys("permit")] == [old, new.stem]


def test_the_root_key_that_wrapped_is_found_by_its_id(own_keys: Path) -> None:
    key_id, root = keyring.vault_root()
    assert keyring.vault_root(key_id) == (key_id, root)
    with pytest.raises(KeyUnavailable):
        keyring.vault_root("0" * 16)


@pytest.mark.parametrize(
    "members", [{"secret": "AAAA"}, {"key_id": "0"}, {"purpose": "permit"}, {"not_before": "soon"}, {"name": "other"}]
)
def test_a_spoiled_key_file_is_refused(own_keys: Path, members: dict[str, str]) -> None:
    change(file_of(own_keys, "log"), **members)
    with pytest.raises(KeyUnavailable):
        keyring.signing_key("log")
    assert ids() == {"ledger.E003"}


def test_development_keys_start_in_development_only(own_keys: Path, settings: Settings) -> None:
    settings.DEVELOPMENT = True
    assert ids() == set()
    settings.DEVELOPMENT = False
    assert ids() == {"ledger.E001"}
    assert len(keys_are_fit(None)) == len(keyring.PURPOSES)
    for purpose in keyring.PURPOSES:
        change(file_of(own_keys, purpose), development=False)
    assert ids() == set()


def test_keys_that_others_can_read_do_not_start(own_keys: Path) -> None:
    file_of(own_keys, "vault").chmod(0o640)
    assert ids() == {"ledger.E002"}


def test_a_purpose_without_a_standing_key_does_not_start(own_keys: Path) -> None:
    change(file_of(own_keys, "status"), not_after="2020-01-01T00:00:00+00:00")
    assert ids() == {"ledger.E011"}
    change(file_of(own_keys, "status"), not_before="2999-01-01T00:00:00+00:00", not_after=None)
    assert ids() == {"ledger.E011"}
    change(file_of(own_keys, "status"), not_before="2020-01-01T00:00:00+00:00")
    assert ids() == set()


def test_a_purpose_of_another_host_is_a_warning_outside_development(own_keys: Path, settings: Settings) -> None:
    file_of(own_keys, "log").unlink()
    settings.DEVELOPMENT = True
    assert ids() == set()
    settings.DEVELOPMENT = False
    for purpose in set(keyring.PURPOSES) - {"log"}:
        change(file_of(own_keys, purpose), development=False)
    assert ids() == {"ledger.W011"}


@pytest.mark.parametrize("purpose", ["receipt", "vault"])
def test_a_key_that_serves_two_purposes_does_not_start(own_keys: Path, purpose: Purpose) -> None:
    content = json.loads(file_of(own_keys, "permit").read_text())
    secret = base64url.decode(content["secret"])
    material = secret if purpose == "vault" else keyfile.public_of(secret)
    key_id = keyfile.key_id(purpose, content["name"], material)
    (own_keys / purpose / f"{key_id}.json").write_text(json.dumps(content | {"purpose": purpose, "key_id": key_id}))
    (own_keys / purpose / f"{key_id}.json").chmod(0o600)
    assert ids() == {"ledger.E012"}


@pytest.mark.parametrize("backend", ["abacus", "", None, ["file"]])
def test_a_key_of_an_unknown_backend_does_not_start(own_keys: Path, backend: object) -> None:
    change(file_of(own_keys, "receipt"), backend=backend)
    with pytest.raises(KeyUnavailable):
        keyring.signing_key("receipt")
    assert ids() == {"ledger.E013"}


def test_a_key_file_from_before_there_were_backends_is_still_read(own_keys: Path) -> None:
    path = file_of(own_keys, "receipt")
    content = json.loads(path.read_text())
    del content["backend"]
    path.write_text(json.dumps(content))
    assert keyring.signing_key("receipt").key_id == path.stem


@pytest.mark.parametrize(
    "members",
    [
        {"backend": "kms", "kms": {"signer": "a.b"}},
        {"backend": "pkcs11", "kms": {"signer": "a.b"}},
        {"not_before": "2026-01-01T00:00:00"},
    ],
    ids=["no public half", "no options", "a time without a zone"],
)
def test_a_key_file_that_contradicts_itself_is_refused(own_keys: Path, members: dict[str, object]) -> None:
    change(file_of(own_keys, "receipt"), **members)
    with pytest.raises(KeyUnavailable):
        keyring.key_files("receipt")
    assert ids() == {"ledger.E003"}


def test_a_key_that_lies_elsewhere_does_not_lie_in_its_file_as_well(own_keys: Path) -> None:
    path = file_of(own_keys, "receipt")
    content = json.loads(path.read_text())
    public = base64url.encode(keyfile.public_of(base64url.decode(content.pop("secret"))))
    elsewhere = content | {"backend": "kms", "public": public, "kms": {"signer": "a.b"}}
    path.write_text(json.dumps(elsewhere))
    assert keyring.key_files("receipt")[0].secret is None
    path.write_text(json.dumps(elsewhere | {"secret": public}))
    with pytest.raises(KeyUnavailable):
        keyring.key_files("receipt")
