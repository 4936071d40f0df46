"""What happens to a file shows in the right answer, and only there."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import c2pa
import pytest

from consent.media import sandbox
from ledger.note import NoteInvalid
from provenance import certificates, facts, jumbf, lockdown, sentences
from provenance import verify as verification
from provenance.consent_proof import Flaw
from provenance.report import Consent, Integrity, Lineage, Report, Signer, Since
from provenance.verify import AnchorsUnusable, FileUnreadable, LogTrust, ProvenPermit
from tests.provenance.test_stamp import assert_trusted, second_opinion
from tests.provenance.workshop import (
    Workshop,
    box,
    footage,
    one_media_byte_changed,
    permit_for,
    plain_manifest,
    workshop,
)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("verify"), "ours")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("verify"), "theirs")


@pytest.fixture(scope="module")
def stamped(ours: Workshop) -> Path:
    return ours.created()


def verify(shop: Workshop, path: Path, **basis: Any) -> Report:  # noqa: ANN401  any argument of `verify`
    asked: dict[str, Any] = {"anchors_pem": shop.chain.anchors_pem, "log": shop.log.trust}
    return verification.verify(path, **(asked | basis))


def verify_bytes(shop: Workshop, data: bytes, folder: Path, **basis: Any) -> Report:  # noqa: ANN401  the same
    path = folder / "file.mp4"
    path.write_bytes(data)
    return verify(shop, path, **basis)


def words(report: Report) -> tuple[str, ...]:
    return tuple(each.verdict.value for each in (report.integrity, report.signer, report.consent, report.since))


# A file of ours


def test_a_stamped_file_is_intact_ours_and_consented(ours: Workshop, stamped: Path) -> None:
    report = verify(ours, stamped)
    assert words(report) == ("intact", "ours", "proven", "could_not_check")
    assert report.ok
    assert report.own.permit is not None
    assert report.manifest_label == f"urn:c2pa:{report.own.permit.video}:countenance"
    assert report.ancestry.verdict is Lineage.NONE


def test_one_changed_media_byte_is_tampering(ours: Workshop, stamped: Path, tmp_path: Path) -> None:
    report = verify_bytes(ours, one_media_byte_changed(stamped.read_bytes()), tmp_path)
    assert words(report) == ("tampered", "ours", "not_proven", "not_applicable")
    assert not report.ok


def test_a_changed_assertion_is_tampering(ours: Workshop, stamped: Path, tmp_path: Path) -> None:
    changed = stamped.read_bytes().replace(b"allActionsIncluded\xf5", b"allActionsIncluded\xf4")
    report = verify_bytes(ours, changed, tmp_path)
    assert report.integrity.verdict is Integrity.TAMPERED
    assert "assertion.hashedURI.mismatch" in report.integrity.codes


def test_a_changed_claim_is_tampering_and_nobody_signed_it(ours: Workshop, stamped: Path, tmp_path: Path) -> None:
    data = stamped.read_bytes()
    at = data.rindex(b"dc:title") + 15
    report = verify_bytes(ours, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], tmp_path)
    assert words(report)[:3] == ("tampered", "untrusted", "not_proven")
    assert report.signer.sentence == sentences.BROKEN_SIGNATURE


def test_a_record_that_was_disabled_is_tampering(ours: Workshop, stamped: Path, tmp_path: Path) -> None:
    retagged = stamped.read_bytes().replace(b"\0manifest\0", b"\0mAnifest\0")
    report = verify_bytes(ours, retagged, tmp_path)
    assert words(report)[:2] == ("tampered", "none")
    assert report.integrity.sentence == sentences.HIDDEN_RECORD


def test_a_plain_file_has_no_provenance(ours: Workshop, tmp_path: Path) -> None:
    report = verify_bytes(ours, footage(), tmp_path)
    assert words(report) == ("no_provenance", "none", "not_applicable", "not_applicable")
    assert not report.ok


# Could not check is never tampered


def truncated(data: bytes) -> bytes:
    return data[:-1000]


def beheaded(data: bytes) -> bytes:
    return data[1000:]


def twice_stamped(data: bytes) -> bytes:
    start = data.index(jumbf.C2PA_BOX) - 8
    return data + data[start : start + int.from_bytes(data[start : start + 4])]


def nothing(_: bytes) -> bytes:
    return b""


def matroska(_: bytes) -> bytes:
    return b"\x1a\x45\xdf\xa3" + bytes(400)


def many_boxes(data: bytes) -> bytes:
    return data + box(b"free", b"") * 50_000


@pytest.mark.parametrize("damage", [truncated, beheaded, twice_stamped, nothing, matroska, many_boxes])
def test_a_file_that_cannot_be_read_is_not_called_tampered(
    ours: Workshop, stamped: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    report = verify_bytes(ours, damage(stamped.read_bytes()), tmp_path)
    assert words(report) == ("could_not_check", "none", "not_applicable", "not_applicable")
    assert report.ancestry.verdict is Lineage.COULD_NOT_CHECK
    assert [each.what for each in report.unchecked] == ["The file"]
    assert not report.ok


@pytest.mark.parametrize("failure", [sandbox.SandboxTimedOut("slow"), sandbox.SandboxOutOfMemory("big")])
def test_a_check_that_breaks_off_is_not_called_tampered(
    ours: Workshop, stamped: Path, monkeypatch: pytest.MonkeyPatch, failure: sandbox.SandboxFailed
) -> None:
    def fail(*_: object, **__: object) -> dict[str, Any]:
        raise failure

    monkeypatch.setattr(sandbox, "run", fail)
    report = verify(ours, stamped)
    assert report.integrity.verdict is Integrity.COULD_NOT_CHECK
    assert report.integrity.codes == (failure.code,)


@pytest.mark.parametrize("answer", [{}, {"outcome": "read"}, {"outcome": "fine"}, {"outcome": "read", "manifests": 1}])
def test_an_answer_that_makes_no_sense_is_not_believed(
    ours: Workshop, stamped: Path, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    monkeypatch.setattr(sandbox, "run", lambda *_, **__: answer)
    assert verify(ours, stamped).integrity.codes == ("garbled",)


def test_media_hidden_from_the_hash_is_refused_by_the_guard(ours: Workshop, tmp_path: Path) -> None:
    """Samples in a top-level `free` box play, and can be swapped: the engine alone still says "Trusted"."""
    hidden = ours.signed_without_scruples(plain_manifest(uuid4()), media=footage().replace(b"mdat", b"free"))
    data = hidden.read_bytes()
    at = data.rindex(b"free") + 3000
    swapped = tmp_path / "swapped.mp4"
    swapped.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    assert engine_alone(swapped, ours.chain.anchors_pem) == "Trusted"
    report = verify(ours, swapped)
    assert report.integrity.verdict is Integrity.COULD_NOT_CHECK
    assert report.integrity.codes == ("samples-outside-media",)
    assert not report.ok


def engine_alone(path: Path, anchors_pem: str) -> str:
    with (
        c2pa.Context.from_dict(lockdown.settings(anchors_pem)) as context,
        path.open("rb") as file,
        c2pa.Reader("video/mp4", file, context=context) as reader,
    ):
        return str(reader.get_validation_state())


# Who signed it


def test_a_stranger_is_untrusted_and_the_file_still_intact(ours: Workshop, theirs: Workshop) -> None:
    report = verify(ours, theirs.signed_without_scruples(plain_manifest(uuid4())))
    assert words(report) == ("intact", "untrusted", "not_applicable", "not_applicable")


def test_a_stranger_with_a_recognised_authority_is_named_so(ours: Workshop, theirs: Workshop) -> None:
    path = theirs.signed_without_scruples(plain_manifest(uuid4()))
    report = verify(ours, path, other_anchors_pem=theirs.chain.anchors_pem)
    assert words(report)[:3] == ("intact", "other_trusted", "not_applicable")
    assert not report.ok


def test_a_revoked_certificate_of_ours_is_not_ours_any_more(ours: Workshop, stamped: Path) -> None:
    report = verify(ours, stamped, revoked_serials={ours.chain.serial: datetime.now(UTC) + timedelta(days=1)})
    assert words(report)[:3] == ("intact", "untrusted", "not_proven")
    assert report.signer.sentence == sentences.REVOKED_SIGNER


def test_what_was_signed_before_a_revocation_stays_good_if_somebody_else_says_so(ours: Workshop, stamped: Path) -> None:
    signed_at = verify(ours, stamped, time_anchors_pem=ours.clock.roots_pem).signed_at
    assert signed_at is not None
    later, same = ({ours.chain.serial: signed_at + timedelta(seconds=more)} for more in (1, 0))
    clocks = ours.clock.roots_pem
    assert verify(ours, stamped, time_anchors_pem=clocks, revoked_serials=later).ok
    assert verify(ours, stamped, revoked_serials=later).signer.codes == ("revoked",)
    assert verify(ours, stamped, time_anchors_pem=clocks, revoked_serials=same).signer.codes == ("revoked",)
    assert verify(ours, stamped, time_anchors_pem=clocks, revoked_serials={"1": signed_at}).ok


def test_a_trusted_time_is_said_and_an_untrusted_one_is_listed_as_unchecked(ours: Workshop, stamped: Path) -> None:
    trusted, untrusted = verify(ours, stamped, time_anchors_pem=ours.clock.roots_pem), verify(ours, stamped)
    assert abs(datetime.fromisoformat(trusted.as_dict()["signed_at"]) - datetime.now(UTC)) < timedelta(hours=1)
    assert "The time of signing" not in [each.what for each in trusted.unchecked]
    assert untrusted.as_dict()["signed_at"] is None
    assert "The time of signing" in [each.what for each in untrusted.unchecked]
    assert untrusted.signer.verdict is Signer.OURS


def test_whoever_vouches_for_the_time_vouches_for_no_signer(ours: Workshop, theirs: Workshop) -> None:
    """The engine has one list for both: to it this file is trusted."""
    path = theirs.signed_without_scruples(plain_manifest(uuid4()))
    clocks = ours.clock.roots_pem + theirs.chain.anchors_pem
    assert engine_alone(path, ours.chain.anchors_pem + clocks) == "Trusted"
    report = verify(ours, path, time_anchors_pem=clocks)
    assert words(report)[:2] == ("intact", "untrusted")


def test_an_expired_certificate_without_a_time_stamp_proves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(certificates, "DEVELOPMENT_LIFETIME", timedelta(seconds=4))
        shop = workshop(tmp_path, "short")
    path = shop.created()
    time.sleep(6)  # the engine has no other clock than the machine's, and reads it in whole seconds
    report = verify(shop, path)
    assert words(report)[:3] == ("intact", "untrusted", "not_proven")
    assert report.signer.sentence == sentences.EXPIRED_SIGNER
    assert verify(shop, path, time_anchors_pem=shop.clock.roots_pem).ok
    found = second_opinion(path, shop.chain.anchors_pem, shop.clock.roots_pem)
    assert_trusted(found)
    assert "timeStamp.trusted" in [one["code"] for one in found["validation_results"]["success"]]


# What only we can know


def record_of(report: Report, **changes: str) -> Callable[[str], SimpleNamespace]:
    record = {"claim_sha256": report.claim_sha256, "file_sha256": report.file_sha256} | changes
    return lambda _: SimpleNamespace(**record)


def test_a_file_that_is_the_one_on_record_is_intact(ours: Workshop, stamped: Path) -> None:
    report = verify(ours, stamped, stamps=record_of(verify(ours, stamped)))
    assert report.ok
    assert "The bytes that C2PA does not cover" not in {each.what for each in report.unchecked}


def test_bytes_that_c2pa_leaves_free_to_change_are_noticed(ours: Workshop, stamped: Path, tmp_path: Path) -> None:
    stamps = record_of(verify(ours, stamped))
    longer = stamped.read_bytes() + box(b"free", b"hello")
    without = verify_bytes(ours, longer, tmp_path)
    assert without.integrity.verdict is Integrity.INTACT
    assert "The bytes that C2PA does not cover" in {each.what for each in without.unchecked}
    report = verify_bytes(ours, longer, tmp_path, stamps=stamps)
    assert words(report)[:3] == ("tampered", "ours", "not_proven")
    assert report.integrity.sentence == sentences.BYTES_DIFFER


def test_another_claim_under_a_label_on_record_is_noticed(ours: Workshop, stamped: Path) -> None:
    stamps = record_of(verify(ours, stamped), claim_sha256="00" * 32)
    report = verify(ours, stamped, stamps=stamps)
    assert report.integrity.sentence == sentences.NOT_THE_STAMP
    assert not report.ok


def test_a_stamp_that_is_on_no_record_proves_no_consent(ours: Workshop, stamped: Path) -> None:
    report = verify(ours, stamped, stamps=lambda _: None)
    assert words(report)[:3] == ("intact", "ours", "not_proven")
    assert report.consent.codes == ("stamp-not-on-record",)


def broken(_: object) -> Any:  # noqa: ANN401  stands for any look-up
    raise ConnectionError("the database is down")


def test_a_record_that_does_not_answer_is_said_to_be_unchecked(ours: Workshop, stamped: Path) -> None:
    report = verify(ours, stamped, stamps=broken)
    assert report.integrity.verdict is Integrity.INTACT
    assert not report.ok
    assert "The bytes that C2PA does not cover" in {each.what for each in report.unchecked}


@pytest.mark.parametrize(
    ("answer", "ok"), [("standing", True), ("withdrawn", False), ("expired", False), ("unknown", False)]
)
def test_since_is_what_the_live_look_up_says(ours: Workshop, stamped: Path, answer: str, *, ok: bool) -> None:
    report = verify(ours, stamped, standing=lambda _: answer)
    assert words(report) == ("intact", "ours", "proven", answer)
    assert report.ok is ok


@pytest.mark.parametrize("look_up", [broken, lambda _: "perhaps"])
def test_a_live_look_up_without_an_answer_is_not_standing(
    ours: Workshop, stamped: Path, look_up: Callable[[object], str]
) -> None:
    report = verify(ours, stamped, standing=look_up)
    assert report.since.verdict is Since.COULD_NOT_CHECK
    assert not report.ok


def test_the_live_look_up_is_asked_about_the_proven_permit_only(
    ours: Workshop, theirs: Workshop, stamped: Path
) -> None:
    asked: list[ProvenPermit] = []

    def standing(permit: ProvenPermit) -> str:
        asked.append(permit)
        return "standing"

    assert verify(ours, stamped, standing=standing).since.verdict is Since.STANDING
    assert [f"urn:c2pa:{permit.video}:countenance" for permit in asked] == [verify(ours, stamped).manifest_label]
    copied = plain_manifest(uuid4(), permit_for(uuid4(), ours.log).data())
    verify(ours, theirs.signed_without_scruples(copied), standing=broken)  # would be "no answer" if it were asked
    assert verify(ours, theirs.signed_without_scruples(copied), standing=broken).since.codes == ()


# How it was asked


@pytest.mark.parametrize("pem", ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"])
def test_without_an_anchor_nothing_is_verified(stamped: Path, pem: str) -> None:
    with pytest.raises(AnchorsUnusable):
        verification.verify(stamped, anchors_pem=pem)


def test_a_file_that_is_not_there_is_a_problem(ours: Workshop, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable):
        verify(ours, tmp_path / "nothing.mp4")


def test_a_log_key_that_is_none_is_a_problem() -> None:
    with pytest.raises(NoteInvalid):
        LogTrust.from_vkey("not a key")


def test_every_verdict_and_every_flaw_has_a_sentence_of_its_own() -> None:
    for question in (Integrity, Signer, Consent, Since, Lineage):
        assert {sentences.of(verdict) for verdict in question} == set(sentences.SENTENCES[question].values())
    assert set(sentences.BECAUSE) == set(Flaw)
    said = [text for each in sentences.SENTENCES.values() for text in each.values()]
    assert len(set(said)) == len(said)


def test_facts_are_read_strictly() -> None:
    with pytest.raises(facts.FactsGarbled):
        facts.parse({"outcome": "read", "active": "a", "findings": {"success": [], "failure": []}, "manifests": {}})
