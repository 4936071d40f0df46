"""A chain that signs, and nothing that merely looks like one."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from provenance import certificates
from provenance.certificates import ClaimChainUnusable, claim_chain, is_development, make_development_chain


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "chain"
    make_development_chain(made)
    return made


def leaf_of(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificates((folder / certificates.CHAIN_FILE).read_bytes())[0]


def test_the_leaf_may_sign_claims_and_nothing_else(folder: Path) -> None:
    extensions = {each.oid: each for each in leaf_of(folder).extensions}
    constraints = extensions[ExtensionOID.BASIC_CONSTRAINTS]
    usage = extensions[ExtensionOID.KEY_USAGE]
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=False, path_length=None)
    assert usage.critical
    assert usage.value == certificates.key_usage(leaf=True)
    purposes = extensions[ExtensionOID.EXTENDED_KEY_USAGE].value
    assert {each.dotted_string for each in purposes} == {"1.3.6.1.4.1.62558.2.1", "1.3.6.1.5.5.7.3.4"}
    assert {ExtensionOID.SUBJECT_KEY_IDENTIFIER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER} <= set(extensions)


def test_the_leaf_is_valid_for_two_years_and_names_itself_as_development(folder: Path) -> None:
    leaf = leaf_of(folder)
    assert leaf.not_valid_after_utc - datetime.now(UTC) > timedelta(days=729)
    assert "DEVELOPMENT" in str(leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    assert is_development(claim_chain(folder))


def test_the_key_is_for_its_owner_only_and_no_other_private_key_is_kept(folder: Path) -> None:
    assert stat.S_IMODE((folder / certificates.KEY_FILE).stat().st_mode) == 0o600
    assert {path.name for path in folder.iterdir()} == set(certificates.FILES)


def test_the_key_is_not_shown_with_the_chain(folder: Path) -> None:
    assert "PrivateKey" not in repr(claim_chain(folder))


def test_making_a_chain_twice_changes_nothing(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    make_development_chain(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_making_a_chain_from_several_threads_makes_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make_development_chain, [tmp_path / "chain"] * 8))
    assert claim_chain(tmp_path / "chain")  # raises if the files were of different chains


def test_a_making_that_was_cut_short_is_made_anew(folder: Path) -> None:
    (folder / certificates.ROOT_FILE).unlink()
    old = leaf_of(folder)
    make_development_chain(folder)
    assert claim_chain(folder)
    assert leaf_of(folder) != old


def test_a_broken_chain_is_refused_and_never_replaced(folder: Path) -> None:
    (folder / certificates.KEY_FILE).write_text("not a key")
    with pytest.raises(ClaimChainUnusable):
        make_development_chain(folder)
    assert (folder / certificates.KEY_FILE).read_text() == "not a key"


@pytest.mark.parametrize("name", certificates.FILES)
def test_a_file_of_another_chain_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    make_development_chain(tmp_path / "other")
    (folder / name).write_bytes((tmp_path / "other" / name).read_bytes())
    with pytest.raises(ClaimChainUnusable):
        claim_chain(folder)


@pytest.mark.parametrize("name", certificates.FILES)
@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_missing_or_garbled_file_is_refused(folder: Path, name: str, content: bytes | None) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(ClaimChainUnusable):
        claim_chain(folder)


def test_an_expired_leaf_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "DEVELOPMENT_LIFETIME", timedelta(minutes=-1))
    make_development_chain(tmp_path / "chain")
    with pytest.raises(ClaimChainUnusable, match="valid until"):
        claim_chain(tmp_path / "chain")


def test_a_chain_without_the_mark_is_not_called_development(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(certificates, "DEVELOPMENT_MARK", "Example")
        make_development_chain(tmp_path / "chain")
    assert not is_development(claim_chain(tmp_path / "chain"))
