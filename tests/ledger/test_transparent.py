"""SCITT statements, by our own reader and by one that is not ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cbor2
import pytest
from scitt_cose import CoseError, attach_receipts, extract_receipts, parse_signed_statement, verify_receipt

from ledger import cose, receipt, transparent
from ledger.problem import Problem
from ledger.transparent import StatementUntrue
from tests.ledger.issuer import INDEX, LEAF, LEAVES, LOG, ORIGIN, SIZE, STATES, included, stated
from tests.ledger.test_receipt import flipped

STATEMENT = stated()
LAST = SIZE - 1  # the path of the last leaf fits one size only
LAST_STATEMENT = transparent.sign_statement(LEAVES[LAST], issuer=ORIGIN, signer=STATES)
GOOD = transparent.attach(LAST_STATEMENT, included(LAST))


def ours(data: bytes) -> bool:
    try:
        transparent.verify(data, issuer=ORIGIN, statement_keys=STATES.keys, receipt_keys=LOG.keys)
    except Problem:
        return False
    return True


def theirs(data: bytes) -> bool:
    parsed = parse_signed_statement(data, public_key_pem=cose.pem(STATES.public))
    try:
        found = extract_receipts(data)
    except CoseError:
        return False
    leaf = (parsed["payload"] or b"").hex()
    results = [verify_receipt(one, leaf_entry_hex=leaf, log_public_key_pem=cose.pem(LOG.public)) for one in found]
    return parsed["signature_verified"] is True and bool(results) and all(result.ok for result in results)


def test_a_statement_says_what_rfc_9943_wants_and_its_unprotected_header_is_empty() -> None:
    protected, unprotected, payload, _ = cbor2.loads(STATEMENT).value
    claims = {1: ORIGIN, 2: receipt.subject(LEAF)}
    assert cbor2.loads(protected) == {1: -8, 3: transparent.ENTRY_TYPE, 4: b"0000000000000002", 15: claims}
    assert (unprotected, payload) == ({}, LEAF)
    assert transparent.verify_statement(STATEMENT, issuer=ORIGIN, keys=STATES.keys) == LEAF


def test_the_other_implementation_reads_the_statement_and_refuses_a_changed_bit_of_it() -> None:
    parsed = parse_signed_statement(STATEMENT, public_key_pem=cose.pem(STATES.public))
    assert (parsed["signature_verified"], parsed["issuer"], parsed["payload"]) == (True, ORIGIN, LEAF)
    assert (parsed["subject"], parsed["content_type"]) == (receipt.subject(LEAF), transparent.ENTRY_TYPE)
    for spoiled in flipped(STATEMENT):
        assert not parse_signed_statement(spoiled, public_key_pem=cose.pem(STATES.public))["signature_verified"]
        with pytest.raises(Problem):
            transparent.verify_statement(spoiled, issuer=ORIGIN, keys=STATES.keys)


def test_a_transparent_statement_is_the_statement_with_its_receipt_and_both_readers_accept_it() -> None:
    made = transparent.attach(STATEMENT, included())
    assert made == attach_receipts(STATEMENT, [included()])
    assert theirs(made)
    found = transparent.verify(made, issuer=ORIGIN, statement_keys=STATES.keys, receipt_keys=LOG.keys)
    assert (found.leaf, found.included.unverified_index) == (LEAF, INDEX)


def test_a_changed_bit_is_refused_by_both_readers_wherever_it_is() -> None:
    assert ours(GOOD)
    assert theirs(GOOD)
    assert [bit for bit, spoiled in enumerate(flipped(GOOD)) if ours(spoiled) or theirs(spoiled)] == []


def test_the_receipt_of_another_entry_is_refused_by_both_readers() -> None:
    made = transparent.attach(STATEMENT, included(INDEX + 1))
    assert not ours(made)
    assert not theirs(made)


def test_a_receipt_is_attached_once() -> None:
    with pytest.raises(StatementUntrue):
        transparent.attach(GOOD, included(LAST))


@pytest.mark.parametrize(
    "unprotected",
    [{}, {394: []}, {394: [included(LAST)] * 2}, {394: included(LAST)}, {394: [1]}, {394: [included(LAST)], 4: b"x"}],
    ids=["none", "an empty list", "two", "not a list", "a number", "another label beside it"],
)
def test_exactly_one_receipt_stands_in_the_unprotected_header(unprotected: cose.Header) -> None:
    assert not ours(cose.parse(LAST_STATEMENT).with_unprotected(unprotected).to_bytes())


def test_a_statement_with_a_receipt_is_no_plain_statement() -> None:
    with pytest.raises(StatementUntrue, match="empty"):
        transparent.verify_statement(GOOD, issuer=ORIGIN, keys=STATES.keys)


SUBJECT = receipt.subject(LEAF)
HEADERS: dict[str, cose.Header] = {
    "another issuer": {3: transparent.ENTRY_TYPE, 15: {1: "example.com/other", 2: SUBJECT}},
    "another subject": {3: transparent.ENTRY_TYPE, 15: {1: ORIGIN, 2: receipt.subject(LEAVES[0])}},
    "no subject": {3: transparent.ENTRY_TYPE, 15: {1: ORIGIN}},
    "another type": {3: "text/plain", 15: {1: ORIGIN, 2: SUBJECT}},
    "a claim more": {3: transparent.ENTRY_TYPE, 15: {1: ORIGIN, 2: SUBJECT, 6: 1}},
    "a label more": {3: transparent.ENTRY_TYPE, 15: {1: ORIGIN, 2: SUBJECT}, 16: "x"},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_of_another_form_is_refused_though_our_key_signed_it(header: cose.Header) -> None:
    with pytest.raises(StatementUntrue):
        transparent.verify_statement(cose.sign(header, LEAF, STATES).to_bytes(), issuer=ORIGIN, keys=STATES.keys)


def test_a_payload_that_is_no_entry_is_refused_though_our_key_signed_it() -> None:
    header: cose.Header = {3: transparent.ENTRY_TYPE, 15: {1: ORIGIN, 2: SUBJECT}}
    with pytest.raises(Problem):
        transparent.verify_statement(cose.sign(header, b"{}", STATES).to_bytes(), issuer=ORIGIN, keys=STATES.keys)


def test_the_key_of_statements_signs_no_receipt_and_the_other_way_round() -> None:
    for statement_keys, receipt_keys in ((LOG.keys, LOG.keys), (STATES.keys, STATES.keys), (LOG.keys, STATES.keys)):
        with pytest.raises(cose.CoseInvalid):
            transparent.verify(GOOD, issuer=ORIGIN, statement_keys=statement_keys, receipt_keys=receipt_keys)


def test_the_other_program_accepts_our_statement_and_refuses_a_spoiled_one(tmp_path: Path) -> None:
    (tmp_path / "issuer.pem").write_bytes(cose.pem(STATES.public))
    for data, code in ((STATEMENT, 0), (GOOD, 0), (STATEMENT[:-1] + bytes([STATEMENT[-1] ^ 1]), 1)):
        (tmp_path / "statement.cbor").write_bytes(data)
        files = ["--statement", str(tmp_path / "statement.cbor"), "--statement-pubkey", str(tmp_path / "issuer.pem")]
        program = [sys.executable, "-m", "scitt_cose.cli", *files]
        assert subprocess.run(program, check=False, capture_output=True).returncode == code
