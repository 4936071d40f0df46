"""COSE receipts, by our own reader and by one that is not ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scitt_cose import cli, verify_consistency, verify_receipt, verify_sign1

from ledger import cose, merkle, receipt
from ledger.merkle import ProofInvalid
from ledger.problem import Problem
from ledger.receipt import ReceiptInvalid
from tests.ledger.issuer import HASHES, INDEX, LEAF, LEAVES, LOG, NOW, ORIGIN, SIZE, STATES, extended, included

LAST = SIZE - 1  # the path of the last leaf fits one size only
GOOD = included(LAST)


def ours(data: bytes, leaf: bytes = LEAVES[LAST]) -> bool:
    try:
        receipt.verify_inclusion(data, leaf, issuer=ORIGIN, keys=LOG.keys)
    except Problem:
        return False
    return True


def theirs(data: bytes, leaf: bytes = LEAVES[LAST], public: bytes = LOG.public) -> bool:
    return bool(verify_receipt(data, leaf_entry_hex=leaf.hex(), log_public_key_pem=cose.pem(public)).ok)


def flipped(data: bytes) -> Iterator[bytes]:
    """Yield the data with each bit changed."""
    for bit in range(len(data) * 8):
        spoiled = bytearray(data)
        spoiled[bit // 8] ^= 1 << bit % 8
        yield bytes(spoiled)


@given(st.integers(2, len(LEAVES)), st.data())
def test_a_receipt_proves_its_entry_to_both_readers(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    made = included(index, size)
    found = receipt.verify_inclusion(made, LEAVES[index], issuer=ORIGIN, keys=LOG.keys)
    assert found.root == merkle.root(HASHES[:size])
    assert (found.unverified_size, found.unverified_index) == (size, index)
    assert found.claims == receipt.Claims(ORIGIN, receipt.subject(LEAVES[index]), NOW)
    their = verify_receipt(made, leaf_entry_hex=LEAVES[index].hex(), log_public_key_pem=cose.pem(LOG.public))
    assert (their.ok, their.root, their.tree_size, their.leaf_index) == (True, found.root.hex(), size, index)
    assert (their.issuer, their.subject, their.iat) == (ORIGIN, found.claims.subject, NOW)


def test_it_is_what_rfc_9942_describes() -> None:
    protected, unprotected, payload, signature = cbor2.loads(GOOD).value
    assert GOOD[:1] == b"\xd2"
    subject = "urn:countenance:commitment:CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgo"
    claims = {1: ORIGIN, 2: subject, 6: NOW}
    assert cbor2.loads(protected) == {1: -8, 4: b"0000000000000001", 15: claims, 395: 1}
    path = merkle.inclusion_proof(LAST, SIZE, merkle.subtree_of(HASHES))
    ((proof,),) = (unprotected[396][-1],)
    assert cbor2.loads(proof) == [SIZE, LAST, path]
    assert (set(unprotected), set(unprotected[396]), payload, len(signature)) == ({396}, {-1}, None, 64)


def test_a_changed_bit_is_refused_by_both_readers_wherever_it_is() -> None:
    assert ours(GOOD)
    assert theirs(GOOD)
    assert [bit for bit, spoiled in enumerate(flipped(GOOD)) if ours(spoiled) or theirs(spoiled)] == []


def test_a_cut_receipt_and_one_with_bytes_after_it_are_refused_by_both_readers() -> None:
    for spoiled in (*(GOOD[:cut] for cut in range(len(GOOD))), GOOD + b"\0", GOOD + GOOD):
        assert not ours(spoiled)
        assert not theirs(spoiled)


@pytest.mark.parametrize("leaf", [b"", LEAVES[0], LEAVES[LAST][:-1], LEAVES[LAST] + b"\n"], ids=range(4))
def test_another_entry_is_refused_by_both_readers(leaf: bytes) -> None:
    assert not ours(GOOD, leaf)
    assert not theirs(GOOD, leaf)


def rebuilt(**changes: object) -> bytes:
    """Make the receipt again, signed with its own key, with parts of it changed."""
    parts: dict[str, object] = {
        "size": SIZE,
        "index": LAST,
        "path": merkle.inclusion_proof(LAST, SIZE, merkle.subtree_of(HASHES)),
        "root": merkle.root(HASHES[:SIZE]),
        "claims": {1: ORIGIN, 2: receipt.subject(LEAVES[LAST]), 6: NOW},
        "alg": -8,
        "vds": 1,
        "kid": LOG.key_id.encode(),
        "payload": None,
        "kind": -1,
        "more": {},
        "signer": LOG,
    } | changes
    header = {1: parts["alg"], 4: parts["kid"], 15: parts["claims"], 395: parts["vds"], **parts["more"]}  # type: ignore[dict-item]  # chosen by the test
    protected = cbor2.dumps({label: value for label, value in header.items() if value is not None})
    signature = parts["signer"].sign(cose.to_be_signed(protected, parts["root"]))  # type: ignore[attr-defined, arg-type]  # chosen by the test
    proof = cbor2.dumps([parts["size"], parts["index"], parts["path"]])
    proofs = parts.get("proofs", [proof])
    return cbor2.dumps(
        cbor2.CBORTag(
            18, [protected, {396: {parts["kind"]: proofs}}, parts["payload"], parts.get("signature", signature)]
        )
    )


PATH = merkle.inclusion_proof(LAST, SIZE, merkle.subtree_of(HASHES))
SPOILED: dict[str, dict[str, object]] = {
    "a hash of the path": {"path": [bytes(32), *PATH[1:]]},
    "a hash too many": {"path": [*PATH, bytes(32)]},
    "a hash too few": {"path": PATH[:-1]},
    "no path": {"path": []},
    "a short hash": {"path": [PATH[0][:-1], *PATH[1:]]},
    "the path turned round": {"path": PATH[::-1]},
    "another root signed": {"root": bytes(32)},
    "another size": {"size": SIZE + 1},
    "another index": {"index": LAST - 1},
    "an index outside": {"index": SIZE},
    "a negative index": {"index": -1},
    "an absurd size": {"size": 2**64 - 1},
    "another key": {"signer": STATES},
    "another signature": {"signature": bytes(64)},
    "no signature": {"signature": b""},
    "a payload": {"payload": merkle.root(HASHES[:SIZE])},
    "another algorithm": {"alg": -7},
    "no algorithm": {"alg": None},
    "another structure": {"vds": 2},
    "no structure": {"vds": None},
    "no proof": {"proofs": []},
    "a number for a proof": {"proofs": [1 << 40]},
    "another kind of proof": {"kind": -2},
    "critical": {"more": {2: [-70000]}},
}


@pytest.mark.parametrize("changes", SPOILED.values(), ids=SPOILED)
def test_what_is_spoiled_and_signed_again_is_refused_by_both_readers(changes: dict[str, object]) -> None:
    assert not ours(rebuilt(**changes))
    assert not theirs(rebuilt(**changes))


OURS_ONLY: dict[str, dict[str, object]] = {
    "no kid": {"kid": None},
    "the kid of no key": {"kid": b"0000000000000009"},
    "no issuer": {"claims": {2: receipt.subject(LEAVES[LAST]), 6: NOW}},
    "no subject": {"claims": {1: ORIGIN, 6: NOW}},
    "no time": {"claims": {1: ORIGIN, 2: receipt.subject(LEAVES[LAST])}},
    "no claims": {"claims": None},
    "another log": {"claims": {1: "example.com/other", 2: receipt.subject(LEAVES[LAST]), 6: NOW}},
    "another subject": {"claims": {1: ORIGIN, 2: receipt.subject(LEAVES[0]), 6: NOW}},
    "a time of text": {"claims": {1: ORIGIN, 2: receipt.subject(LEAVES[LAST]), 6: "now"}},
    "a time before time": {"claims": {1: ORIGIN, 2: receipt.subject(LEAVES[LAST]), 6: 0}},
    "a claim more": {"claims": {1: ORIGIN, 2: receipt.subject(LEAVES[LAST]), 6: NOW, 7: b"id"}},
    "a label more": {"more": {396: 1}},
}


@pytest.mark.parametrize("changes", OURS_ONLY.values(), ids=OURS_ONLY)
def test_our_reader_demands_issuer_subject_time_and_kid_where_the_other_does_not(changes: dict[str, object]) -> None:
    assert not ours(rebuilt(**changes))
    assert theirs(rebuilt(**changes))


def test_the_same_receipt_made_again_without_a_change_is_accepted() -> None:
    assert rebuilt() == GOOD


def test_a_size_of_the_same_form_is_not_signed_so_nobody_may_rely_on_it() -> None:
    size_at = included().index(bytes([0x83, SIZE, INDEX])) + 1
    other = included()[:size_at] + bytes([SIZE - 1]) + included()[size_at + 1 :]
    assert theirs(other, LEAF)
    found = receipt.verify_inclusion(other, LEAF, issuer=ORIGIN, keys=LOG.keys)
    assert (found.unverified_size, found.root) == (SIZE - 1, merkle.root(HASHES[:SIZE]))


def test_there_is_no_receipt_of_a_tree_with_one_leaf() -> None:
    with pytest.raises(ReceiptInvalid, match="at least two leaves"):
        included(0, 1)
    with pytest.raises(ReceiptInvalid, match="not empty"):
        receipt.parse(rebuilt(size=1, index=0, path=[], root=HASHES[0]))


def test_a_receipt_of_another_log_or_key_is_refused() -> None:
    with pytest.raises(ReceiptInvalid, match="of the log"):
        receipt.verify_inclusion(included(issuer="example.com/other"), LEAF, issuer=ORIGIN, keys=LOG.keys)
    with pytest.raises(cose.CoseInvalid, match="kid"):
        receipt.verify_inclusion(included(signer=STATES), LEAF, issuer=ORIGIN, keys=LOG.keys)
    assert not theirs(GOOD, public=STATES.public)


def consistent(data: bytes, old: bytes) -> bool:
    """Check a consistency receipt with the other implementation's parts."""
    _, unprotected, _, _ = cbor2.loads(data).value
    first, second, path = cbor2.loads(unprotected[396][-2][0])
    new = merkle.root(HASHES[:second])
    verify_sign1(data, public_key_pem=cose.pem(LOG.public), detached_payload=new, understood_labels={1, 4, 15, 395})
    hashes = [one.hex() for one in path]
    return bool(verify_consistency(old.hex(), new.hex(), first, second, hashes))


