"""A stamp is whole and trusted, or it is not there."""

from __future__ import annotations

import hashlib
import resource
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import encypher_c2pa
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ObjectIdentifier

from ledger import es256
from ledger.problem import Problem
from provenance import certificates, jumbf, stamp
from provenance.manifest import Ingredient, created, remixed
from provenance.stamp import AlreadyStamped, StampFailed
from tests.provenance.listener import listening, pointing_at
from tests.provenance.workshop import (
    INPUTS,
    RENDERER,
    Workshop,
    active_manifest,
    footage,
    one_media_byte_changed,
    permit_for,
    plain_manifest,
    workshop,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("stamp"), "ours")


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    """Yield where a stamped file should go; whatever a test does, nothing half-made may be left beside it."""
    folder = tmp_path / "target"
    folder.mkdir()
    yield folder / "video.mp4"
    assert [path.name for path in folder.iterdir() if path.name != "video.mp4"] == []


def sign(shop: Workshop, target: Path, **changes: Any) -> stamp.Signed:  # noqa: ANN401  any argument of `stamp.sign`
    video = uuid4()
    consent = permit_for(video, shop.log)
    arguments: dict[str, Any] = {
        "source": shop.source(),
        "target": target,
        "manifest": created(video=video, renderer=RENDERER, ingredients=INPUTS, consent=consent),
        "ingredients": INPUTS,
        "chain": shop.chain,
        "authority": shop.clock,
    }
    return stamp.sign(**(arguments | changes))


def second_opinion(path: Path, anchors_pem: str, time_anchors_pem: str | None = None) -> Mapping[str, Any]:
    return encypher_c2pa.verify(
        str(path),
        "video/mp4",
        trust_pem=anchors_pem,
        tsa_trust_pem=time_anchors_pem,
        cawg_trust_pem=None,
        no_default_trust=True,
        telemetry=False,
        online=False,
        strict_conformance=False,
    )


def assert_trusted(found: Mapping[str, Any]) -> None:
    words = (found["integrity"], found["signature"], found["hard_binding"], found["trust"]["status"])
    assert words == ("valid", "valid", "match", "valid_for_supplied_material")
    assert found["validation_results"]["failure"] == []


def test_a_stamp_names_its_manifest_its_claim_and_every_byte(shop: Workshop, target: Path) -> None:
    video = uuid4()
    consent = permit_for(video, shop.log)
    manifest = created(video=video, renderer=RENDERER, ingredients=INPUTS, consent=consent)
    signed = sign(shop, target, manifest=manifest)
    data = target.read_bytes()
    assert signed.manifest_label == f"urn:c2pa:{video}:countenance"
    assert (signed.file_sha256, signed.size) == (hashlib.sha256(data).hexdigest(), len(data))
    with target.open("rb") as file:
        assert signed.claim_sha256 == jumbf.claim_sha256(jumbf.manifest_store(file) or b"", signed.manifest_label)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_an_engine_that_is_not_ours_agrees_on_a_stamp(shop: Workshop) -> None:
    assert_trusted(second_opinion(shop.created(), shop.chain.anchors_pem))


def test_an_engine_that_is_not_ours_agrees_on_a_remix(shop: Workshop) -> None:
    assert_trusted(second_opinion(shop.remixed(shop.created()), shop.chain.anchors_pem))


def test_an_engine_that_is_not_ours_sees_a_changed_byte(shop: Workshop, tmp_path: Path) -> None:
    changed = tmp_path / "changed.mp4"
    changed.write_bytes(one_media_byte_changed(shop.created().read_bytes()))
    found = second_opinion(changed, shop.chain.anchors_pem)
    assert (found["integrity"], found["hard_binding"]) == ("invalid", "mismatch")


