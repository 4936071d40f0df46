"""The permit token: what a render service can check by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consent import caveats, permit
from consent.permit import Order, PermitClaims, PermitFlaw, PermitInvalid
from ledger import base64url
from ledger.canonical import canonical, digest

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ORDER = Order("ab" * 32, "reference", 4, "1280x720", None)
CLAIMS = PermitClaims(
    permit="7f3f2f30-8b5e-4a53-9d5c-1c2f9d1c0a01",
    job="7f3f2f30-8b5e-4a53-9d5c-1c2f9d1c0a02",
    not_before=NOW,
    expires=NOW + timedelta(seconds=60),
    order=ORDER,
    epochs=(("face1", 0), ("face2", 7)),
    binding=b"\x01" * 32,
)


class Key:
    key_id = "k1"

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


KEY = Key()
KEYS = {"k1": KEY.public}


def resigned(change: dict[str, Any]) -> str:
    """Return a token that our key really signed, over a payload of the test's own."""
    head = permit.mint(CLAIMS, KEY).partition(".")[0]
    payload = json.loads(base64url.decode(head)) | change
    signature = KEY.sign(digest("permit", payload))
    return base64url.encode(canonical(payload)) + "." + base64url.encode(signature)


def flaw(token: str, *, order: Order = ORDER, at: datetime = NOW) -> PermitFlaw:
    with pytest.raises(PermitInvalid) as refusal:
        permit.verify(token, keys=KEYS, order=order, at=at)
    return refusal.value.reason


def test_what_was_minted_is_what_is_read() -> None:
    assert permit.verify(permit.mint(CLAIMS, KEY), keys=KEYS, order=ORDER, at=NOW) == CLAIMS


def test_a_remix_permit_names_its_parent() -> None:
    order = replace(ORDER, parent_sha256="cd" * 32)
    claims = replace(CLAIMS, order=order)
    assert permit.verify(permit.mint(claims, KEY), keys=KEYS, order=order, at=NOW) == claims


def test_an_expired_permit_is_refused_to_the_second() -> None:
    token = permit.mint(CLAIMS, KEY)
    assert permit.verify(token, keys=KEYS, order=ORDER, at=NOW + timedelta(seconds=59, microseconds=999999))
    assert flaw(token, at=NOW + timedelta(seconds=60)) is PermitFlaw.EXPIRED
    assert flaw(token, at=NOW - timedelta(microseconds=1)) is PermitFlaw.NOT_YET


@pytest.mark.parametrize(
    "change",
    [
        {"prompt_sha256": "ac" * 32},
        {"model": "another"},
        {"seconds": 5},
        {"size": "720x1280"},
        {"parent_sha256": "cd" * 32},
    ],
)
def test_another_order_is_refused(change: dict[str, Any]) -> None:
    assert flaw(permit.mint(CLAIMS, KEY), order=replace(ORDER, **change)) is PermitFlaw.ORDER_MISMATCH


def test_a_key_that_is_not_ours_forges() -> None:
    assert flaw(permit.mint(CLAIMS, Key())) is PermitFlaw.FORGED
    other = Key()
    other.key_id = "unknown"
    assert flaw(permit.mint(CLAIMS, other)) is PermitFlaw.FORGED


def test_no_byte_can_be_changed() -> None:
    token = permit.mint(CLAIMS, KEY)
    for n in range(0, len(token), 3):
        other = "A" if token[n] != "A" else "B"
        assert flaw(token[:n] + other + token[n + 1 :]) in {PermitFlaw.ALTERED, PermitFlaw.FORGED}


@pytest.mark.parametrize("tag", sorted(caveats.REGISTRY))
def test_no_limit_can_be_left_out_even_by_us(tag: int) -> None:
    items = json.loads(base64url.decode(permit.mint(CLAIMS, KEY).partition(".")[0]))["caveats"]
    assert flaw(resigned({"caveats": [item for item in items if item[0] != tag]})) is PermitFlaw.ALTERED
    assert flaw(resigned({"caveats": [*items, next(i for i in items if i[0] == tag)]})) is PermitFlaw.ALTERED
    assert flaw(resigned({"caveats": [*items, [99, "x"]]})) is PermitFlaw.ALTERED
    assert flaw(resigned({"caveats": items[::-1]})) is PermitFlaw.ALTERED


@pytest.mark.parametrize(
    "change", [{"v": 2}, {"v": True}, {"id": "x"}, {"key": 1}, {"caveats": []}, {"caveats": {}}, {"extra": 1}]
)
def test_a_payload_of_another_form_is_refused(change: dict[str, Any]) -> None:
    assert flaw(resigned(change)) in {PermitFlaw.ALTERED, PermitFlaw.FORGED}


@given(st.text() | st.binary().map(base64url.encode) | st.from_regex(r"[A-Za-z0-9_-]{0,80}\.[A-Za-z0-9_-]{86}"))
def test_garbage_is_refused_and_nothing_else_happens(token: str) -> None:
    assert flaw(token) in {PermitFlaw.ALTERED, PermitFlaw.FORGED}


def test_a_tag_cannot_be_reused() -> None:
    with pytest.raises(ValueError, match="tag 1 belongs to Window"):
        caveats.tagged(1)(caveats.Model)
    assert caveats.REGISTRY[1] is caveats.Window
    assert caveats.Model.TAG == 4


@pytest.mark.parametrize(
    "item",
    [
        [1, "2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z"],
        [1, "2026-11-22T12:00:00+00:00", "2026-11-22T13:00:00Z"],
        [2, "not a uuid"],
        [2, "7F3F2F30-8B5E-4A53-9D5C-1C2F9D1C0A02"],
        [3, "AB" * 32],
        [4, ""],
        [5, True],
        [5, 0],
        [6, "0x1"],
        [7, ""],
        [7],
        [8, []],
        [8, [["b", 0], ["a", 0]]],
        [8, [["a", 0], ["a", 1]]],
        [8, [["a"]]],
        [9, "AA"],
    ],
)
def test_a_caveat_of_another_form_is_refused(item: list[Any]) -> None:
    with pytest.raises((ValueError, TypeError)) as refusal:
        caveats.REGISTRY[item[0]].from_list(item[1:])
    assert isinstance(refusal.value, ValueError)


def test_claims_that_nobody_would_read_are_not_signed() -> None:
    with pytest.raises(ValueError, match="cast"):
        permit.mint(replace(CLAIMS, epochs=()), KEY)


def test_reading_a_permit_needs_no_django() -> None:
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "import consent.permit, consent.policy, consent.statements, sys; print('django' in sys.modules)",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == "False"
