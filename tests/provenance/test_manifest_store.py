"""The boxes of a manifest store, taken apart without the engine: every length comes from a stranger."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import jumbf
from provenance.jumbf import Malformed
from tests.provenance.workshop import box, footage, workshop


def superbox(label: str, *content: bytes) -> bytes:
    return box(b"jumb", box(b"jumd", bytes(16) + b"\x03" + label.encode() + b"\0") + b"".join(content))


def store(*labels: str) -> bytes:
    return superbox("c2pa", *(superbox(label, superbox("c2pa.claim.v2", box(b"cbor", b"claim"))) for label in labels))


def c2pa_box(content: bytes, purpose: bytes = b"manifest") -> bytes:
    return box(b"uuid", jumbf.C2PA_BOX + bytes(4) + purpose + b"\0" + bytes(8) + content)


def test_the_store_of_a_stamped_remix_holds_both_manifests_the_active_one_last(tmp_path: Path) -> None:
    shop = workshop(tmp_path, "ours")
    parent = shop.created()
    remix = shop.remixed(parent)
    with remix.open("rb") as file:
        found = jumbf.manifests(jumbf.manifest_store(file) or b"")
    assert list(found) == [f"urn:c2pa:{path.stem}:countenance" for path in (parent, remix)]


def test_any_manifest_can_be_made_the_active_one() -> None:
    moved = jumbf.with_active(store("a", "b", "c"), "a")
    assert list(jumbf.manifests(moved)) == ["b", "c", "a"]
    assert jumbf.manifests(moved) == jumbf.manifests(store("a", "b", "c"))


def test_a_manifest_that_is_not_there_cannot() -> None:
    with pytest.raises(Malformed):
        jumbf.with_active(store("a"), "b")


def test_the_claim_is_what_is_hashed_whatever_stands_around_it() -> None:
    bare = store("a")
    padded = superbox(
        "c2pa",
        superbox("a", superbox("c2pa.claim.v2", box(b"cbor", b"claim")), superbox("c2pa.signature", bytes(9))),
    )
    assert jumbf.claim_sha256(bare, "a") == jumbf.claim_sha256(padded, "a")


def test_a_file_without_a_c2pa_box_has_no_store() -> None:
    assert jumbf.manifest_store(BytesIO(footage())) is None
    assert jumbf.manifest_store(BytesIO(footage() + c2pa_box(b"store"))) == b"store"


BAD = {
    "two stores": c2pa_box(b"a") + c2pa_box(b"b"),
    "an unknown purpose": c2pa_box(b"a", b"other"),
    "a box beyond the end": (100).to_bytes(4) + b"uuid",
    "a box smaller than its header": (4).to_bytes(4) + b"uuid",
    "a large box that is small": (1).to_bytes(4) + b"uuid" + (3).to_bytes(8),
    "a header cut short": b"\0\0",
    "boxes without end": box(b"free", b"") * 5000,
}


@pytest.mark.parametrize("flaw", BAD)
def test_a_file_whose_boxes_contradict_themselves_is_refused(flaw: str) -> None:
    with pytest.raises(Malformed):
        jumbf.manifest_store(BytesIO(BAD[flaw]))


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        store("a", "a"),
        store("a") + store("b"),
        box(b"jumb", b""),
        box(b"jumb", box(b"cbor", b"")),
        superbox("c2pa", box(b"jumb", box(b"jumd", bytes(16) + b"\0"))),
        superbox("c2pa", b"\0\0\0\xffjumb"),
        superbox("c2pa", b"\0\0\0\x04jumb"),
    ],
)
def test_a_store_whose_boxes_contradict_themselves_is_refused(bad: bytes) -> None:
    with pytest.raises(Malformed):
        jumbf.manifests(bad)


def test_a_manifest_without_a_claim_is_refused() -> None:
    with pytest.raises(Malformed):
        jumbf.claim_sha256(superbox("c2pa", superbox("a")), "a")


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for read in (lambda: jumbf.manifest_store(BytesIO(data)), lambda: jumbf.manifests(data)):
        try:
            read()
        except Malformed:
            continue


@given(st.integers(0, len(store("a", "b")) - 1), st.integers(1, 255))
def test_no_change_of_one_byte_breaks_the_reader(at: int, change: int) -> None:
    spoilt = bytearray(store("a", "b"))
    spoilt[at] ^= change
    try:
        for label in jumbf.manifests(bytes(spoilt)):
            jumbf.claim_sha256(bytes(spoilt), label)
    except Malformed:
        return
