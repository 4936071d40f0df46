"""What it costs to check a file in the sandbox, against the engine's bare read of the same file."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import av
import c2pa
import numpy as np

from benchmarks.pairing import Figure, NotPinned, paired
from provenance import certificates, lockdown, verify

if TYPE_CHECKING:
    from collections.abc import Callable

GOAL: Final = 150  # milliseconds beyond the bare read
TOLERANCE: Final = 0.15
ROUNDS: Final = 9
LARGE: Final = 60_000_000  # bytes


def figures(*, full: bool) -> list[Figure]:
    """Sign a small and a large file, check that both are found intact, and time the two ways in turn."""
    del full  # nothing is left out
    with tempfile.TemporaryDirectory(prefix="countenance-bench-") as folder:
        base = Path(folder)
        certificates.make_development_chain(base / "claim")
        chain = certificates.claim_chain(base / "claim")
        found = []
        for name, size in (("0.1 MB", 0), ("60 MB", LARGE)):
            path = base / "file.mp4"
            path.write_bytes(signed(clip() + noise(size), chain))
            report = verify.verify(path, anchors_pem=chain.anchors_pem)
            if report.integrity.verdict != "intact":
                raise ValueError(f"the file is not found intact: {report.integrity}")
            found += compared(name, path, chain.anchors_pem)
        return found


def compared(name: str, path: Path, anchors: str) -> list[Figure]:
    """Time both ways in turn; the bare read against itself is the control."""

    def bare(_: int) -> object:
        with (
            c2pa.Context.from_dict(lockdown.settings(anchors)) as context,
            path.open("rb") as source,
            c2pa.Reader("video/mp4", source, context=context) as reader,
        ):
            return reader.json()

    control, _, _ = paired(bare, bare, 5, 6)
    if not 1 - TOLERANCE <= control <= 1 + TOLERANCE:
        raise NotPinned(f"{name}: the floor against itself reads {control:.2f}; nothing is concluded")
    whole, floor = [], []
    for _ in range(ROUNDS):
        floor.append(spent(lambda: bare(0)))
        whole.append(spent(lambda: verify.verify(path, anchors_pem=anchors)))
    more = sorted(one - base for one, base in zip(whole, floor, strict=True))
    spread = f"{more[0]:.0f}-{more[-1]:.0f}"
    return [
        Figure(f"a check of {name}", median(whole), "ms", median(floor), median(whole) / median(floor), None),
        Figure(f"a check of {name}, beyond the bare read", median(more), "ms", None, None, GOAL, spread),
    ]


def spent(call: Callable[[], object]) -> float:
    """Return milliseconds."""
    begun = perf_counter()
    call()
    return (perf_counter() - begun) * 1000


def clip() -> bytes:
    """Return a second of moving picture."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(10):
            image = np.random.default_rng(number).integers(0, 255, (240, 320, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return out.getvalue()


def noise(size: int) -> bytes:
    """Return a second `mdat` that no track uses, and that is hashed like all media."""
    return (8 + size).to_bytes(4) + b"mdat" + np.random.default_rng(1).bytes(size) if size else b""


def signed(media: bytes, chain: certificates.ClaimChain) -> bytes:
    """Sign by the engine alone: what is timed is reading."""
    source = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    actions = {"allActionsIncluded": True, "actions": [{"action": "c2pa.created", "digitalSourceType": source}]}
    manifest = {
        "claim_version": 2,
        "format": "video/mp4",
        "label": f"urn:c2pa:{uuid4()}:countenance",
        "claim_generator_info": [{"name": "countenance", "version": "0.1.0", "specVersion": "2.4.0"}],
        "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": actions}],
    }
    out = io.BytesIO()
    with (
        c2pa.Context.from_dict(lockdown.settings(chain.anchors_pem)) as context,
        c2pa.Signer.from_callback(
            chain.sign, c2pa.C2paSigningAlg.ES256, chain.leaf_then_intermediate_pem, None
        ) as signer,
        c2pa.Builder(manifest, context=context) as builder,
    ):
        builder.sign(signer, "video/mp4", io.BytesIO(media), out)
    return out.getvalue()
