"""COSE receipts and transparent statements: good ones pass, each spoiled one is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger import base64url, merkle
from ledger.canonical import canonical
from ledger.verifier import cbor, cose, receipt, tree
from ledger.verifier.cli import main
from ledger.verifier.findings import NotTrue, Unreadable
from tests.ledger.test_note import Signer
from tests.ledger.verifier.forge import NOW, ORIGIN, entry

OURS, ISSUER = Signer(40), Signer(41)
KEY, ISSUER_KEY = OURS.private.public_key(), ISSUER.private.public_key()
PEM = KEY.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
ENTRIES = [canonical(entry("party.registered", number)) for number in range(7)]
LEAVES = [merkle.leaf_hash(one) for one in ENTRIES]
AT = 4
PATH = merkle.inclusion_proof(AT, 7, merkle.subtree_of(LEAVES))
Parts = dict[str, Any]


def parts(**other: object) -> Parts:
    """Return what a good receipt is made of; tests change one."""
    return {
        "header": {1: -8, 4: b"k1", 395: 1, 15: {1: ORIGIN, 2: "s", 6: NOW}},
        "unprotected": None,
        "proof": [7, AT, PATH],
        "payload": None,
        "root": merkle.root(LEAVES),
        "tag": 18,
        "signer": OURS,
    } | other


def made(wanted: Parts) -> bytes:
    protected = cbor2.dumps(wanted["header"])
    signature = wanted["signer"].sign(cbor2.dumps(["Signature1", protected, b"", wanted["root"]]))
    proofs = {396: {-1: [cbor2.dumps(wanted["proof"])]}} if wanted["unprotected"] is None else wanted["unprotected"]
    return cbor2.dumps(cbor2.CBORTag(wanted["tag"], [protected, proofs, wanted["payload"], signature]))


def code(data: bytes, of: bytes = ENTRIES[AT]) -> int:
    return receipt.check(data, of, KEY).code()


def test_a_good_receipt_passes() -> None:
    assert code(made(parts())) == 0


def header(**changes: object) -> dict[Any, Any]:
    names = {"alg": 1, "kid": 4, "vds": 395, "claims": 15, "crit": 2}
    found = dict(parts()["header"])
    for name, value in changes.items():
        if value is None:
            del found[names[name]]
        else:
            found[names[name]] = value
    return found


def single() -> Parts:
    """Return a receipt for the only entry of a log: its path is empty."""
    return parts(proof=[1, 0, []], root=LEAVES[AT])


GOOD_PROOF = cbor2.dumps([7, AT, PATH])
SPOILED: dict[str, Parts] = {
    "algorithm ES256": parts(header=header(alg=-7)),
    "algorithm as text": parts(header=header(alg="EdDSA")),
    "algorithm gone": parts(header=header(alg=None)),
    "key id gone": parts(header=header(kid=None)),
    "key id empty": parts(header=header(kid=b"")),
    "key id as text": parts(header=header(kid="k1")),
    "another tree": parts(header=header(vds=2)),
    "tree true": parts(header=header(vds=True)),
    "tree gone": parts(header=header(vds=None)),
    "claims gone": parts(header=header(claims=None)),
    "claims a list": parts(header=header(claims=[1])),
    "issuer gone": parts(header=header(claims={2: "s", 6: NOW})),
    "issuer empty": parts(header=header(claims={1: "", 2: "s", 6: NOW})),
    "issuer a number": parts(header=header(claims={1: 5, 2: "s", 6: NOW})),
    "subject gone": parts(header=header(claims={1: ORIGIN, 6: NOW})),
    "time gone": parts(header=header(claims={1: ORIGIN, 2: "s"})),
    "time a text": parts(header=header(claims={1: ORIGIN, 2: "s", 6: "x"})),
    "time true": parts(header=header(claims={1: ORIGIN, 2: "s", 6: True})),
    "time zero": parts(header=header(claims={1: ORIGIN, 2: "s", 6: 0})),
    "critical unknown": parts(header=header(crit=[99]) | {99: 1}),
    "critical absent": parts(header=header(crit=[16])),
    "critical empty": parts(header=header(crit=[])),
    "critical a number": parts(header=header(crit=1)),
    "header a list": parts(header=[1]),
    "header both protected and not": parts(unprotected={396: {-1: [GOOD_PROOF]}, 4: b"k1"}),
    "more unprotected": parts(unprotected={396: {-1: [GOOD_PROOF]}, 99: 1}),
    "unprotected a list": parts(unprotected=[1]),
    "no proof": parts(unprotected={}),
    "proofs a list": parts(unprotected={396: [GOOD_PROOF]}),
    "consistency only": parts(unprotected={396: {-2: [GOOD_PROOF]}}),
    "consistency too": parts(unprotected={396: {-1: [GOOD_PROOF], -2: [GOOD_PROOF]}}),
    "two proofs": parts(unprotected={396: {-1: [GOOD_PROOF, GOOD_PROOF]}}),
    "proof not wrapped": parts(unprotected={396: {-1: [[7, AT, PATH]]}}),
    "proof longer": parts(unprotected={396: {-1: [GOOD_PROOF + b"\0"]}}),
    "proof in bytes": parts(unprotected={396: {-1: GOOD_PROOF}}),
    "proof of two parts": parts(proof=[7, AT]),
    "proof of four parts": parts(proof=[7, AT, PATH, 0]),
    "proof a map": parts(proof={0: 7, 1: AT, 2: PATH}),
    "tree of one": single(),
    "size zero": parts(proof=[0, AT, PATH]),
    "size a text": parts(proof=["7", AT, PATH]),
    "size true": parts(proof=[True, AT, PATH]),
    "size huge": parts(proof=[1 << 63, AT, PATH]),
    "index outside": parts(proof=[7, 7, PATH]),
    "index negative": parts(proof=[7, -1, PATH]),
    "index false": parts(proof=[7, False, PATH]),
    "another index": parts(proof=[7, 3, PATH]),
    "path empty": parts(proof=[7, AT, []]),
    "path short": parts(proof=[7, AT, PATH[1:]]),
    "path long": parts(proof=[7, AT, [*PATH, PATH[0]]]),
    "path a map": parts(proof=[7, AT, dict(enumerate(PATH))]),
    "path of texts": parts(proof=[7, AT, ["x" * 32] * 3]),
    "hash of 31 bytes": parts(proof=[7, AT, [PATH[0][:31], *PATH[1:]]]),
    "hash of 33 bytes": parts(proof=[7, AT, [PATH[0] + b"x", *PATH[1:]]]),
    "payload embedded": parts(payload=merkle.root(LEAVES)),
    "payload a text": parts(payload="x"),
    "another root signed": parts(root=bytes(32)),
    "another key": parts(signer=ISSUER),
    "another tag": parts(tag=17),
}


@pytest.mark.parametrize("name", sorted(SPOILED))
def test_a_spoiled_receipt_is_refused(name: str) -> None:
    assert code(made(SPOILED[name])) == 1


def test_a_path_of_the_right_root_but_of_odd_hashes_is_refused() -> None:
    """The issuer signs whatever root the odd path gives: form alone refuses it."""
    for path in ([PATH[0] + b"x", *PATH[1:]], [PATH[0][:31], *PATH[1:]]):
        root = tree.root_by_path(LEAVES[AT], AT, 7, path)
        assert code(made(parts(proof=[7, AT, path], root=root))) == 1


def test_the_receipt_of_another_entry_is_refused() -> None:
    assert code(made(parts()), ENTRIES[3]) == 1
    assert code(made(parts()), b"") == 1
    assert receipt.check(made(parts()), None, KEY).code() == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b"\0",
        lambda data: data[:-1],
        lambda data: data[1:],
        lambda data: b"\xd8\x12" + data[1:],
        lambda data: data[:1] + b"\x98\x04" + data[2:],
        lambda data: data[:1] + b"\x9f" + data[2:] + b"\xff",
        lambda data: data[:-64] + bytes(64),
        lambda data: data[:0],
    ],
)
def test_another_spelling_of_the_same_receipt_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    assert code(spoil(made(parts()))) == 1


@pytest.mark.parametrize(
    "text",
    ["a1f90000", "a2010101 02", "a201010102", "f97e00", "fb3ff0000000000000", "c11a514b67b0", "c249010000000000000000",
     "9f01ff", "5f4101ff", "1800", "190001", "a10100 00", "f7", "e0", "d9010201", "81" * 40 + "00", "a1430000000 0",
     "a1810000", "a1f500", "5b7fffffffffffffff",
     "81fb3ff0000000000000", "a101fb3ff0000000000000", "8181fb3ff0000000000000"],
)  # fmt: skip
def test_cbor_that_we_would_not_write_so_is_not_read(text: str) -> None:
    with pytest.raises(NotTrue):
        cbor.read_cbor(bytes.fromhex(text.replace(" ", "")))


def test_issuer_and_subject_are_compared_where_given() -> None:
    data = made(parts())
    assert receipt.check(data, ENTRIES[AT], KEY, ORIGIN, "s").code() == 0
    assert receipt.check(data, ENTRIES[AT], KEY, "example.com/other").code() == 1
    assert receipt.check(data, ENTRIES[AT], KEY, None, "t").code() == 1


def statement(receipts: list[bytes] | None = None, **other: object) -> bytes:
    wanted: Parts = {"payload": ENTRIES[AT], "header": {1: -8, 4: b"i", 15: {1: ORIGIN, 2: "s"}}, "signer": ISSUER}
    wanted |= {"unprotected": {394: [made(parts())] if receipts is None else receipts}} | other
    protected = cbor2.dumps(wanted["header"])
    signature = wanted["signer"].sign(cbor2.dumps(["Signature1", protected, b"", wanted["payload"] or b""]))
    return cbor2.dumps(cbor2.CBORTag(18, [protected, wanted["unprotected"], wanted["payload"], signature]))


def stated(data: bytes, of: bytes | None = None) -> int:
    return receipt.check_statement(data, KEY, ISSUER_KEY, of).code()


def test_a_transparent_statement_passes_and_without_its_key_is_not_fully_checked() -> None:
    assert stated(statement()) == 0
    assert stated(statement(), ENTRIES[AT]) == 0
    assert stated(statement([made(parts())] * 2)) == 0
    assert receipt.check_statement(statement(), KEY, None).code() == 3


SUBJECT_T = {1: -8, 4: b"i", 15: {1: ORIGIN, 2: "t"}}
UNSTATED: dict[str, bytes] = {
    "no receipt": statement([]),
    "too many receipts": statement([made(parts())] * 65),
    "receipt of another entry": statement(payload=ENTRIES[3]),
    "receipt spoiled": statement([made(parts(signer=ISSUER))]),
    "one of two spoiled": statement([made(parts()), made(parts(signer=ISSUER))]),
    "receipts not a list": statement(unprotected={394: made(parts())}),
    "more unprotected": statement(unprotected={394: [made(parts())], 99: 1}),
    "none unprotected": statement(unprotected={}),
    "another subject": statement(header=SUBJECT_T),
    "no claims": statement(header={1: -8, 4: b"i"}),
    "another signer": statement(signer=OURS),
    "payload detached": statement(payload=None),
    "payload empty": statement(payload=b""),
    "payload not canonical": statement(payload=ENTRIES[AT] + b" "),
    "payload no JSON": statement(payload=b"x"),
}


@pytest.mark.parametrize("name", sorted(UNSTATED))
def test_a_spoiled_statement_is_refused(name: str) -> None:
    assert stated(UNSTATED[name]) == 1


def test_a_statement_around_another_entry_is_refused() -> None:
    assert stated(statement(), ENTRIES[3]) == 1


def test_an_entry_out_of_form_is_refused_though_all_is_signed() -> None:
    odd = ENTRIES[AT] + b" "
    leaves = [*LEAVES[:AT], merkle.leaf_hash(odd), *LEAVES[AT + 1 :]]
    path = merkle.inclusion_proof(AT, 7, merkle.subtree_of(leaves))
    assert stated(statement([made(parts(proof=[7, AT, path], root=merkle.root(leaves)))], payload=odd)) == 1


def test_the_commands_take_keys_and_entries_as_files_or_as_text(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(made(parts()))
    (tmp_path / "s").write_bytes(statement())
    (tmp_path / "key.pem").write_text(PEM)
    (tmp_path / "entry").write_bytes(ENTRIES[AT])
    text = base64url.encode(OURS.public)
    for key in (PEM, text, str(tmp_path / "key.pem")):
        for of in (ENTRIES[AT].hex(), str(tmp_path / "entry")):
            assert main(["receipt", str(tmp_path / "r"), "--key", key, "--entry", of]) == 0
            more = [f"--statement-key={base64url.encode(ISSUER.public)}", "--entry", of]
            assert main(["statement", str(tmp_path / "s"), "--key", key, *more]) == 0
    command = ["receipt", str(tmp_path / "r"), "--key", text, "--entry", ENTRIES[AT].hex()]
    assert main([*command, "--issuer", ORIGIN, "--subject", "s"]) == 0
    assert main([*command, "--issuer", "other"]) == 1
    assert main([*command, "--subject", "other"]) == 1
    assert main(["receipt", str(tmp_path / "none"), *command[2:]]) == 2
    assert main(["statement", str(tmp_path / "s"), "--key", text]) == 3


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN PUBLIC KEY-----", base64url.encode(bytes(31))])
def test_a_key_that_is_none_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        cose.parse_key(text)


def test_a_key_of_another_algorithm_is_unreadable() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(Unreadable):
        cose.parse_key(pem.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())
