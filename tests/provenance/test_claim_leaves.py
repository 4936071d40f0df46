"""A leaf of a few days: asked for, on record, put in place, renewed, and never signed under once it has ended."""

from __future__ import annotations

import fcntl
import io
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from django.core.management import CommandError, call_command

from consent.staff import Staff
from ledger import es256, keyring, log, rotation
from ledger.entry import decode, to_minute
from ledger.keyfile import KeyUnavailable
from ledger.models import Entry
from ledger.signers import pkcs11 as backend
from provenance import certificates, checks, claim_leaves, claim_signers, lockdown, tasks
from provenance.certificates import ClaimChain, ClaimChainUnusable, LeafEnded
from provenance.claim_leaves import IssuerElsewhere
from provenance.claim_profile import CertificateUnfit
from provenance.stamp import SignerUnavailable, StampFailed
from tests.ledger.signers import token as tokens
from tests.provenance import ca, clockwork, test_stamp
from tests.provenance.ca import Authority, pem
from tests.provenance.workshop import Workshop, workshop

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
ACTOR = "system:operator"


@pytest.fixture(autouse=True)
def house(made_keys: Path, tmp_path: Path, settings: Settings) -> Path:
    """Give each test a claim folder and a claim key of its own, beside the keys that entries need."""
    own = tmp_path / "own-keys"
    own.mkdir()
    for purpose in keyring.PURPOSES:
        (own / purpose).symlink_to(made_keys / "keys" / purpose)
    settings.LEDGER_KEYS_DIR, settings.PROVENANCE_CLAIM_DIR = own, tmp_path / "own-claim"
    rotation.generate("claim")
    return tmp_path / "own-claim"


@pytest.fixture(scope="module")
def elsewhere() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("leaves"), "ours")


def asked(purpose: keyring.Certified = "claim") -> bytes:
    return claim_leaves.request(purpose, organisation="Example Studio", country="CH", name="Example Studio claim")


def installed(elsewhere: Authority, **changes: Any) -> str:  # noqa: ANN401 - of a certificate
    leaf = elsewhere.answer(asked(), **changes)
    return claim_leaves.install(pem(leaf, elsewhere.middle), root_pem=pem(elsewhere.root), actor=ACTOR)


def ours(elsewhere: Authority) -> None:
    """Make us the issuer, certified by the same root."""
    rotation.generate("claim-issuer")
    issuer = elsewhere.answer_issuer(asked("claim-issuer"))
    claim_leaves.install_issuer(pem(issuer), root_pem=pem(elsewhere.root))


def recorded() -> list[dict[str, Any]]:
    return [decode(bytes(entry.body)) for entry in Entry.objects.filter(kind="stamp.signer_certified")]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_was_asked_for_is_put_in_place_and_on_record(elsewhere: Authority, house: Path) -> None:
    serial = installed(elsewhere)
    chain = claim_leaves.current()
    assert chain.serial == serial
    [entry] = recorded()
    assert entry["serial"] == serial
    assert (entry["not_before"], entry["not_after"]) == (to_minute(chain.not_before), to_minute(chain.not_after))
    assert (house / "leaves" / f"{serial}.pem").read_text() == chain.leaf_then_intermediate_pem
    assert claim_leaves.on_record(serial)
    assert not claim_leaves.on_record("7")


def unfit(elsewhere: Authority, name: str) -> bytes:  # noqa: PLR0911 - one for each flaw
    """Return a chain that must not be put in place."""
    if name == "another's key":
        key = ca.key().public_key()
        return pem(ca.certificate(ca.named("x"), key, elsewhere.middle.subject, elsewhere.middle_key), elsewhere.middle)
    if name == "the issuer's key":
        rotation.generate("claim-issuer")
        return pem(elsewhere.answer(asked("claim-issuer")), elsewhere.middle)
    if name == "another root":
        other = Authority("Other")
        return pem(other.answer(asked()), other.middle)
    if name == "ended":
        answer = elsewhere.answer(asked(), begins=timedelta(days=-2), ends=timedelta(seconds=-1))
        return pem(answer, elsewhere.middle)
    if name == "a revoked one":
        leaf = elsewhere.answer(asked())
        claim_signers.propose(str(leaf.serial_number), since=datetime.now(UTC), actor=Staff(1))
        claim_signers.approve(str(leaf.serial_number), actor=Staff(2))
        return pem(leaf, elsewhere.middle)
    if name == "a key that was given up":
        answer = elsewhere.answer(asked())
        keyring.statements(keyring.standing("claim")[-1])[0].write_text("stolen")
        return pem(answer, elsewhere.middle)
    return b"not a certificate"


UNFIT = (
    "another's key",
    "the issuer's key",
    "another root",
    "ended",
    "a revoked one",
    "a key that was given up",
    "junk",
)


