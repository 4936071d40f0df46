"""Whoever has a file and the receipt of its stamp can check both, without us; neither is worth anything for another."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import c2pa
import pytest
from django.conf import settings
from django.test import Client

from gpu_client.models import RenderJob
from ledger import entry, keyring, note, receipts
from ledger.canonical import canonical
from ledger.commitment import commit, new_salt
from provenance import certificates, hard_binding, jumbf, lockdown, publication, results, stamp_receipt
from provenance.manifest import label_of
from provenance.models import Stamp, Video
from provenance.report import Integrity
from provenance.stamp_receipt import StampNotProven, StampReceipt, prove, record_of
from provenance.verify import LogTrust, verify
from provenance.verify_cli import main
from tests.provenance import world as w
from tests.provenance.workshop import SmallLog, Workshop, box, workshop


def receipt_for(log: SmallLog, payload: dict[str, Any], kind: str = "video.stamped") -> StampReceipt:
    document = {"actor": "system:provenance", "payload": payload}
    salt = new_salt()
    leaf = entry.encode(kind, commit(salt, canonical(document)), datetime(2026, 11, 22, 14, 36, tzinfo=UTC), {})
    index = log.append(leaf)
    log.append(b"something later")
    return StampReceipt(log.origin, leaf, index, log.proof(index), log.receipt(index), salt, document)


def payload_of(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        store = jumbf.manifest_store(file) or b""
    label = list(jumbf.manifests(store))[-1]
    return {
        "video": label.split(":")[2],
        "manifest": label,
        "claim_sha256": jumbf.claim_sha256(store, label),
        "file_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bmff_sha256": hard_binding.sha256(store, label),
        "permit": "whatever else was recorded",
    }


@dataclass
class Shop:
    """A stamped file, its remix, and the receipt of the former."""

    made: Workshop
    path: Path
    remix: Path
    receipt: StampReceipt


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    made = workshop(tmp_path_factory.mktemp("receipt"), "ours")
    path = made.created()
    return Shop(made, path, made.remixed(path), receipt_for(made.log, payload_of(path)))


def test_a_receipt_reads_back_as_it_was_written(shop: Shop) -> None:
    assert StampReceipt.parse(json.dumps(shop.receipt.data()).encode()) == shop.receipt


def test_a_receipt_proves_the_digests_of_file_claim_and_media(shop: Shop) -> None:
    proven, payload = prove(shop.receipt, shop.made.log.trust), payload_of(shop.path)
    assert (proven.manifest_label, proven.claim_sha256) == (payload["manifest"], payload["claim_sha256"])
    assert (proven.file_sha256, proven.bmff_sha256) == (payload["file_sha256"], payload["bmff_sha256"])
    assert (proven.at, proven.receipt) == ("2026-11-22T14:36Z", "verified")


SPOILERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "another version": lambda data: data.update(v=2),
    "an unknown member": lambda data: data.update(extra=1),
    "another log": lambda data: data["log"].update(origin="other.test/log"),
    "another index": lambda data: data.update(index=0),
    "another salt": lambda data: data["opening"].update(salt="A" * 43),
    "another file": lambda data: data["opening"]["document"]["payload"].update(file_sha256="0" * 64),
    "another manifest": lambda data: data["opening"]["document"]["payload"].update(manifest=label_of(uuid4())),
    "no proof": lambda data: data.update(proof=""),
    "a proof that is none": lambda data: data.update(proof="x"),
    "a receipt that is none": lambda data: data.update(receipt="AAAA"),
    "an entry that is none": lambda data: data.update(entry="AAAA"),
}


@pytest.mark.parametrize("flaw", SPOILERS)
def test_a_receipt_with_a_flaw_proves_nothing(shop: Shop, flaw: str) -> None:
    data = copy.deepcopy(shop.receipt.data())
    prove(StampReceipt.parse(json.dumps(data).encode()), shop.made.log.trust)
    SPOILERS[flaw](data)
    with pytest.raises(StampNotProven):
        prove(StampReceipt.parse(json.dumps(data).encode()), shop.made.log.trust)


@pytest.mark.parametrize("junk", [b"", b"{}", b"[" * 100_000, b"null", b"\xff", b" " * (1 << 21)], ids=range(6))
def test_what_is_no_receipt_at_all_is_refused(junk: bytes) -> None:
    with pytest.raises(StampNotProven):
        StampReceipt.parse(junk)


@pytest.mark.parametrize(
    "change",
    [
        {"video": str(uuid4())},
        {"manifest": "urn:c2pa:1:countenance"},
        {"file_sha256": "0"},
        {"claim_sha256": None},
        {"bmff_sha256": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_entry_of_ours_that_contradicts_itself_proves_nothing(shop: Shop, change: dict[str, Any]) -> None:
    log = SmallLog()
    prove(receipt_for(log, payload_of(shop.path)), log.trust)
    with pytest.raises(StampNotProven, match="another video"):
        prove(receipt_for(log, payload_of(shop.path) | change), log.trust)


def test_an_entry_of_another_kind_proves_nothing(shop: Shop) -> None:
    log = SmallLog()
    with pytest.raises(StampNotProven, match="does not record"):
        prove(receipt_for(log, payload_of(shop.path), kind="video.failed"), log.trust)


def test_a_stamp_from_before_the_media_was_recorded_is_proven(shop: Shop) -> None:
    log, payload = SmallLog(), payload_of(shop.path)
    del payload["bmff_sha256"]
    assert prove(receipt_for(log, payload), log.trust).bmff_sha256 == ""


# With the file


def test_with_its_receipt_every_byte_of_a_file_is_checked_offline(shop: Shop, tmp_path: Path) -> None:
    anchors, trust = shop.made.chain.anchors_pem, shop.made.log.trust
    record = record_of([prove(shop.receipt, trust)])
    longer = tmp_path / "longer.mp4"
    longer.write_bytes(shop.path.read_bytes() + box(b"free", b"x"))
    assert verify(longer, anchors_pem=anchors, log=trust).integrity.verdict is Integrity.INTACT  # C2PA leaves it out
    found = verify(longer, anchors_pem=anchors, log=trust, stamps=record)
    assert (found.integrity.verdict, found.integrity.codes) == (Integrity.TAMPERED, ("file-differs",))
    assert verify(shop.path, anchors_pem=anchors, log=trust, stamps=record).ok


def test_a_receipt_of_one_stamp_says_nothing_against_another(shop: Shop) -> None:
    """Else a remix with the receipt of its own would be said to have parents that nobody stamped."""
    trust = shop.made.log.trust
    record = record_of([prove(shop.receipt, trust)])
    assert verify(shop.remix, anchors_pem=shop.made.chain.anchors_pem, log=trust, stamps=record).ok


def given(shop: Shop, folder: Path, *more: str, path: Path | None = None) -> list[str]:
    (folder / "root.pem").write_text(shop.made.chain.anchors_pem)
    (folder / "receipt.json").write_text(json.dumps(shop.receipt.data()))
    vkey = note.vkey(shop.made.log.origin, shop.made.log.key.public)
    receipt, anchors = str(folder / "receipt.json"), str(folder / "root.pem")
    return [str(path or shop.path), "--anchors", anchors, "--receipt", receipt, *(more or ("--log-vkey", vkey))]


def test_the_command_takes_the_receipt_of_a_stamp(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(given(shop, tmp_path)) == 0
    assert "bytes that C2PA does not cover" not in capsys.readouterr().out
    assert main(given(shop, tmp_path, path=shop.remix)) == 1
    assert "None of the receipts" in capsys.readouterr().err
    assert main([*given(shop, tmp_path, "--json")]) == 2
    assert "the key of its log" in capsys.readouterr().err
    (tmp_path / "other.json").write_text(json.dumps(shop.receipt.data() | {"index": 0}))
    assert main([*given(shop, tmp_path), "--receipt", str(tmp_path / "other.json")]) == 1
    assert "does not count" in capsys.readouterr().err


# From our own door


@pytest.fixture
def published() -> Video:
    video = w.world().ask()
    w.publish_log()
    w.deliver(video, w.clip())
    return publication.finish(video.pk)


@pytest.mark.django_db
def test_a_stranger_gets_receipt_and_manifest_of_a_published_video_until_it_is_withdrawn(
    published: Video, client: Client, tmp_path: Path
) -> None:
    base, path = f"/v1/videos/{published.id}", Path(settings.MEDIA_ROOT) / published.path
    before = path.read_bytes()
    early = client.get(f"{base}/receipt")
    assert (early.status_code, early.json()["code"]) == (422, "not-yet-published")
    w.publish_log()
    answer = client.get(f"{base}/receipt")
    assert (answer.status_code, answer["Content-Type"]) == (200, stamp_receipt.MEDIA_TYPE)
    assert answer["Cache-Control"] == "no-store"
    trust = LogTrust.from_vkey(keyring.log_vkey(), receipts.keys("receipt"))
    proven = prove(StampReceipt.parse(answer.content), trust)
    record = Stamp.objects.get(video=published)
    assert (proven.manifest_label, proven.file_sha256) == (record.manifest_label, hashlib.sha256(before).hexdigest())
    assert (proven.claim_sha256, proven.bmff_sha256) == (record.claim_sha256, record.bmff_sha256)
    anchors = certificates.claim_chain(settings.PROVENANCE_CLAIM_DIR).anchors_pem
    copy_of = tmp_path / "copy.mp4"
    copy_of.write_bytes(before)
    found = verify(copy_of, anchors_pem=anchors, log=trust, stamps=record_of([proven]))
    assert found.ok
    assert found.own.permit is not None
    assert found.own.permit.receipt == "verified"
    store = client.get(f"{base}/manifest")
    assert (store.status_code, store["Content-Type"]) == (200, "application/c2pa")
    with c2pa.Context.from_dict(lockdown.settings(anchors)) as context, io.BytesIO(before) as file:
        reader = c2pa.Reader("video/mp4", file, store.content, context=context)
        assert reader.get_validation_state() == "Trusted"
        reader.close()
    assert path.read_bytes() == before
    Video.objects.filter(pk=published.pk).update(state="withheld", error_code="consent-withdrawn")
    for name in ("receipt", "manifest"):
        gone = client.get(f"{base}/{name}")
        assert (gone.status_code, gone.json()["code"]) == (410, "consent-withdrawn")


@pytest.mark.django_db
def test_a_video_that_was_never_published_and_one_that_never_was_get_one_answer(client: Client) -> None:
    video = w.world().ask()
    w.publish_log()
    w.deliver(video, w.clip())
    draft = results.accept(RenderJob.objects.get(pk=video.job))
    assert draft.stamp
    for name in ("receipt", "manifest"):
        mine, nobodys = (client.get(f"/v1/videos/{pk}/{name}") for pk in (draft.pk, uuid4()))
        assert (mine.status_code, nobodys.status_code) == (404, 404)
        answers = [re.sub(r"[0-9a-f-]{36}", "", each.content.decode()) for each in (mine, nobodys)]
        assert answers[0] == answers[1]
