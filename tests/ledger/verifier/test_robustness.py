"""Malformed input of every kind ends in an exit code, never in a traceback, and never passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ledger import base64url
from ledger.verifier.cli import main
from tests.ledger.verifier.forge import NOW, VKEY, WITNESS_VKEYS, proofs, signed
from tests.ledger.verifier.test_receipt import ENTRIES, GOOD_PROOF, ISSUER, OURS, made, parts, statement
from tests.ledger.verifier.test_statuslist import STATUS, cwt, jwt

RECEIPT_KEY, STATUS_KEY = (f"--key={base64url.encode(signer.public)}" for signer in (OURS, STATUS))
STATEMENT_KEY = f"--statement-key={base64url.encode(ISSUER.public)}"
COMMANDS: dict[str, tuple[bytes, list[str]]] = {
    "checkpoint": (
        signed([bytes(32)] * 3, at=[(0, NOW)]).encode(),
        ["--vkey", VKEY, "--witness-vkey", WITNESS_VKEYS[0]],
    ),
    "proof": (proofs([b"a", b"b", b"c"])[1].encode(), ["--vkey", VKEY, "--entry", "62"]),
    "receipt": (made(parts()), [RECEIPT_KEY, "--entry", ENTRIES[4].hex()]),
    "statement": (statement(), [RECEIPT_KEY, STATEMENT_KEY]),
    "status": (jwt(), [STATUS_KEY, "--at", str(NOW + 1)]),
    "status of a CWT": (cwt(), [STATUS_KEY, "--at", str(NOW + 1)]),
    "bundle": (b'{"acts":[],"format":"countenance-export/1","keys":[],"log":{}}', ["--log-vkey", VKEY]),
}
Run = Callable[[str, bytes], int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def one(name: str, data: bytes) -> int:
        (tmp_path / "input").write_bytes(data)
        return main([name.split(maxsplit=1)[0], str(tmp_path / "input"), *COMMANDS[name][1]])

    return one


FREELY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)


@pytest.mark.parametrize("name", sorted(COMMANDS))
@FREELY
@given(data=st.binary(max_size=200))
def test_random_bytes_are_refused(run: Run, name: str, data: bytes) -> None:
    assert run(name, data) in {1, 2}


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"bundle"}))
@FREELY
@given(place=st.integers(0, 10**6), octet=st.integers(1, 255), cut=st.booleans())
def test_a_good_file_with_one_octet_changed_or_cut_is_refused(
    run: Run,
    name: str,
    place: int,
    octet: int,
    cut: bool,  # noqa: FBT001 - hypothesis draws it
) -> None:
    good = bytearray(COMMANDS[name][0])
    place %= len(good)
    loose = good.find(GOOD_PROOF)  # a receipt does not sign size and index: another size may have the same path
    assume(cut or loose < 0 or place not in range(loose + 1, loose + 3))
    spoiled = good[:place] if cut else good[:place] + bytes([good[place] ^ octet]) + good[place + 1 :]
    assert run(name, bytes(spoiled)) in {1, 2}


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"bundle"}))
def test_the_good_file_itself_passes(run: Run, name: str) -> None:
    assert run(name, COMMANDS[name][0]) == 0


def test_a_statement_whose_key_is_not_given_never_passes_whatever_octet_is_changed(tmp_path: Path) -> None:
    """Nobody has looked at its own signature then: what is spoiled there is not noticed, but nothing is vouched for."""
    good = COMMANDS["statement"][0]
    for place in range(len(good)):
        (tmp_path / "input").write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert main(["statement", str(tmp_path / "input"), RECEIPT_KEY]) in {1, 3}


@FREELY
@given(data=st.binary(max_size=300))
def test_a_policy_of_random_bytes_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "policy").write_bytes(data)
    (tmp_path / "input").write_bytes(COMMANDS["checkpoint"][0])
    assert main(["checkpoint", str(tmp_path / "input"), "--policy", str(tmp_path / "policy")]) in {1, 2}


@FREELY
@given(vkey=st.text(max_size=120).filter(lambda text: not text.startswith("-")))
def test_a_key_of_any_text_is_unreadable(tmp_path: Path, vkey: str) -> None:
    (tmp_path / "input").write_bytes(COMMANDS["checkpoint"][0])
    assert main(["checkpoint", str(tmp_path / "input"), "--vkey", vkey]) == 2
    assert main(["receipt", str(tmp_path / "input"), "--key", vkey, "--entry", "00"]) == 2