@given(st.integers(2, len(LEAVES)), st.data())
def test_a_consistency_receipt_leads_from_a_known_tree_to_a_larger_one(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second - 1))
    old = merkle.root(HASHES[:first])
    found = receipt.verify_consistency(extended(first, second), old, issuer=ORIGIN, keys=LOG.keys)
    assert (found.first, found.second, found.root) == (first, second, merkle.root(HASHES[:second]))
    assert consistent(extended(first, second), old)


@pytest.mark.parametrize(("first", "second"), [(3, 3), (0, 3), (4, 3), (1, 1)])
def test_there_is_no_consistency_receipt_between_equal_or_empty_trees(first: int, second: int) -> None:
    with pytest.raises(ProofInvalid):
        receipt.sign_consistency(
            first, second, merkle.root(HASHES[:first]), [], issuer=ORIGIN, issued_at=NOW, signer=LOG
        )


@pytest.mark.parametrize(("first", "second"), [(3, 7), (4, 7), (1, 2), (8, 16)])
def test_a_changed_bit_of_a_consistency_receipt_is_refused_sizes_included(first: int, second: int) -> None:
    good, old = extended(first, second), merkle.root(HASHES[:first])
    accepted = []
    for bit, spoiled in enumerate(flipped(good)):
        try:
            receipt.verify_consistency(spoiled, old, issuer=ORIGIN, keys=LOG.keys)
        except Problem:
            continue
        accepted.append(bit)
    assert accepted == []


