"""The checklist against makers who do not use an honest engine: facts that no ordinary file leads to."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from provenance import checklist, facts, verify_child
from provenance.checklist import Basis
from provenance.facts import Findings
from provenance.report import Integrity, Report
from tests.provenance.workshop import workshop

Facts = dict[str, Any]


@pytest.fixture(scope="module")
def remix(tmp_path_factory: pytest.TempPathFactory) -> tuple[Facts, Basis]:
    """Return what the child finds in a sound remix, and what it is judged by."""
    shop = workshop(tmp_path_factory.mktemp("checklist"), "ours")
    with shop.remixed(shop.created()).open("rb") as file:
        found = verify_child.main(file, {"anchors": shop.chain.anchors_pem, "others": ""}, None)
    return found, Basis(log=shop.log.trust)


def spoilt(found: Facts) -> tuple[Facts, Facts, Facts]:
    """Return a copy, its parent's manifest, and what the remix says about that parent."""
    found = copy.deepcopy(found)
    ingredient = found["manifests"][found["active"]]["ingredients"][0]
    return found, found["manifests"][ingredient["manifest"]], ingredient


def judge(found: Facts, basis: Basis) -> Report:
    return checklist.judge(facts.parse(found), basis, None)


def test_the_facts_are_sound_before_they_are_spoilt(remix: tuple[Facts, Basis]) -> None:
    assert judge(*remix).ok


def test_a_parent_whose_record_is_broken_is_tampered_whatever_its_remixer_wrote(remix: tuple[Facts, Basis]) -> None:
    found, parent, _ = spoilt(remix[0])
    parent["fresh"]["failure"].append("assertion.hashedURI.mismatch")
    report = judge(found, remix[1])
    assert report.lineage[0].verdicts.integrity.verdict is Integrity.TAMPERED
    assert not report.ok


@pytest.mark.parametrize("member", ["recorded", "deltas"])
def test_a_parent_of_which_nothing_is_recorded_was_not_seen(remix: tuple[Facts, Basis], member: str) -> None:
    found, _, ingredient = spoilt(remix[0])
    ingredient[member] = None
    report = judge(found, remix[1])
    assert report.lineage[0].verdicts.integrity.verdict is Integrity.COULD_NOT_CHECK
    assert not report.ok


def test_a_parent_whose_media_was_never_hashed_was_not_seen(remix: tuple[Facts, Basis]) -> None:
    found, _, ingredient = spoilt(remix[0])
    ingredient["recorded"]["success"].remove("assertion.bmffHash.match")
    assert judge(found, remix[1]).lineage[0].verdicts.integrity.verdict is Integrity.COULD_NOT_CHECK


def test_a_parent_that_cannot_be_read_is_not_left_out(remix: tuple[Facts, Basis]) -> None:
    found, parent, _ = spoilt(remix[0])
    parent["readable"] = False
    report = judge(found, remix[1])
    assert [each.verdicts.integrity.verdict for each in report.lineage] == [Integrity.COULD_NOT_CHECK]
    assert not report.ok


def test_a_parent_without_a_manifest_is_not_left_out(remix: tuple[Facts, Basis]) -> None:
    found, _, ingredient = spoilt(remix[0])
    ingredient |= {"manifest": None, "recorded": None, "deltas": None}
    report = judge(found, remix[1])
    assert [each.verdicts.integrity.verdict for each in report.lineage] == [Integrity.NO_PROVENANCE]
    assert not report.ok


def test_an_input_without_a_manifest_is_no_parent(remix: tuple[Facts, Basis]) -> None:
    found, _, _ = spoilt(remix[0])
    assert "inputTo" in {each["relationship"] for each in found["manifests"][found["active"]]["ingredients"]}
    assert [each.relationship for each in judge(found, remix[1]).lineage] == ["parentOf"]


@pytest.mark.parametrize(
    ("failure", "verdict"),
    [
        ("assertion.bmffHash.mismatch", Integrity.TAMPERED),
        ("assertion.missing", Integrity.TAMPERED),
        ("assertion.action.ingredientMismatch", Integrity.TAMPERED),
        ("assertion.undeclared", Integrity.TAMPERED),
        ("assertion.action.malformed", Integrity.COULD_NOT_CHECK),
        ("algorithm.unsupported", Integrity.COULD_NOT_CHECK),
        ("general.error", Integrity.COULD_NOT_CHECK),
        ("a.code.nobody.knows", Integrity.COULD_NOT_CHECK),
        ("signingCredential.ocsp.revoked", Integrity.INTACT),  # speaks against the signer, not against the file
    ],
)
def test_a_failure_means_no_more_than_it_says(remix: tuple[Facts, Basis], failure: str, verdict: Integrity) -> None:
    found, _, _ = spoilt(remix[0])
    for findings in (found["findings"], found["manifests"][found["active"]]["fresh"]):
        findings["failure"] = [*findings["failure"], failure]
    report = judge(found, remix[1])
    assert report.integrity.verdict is verdict
    assert not report.ok


@pytest.mark.parametrize("missing", ["claimSignature.validated", "assertion.bmffHash.match"])
def test_what_was_not_found_good_is_not_intact(remix: tuple[Facts, Basis], missing: str) -> None:
    found, _, _ = spoilt(remix[0])
    found["findings"]["success"].remove(missing)
    assert judge(found, remix[1]).integrity.verdict is Integrity.COULD_NOT_CHECK


def test_an_active_manifest_that_cannot_be_read_again_is_not_believed(remix: tuple[Facts, Basis]) -> None:
    found, _, _ = spoilt(remix[0])
    found["manifests"][found["active"]] = {"readable": False}
    assert judge(found, remix[1]).integrity.verdict is Integrity.COULD_NOT_CHECK


def test_no_findings_are_neither_signed_nor_bound_nor_trusted() -> None:
    nothing = Findings(frozenset(), frozenset())
    assert (nothing.signed, nothing.bound, nothing.trusted) == (False, False, False)
