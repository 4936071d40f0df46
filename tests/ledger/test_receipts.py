"""Receipts and statements of a log that was really grown and published, read by programs that are not ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.conf import settings as configured
from scitt_cose import extract_receipts, parse_signed_statement, verify_receipt
from tlog_scales.backend import make_backend
from tlog_scales.reader import TilesReader

from ledger import checkpoint, cose, keyring, log, merkle, published, receipt, receipts, tileset, transparent
from ledger.checkpoint import Checkpoint
from ledger.keyring import PublicKey
from ledger.log import LogUnverifiable, NotYetPublished
from ledger.models import Entry, Leaf
from ledger.problem import Problem
from ledger.receipt import ReceiptInvalid
from ledger.tile import hash_path
from tests.ledger.conftest import appended, sequenced

Grow = Callable[[int], list[Entry]]


def pem(purpose: keyring.Signer) -> bytes:
    (key,) = keyring.public_keys(purpose)
    return cose.pem(key.public)


def roots(*sizes: int) -> list[bytes]:
    hashes = [bytes(leaf) for leaf in Leaf.objects.order_by("index").values_list("leaf_hash", flat=True)]
    return [merkle.root(hashes[:size]) for size in sizes]


def test_the_receipt_of_each_entry_agrees_with_the_published_tiles_as_another_reads_them(published_log: Grow) -> None:
    entries = published_log(9)
    tiles = TilesReader(make_backend(str(published.folder())))
    root, size = roots(11)[0], tiles.get_checkpoint().size
    for entry in entries:
        made = receipts.receipt(entry)
        found = receipt.parse(made)
        their = tiles.get_inclusion_proof(entry.index or 0, size)
        assert found.numbers == (11, entry.index)
        assert list(found.path) == their.node_hashes
        their.check(merkle.leaf_hash(tiles.get_entry(entry.index or 0)), root)
        result = verify_receipt(made, leaf_entry_hex=bytes(entry.body).hex(), log_public_key_pem=pem("receipt"))
        assert (result.ok, result.root, result.issuer) == (True, root.hex(), configured.LEDGER_ORIGIN)


def test_a_receipt_says_when_it_was_made_and_of_what(published_log: Grow) -> None:
    (entry,) = published_log(1)
    before = int(datetime.now(UTC).timestamp())
    claims = receipt.parse(receipts.receipt(entry)).claims
    assert before <= claims.issued_at <= int(datetime.now(UTC).timestamp())
    assert (claims.issuer, claims.subject) == (
        configured.LEDGER_ORIGIN,
        f"urn:countenance:commitment:{entry.commit_text}",
    )


@pytest.mark.usefixtures("fresh_database")
def test_there_is_no_receipt_before_publication(published_log: Grow) -> None:
    (waiting,) = appended()
    for make in (receipts.receipt, receipts.transparent_statement):
        with pytest.raises(NotYetPublished):
            make(waiting)
    (numbered,) = sequenced()
    with pytest.raises(NotYetPublished):
        receipts.receipt(numbered)
    published_log(1)
    (later,) = sequenced()
    assert receipts.receipt(numbered)
    with pytest.raises(NotYetPublished):
        receipts.receipt(later)


def test_a_log_of_one_leaf_has_no_receipts(published_log: Grow) -> None:
    published_log(0)
    genesis = Entry.objects.get(kind="log.opened")
    assert receipts.receipt(genesis)
    (leaf,) = roots(1)
    alone = checkpoint.sign(Checkpoint(configured.LEDGER_ORIGIN, 1, leaf), keyring.signing_key("log"))
    tileset.put_all([(hash_path(0, 0, 1), leaf), (published.CHECKPOINT, alone.encode())])
    assert log.proof(genesis)
    with pytest.raises(NotYetPublished, match="one leaf"):
        receipts.receipt(genesis)


def test_a_transparent_statement_satisfies_the_other_implementation(published_log: Grow) -> None:
    entry = published_log(5)[2]
    made = receipts.transparent_statement(entry)
    parsed = parse_signed_statement(made, public_key_pem=pem("statement"))
    assert (parsed["signature_verified"], parsed["payload"]) == (True, bytes(entry.body))
    (attached,) = extract_receipts(made)
    assert verify_receipt(attached, leaf_entry_hex=parsed["payload"].hex(), log_public_key_pem=pem("receipt")).ok
    assert parsed["subject"] == receipt.parse(attached).claims.subject


def test_a_consistency_receipt_leads_from_any_size_to_any_later_one(published_log: Grow) -> None:
    published_log(9)
    for first in range(1, 10):
        for second in range(first + 1, 11):
            old, new = roots(first, second)
            made = receipts.consistency_receipt(first, second)
            keys = receipts.keys("receipt")
            assert receipt.verify_consistency(made, old, issuer=configured.LEDGER_ORIGIN, keys=keys).root == new


def test_a_consistency_receipt_beyond_what_is_published_is_refused(published_log: Grow) -> None:
    with pytest.raises(NotYetPublished):
        receipts.consistency_receipt(1, 2)
    published_log(3)
    sequenced(2)
    assert receipts.consistency_receipt(3, 5)
    with pytest.raises(NotYetPublished):
        receipts.consistency_receipt(3, 6)
    for first, second in ((4, 4), (0, 4), (4, 3), (-1, 3)):
        with pytest.raises(ReceiptInvalid):
            receipts.consistency_receipt(first, second)


@pytest.mark.parametrize("place", [0, 2])
def test_a_spoiled_tile_yields_no_receipt(published_log: Grow, place: int) -> None:
    entries = published_log(2)
    path = published.folder() / hash_path(0, 0, 4)
    tile = bytearray(path.read_bytes())
    tile[place * 32] ^= 1
    path.write_bytes(tile)
    with pytest.raises(LogUnverifiable, match="hold together"):
        receipts.receipt(entries[0])
    with pytest.raises(LogUnverifiable, match="hold together"):
        receipts.consistency_receipt(3, 4)


def test_a_checkpoint_that_the_log_key_did_not_sign_yields_no_receipt(published_log: Grow) -> None:
    (entry,) = published_log(1)
    path = published.folder() / published.CHECKPOINT
    path.write_text(path.read_text().replace("\n3\n", "\n4\n"))
    with pytest.raises(Problem, match="does not verify"):
        receipts.receipt(entry)
    with pytest.raises(Problem, match="does not verify"):
        receipts.consistency_receipt(1, 2)


def test_what_does_not_verify_is_not_handed_out(published_log: Grow, monkeypatch: pytest.MonkeyPatch) -> None:
    (entry,) = published_log(1)
    other = keyring.public_keys("permit")[0].public

    def swapped(purpose: keyring.Signer) -> list[PublicKey]:
        return [PublicKey(key.key_id, other if purpose != "log" else key.public) for key in keys(purpose)]

    keys = keyring.public_keys
    monkeypatch.setattr(keyring, "public_keys", swapped)
    with pytest.raises(cose.CoseInvalid):
        receipts.receipt(entry)
    with pytest.raises(cose.CoseInvalid):
        receipts.transparent_statement(entry)
    with pytest.raises(cose.CoseInvalid):
        receipts.consistency_receipt(1, 2)


def test_receipts_and_statements_have_keys_of_their_own(published_log: Grow) -> None:
    (entry,) = published_log(1)
    made = cose.parse(receipts.transparent_statement(entry))
    inner = cose.parse(made.unprotected[transparent.RECEIPTS][0])
    assert made.kid == keyring.signing_key("statement").key_id.encode()
    assert inner.kid == keyring.signing_key("receipt").key_id.encode()
    purposes: tuple[keyring.Signer, ...] = ("log", "permit", "receipt", "statement", "status")
    publics = [keyring.signing_key(purpose).public for purpose in purposes]
    assert len(set(publics)) == len(purposes)