def test_a_consistency_receipt_from_another_tree_is_refused() -> None:
    with pytest.raises(ProofInvalid):
        receipt.verify_consistency(extended(3, 7), merkle.root(HASHES[1:4]), issuer=ORIGIN, keys=LOG.keys)


def test_one_kind_of_receipt_is_not_the_other() -> None:
    with pytest.raises(ReceiptInvalid):
        receipt.verify_inclusion(extended(3, 7), LEAF, issuer=ORIGIN, keys=LOG.keys)
    with pytest.raises(ReceiptInvalid):
        receipt.verify_consistency(GOOD, bytes(32), issuer=ORIGIN, keys=LOG.keys)


@pytest.fixture
def command(tmp_path: Path) -> Callable[[bytes, bytes], list[str]]:
    """Return the arguments of the other implementation's program for a receipt and an entry."""

    def arguments(data: bytes, leaf: bytes) -> list[str]:
        (tmp_path / "receipt.cbor").write_bytes(data)
        (tmp_path / "log.pem").write_bytes(cose.pem(LOG.public))
        files = ["--receipt", str(tmp_path / "receipt.cbor"), "--receipt-log-pubkey", str(tmp_path / "log.pem")]
        return [*files, "--leaf-entry-hex", leaf.hex(), "--json"]

    return arguments


def test_the_other_program_accepts_ours_and_refuses_a_spoiled_one(command: Callable[[bytes, bytes], list[str]]) -> None:
    for data, leaf, code in ((GOOD, LEAVES[LAST], 0), (GOOD, LEAF, 1), (rebuilt(index=0), LEAVES[LAST], 1)):
        program = [sys.executable, "-m", "scitt_cose.cli", *command(data, leaf)]
        assert subprocess.run(program, check=False, capture_output=True).returncode == code


@pytest.mark.parametrize("changes", SPOILED.values(), ids=SPOILED)
def test_the_other_program_refuses_every_spoiled_one(
    changes: dict[str, object], command: Callable[[bytes, bytes], list[str]]
) -> None:
    assert cli.main(command(rebuilt(**changes), LEAVES[LAST])) != 0
    assert cli.main(command(rebuilt(), LEAVES[LAST])) == 0