@pytest.mark.parametrize("name", UNFIT)
def test_what_does_not_fit_replaces_nothing(elsewhere: Authority, house: Path, name: str) -> None:
    installed(elsewhere)
    before, entries = files(house), recorded()
    chain = unfit(elsewhere, name)
    with pytest.raises(CertificateUnfit):
        claim_leaves.install(chain, actor=ACTOR)
    assert files(house) == before
    assert recorded() == entries


def test_a_first_chain_needs_a_root_to_be_trusted(elsewhere: Authority, house: Path) -> None:
    leaf = elsewhere.answer(asked())
    with pytest.raises(CertificateUnfit, match="none of the roots"):
        claim_leaves.install(pem(leaf, elsewhere.middle), actor=ACTOR)
    assert files(house) == {}


def test_earlier_roots_stay_trusted_when_another_authority_takes_over(elsewhere: Authority, house: Path) -> None:
    first = installed(elsewhere)
    other = Authority("Other")
    second = installed(other)
    roots = x509.load_pem_x509_certificates(certificates.anchors_pem(house).encode())
    assert roots == [elsewhere.root, other.root]
    assert claim_leaves.current().serial == second
    assert {path.stem for path in (house / "leaves").iterdir()} == {first, second}


def test_our_own_issuer_renews_in_time_and_not_before(elsewhere: Authority, settings: Settings) -> None:
    ours(elsewhere)
    settings.PROVENANCE_LEAF_DAYS = 3
    first = claim_leaves.renew(actor=ACTOR)
    chain = claim_leaves.current()
    assert chain.serial == first
    assert timedelta(days=2, hours=22) < chain.not_after - datetime.now(UTC) < timedelta(days=3)
    assert claim_leaves.renew(actor=ACTOR) is None
    second = claim_leaves.renew(actor=ACTOR, at_once=True)
    assert second not in {None, first}
    assert claim_leaves.current().serial == second
    assert {entry["serial"] for entry in recorded()} == {first, second}
    assert certificates.key_usage(leaf=True) == _usage(claim_leaves.current())


def _usage(chain: ClaimChain) -> x509.KeyUsage:
    leaf = x509.load_pem_x509_certificates(chain.leaf_then_intermediate_pem.encode())[0]
    return leaf.extensions.get_extension_for_class(x509.KeyUsage).value


@pytest.mark.parametrize(("lived", "left", "due"), [(60, 40, False), (67, 33, True), (100, 0, True), (100, -5, True)])
def test_a_leaf_is_due_when_a_third_of_its_life_is_left(lived: int, left: int, due: bool) -> None:  # noqa: FBT001
    now = datetime(2026, 11, 22, tzinfo=UTC)
    begin, end = now - timedelta(hours=lived), now + timedelta(hours=left)
    assert claim_leaves.ends_soon(begin, end, at=now) is due


def test_a_leaf_that_ends_soon_is_renewed(elsewhere: Authority, settings: Settings) -> None:
    ours(elsewhere)
    first = installed(elsewhere, begins=timedelta(hours=-9), ends=timedelta(hours=1))
    assert first != claim_leaves.renew(actor=ACTOR)
    assert claim_leaves.current().not_after - datetime.now(UTC) > timedelta(days=settings.PROVENANCE_LEAF_DAYS - 1)


def test_a_key_that_was_rotated_has_its_leaf_with_the_next_run(elsewhere: Authority) -> None:
    ours(elsewhere)
    claim_leaves.renew(actor=ACTOR)
    new = rotation.rotate("claim", overlap=timedelta(hours=1)).new
    assert claim_leaves.current()  # the old key goes on meanwhile
    assert claim_leaves.renew(actor=ACTOR)
    leaf = x509.load_pem_x509_certificates(claim_leaves.current().leaf_then_intermediate_pem.encode())[0]
    assert es256.point(leaf.public_key()) == new.public


def test_a_leaf_does_not_outlive_its_issuer(elsewhere: Authority, settings: Settings) -> None:
    ours(elsewhere)
    settings.PROVENANCE_LEAF_DAYS = 366
    claim_leaves.renew(actor=ACTOR)
    soon = elsewhere.intermediate(
        es256.public_key(keyring.certified_key("claim-issuer").public), ends=timedelta(days=2)
    )
    claim_leaves.install_issuer(pem(soon))
    claim_leaves.renew(actor=ACTOR, at_once=True)
    assert claim_leaves.current().not_after == soon.not_valid_after_utc


def test_who_does_not_issue_is_told_when_it_is_due(elsewhere: Authority) -> None:
    with pytest.raises(IssuerElsewhere):
        claim_leaves.renew(actor=ACTOR)
    installed(elsewhere)
    assert claim_leaves.renew(actor=ACTOR) is None
    installed(elsewhere, begins=timedelta(hours=-9), ends=timedelta(hours=1))
    with pytest.raises(IssuerElsewhere, match="ends at"):
        claim_leaves.renew(actor=ACTOR)


