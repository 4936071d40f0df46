"""A consent assertion is text that anybody can copy. Each condition under which it counts is broken here once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ledger import base64url
from ledger.commitment import new_salt
from provenance.consent_assertion import BindingDocument, ConsentAssertion
from provenance.consent_proof import Flaw, LogTrust, NotProven, prove
from provenance.manifest import label_of
from provenance.report import Consent, Report
from provenance.verify import verify
from tests.provenance.workshop import LogKey, SmallLog, Workshop, permit_for, plain_manifest, workshop

VIDEO = uuid4()
LABEL = label_of(VIDEO)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("consent"), "ours")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("consent"), "theirs")


def report_on(shop: Workshop, path: Path, log: LogTrust | None) -> Report:
    return verify(path, anchors_pem=shop.chain.anchors_pem, log=log)


# In a file, end to end


def test_a_file_from_before_there_were_receipts_still_proves_consent(ours: Workshop) -> None:
    consent = replace(permit_for(VIDEO, ours.log), receipt=None)
    assert consent.data()["v"] == 1
    report = report_on(ours, ours.signed_without_scruples(plain_manifest(VIDEO, consent.data())), ours.log.trust)
    assert report.ok
    assert report.own.permit is not None
    assert report.own.permit.receipt == "none"


def test_without_keys_for_receipts_that_is_reported_as_unchecked(ours: Workshop) -> None:
    consent = permit_for(VIDEO, ours.log)
    path = ours.signed_without_scruples(plain_manifest(VIDEO, consent.data()))
    without = report_on(ours, path, replace(ours.log.trust, receipt_keys=None))
    with_keys = report_on(ours, path, ours.log.trust)
    assert without.ok
    assert with_keys.ok
    assert without.own.permit is not None
    assert with_keys.own.permit is not None
    assert (without.own.permit.receipt, with_keys.own.permit.receipt) == ("unchecked", "verified")
    said = "The signature of the permission's receipt"
    assert said in [each.what for each in without.unchecked]
    assert said not in [each.what for each in with_keys.unchecked]


def test_consent_is_proven_for_the_video_that_the_permit_names(ours: Workshop) -> None:
    consent = permit_for(VIDEO, ours.log)
    report = report_on(ours, ours.signed_without_scruples(plain_manifest(VIDEO, consent.data())), ours.log.trust)
    assert report.ok
    assert report.own.permit is not None
    assert report.own.permit.grants == consent.document.grants
    assert report.own.permit.at == "2026-11-22T14:35Z"


def test_our_assertion_in_a_strangers_file_does_not_count(ours: Workshop, theirs: Workshop) -> None:
    """Everything about it is right, video and label included, but for who signed."""
    copied = plain_manifest(VIDEO, permit_for(VIDEO, ours.log).data())
    report = report_on(ours, theirs.signed_without_scruples(copied), ours.log.trust)
    assert report.consent.verdict is Consent.NOT_PROVEN
    assert report.consent.codes == (Flaw.NOT_OURS,)


def test_our_assertion_in_another_file_of_ours_does_not_count(ours: Workshop) -> None:
    copied = plain_manifest(uuid4(), permit_for(VIDEO, ours.log).data())
    report = report_on(ours, ours.signed_without_scruples(copied), ours.log.trust)
    assert report.consent.codes == (Flaw.OTHER_VIDEO,)


def test_an_assertion_that_the_signer_gathered_from_elsewhere_does_not_count(ours: Workshop) -> None:
    manifest = plain_manifest(VIDEO, permit_for(VIDEO, ours.log).data())
    consent = next(each for each in manifest["assertions"] if each["label"] == "org.countenance.consent")
    consent["created"] = False
    report = report_on(ours, ours.signed_without_scruples(manifest), ours.log.trust)
    assert report.consent.codes == (Flaw.GATHERED,)


def test_two_assertions_in_one_manifest_do_not_count(ours: Workshop) -> None:
    manifest = plain_manifest(VIDEO, permit_for(VIDEO, ours.log).data())
    consent = next(each for each in manifest["assertions"] if each["label"] == "org.countenance.consent")
    manifest["assertions"].append(dict(consent))
    report = report_on(ours, ours.signed_without_scruples(manifest), ours.log.trust)
    assert report.consent.codes == (Flaw.SEVERAL,)


def test_a_file_of_ours_without_an_assertion_proves_nothing(ours: Workshop) -> None:
    report = report_on(ours, ours.signed_without_scruples(plain_manifest(uuid4())), ours.log.trust)
    assert report.consent.codes == (Flaw.ABSENT,)


def test_without_the_logs_key_consent_is_not_proven_and_said_to_be_unchecked(ours: Workshop) -> None:
    report = report_on(ours, ours.created(), None)
    assert report.consent.codes == (Flaw.NO_LOG,)
    assert "Permission when the video was made" in {each.what for each in report.unchecked}


# Step by step


def flaw_of(assertion: ConsentAssertion | dict[str, Any], log: LogTrust | None, label: str = LABEL) -> Flaw:
    data = assertion.data() if isinstance(assertion, ConsentAssertion) else assertion
    with pytest.raises(NotProven) as raised:
        prove(label, [(True, data)], log)
    return raised.value.flaw


def test_the_proof_holds_before_it_is_spoilt() -> None:
    log = SmallLog()
    proven = prove(LABEL, [(True, permit_for(VIDEO, log).data())], log.trust)
    assert (proven.video, proven.origin, proven.index, proven.tree_size) == (VIDEO, log.origin, 3, 5)


Spoil = Callable[[ConsentAssertion], ConsentAssertion]


def other_document(assertion: ConsentAssertion, **changes: Any) -> ConsentAssertion:  # noqa: ANN401  any member
    return replace(assertion, document=replace(assertion.document, **changes))


BINDING: dict[str, Spoil] = {
    "another salt": lambda it: replace(it, salt=new_salt()),
    "another permit": lambda it: other_document(it, permit=uuid4()),
    "another grant": lambda it: other_document(it, grants=(base64url.encode(bytes(32)),)),
    "one grant more": lambda it: other_document(it, grants=(*it.document.grants, base64url.encode(bytes(32)))),
    "another prompt": lambda it: other_document(it, prompt=base64url.encode(bytes(32))),
    "an entry that is not JSON": lambda it: replace(it, entry=b"granted"),
    "an entry not in canonical form": lambda it: replace(it, entry=it.entry.replace(b",", b", ", 1)),
}


@pytest.mark.parametrize("change", BINDING)
def test_the_entry_must_commit_to_exactly_this_document(change: str) -> None:
    log = SmallLog()
    assert flaw_of(BINDING[change](permit_for(VIDEO, log)), log.trust) is Flaw.NOT_A_PERMIT


def test_the_entry_of_another_permit_does_not_count() -> None:
    log = SmallLog()
    mine, other = permit_for(VIDEO, log), permit_for(uuid4(), log)
    swapped = replace(mine, entry=other.entry, index=other.index, proof=other.proof)
    assert flaw_of(swapped, log.trust) is Flaw.NOT_A_PERMIT


def test_an_entry_that_is_no_permit_does_not_count() -> None:
    log = SmallLog()
    assert flaw_of(permit_for(VIDEO, log, kind="permit.redeemed"), log.trust) is Flaw.NOT_A_PERMIT


def test_the_video_in_the_label_must_be_the_video_in_the_document() -> None:
    log = SmallLog()
    assertion = permit_for(VIDEO, log)
    assert flaw_of(assertion, log.trust, label_of(uuid4())) is Flaw.OTHER_VIDEO
    assert flaw_of(assertion, log.trust, "urn:c2pa:not-of-our-making") is Flaw.OTHER_VIDEO
    moved = other_document(assertion, video=uuid4())
    assert flaw_of(moved, log.trust, label_of(moved.document.video)) is Flaw.NOT_A_PERMIT


IN_LOG: dict[str, Spoil] = {
    "another index": lambda it: replace(it, index=it.index + 1),
    "another index in both places": lambda it: replace(
        it, index=it.index + 1, proof=it.proof.replace(f"index {it.index}", f"index {it.index + 1}")
    ),
    "a hash less": lambda it: replace(it, proof="\n".join(it.proof.split("\n")[:2] + it.proof.split("\n")[3:])),
    "no proof": lambda it: replace(it, proof="none"),
    "a proof without a signature": lambda it: replace(it, proof=it.proof.rpartition("\n\n")[0] + "\n\n"),
    "a checkpoint of another size": lambda it: replace(it, proof=it.proof.replace("\n5\n", "\n6\n")),
}


@pytest.mark.parametrize("change", IN_LOG)
def test_the_entry_must_be_in_the_log(change: str) -> None:
    log = SmallLog()
    assertion = permit_for(VIDEO, log)
    spoilt = IN_LOG[change](assertion)
    assert spoilt != assertion
    assert flaw_of(spoilt, log.trust) is Flaw.NOT_IN_LOG


def test_an_entry_that_was_never_logged_does_not_count() -> None:
    mine, elsewhere = SmallLog(), SmallLog()
    forged = permit_for(VIDEO, elsewhere)
    index = mine.append(b"something else")
    assert flaw_of(replace(forged, index=index, proof=mine.proof(index)), mine.trust) is Flaw.NOT_IN_LOG


def test_a_log_of_the_same_name_with_another_key_does_not_count() -> None:
    log, forger = SmallLog(), SmallLog(key=LogKey())
    assert flaw_of(permit_for(VIDEO, forger), log.trust) is Flaw.NOT_IN_LOG


def test_another_log_does_not_count() -> None:
    log = SmallLog()
    other = SmallLog(origin="other.test/log", key=log.key)
    assert flaw_of(permit_for(VIDEO, log), other.trust) is Flaw.OTHER_LOG
    assert flaw_of(replace(permit_for(VIDEO, log), origin="other.test/log"), log.trust) is Flaw.OTHER_LOG


def test_a_malformed_assertion_does_not_count() -> None:
    assert flaw_of({"v": 1}, SmallLog().trust) is Flaw.MALFORMED


def test_the_document_is_written_as_it_is_read() -> None:
    document = permit_for(VIDEO, SmallLog()).document
    assert BindingDocument.parse(document.data()) == document


# The receipt

NOT_THE_RECEIPT = [
    "of an earlier tree",
    "of a key that is not the log's",
    "of another log",
    "with one bit changed",
    "cut short",
    "of nothing",
]


def receipts_of_others(log: SmallLog) -> dict[str, bytes]:
    """Return receipts of one kind each that are not for the assertion made last in `log`."""
    index = len(log.leaves) - 2
    earlier = SmallLog(key=log.key, receipt_key=log.receipt_key, leaves=log.leaves[:-1])
    forger = SmallLog(key=log.key, leaves=list(log.leaves))
    elsewhere = SmallLog("other.test/log", receipt_key=log.receipt_key, leaves=list(log.leaves))
    whole = log.receipt(index)
    return {
        "of an earlier tree": earlier.receipt(index),
        "of a key that is not the log's": forger.receipt(index),
        "of another log": elsewhere.receipt(index),
        "with one bit changed": whole[:-1] + bytes([whole[-1] ^ 1]),
        "cut short": whole[:-1],
        "of nothing": b"\x80",
    }


@pytest.mark.parametrize("which", NOT_THE_RECEIPT)
def test_a_receipt_that_does_not_fit_denies_although_the_proof_holds(which: str) -> None:
    log = SmallLog()
    assertion = permit_for(VIDEO, log)
    prove(LABEL, [(True, assertion.data())], log.trust)
    found = receipts_of_others(log)
    assert sorted(found) == sorted(NOT_THE_RECEIPT)
    assert flaw_of(replace(assertion, receipt=found[which]), log.trust) is Flaw.OTHER_RECEIPT


def test_a_receipt_of_another_entry_of_the_same_tree_denies_even_without_a_key() -> None:
    log = SmallLog()
    assertion = permit_for(VIDEO, log)
    entry = log.leaves[assertion.index]
    log.leaves[assertion.index] = permit_for(uuid4(), SmallLog()).entry
    other = log.receipt(assertion.index)
    log.leaves[assertion.index] = entry
    forged = replace(assertion, receipt=other)
    assert flaw_of(forged, replace(log.trust, receipt_keys=None)) is Flaw.OTHER_RECEIPT


def test_an_empty_list_of_keys_trusts_no_receipt() -> None:
    log = SmallLog()
    assert flaw_of(permit_for(VIDEO, log), replace(log.trust, receipt_keys={})) is Flaw.OTHER_RECEIPT