def test_a_certificate_for_documents_and_claims_is_as_good_as_one_for_mail(
    target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left to itself the engine knows the purpose of e-mail protection only."""
    document_signing = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
    with monkeypatch.context() as patch:
        patch.setattr(certificates, "ExtendedKeyUsageOID", SimpleNamespace(EMAIL_PROTECTION=document_signing))
        shop = workshop(tmp_path, "documents")
    sign(shop, target)
    assert_trusted(second_opinion(target, shop.chain.anchors_pem))


def test_the_source_is_left_as_it_was(shop: Workshop, target: Path) -> None:
    sign(shop, target)
    assert shop.source().read_bytes() == footage()


def test_a_source_with_a_manifest_is_refused(shop: Workshop, target: Path) -> None:
    with pytest.raises(AlreadyStamped):
        sign(shop, target, source=shop.created())
    assert not target.exists()


def test_a_source_that_names_an_address_for_its_manifest_is_refused_unasked(
    shop: Workshop, target: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source.mp4"
    with listening() as ear:
        source.write_bytes(pointing_at(ear.url, footage()))
        with pytest.raises(AlreadyStamped):
            sign(shop, target, source=source)
        assert ear.heard == []


def test_nothing_of_a_calibration_clip_gets_into_the_manifest(shop: Workshop, target: Path) -> None:
    """A clip may carry a manifest with a name and a place in it, XMP ids, an address: none of it is read."""
    clip = pointing_at("http://127.0.0.1:9/of-somebody", shop.created().read_bytes())
    inputs = (replace(INPUTS[0], data=clip), INPUTS[1])
    sign(shop, target, ingredients=inputs)
    with target.open("rb") as file:
        store = jumbf.manifest_store(file) or b""
    assert len(jumbf.manifests(store)) == 1
    assert b"of-somebody" not in store
    assert hashlib.sha256(clip).digest() not in store
    assert hashlib.sha256(clip).hexdigest().encode() not in store


def test_the_ingredient_of_a_clip_says_that_there_was_one_and_no_more(shop: Workshop, target: Path) -> None:
    sign(shop, target)
    found = active_manifest(target, shop.chain.anchors_pem)["assertions"]
    clip, prompt = found["c2pa.ingredient.v3"], found["c2pa.ingredient.v3__1"]
    assert UUID(clip.pop("instanceID").removeprefix("urn:uuid:")).version == 4
    assert clip == {"relationship": "inputTo", "dc:title": "calibration clip", "dc:format": "video/mp4"}
    assert set(prompt) == {"relationship", "dc:title", "dc:format", "instanceID", "dataTypes"}


def test_a_remix_of_a_tampered_parent_is_not_stamped(shop: Workshop, target: Path, tmp_path: Path) -> None:
    parent = tmp_path / "parent.mp4"
    parent.write_bytes(one_media_byte_changed(shop.created().read_bytes()))
    assert_refused_parent(shop, target, parent)


def test_a_remix_of_a_remix_of_a_tampered_parent_is_not_stamped(shop: Workshop, target: Path, tmp_path: Path) -> None:
    tampered = tmp_path / "tampered.mp4"
    tampered.write_bytes(one_media_byte_changed(shop.created().read_bytes()))
    between = shop.signed_without_scruples(plain_manifest(uuid4(), remix=True), parent=tampered)
    assert_refused_parent(shop, target, between)


def test_a_remix_of_a_strangers_video_is_not_stamped(shop: Workshop, target: Path, tmp_path: Path) -> None:
    assert_refused_parent(shop, target, workshop(tmp_path, "theirs").created())


def assert_refused_parent(shop: Workshop, target: Path, parent: Path) -> None:
    video, ingredients = uuid4(), (Ingredient.parent(parent), *INPUTS)
    consent = permit_for(video, shop.log)
    manifest = remixed(video=video, renderer=RENDERER, ingredients=ingredients, consent=consent)
    with pytest.raises(StampFailed, match="does not read back as trusted"):
        sign(shop, target, manifest=manifest, ingredients=ingredients)
    assert not target.exists()


class AnotherKey:
    def sign(self, data: bytes) -> bytes:
        return es256.raw(ec.generate_private_key(ec.SECP256R1()).sign(data, es256.HASHED))


def test_a_key_that_is_not_the_leafs_stamps_nothing(shop: Workshop, target: Path) -> None:
    with pytest.raises(StampFailed):
        sign(shop, target, chain=replace(shop.chain, key=AnotherKey()))
    assert not target.exists()


class BrokenKey:
    def sign(self, data: bytes) -> bytes:
        del data
        raise ConnectionError("the key store is down")


def test_the_reason_why_a_key_did_not_sign_is_not_lost(shop: Workshop, target: Path) -> None:
    with pytest.raises(StampFailed, match="the key store is down") as raised:
        sign(shop, target, chain=replace(shop.chain, key=BrokenKey()))
    assert isinstance(raised.value.__cause__, ConnectionError)
    assert not target.exists()


def test_a_chain_that_its_own_anchor_does_not_cover_stamps_nothing(
    shop: Workshop, target: Path, tmp_path: Path
) -> None:
    """The engine calls such a file "Valid", which is not "Trusted"."""
    certificates.make_development_chain(tmp_path / "other")
    other = certificates.claim_chain(tmp_path / "other")
    with pytest.raises(StampFailed, match="not read back as trusted"):
        sign(shop, target, chain=replace(shop.chain, anchors_pem=other.anchors_pem))
    assert not target.exists()


def test_a_full_disk_leaves_nothing(shop: Workshop, target: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    source = shop.source()
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StampFailed):
            stamp.sign(source, target, plain_manifest(uuid4()), (), shop.chain, authority=shop.clock)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not target.exists()


def test_a_folder_that_is_not_there_is_a_problem_and_not_a_crash(shop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(StampFailed) as raised:
        sign(shop, tmp_path / "nowhere" / "video.mp4")
    assert isinstance(raised.value, Problem)
    assert raised.value.remedy


def test_a_failure_leaves_an_earlier_file_as_it_was(shop: Workshop, target: Path) -> None:
    target.write_bytes(b"earlier")
    with pytest.raises(StampFailed):
        sign(shop, target, chain=replace(shop.chain, key=BrokenKey()))
    assert target.read_bytes() == b"earlier"


@pytest.mark.parametrize("content", [b"", b"hello", footage()[:-500], footage()[:100]])
def test_a_source_that_is_no_sound_mp4_is_refused(shop: Workshop, target: Path, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "source.mp4"
    source.write_bytes(content)
    with pytest.raises(StampFailed):
        sign(shop, target, source=source)
    assert not target.exists()


def test_a_parent_without_a_file_is_refused(shop: Workshop, target: Path) -> None:
    parent = replace(Ingredient.parent(target), data=None)
    with pytest.raises(StampFailed, match="parent's file is missing"):
        sign(shop, target, ingredients=(parent,), manifest=plain_manifest(uuid4(), remix=True))


def test_what_a_crash_left_behind_is_cleared_away_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / f".video.mp4.{uuid4().hex}.part").write_bytes(b"half")
    (tmp_path / "video.mp4").write_bytes(b"whole")
    assert stamp.discard_leftovers(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["video.mp4"]
