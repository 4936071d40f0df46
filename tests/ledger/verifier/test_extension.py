"""Receipts that the log extends an older tree: what the writer signs passes, each spoiled one is refused."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import cbor2
import pytest

from ledger import base64url, merkle
from ledger.receipt import extension, sign_consistency
from ledger.verifier import receipt, tree
from ledger.verifier.cli import main
from ledger.verifier.findings import NotTrue
from tests.ledger.issuer import Issuer
from tests.ledger.verifier.forge import NOW, ORIGIN, VKEY, WITNESS_VKEYS, signed
from tests.ledger.verifier.test_receipt import ISSUER, KEY, LEAVES, OURS, Parts, header, made, parts

FIRST, SECOND = 3, 7
OLD, NEW = merkle.root(LEAVES[:FIRST]), merkle.root(LEAVES)
PATH = merkle.consistency_proof(FIRST, SECOND, merkle.subtree_of(LEAVES))
SUBJECT = extension(FIRST, SECOND)
CLAIMS = {1: ORIGIN, 2: SUBJECT, 6: NOW}
PROOF = cbor2.dumps([FIRST, SECOND, PATH])


def receipts(**other: Any) -> bytes:  # noqa: ANN401 - parts of a receipt
    """Return a good receipt, or one with other parts; `proof` is what stands in its list."""
    proof = other.pop("proof", [FIRST, SECOND, PATH])
    wanted: Parts = {"header": header(claims=CLAIMS), "unprotected": {396: {-2: [cbor2.dumps(proof)]}}, "root": NEW}
    return made(parts(**(wanted | other)))


def code(data: bytes, root: bytes = OLD, size: int | None = None) -> int:
    return receipt.check_consistency(data, receipt.Older(root, size), KEY).code()


def claiming(subject: str) -> Parts:
    return header(claims=CLAIMS | {2: subject})


@pytest.mark.parametrize("first", range(1, 7))
def test_what_the_writer_signs_passes_from_every_size(first: int) -> None:
    old, path = merkle.root(LEAVES[:first]), merkle.consistency_proof(first, 7, merkle.subtree_of(LEAVES))
    signer = Issuer(60)
    data = sign_consistency(first, 7, old, path, issuer=ORIGIN, issued_at=NOW, signer=signer)
    found = receipt.check_consistency(data, receipt.Older(old, first), signer.private.public_key(), ORIGIN)
    assert found.code() == 0
    assert found.lines[-1][1].endswith(f"the tree of 7 leaves with the root {base64.b64encode(NEW).decode()}")
    assert receipt.check_consistency(data, receipt.Older(old, first), KEY).code() == 1


def test_a_good_one_passes_for_its_older_tree_only() -> None:
    assert code(receipts()) == code(receipts(), size=FIRST) == 0
    assert code(receipts(), merkle.root(LEAVES[:2])) == code(receipts(), bytes(32)) == code(receipts(), NEW) == 1
    assert code(receipts(), size=FIRST + 1) == 1


SPOILED: dict[str, bytes] = {
    "another root signed": receipts(root=bytes(32)),
    "the old root signed": receipts(root=OLD),
    "another key": receipts(signer=ISSUER),
    "payload embedded": receipts(payload=NEW),
    "another tree": receipts(header=header(claims=CLAIMS, vds=2)),
    "no time": receipts(header=header(claims={1: ORIGIN, 2: SUBJECT})),
    "another size claimed": receipts(header=claiming(extension(FIRST, 8))),
    "another older size claimed": receipts(header=claiming(extension(2, SECOND))),
    "claims of an entry": receipts(header=claiming("s")),
    "no proof": receipts(unprotected={396: {-2: []}}),
    "two proofs": receipts(unprotected={396: {-2: [PROOF, PROOF]}}),
    "a proof of inclusion": receipts(unprotected={396: {-1: [PROOF]}}),
    "both proofs": receipts(unprotected={396: {-2: [PROOF], -1: [PROOF]}}),
    "more unprotected": receipts(unprotected={396: {-2: [PROOF]}, 99: 1}),
    "path empty": receipts(proof=[FIRST, SECOND, []]),
    "path short": receipts(proof=[FIRST, SECOND, PATH[1:]]),
    "path long": receipts(proof=[FIRST, SECOND, [*PATH, PATH[0]]]),
    "path turned": receipts(proof=[FIRST, SECOND, PATH[::-1]]),
    "sizes swapped": receipts(proof=[SECOND, FIRST, PATH], header=claiming(extension(SECOND, FIRST))),
    "sizes equal": receipts(proof=[SECOND, SECOND, PATH], header=claiming(extension(SECOND, SECOND))),
    "from the empty tree": receipts(proof=[0, SECOND, PATH], header=claiming(extension(0, SECOND))),
    "a negative size": receipts(proof=[-1, SECOND, PATH], header=claiming(extension(-1, SECOND))),
    "size true": receipts(proof=[True, SECOND, PATH], header=claiming("urn:countenance:consistency:True:7")),
    "size a text": receipts(proof=[FIRST, "7", PATH]),
}


@pytest.mark.parametrize("name", sorted(SPOILED))
def test_a_spoiled_one_is_refused(name: str) -> None:
    assert code(SPOILED[name]) == 1


def test_the_sizes_are_signed_also_where_another_has_the_same_path() -> None:
    """From 3 of 7 and 3 of 8 the paths have one form: only the subject tells them apart."""
    assert code(receipts(proof=[FIRST, 8, PATH])) == 1
    assert code(receipts(proof=[FIRST, 8, PATH], header=claiming(extension(FIRST, 8)))) == 0, "the issuer says so"


def test_a_tree_beyond_any_size_is_refused_though_all_is_signed() -> None:
    huge = 1 << 63
    path = [bytes(32)] * 63
    root = tree.extended(1 << 62, OLD, huge, path[:1])
    data = receipts(proof=[1 << 62, huge, path[:1]], header=claiming(extension(1 << 62, huge)), root=root)
    assert code(data) == 1


@pytest.mark.parametrize(("first", "size"), [(0, 7), (7, 7), (8, 7)])
def test_no_tree_extends_an_empty_an_equal_or_a_larger_one(first: int, size: int) -> None:
    with pytest.raises(NotTrue, match="the sizes"):
        tree.extended(first, OLD, size, PATH)


def test_every_octet_counts() -> None:
    good = receipts()
    for place in range(len(good)):
        for change in (1, 0x0F, 0x80):
            assert code(good[:place] + bytes([good[place] ^ change]) + good[place + 1 :]) == 1, (place, change)
        assert code(good[:place]) == 1


def test_the_command_takes_a_root_or_a_checkpoint_that_is_checked(tmp_path: Path) -> None:
    (tmp_path / "receipt").write_bytes(receipts())
    told = ["receipt", str(tmp_path / "receipt"), f"--key={base64url.encode(OURS.public)}"]
    for text in (OLD.hex(), base64.b64encode(OLD).decode()):
        assert main([*told, f"--older-root={text}"]) == 0
        assert main([*told, f"--older-root={text}", "--issuer", ORIGIN, "--subject", SUBJECT]) == 0
        assert main([*told, f"--older-root={text}", "--issuer", "other"]) == 1
        assert main([*told, f"--older-root={text}", "--subject", "other"]) == 1
    assert main([*told, f"--older-root={NEW.hex()}"]) == 1
    for text in ("", "00", OLD.hex()[:-1] + "x", base64.b64encode(OLD[:31]).decode(), base64url.encode(OLD)):
        assert main([*told, f"--older-root={text}"]) == 2

    (tmp_path / "older").write_text(signed(LEAVES[:FIRST], at=[(0, NOW)]))
    older = [*told, "--older", str(tmp_path / "older")]
    assert main([*older, "--vkey", VKEY]) == 0
    assert main([*older, "--vkey", VKEY, "--witness-vkey", WITNESS_VKEYS[0]]) == 0
    assert main([*older, "--vkey", VKEY, "--witness-vkey", WITNESS_VKEYS[1]]) == 1
    assert main(older) == 2, "nobody's key"
    (tmp_path / "older").write_text(signed(LEAVES[:FIRST], ISSUER))
    assert main([*older, "--vkey", VKEY]) == 1
    (tmp_path / "older").write_text(signed(LEAVES[: FIRST + 1]))
    assert main([*older, "--vkey", VKEY]) == 1
