"""Each refusal says why, also where a later check would have refused for another reason."""

from __future__ import annotations

import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from email.message import Message
from pathlib import Path
from typing import Any, Never

import cbor2
import pytest

from ledger import base64url, note
from ledger.verifier import bundle, checkpoint, cose, inputs, monitor, receipt, statuslist, tiles
from ledger.verifier.cli import main
from ledger.verifier.findings import Findings, NotTrue, Unreadable
from ledger.verifier.logformat import verified_checkpoint
from tests.ledger.test_note import Signer
from tests.ledger.verifier import test_extension as extensions
from tests.ledger.verifier import test_receipt as receipts
from tests.ledger.verifier.forge import KEY, LOG, NOW, ORIGIN, VKEY, put, signed
from tests.ledger.verifier.test_bundle import Json, code, grants, made, registers


def reasons(findings: Findings) -> str:
    return "\n".join(f"{verdict.value} {text}" for verdict, text in findings.lines)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what the checks of bundles found."""
    kept: list[str] = []
    real = bundle.check

    def check(*given: Any, **named: Any) -> Findings:  # noqa: ANN401 - as the real one
        findings = real(*given, **named)
        kept.append(reasons(findings))
        return findings

    monkeypatch.setattr(bundle, "check", check)
    return kept


def test_a_bundle_s_entry_payload_and_place_have_reasons_of_their_own(said: list[str]) -> None:
    code([made(registers(), commit=bytes(31))])
    code([made(registers(), tail=b" ")])
    code([registers()], without="opening")
    assert "its commitment is malformed" in said[0]
    assert "FALSE act 1 (key.registered): 2 the entry commits to the payload: the entry does not hold" in said[1]
    assert "signed: the entry does not hold" in said[1]
    assert "NOT CHECKED act 1 (key.registered): 2 the entry commits to the payload: there is no opening" in said[2]


def test_a_statement_that_is_missing_or_stands_on_nothing_says_so(said: list[str]) -> None:
    code([registers(), grants()], without="statement")
    code([registers(), grants()], spoil=lambda made: made["acts"][1]["statement"].update(signature=""))
    code([registers(), grants()], spoil=lambda made: made["acts"][1].update(opening=None))

    def passkey(made: Json) -> None:
        made["keys"][0]["algorithm"] = "WebAuthn"
        del made["acts"][1]["statement"]["signature"]

    code([registers(), grants()], spoil=passkey)
    assert said[0].count("NOT CHECKED act 2 (statement)") == 2
    assert said[0].count("the grant comes without its statement") == 2
    assert "not revoked: the signature does not hold" in said[1]
    assert "payload names: the payload does not hold" in said[2]
    assert "there is no evidence of the passkey" in said[3]


def test_a_key_that_nothing_registers_is_missing_rather_than_late(said: list[str]) -> None:
    code([grants()])
    code([grants(), registers()])
    assert "not revoked: no act of the bundle registers this key" in said[0]
    assert "not revoked: the key was registered later" in said[1]


def test_a_checkpoint_of_nobody_s_key_and_one_of_another_log_are_told_apart() -> None:
    text = signed([bytes(32)])
    stranger = note.sign(text.partition("\n\n")[0] + "\n", "example.com/log", Signer(99))
    for found, why in ((stranger, "not signed by the given key"), (text.replace("\n\n", "\n"), "not a signed note")):
        with pytest.raises(NotTrue, match=why):
            verified_checkpoint(found, KEY)
    other = note.sign("example.com/other\n" + text.partition("\n\n")[0].partition("\n")[2] + "\n", ORIGIN, LOG)
    with pytest.raises(NotTrue, match=r"of the log 'example\.com/other'"):
        verified_checkpoint(other, KEY)


def test_what_is_no_json_is_unreadable_as_such() -> None:
    with pytest.raises(Unreadable, match="not strict JSON"):
        bundle.read(b"x")


def test_an_older_checkpoint_needs_both_to_hold() -> None:
    older = checkpoint.Older(signed([bytes(32)]))
    for text, before in (("x", older), (signed([bytes(32)]), checkpoint.Older("x"))):
        assert "extends the older one: one of them does not hold" in reasons(
            checkpoint.check(text, [KEY], older=before)
        )


GOOD = receipts.made(receipts.parts())
FOUR: list[Any] = [cbor2.dumps(receipts.parts()["header"]), {}, None, bytes(64)]


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        (5, "four parts"),
        (FOUR[:3], "four parts"),
        ([*FOUR, 0], "four parts"),
        ([{}, *FOUR[1:]], "a part is of another type"),
        ([*FOUR[:3], "x"], "a part is of another type"),
        ([FOUR[0], [], *FOUR[2:]], "a part is of another type"),
        ([*FOUR[:2], "x", FOUR[3]], "a part is of another type"),
        ([cbor2.dumps([1]), *FOUR[1:]], "its protected header is not a map"),
        ([FOUR[0], {4: b"k"}, *FOUR[2:]], "both protected and not"),
    ],
)
def test_a_message_out_of_form_says_what_is_wrong_with_it(parts: object, why: str) -> None:
    with pytest.raises(NotTrue, match=why):
        cose.read_sign1(cbor2.dumps(cbor2.CBORTag(18, parts)))


def test_a_header_without_claims_says_so() -> None:
    with pytest.raises(NotTrue, match="it has no claims"):
        cose.claims_of({})


@pytest.mark.parametrize(
    ("proof", "why"),
    [
        ([7, 4], "three parts"),
        (5, "three parts"),
        (["7", 4, receipts.PATH], "not a number"),
        ([7, "4", receipts.PATH], "not a number"),
        ([1, 0, receipts.PATH], "no receipt can be of a tree of this size"),
        ([1 << 63, 0, receipts.PATH], "no receipt can be of a tree of this size"),
        ([7, 7, receipts.PATH], "the index is not inside the tree"),
        ([7, -1, receipts.PATH], "the index is not inside the tree"),
        ([7, 4, []], "the path is empty"),
        ([7, 4, 5], "the path is empty"),
    ],
)
def test_a_proof_out_of_form_says_what_is_wrong_with_it(proof: object, why: str) -> None:
    data = receipts.made(receipts.parts(proof=proof))
    found = reasons(receipt.check(data, receipts.ENTRIES[4], receipts.KEY))
    assert why in found
    assert "by the given key: there is no root" in found


def test_a_receipt_without_entry_or_older_tree_says_so() -> None:
    assert "to a root: there is no entry" in reasons(receipt.check(GOOD, None, receipts.KEY))
    data = extensions.receipts(proof=[3, 7, []])
    found = reasons(receipt.check_consistency(data, receipt.Older(bytes(32)), receipts.KEY))
    assert "there is no root" in found


def test_a_statement_without_payload_says_so() -> None:
    for payload in (None, b""):
        data = receipts.statement(payload=payload)
        assert "its payload is missing" in reasons(receipt.check_statement(data, receipts.KEY, None))


def test_a_list_s_token_says_what_is_wrong_with_it() -> None:
    from tests.ledger.verifier import test_statuslist as lists

    key = lists.STATUS
    header = cbor2.dumps({1: -8, 4: b"k", 16: "application/statuslist+cwt"})
    signature = key.sign(cbor2.dumps(["Signature1", header, b"", b""]))
    detached = cbor2.dumps(cbor2.CBORTag(18, [header, {}, None, signature]))
    assert "its claims are missing" in reasons(statuslist.check(detached, lists.KEY, now=NOW)[0])
    token = statuslist.Token("s", NOW, NOW + 1, 1, 0, 2, b"no stream")
    with pytest.raises(NotTrue, match="not compressed with zlib"):
        statuslist._inflated(token)


def test_a_bundle_of_entries_that_ends_early_says_so() -> None:
    for data in (b"", b"\0", b"\0\0", b"\0\x01a\0"):
        with pytest.raises(NotTrue, match="ends early"):
            tiles.ends("tile/entries/000", data, 2)


def test_a_server_that_fails_says_nothing_and_one_that_has_nothing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(status: int) -> object:
        def opened(address: str, **_: object) -> Never:
            raise urllib.error.HTTPError(address, status, "no", Message(), None)

        return opened

    for status, error in ((500, tiles.Unreachable), (403, tiles.Unreachable), (404, FileNotFoundError)):
        monkeypatch.setattr(urllib.request, "urlopen", refuse(status))
        with pytest.raises(error):
            tiles.reader("http://127.0.0.1:1/log")("checkpoint")


def test_what_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        inputs.data_of(tmp_path / "none")
    (tmp_path / "file").write_bytes(b"abc")
    assert inputs.data_of(tmp_path / "file", 3) == b"abc"
    with pytest.raises(Unreadable, match="larger than 2 bytes"):
        inputs.data_of(tmp_path / "file", 2)
    (tmp_path / "point").write_text(signed([bytes(32)]))
    told = ["checkpoint", str(tmp_path / "point"), "--vkey"]
    told_with = [*told, VKEY, "--older", str(tmp_path / "point"), "--consistency", str(tmp_path / "file")]
    for command, why in (
        ([*told, "x"], "the verifier key: "),
        ([*told, VKEY, "--witness-vkey", "x"], "the verifier key of a witness: "),
        (told_with, "the consistency proof: "),
    ):
        assert main(command) == 2
        assert capsys.readouterr().out.startswith(f"unreadable: {why}")
    (tmp_path / "receipt").write_bytes(GOOD)
    told = ["receipt", str(tmp_path / "receipt"), f"--key={base64url.encode(receipts.OURS.public)}"]
    for text, why in ((bytes(31).hex(), "the root: "), ("AAAA", "a root has 32 bytes")):
        assert main([*told, f"--older-root={text}"]) == 2
        assert capsys.readouterr().out.startswith(f"unreadable: {why}")


def test_a_state_of_another_form_is_unreadable_once_it_is_used(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state")) as database, database:
        database.execute("CREATE TABLE fact (name TEXT PRIMARY KEY)")
    folder = put(tmp_path / "log", {"checkpoint": b""})
    assert monitor.main([str(folder), "--state", str(tmp_path / "state"), "--vkey", VKEY, "--once"]) == 2
