"""Files that nobody means well with, and files of other kinds: each is answered, soon, and none is called tampered."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import numpy as np
import pytest

from consent.media import sandbox
from provenance import remarks
from provenance import verify as verification
from provenance.report import Integrity, Report
from tests.provenance.workshop import Workshop, box, footage, plain_manifest, workshop

GIBIBYTE = 1 << 30


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("hostile"), "ours")


@pytest.fixture(scope="module")
def stamped(ours: Workshop) -> bytes:
    return ours.created().read_bytes()


def check(shop: Workshop, path: Path) -> Report:
    return verification.verify(path, anchors_pem=shop.chain.anchors_pem, log=shop.log.trust)


def check_bytes(shop: Workshop, data: bytes, folder: Path) -> Report:
    path = folder / "file"
    path.write_bytes(data)
    return check(shop, path)


def footage_as(container: str, **options: str) -> bytes:
    """Return the same second of video in another container."""
    out = io.BytesIO()
    with av.open(io.BytesIO(footage()), "r") as source, av.open(out, "w", format=container, options=options) as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    return out.getvalue()


FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


@pytest.mark.parametrize(
    ("container", "options"),
    [("mov", {}), ("ipod", {}), ("mp4", FRAGMENTED)],
    ids=["mov", "m4v", "fragmented"],
)
def test_the_other_kinds_of_mp4_are_read(ours: Workshop, container: str, options: dict[str, str]) -> None:
    signed = ours.signed_without_scruples(plain_manifest(uuid4()), media=footage_as(container, **options))
    report = check(ours, signed)
    assert (report.integrity.verdict, report.signer.verdict.value) == (Integrity.INTACT, "ours"), report.unchecked
    data = bytearray(signed.read_bytes())
    data[data.rindex(b"mdat") + 3000] ^= 1
    signed.write_bytes(data)
    assert check(ours, signed).integrity.verdict is Integrity.TAMPERED


def picture(codec: str) -> bytes:
    context: Any = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = 64, 64, "yuvj420p" if codec == "mjpeg" else "rgb24"
    context.time_base = Fraction(1)
    frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24").reformat(format=context.pix_fmt)
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


def sound() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as target:
        stream = target.add_stream("mp3", rate=24000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 24000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 24000
        target.mux([*stream.encode(frame), *stream.encode(None)])
    return out.getvalue()


def webm() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="webm") as target:
        stream = target.add_stream("libvpx", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        target.mux([*stream.encode(frame), *stream.encode(None)])
    return out.getvalue()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (webm, "a WebM video"),
        (lambda: footage_as("matroska"), "a Matroska (MKV) video"),
        (sound, "an MP3 sound file"),
        (lambda: picture("mjpeg"), "a JPEG picture"),
        (lambda: picture("png"), "a PNG picture"),
    ],
    ids=["webm", "mkv", "mp3", "jpeg", "png"],
)
def test_a_kind_that_is_not_read_is_answered_by_its_name(
    ours: Workshop, tmp_path: Path, make: Callable[[], bytes], name: str
) -> None:
    report = check_bytes(ours, make(), tmp_path)
    assert report.integrity.verdict is Integrity.COULD_NOT_CHECK
    assert f"This looks like {name}, a kind of file that cannot be read here." in report.unchecked[0].why


def test_a_sparse_file_of_five_gigabytes_is_refused_by_its_size(ours: Workshop, stamped: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sparse.mp4"
    path.write_bytes(stamped)
    os.truncate(path, 5 * GIBIBYTE)
    begun = time.process_time()
    report = check(ours, path)
    assert report.integrity.codes == ("file-too-large",)
    assert time.process_time() - begun < 5  # it would take more to read it once


def nested(data: bytes) -> bytes:
    inner = b""
    for _ in range(5000):
        inner = box(b"moov", inner)
    return data + inner


def flood_of_padding(data: bytes) -> bytes:
    return data + box(b"free", b"") * 100_000


def flood_inside(data: bytes) -> bytes:
    return data + box(b"udta", box(b"free", b"") * 100_000)


def endless_box(data: bytes) -> bytes:
    return data + (0xFFFFFFFF).to_bytes(4) + b"mdat"


def box_of_no_size(data: bytes) -> bytes:
    return data + (4).to_bytes(4) + b"free"


def bomb_of_samples(data: bytes) -> bytes:
    """Claim four thousand million samples in a table of twelve bytes."""
    at = data.index(b"stsz")
    return data[: at + 8] + (1).to_bytes(4) + (0xFFFFFFFF).to_bytes(4) + data[at + 16 :]


def cut_in_half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def cut_in_the_record(data: bytes) -> bytes:
    return data[: data.index(b"jumb") + 500]


@pytest.mark.parametrize(
    "spoil",
    [
        nested,
        flood_of_padding,
        flood_inside,
        endless_box,
        box_of_no_size,
        bomb_of_samples,
        cut_in_half,
        cut_in_the_record,
        lambda _: b"",
        lambda data: data[:7],
    ],
    ids=["nested", "padding", "inside", "endless", "sizeless", "samples", "half", "in-record", "empty", "seven-bytes"],
)
def test_floods_bombs_and_stumps_are_neither_read_nor_called_tampered(
    ours: Workshop, stamped: bytes, tmp_path: Path, spoil: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise AssertionError("the engine was asked to read this")

    monkeypatch.setattr(sandbox, "run", unreachable)
    report = check_bytes(ours, spoil(stamped), tmp_path)
    assert report.integrity.verdict is Integrity.COULD_NOT_CHECK
    assert not report.ok


# What nothing vouches for is remarked on


def whats(report: Report) -> set[str]:
    return {each.what for each in report.unchecked}


def test_padding_that_holds_something_is_remarked_on_and_empty_padding_is_not(
    ours: Workshop, stamped: bytes, tmp_path: Path
) -> None:
    assert remarks.PADDING not in whats(check_bytes(ours, stamped, tmp_path))
    assert remarks.PADDING not in whats(check_bytes(ours, stamped + box(b"free", bytes(100)), tmp_path))
    full = check_bytes(ours, stamped + box(b"free", b"a message") * 50, tmp_path)
    assert full.integrity.verdict is Integrity.INTACT  # to C2PA: it leaves such boxes out
    (why,) = [each.why for each in full.unchecked if each.what == remarks.PADDING]
    assert "; and 47 more" in why
    assert remarks.PADDING not in whats(check_bytes(ours, footage() + box(b"free", b"a message"), tmp_path))


def test_a_network_that_could_not_be_cut_is_told(
    ours: Workshop, stamped: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remarks.NETWORK not in whats(check_bytes(ours, stamped, tmp_path))
    honest = sandbox.run

    def uncut(*asked: object, **more: object) -> dict[str, object]:
        return honest(*asked, **more) | {"network": "inherited"}  # type: ignore[arg-type]  # handed through as they came

    monkeypatch.setattr(sandbox, "run", uncut)
    assert remarks.NETWORK in whats(check_bytes(ours, stamped, tmp_path))
    assert remarks.NETWORK in whats(check_bytes(ours, footage(), tmp_path))
