"""Stamping a video end to end, against the bare library's sign and read of the same file in the same run.

Ours: guard and remux in the sandbox, sign, read back, digest of every byte, and the entry in the log. `--full` adds the
peak memory of signing 1 GB, in a process of its own. Both have the time from one authority, a thread of this process.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import uuid4

import av
import c2pa
import numpy as np
from django.conf import settings
from django.db import transaction

from benchmarks.pairing import Figure
from consent.media import guard
from consent.media import video as media
from ledger import log
from provenance import certificates, lockdown, manifest, stamp
from provenance.certificates import ClaimChain
from provenance.timestamps import Authority
from provenance.tsa import authority, server

SMALL, LARGE, HUGE = 600_000, 60_000_000, 1_000_000_000  # bytes, about
GOALS = {SMALL: 2.5, LARGE: 1.5}
ROUNDS = {SMALL: 9, LARGE: 3}
MEMORY_GOAL = 200.0  # MB
ALONE = "import sys, django; django.setup(); from benchmarks.stamp import alone; alone(*sys.argv[1:])"


def figures(*, full: bool) -> list[Figure]:
    """Return a line for each size, the remux by itself among them, and with `full` the peak memory."""
    chain = certificates.claim_chain(Path(settings.PROVENANCE_CLAIM_DIR))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clock = _clock(folder)
        found = [line for size in GOALS for line in _compared(folder, size, chain, clock)]
        return [*found, _memory(folder)] if full else found


def alone(source: str, target: str, claim: str) -> None:
    """Sign one file and print the peak resident memory of this process, in MB."""
    chain = certificates.claim_chain(Path(claim))
    stamp.sign(Path(source), Path(target), _manifest(), (), chain, authority=_clock(Path(target).parent))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


def _compared(folder: Path, size: int, chain: ClaimChain, clock: Authority) -> list[Figure]:
    source, remuxed, target = folder / f"{size}.mp4", folder / "remuxed.mp4", folder / "stamped.mp4"
    _film(source, size)
    media.remux(source, remuxed)
    ours, engine, copying, control = [], [], [], []
    for _ in range(ROUNDS[size]):
        engine.append(_spent(lambda: _bare(remuxed, target, chain, clock)))
        ours.append(_spent(lambda: _whole(source, remuxed, target, chain, clock)))
        control.append(_spent(lambda: _bare(remuxed, target, chain, clock)))
        copying.append(_spent(lambda: media.remux(source, remuxed)))
    floor, name = median(engine), f"{size / 1e6:g} MB"
    ratios = sorted(a / b for a, b in zip(ours, engine, strict=True))
    spread = f"{ratios[0]:.2f}-{ratios[-1]:.2f}; floor against itself {median(control) / floor:.2f}"
    goal = GOALS[size]
    return [
        Figure(f"stamp, {name} / bare sign and read", median(ours), "us", floor, median(ratios), goal, spread),
        Figure(f"of which remux, {name}", median(copying), "us", floor, median(copying) / floor, None),
    ]


def _whole(source: Path, remuxed: Path, target: Path, chain: ClaimChain, clock: Authority) -> None:
    with source.open("rb") as file:
        guard.inspect(file)
    media.remux(source, remuxed)
    signed = stamp.sign(remuxed, target, _manifest(), (), chain, authority=clock)
    with transaction.atomic():
        payload = {"manifest": signed.manifest_label, "file_sha256": signed.file_sha256}
        log.append("video.stamped", payload, actor="system:provenance", subject="system:provenance")


def _bare(source: Path, target: Path, chain: ClaimChain, clock: Authority) -> None:
    """Sign and read as the library does by itself, which checks what it signed; settings as ours otherwise."""
    with (
        c2pa.Context.from_dict(lockdown.settings(chain.anchors_pem, clock.roots_pem)) as context,
        c2pa.Signer.from_callback(
            chain.sign, c2pa.C2paSigningAlg.ES256, chain.leaf_then_intermediate_pem, clock.url
        ) as signer,
        c2pa.Builder(_manifest(), context=context) as builder,
        source.open("rb") as plain,
        target.open("w+b") as signed,
    ):
        builder.sign(signer, "video/mp4", plain, signed)
        signed.seek(0)
        with c2pa.Reader("video/mp4", signed, context=context) as reader:
            reader.json()


def _clock(folder: Path) -> Authority:
    """Start an authority that ends with this process."""
    if not (folder / authority.ROOT_FILE).exists():
        authority.make(folder)
    running = server.Server("127.0.0.1", 0, authority.load(folder))
    threading.Thread(target=running.serve_forever, daemon=True).start()
    return Authority(f"http://127.0.0.1:{running.server_address[1]}/", (folder / authority.ROOT_FILE).read_text())


def _memory(folder: Path) -> Figure:
    source, claim = folder / "huge.mp4", str(settings.PROVENANCE_CLAIM_DIR)
    _film(folder / "film.mp4", HUGE)
    media.remux(folder / "film.mp4", source)
    command = [sys.executable, "-c", ALONE, str(source), str(folder / "out.mp4"), claim]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Figure("peak memory, 1 GB", float(done.stdout), "MB", None, None, MEMORY_GOAL)


def _manifest() -> dict[str, object]:
    made = {"action": "c2pa.created", "digitalSourceType": manifest.SOURCE_TYPE + "trainedAlgorithmicMedia"}
    actions = {"allActionsIncluded": True, "actions": [made]}
    return {
        "claim_version": 2,
        "vendor": "countenance",
        "label": f"urn:c2pa:{uuid4()}:countenance",
        "format": "video/mp4",
        "claim_generator_info": [{"name": "benchmark", "specVersion": "2.4.0"}],
        "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": actions}],
    }


def _film(path: Path, size: int) -> None:
    """Write about `size` bytes of noise: a few frames, encoded once and repeated."""
    width, height = (160, 96) if size <= SMALL else (1280, 720)
    noise = np.random.default_rng(1)
    with av.open(str(path), "w", format="mp4") as container:
        picture = container.add_stream("libx264", rate=24, options={"preset": "ultrafast", "qp": "0", "g": "1"})
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        images = [noise.integers(0, 255, (height, width, 3), np.uint8) for _ in range(4)]
        frames = [av.VideoFrame.from_ndarray(image, format="rgb24") for image in images]
        written, number = 0, 0
        while written < size:
            frame = frames[number % 4]
            frame.pts = number
            for packet in picture.encode(frame):
                written += packet.size
                container.mux(packet)
            number += 1
        container.mux(picture.encode())


def _spent(call: Callable[[], None]) -> float:
    """Return the microseconds of one call."""
    begun = perf_counter()
    call()
    return (perf_counter() - begun) * 1e6
