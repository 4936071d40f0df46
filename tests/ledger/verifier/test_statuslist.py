"""Status list tokens in both forms, alone and against a log."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import cbor2
import pytest

from ledger import base64url
from ledger.verifier import statuslist
from ledger.verifier.cli import main
from ledger.verifier.findings import Findings, NotTrue
from tests.ledger.test_note import Signer
from tests.ledger.verifier.forge import NOW, VKEY, log_of, put
from tests.ledger.verifier.test_state import story

STATUS = Signer(50)
KEY = STATUS.private.public_key()
URI = "https://example.com/status/grants"
BITS = bytes([0b0100, 0b0100])  # grants 1 and 5 are INVALID
Parts = dict[str, Any]
Token = dict[str, Any]


def claims(**other: object) -> Parts:
    found = {"sub": URI, "iat": NOW, "exp": NOW + 600, "ttl": 60, "as_of": 10, "bits": 2, "lst": zlib.compress(BITS, 9)}
    found |= other
    return {name: value for name, value in found.items() if value is not ...}


def jwt(header: Parts | None = None, by: Signer = STATUS, **other: object) -> bytes:
    made = claims(**other)
    lst = made.get("lst")
    held = {name: made[name] for name in ("bits", "lst") if name in made}
    held |= {"lst": base64url.encode(lst)} if isinstance(lst, bytes) else {}
    body = {name: made[name] for name in ("sub", "iat", "exp", "ttl", "as_of") if name in made} | {"status_list": held}
    head = {"alg": "EdDSA", "typ": "statuslist+jwt", "kid": "k"} if header is None else header
    text = ".".join(base64url.encode(json.dumps(part).encode()) for part in (head, body))
    return f"{text}.{base64url.encode(by.sign(text.encode()))}".encode()


def cwt(header: Parts | None = None, by: Signer = STATUS, **other: object) -> bytes:
    made = claims(**other)
    labels = {"sub": 2, "iat": 6, "exp": 4, "ttl": 65534, "as_of": "as_of"}
    body: dict[Any, Any] = {label: made[name] for name, label in labels.items() if name in made}
    body[65533] = {name: made[name] for name in ("bits", "lst") if name in made}
    head = {1: -8, 16: "application/statuslist+cwt", 4: b"k"} if header is None else header
    protected, payload = cbor2.dumps(head), cbor2.dumps(body)
    signature = by.sign(cbor2.dumps(["Signature1", protected, b"", payload]))
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature]))


def code(data: bytes, **asked: Any) -> int:  # noqa: ANN401 - uri or index
    return statuslist.check(data, KEY, now=NOW + 1, **asked)[0].code()


@pytest.mark.parametrize("form", [jwt, cwt])
def test_a_good_token_passes_and_tells_each_grant(form: Any) -> None:  # noqa: ANN401 - makes a token
    assert code(form()) == code(form(), uri=URI) == 0
    assert [code(form(), index=index) for index in range(6)] == [0, 1, 0, 0, 0, 1]
    assert code(form(), index=8) == code(form(), index=-1) == 1
    assert code(form(), uri=URI + "x") == 1


SPOILED: dict[str, dict[str, Any]] = {
    "no subject": {"sub": ...},
    "subject a number": {"sub": 5},
    "no time": {"iat": ...},
    "time a text": {"iat": "x"},
    "time true": {"iat": True},
    "from the future": {"iat": NOW + 62},
    "no expiry": {"exp": ...},
    "expired": {"exp": NOW + 1},
    "expired before issued": {"iat": NOW + 30, "exp": NOW + 20},
    "expiry true": {"exp": True},
    "no ttl": {"ttl": ...},
    "ttl zero": {"ttl": 0},
    "ttl a text": {"ttl": "60"},
    "one bit": {"bits": 1},
    "no bits": {"bits": ...},
    "bits a text": {"bits": "2"},
    "no list": {"lst": ...},
    "list not compressed": {"lst": BITS},
    "list cut": {"lst": zlib.compress(bytes(1000))[:-1]},
    "list and more": {"lst": zlib.compress(BITS) + b"x"},
    "list empty": {"lst": b""},
    "list a bomb": {"lst": zlib.compress(bytes(64 * 1024 * 1024 + 1))},
    "list a number": {"lst": 5},
    "another key": {"by": Signer(51)},
}


@pytest.mark.parametrize("form", [jwt, cwt])
@pytest.mark.parametrize("name", sorted(SPOILED))
def test_a_spoiled_token_is_refused(form: Any, name: str) -> None:  # noqa: ANN401 - makes a token
    assert code(form(**SPOILED[name])) == 1


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "statuslist+jwt"},
        {"alg": "HS256", "typ": "statuslist+jwt"},
        {"typ": "statuslist+jwt"},
        {"alg": "EdDSA", "typ": "JWT"},
        {"alg": "EdDSA"},
        {"alg": "EdDSA", "typ": "statuslist+jwt", "crit": ["x"]},
    ],
)
def test_a_jwt_of_another_type_or_algorithm_is_refused(header: Parts) -> None:
    assert code(jwt(header)) == 1


@pytest.mark.parametrize(
    "header", [{1: -8, 4: b"k"}, {1: -8, 16: "x", 4: b"k"}, {1: -7, 16: "application/statuslist+cwt", 4: b"k"}]
)
def test_a_cwt_of_another_type_or_algorithm_is_refused(header: Parts) -> None:
    assert code(cwt(header)) == 1


def test_the_algorithm_is_named_even_where_the_signature_holds() -> None:
    assert code(jwt({"alg": "ES256", "typ": "statuslist+jwt"})) == 1


@pytest.mark.parametrize(
    "data", [b"", b"ey", b"ey.a.b.c", b"eyJ.e30.AA", b"\xd2\x84", jwt() + b".x", jwt().replace(b".", b"", 1), b"{}"]
)
def test_what_is_no_token_is_refused(data: bytes) -> None:
    assert code(data) == 1


def test_a_jwt_of_four_parts_is_refused_though_three_would_hold() -> None:
    assert code(jwt() + b".e30") == 1


def test_a_cwt_without_claims_inside_is_refused() -> None:
    parts = cbor2.loads(cwt()).value
    assert code(cbor2.dumps(cbor2.CBORTag(18, [parts[0], {}, None, parts[3]]))) == 1


def test_the_list_of_the_draft_reads_as_it_says() -> None:
    # Source: draft-ietf-oauth-status-list, the 2-bit example.
    statuses = zlib.decompress(bytes.fromhex("78da3be9f2130003df0207"))
    assert [statuslist.status_of(statuses, index) for index in range(12)] == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
    with pytest.raises(NotTrue):
        statuslist.status_of(statuses, 12)


@pytest.fixture
def log(tmp_path: Path) -> list[str]:
    return ["--log", str(put(tmp_path / "log", log_of(story()))), "--vkey", VKEY]


def run(folder: Path, token: bytes, *more: str) -> int:
    (folder / "token").write_bytes(token)
    key = base64url.encode(STATUS.public)
    return main(["status", str(folder / "token"), "--key", key, "--at", str(NOW + 1), *more])


@pytest.mark.parametrize("form", [jwt, cwt])
def test_the_token_is_what_the_log_s_entries_give(form: Any, tmp_path: Path, log: list[str]) -> None:  # noqa: ANN401
    assert run(tmp_path, form(), *log) == 0
    assert run(tmp_path, form(), *log, "--uri", URI, "--index", "4") == 0
    assert run(tmp_path, form(as_of=7, lst=zlib.compress(bytes(2))), *log) == 0
    assert run(tmp_path, form(), *log, "--index", "5") == 1
    assert run(tmp_path, form(), *log, "--index", "6") == 1  # a bit of the last byte that belongs to no grant
    for other in (
        {"as_of": 7},
        {"as_of": 9},
        {"as_of": 11},
        {"as_of": ...},
        {"as_of": "10"},
        {"as_of": -1},
        {"as_of": True},
        {"lst": zlib.compress(bytes(2))},
        {"lst": zlib.compress(BITS + b"\0")},
        {"lst": zlib.compress(BITS[:1])},
    ):
        assert run(tmp_path, form(**other), *log) == 1, other


def test_a_token_without_a_place_says_so_though_the_rest_holds(tmp_path: Path, log: list[str]) -> None:
    for spoiled in (..., -1, True):
        with pytest.raises(NotTrue):
            statuslist.place_of(statuslist.check(jwt(as_of=spoiled), KEY, now=NOW + 1)[1])  # type: ignore[arg-type]  # the token holds


def test_a_revoked_grant_does_not_hide_that_the_log_agrees(tmp_path: Path, log: list[str], capsys: Any) -> None:  # noqa: ANN401
    run(tmp_path, jwt(), *log, "--index", "5")
    said = capsys.readouterr().out
    assert said.count("FALSE") == 1
    assert "grant 5 is VALID: it is INVALID" in said


def test_against_a_log_that_does_not_hold_nothing_is_compared(tmp_path: Path, log: list[str]) -> None:
    next((tmp_path / "log/tile/0").rglob("*11")).unlink()
    assert run(tmp_path, jwt(), *log) == 1
    found = Findings()
    statuslist.check_log(BITS, None, 1, found)
    assert [verdict.value for verdict, _ in found.lines] == ["NOT CHECKED"] * 3


def test_an_unreadable_log_or_key_is_said(tmp_path: Path, log: list[str]) -> None:
    assert run(tmp_path, jwt(), "--log", str(tmp_path / "none"), "--vkey", VKEY) == 2
    assert run(tmp_path, jwt(), *log[:2]) == 2
    assert run(tmp_path, b"", *log) == 1
