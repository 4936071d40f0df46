"""The engine calls a remix of a bad parent "Trusted". Here every parent has its own answers and none is hidden."""

from __future__ import annotations

import time
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from provenance import certificates, jumbf, sentences
from provenance.report import Ancestor, Consent, Integrity, Lineage, Report, Signer, Since
from provenance.verify import verify
from tests.provenance.test_verify import engine_alone
from tests.provenance.workshop import Workshop, one_media_byte_changed, plain_manifest, workshop


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("lineage"), "ours")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("lineage"), "theirs")


@pytest.fixture(scope="module")
def tampered(ours: Workshop) -> Path:
    path = ours.folder / "tampered.mp4"
    path.write_bytes(one_media_byte_changed(ours.created().read_bytes()))
    return path


def report_on(shop: Workshop, path: Path, **basis: Any) -> Report:  # noqa: ANN401  any argument of `verify`
    return verify(path, anchors_pem=shop.chain.anchors_pem, log=shop.log.trust, **basis)


def only_parent(report: Report) -> Ancestor:
    (parent,) = report.lineage
    return parent


def careless_remix(shop: Workshop, parent: Path, *, believes: str = "") -> Path:
    return shop.signed_without_scruples(plain_manifest(uuid4(), remix=True), parent=parent, believes=believes)


def test_a_remix_names_its_parent_and_both_are_in_order(ours: Workshop) -> None:
    parent = ours.created()
    report = report_on(ours, ours.remixed(parent))
    assert report.ok
    assert report.ancestry.verdict is Lineage.SOUND
    found = only_parent(report)
    assert found.manifest_label == report_on(ours, parent).manifest_label
    assert found.child_label == report.manifest_label
    assert found.relationship == "parentOf"
    assert found.verdicts.consent.verdict is Consent.PROVEN


def test_a_chain_of_remixes_is_walked_to_its_root(ours: Workshop) -> None:
    remix = ours.remixed(ours.remixed(ours.created()), seed=2)
    report = report_on(ours, remix, time_anchors_pem=ours.clock.roots_pem)
    assert report.ok
    assert len(report.lineage) == 2
    assert report.lineage[0].manifest_label == report.lineage[1].child_label


def test_a_tampered_parent_is_reported_though_the_engine_is_content(ours: Workshop, tampered: Path) -> None:
    remix = careless_remix(ours, tampered)
    assert engine_alone(remix, ours.chain.anchors_pem) == "Trusted"
    report = report_on(ours, remix)
    assert report.integrity.verdict is Integrity.INTACT
    assert report.ancestry.verdict is Lineage.FLAWED
    assert only_parent(report).verdicts.integrity.verdict is Integrity.TAMPERED
    assert not report.ok


def test_a_tampered_grandparent_is_reported(ours: Workshop, tampered: Path) -> None:
    report = report_on(ours, careless_remix(ours, careless_remix(ours, tampered)))
    verdicts = [each.verdicts.integrity.verdict for each in report.lineage]
    assert verdicts == [Integrity.INTACT, Integrity.TAMPERED]
    assert not report.ok


def test_a_strangers_parent_is_untrusted_even_if_its_remixer_believed_in_it(ours: Workshop, theirs: Workshop) -> None:
    remix = careless_remix(ours, theirs.created(), believes=theirs.chain.anchors_pem)
    parent = only_parent(report_on(ours, remix))
    assert parent.verdicts.signer.verdict is Signer.UNTRUSTED
    assert parent.verdicts.consent.verdict is Consent.NOT_PROVEN


def test_a_parent_whose_certificate_ran_out_without_a_trusted_time_is_reported(
    ours: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(certificates, "DEVELOPMENT_LIFETIME", timedelta(seconds=4))
        short = workshop(tmp_path, "short")
    remix = careless_remix(ours, short.created(), believes=short.chain.anchors_pem)
    time.sleep(5)  # the engine has no other clock than the machine's, and reads it in whole seconds
    anchors = ours.chain.anchors_pem + short.chain.anchors_pem
    clocks = short.clock.roots_pem
    report, timed = (verify(remix, anchors_pem=anchors, time_anchors_pem=pem) for pem in ("", clocks))
    assert (report.signer.verdict, report.ancestry.verdict) == (Signer.OURS, Lineage.FLAWED)
    assert only_parent(report).verdicts.signer.sentence == sentences.EXPIRED_SIGNER
    assert only_parent(timed).verdicts.signer.verdict is Signer.OURS


def test_a_stranger_cannot_vouch_for_the_media_of_our_video(ours: Workshop, theirs: Workshop) -> None:
    remix = careless_remix(theirs, ours.created(), believes=ours.chain.anchors_pem)
    report = report_on(ours, remix)
    parent = only_parent(report)
    assert report.signer.verdict is Signer.UNTRUSTED
    assert parent.verdicts.signer.verdict is Signer.OURS
    assert parent.verdicts.integrity.verdict is Integrity.COULD_NOT_CHECK
    assert parent.verdicts.consent.codes == ("file-not-checked",)


def test_what_a_stranger_says_against_a_parent_counts(ours: Workshop, theirs: Workshop, tampered: Path) -> None:
    parent = only_parent(report_on(ours, careless_remix(theirs, tampered)))
    assert parent.verdicts.integrity.verdict is Integrity.TAMPERED


@pytest.mark.parametrize("member", [b"dc:title", b"genvid"])
def test_a_parents_record_that_was_changed_inside_the_remix_is_reported(
    ours: Workshop, tmp_path: Path, member: bytes
) -> None:
    data = ours.remixed(ours.created()).read_bytes()
    parent = next(iter(jumbf.manifests(jumbf.manifest_store(BytesIO(data)) or b"").values()))
    at = data.index(parent) + parent.rindex(member) + len(member) + 3
    changed = tmp_path / "changed.mp4"
    changed.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    report = report_on(ours, changed)
    assert only_parent(report).verdicts.integrity.verdict is Integrity.TAMPERED
    assert not report.ok


def test_a_parent_whose_consent_was_withdrawn_speaks_against_the_remix(ours: Workshop) -> None:
    parent = ours.created()
    video = report_on(ours, parent).own.permit
    assert video is not None
    report = report_on(
        ours,
        ours.remixed(parent),
        standing=lambda permit: "withdrawn" if permit.video == video.video else "standing",
    )
    assert report.since.verdict is Since.STANDING
    assert only_parent(report).verdicts.since.verdict is Since.WITHDRAWN
    assert not report.ok