def test_two_workers_at_once_renew_once(elsewhere: Authority, house: Path) -> None:
    ours(elsewhere)
    with certificates.alone_in(house):  # as the one that came first does
        handle = os.open(house, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
    asked_for: list[str] = []

    def held(folder: Path) -> AbstractContextManager[None]:
        asked_for.append(folder.name)
        return alone(folder)

    alone = certificates.alone_in
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certificates, "alone_in", held)
        assert claim_leaves.renew(actor=ACTOR)
        assert claim_leaves.renew(actor=ACTOR) is None  # the second finds what the first has done
    assert asked_for == [house.name] * 2
    assert len(recorded()) == 1


def test_a_chain_that_was_put_there_by_hand_comes_on_record(house: Path) -> None:
    certificates.make_development_chain(house)
    serial = claim_leaves.current().serial
    tasks.renew_leaf()
    tasks.renew_leaf()
    assert [entry["serial"] for entry in recorded()] == [serial]


def test_a_crash_after_the_record_leaves_the_old_leaf_and_the_next_run_goes_on(
    elsewhere: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours(elsewhere)
    first = claim_leaves.renew(actor=ACTOR)
    written = certificates.write

    def dies(path: Path, content: bytes, *, mode: int = 0o644) -> None:
        if path.name == certificates.CHAIN_FILE:
            raise OSError(28, "No space left on device", str(path))
        written(path, content, mode=mode)

    with monkeypatch.context() as patch:
        patch.setattr(certificates, "write", dies)
        with pytest.raises(OSError, match="No space"):
            claim_leaves.renew(actor=ACTOR, at_once=True)
    assert claim_leaves.current().serial == first
    assert len(recorded()) == 2  # one of them never signed
    third = claim_leaves.renew(actor=ACTOR, at_once=True)
    assert {first, third} < {entry["serial"] for entry in recorded()}


def test_a_leaf_that_is_not_on_record_is_never_in_place(elsewhere: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    ours(elsewhere)
    first = claim_leaves.renew(actor=ACTOR)
    with monkeypatch.context() as patch:
        patch.setattr(log, "append", lambda *_args, **_options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            claim_leaves.renew(actor=ACTOR, at_once=True)
    assert claim_leaves.current().serial == first


def test_an_ended_leaf_signs_nothing_and_what_it_signed_can_still_be_checked(elsewhere: Authority, house: Path) -> None:
    installed(elsewhere)
    ended = elsewhere.answer(asked(), begins=timedelta(days=-2), ends=timedelta(seconds=-1))
    (house / certificates.CHAIN_FILE).write_bytes(pem(ended, elsewhere.middle))
    with pytest.raises(LeafEnded, match="valid until") as told:
        claim_leaves.current()
    assert "tried again" in told.value.remedy
    assert certificates.anchors_pem(house) == pem(elsewhere.root).decode()


def test_the_engine_and_we_refuse_a_stamp_under_a_leaf_that_ended_meanwhile(
    elsewhere: Authority, shop: Workshop, tmp_path: Path
) -> None:
    installed(elsewhere)
    ended = elsewhere.answer(asked(), begins=timedelta(days=-2), ends=timedelta(seconds=-1))
    late = replace(claim_leaves.current(), leaf_then_intermediate_pem=pem(ended, elsewhere.middle).decode())
    with pytest.raises(StampFailed):
        test_stamp.sign(shop, tmp_path / "late.mp4", chain=late)
    assert not (tmp_path / "late.mp4").exists()


def test_what_ended_soon_and_what_ended_is_told_at_the_start(elsewhere: Authority, settings: Settings) -> None:
    installed(elsewhere)
    assert checks.claim_leaf_lasts(None) == []
    installed(elsewhere, begins=timedelta(hours=-9), ends=timedelta(hours=1))
    assert [one.id for one in checks.claim_leaf_lasts(None)] == ["provenance.W024"]
    ended = elsewhere.answer(asked(), begins=timedelta(days=-2), ends=timedelta(seconds=-1))
    (settings.PROVENANCE_CLAIM_DIR / certificates.CHAIN_FILE).write_bytes(pem(ended, elsewhere.middle))
    assert [one.id for one in checks.claim_leaf_lasts(None)] == ["provenance.E024"]
    settings.PROVENANCE_LEAF_DAYS = 367
    assert [one.id for one in checks.claim_leaf_lasts(None)] == ["provenance.E024"] * 2


def assert_both_engines_trust(path: Path, chain: ClaimChain) -> None:
    """Ask the engine that signed, and one that shares nothing with it."""
    import c2pa

    roots = clockwork.clock().roots_pem
    with (
        path.open("rb") as media,
        c2pa.Context.from_dict(lockdown.settings(chain.anchors_pem, roots)) as context,
        c2pa.Reader("video/mp4", media, context=context) as reader,
    ):
        assert reader.get_validation_state() == "Trusted"
        assert chain.serial in reader.json()
    second = test_stamp.second_opinion(path, chain.anchors_pem, roots)
    test_stamp.assert_trusted(second)


def test_both_engines_accept_what_a_file_key_signed(elsewhere: Authority, shop: Workshop, tmp_path: Path) -> None:
    ours(elsewhere)
    claim_leaves.renew(actor=ACTOR)
    chain = claim_leaves.current()
    test_stamp.sign(shop, tmp_path / "file.mp4", chain=chain)
    assert_both_engines_trust(tmp_path / "file.mp4", chain)
    claim_leaves.renew(actor=ACTOR, at_once=True)  # what the earlier leaf signed stays good
    assert_both_engines_trust(tmp_path / "file.mp4", replace(claim_leaves.current(), serial=chain.serial))


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tokens.Token]:
    backend._begin_anew()
    yield from tokens.made(tmp_path / "hsm", monkeypatch, "countenance")
    backend._begin_anew()


def test_both_engines_accept_what_a_token_signed_under_a_leaf_that_a_token_issued(
    elsewhere: Authority, shop: Workshop, tmp_path: Path, token: tokens.Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotation.rotate("claim", overlap=timedelta(0), backend="pkcs11", options=token.options("claim-1"))
    rotation.generate("claim-issuer", backend="pkcs11", options=token.options("issuer-1"))
    issuer = elsewhere.answer_issuer(asked("claim-issuer"))
    claim_leaves.install_issuer(pem(issuer), root_pem=pem(elsewhere.root))
    assert claim_leaves.renew(actor=ACTOR)
    chain = claim_leaves.current()
    test_stamp.sign(shop, tmp_path / "token.mp4", chain=chain)
    assert_both_engines_trust(tmp_path / "token.mp4", chain)
    monkeypatch.setenv("LEDGER_TEST_PIN", "")
    backend._begin_anew()
    with pytest.raises(SignerUnavailable, match="no PIN") as told:
        test_stamp.sign(shop, tmp_path / "lost.mp4", chain=claim_leaves.current())
    assert isinstance(told.value.__cause__, KeyUnavailable)
    assert not (tmp_path / "lost.mp4").exists()


def told(*arguments: str, **options: Any) -> str:  # noqa: ANN401 - of the command
    out = io.StringIO()
    call_command("claim_leaf", *arguments, stdout=out, **options)
    return out.getvalue()


def test_an_operator_goes_from_nothing_to_a_leaf_that_somebody_else_issued(
    elsewhere: Authority, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="--organisation"):
        told("request")
    wanted = told("request", "--organisation", "Example Studio", "--country", "CH")
    leaf = elsewhere.answer(wanted.encode())
    chain, root = tmp_path / "chain.pem", tmp_path / "root.pem"
    chain.write_bytes(pem(leaf, elsewhere.middle))
    root.write_bytes(pem(elsewhere.root))
    with pytest.raises(CommandError, match="none of the roots"):
        told("install", str(chain))
    assert str(leaf.serial_number) in told("install", str(chain), "--root", str(root))
    assert "on record" in told("show")
    assert "Nothing was due" in told("renew")
    with pytest.raises(CommandError, match="request"):
        told("renew", "--now")
    with pytest.raises(CommandError, match="No such file"):
        told("install", str(tmp_path / "nothing.pem"))
    with pytest.raises(CommandError, match="no name"):
        told("request", "--organisation", "Example Studio", "--country", "Switzerland")


def test_an_operator_becomes_the_issuer_and_renews(elsewhere: Authority, tmp_path: Path) -> None:
    rotation.generate("claim-issuer")
    options = ("--for", "claim-issuer", "--organisation", "Example Studio", "--country", "CH")
    issuer = elsewhere.answer_issuer(told("request", *options).encode())
    chain, root = tmp_path / "issuer.pem", tmp_path / "root.pem"
    chain.write_bytes(pem(issuer))
    root.write_bytes(pem(elsewhere.root))
    assert "claim_leaf renew" in told("install", str(chain), "--for", "claim-issuer", "--root", str(root))
    told("renew")
    assert claim_leaves.current().serial in told("show")
    with pytest.raises(CommandError, match="not an authority"):
        told("install", str(_written(tmp_path, claim_leaves.current())), "--for", "claim-issuer")


def _written(folder: Path, chain: ClaimChain) -> Path:
    path = folder / "leaf.pem"
    path.write_text(chain.leaf_then_intermediate_pem)
    return path


def test_without_any_chain_nothing_signs() -> None:
    with pytest.raises(ClaimChainUnusable):
        claim_leaves.current()
