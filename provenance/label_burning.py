"""Put the mark into the pixels: behind the guard, in a sandboxed child, to a new file that appears whole or not.

The new picture is an encoding of the old one, so it loses a little everywhere; that is the price of a mark that
survives screenshots and stripped metadata. Its sound is copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from consent.media import video as media
from provenance.labels import Mark

MOST_BYTES_A_SECOND = 12 << 20  # of the picture's encoding; more is refused
LIMITS = replace(media.LIMITS, cpu_seconds=110, wall_seconds=110.0)  # below results.STAMPING_TAKES


def burn(source: Path, target: Path, mark: Mark, *, seconds: float, metadata: Mapping[str, str] | None = None) -> None:
    """Write `source`, whose picture lasts at most `seconds`, with `mark` in every frame to `target`.

    Raises what `media.remux` raises; nothing is left behind then.
    """
    most = source.stat().st_size + round((seconds + 1) * MOST_BYTES_A_SECOND)
    arguments = {"seconds": seconds, "side": media.MOST_SIDE, "text": str(mark), "metadata": dict(metadata or {})}
    limits = replace(LIMITS, output_bytes=most)
    media.rewrite("provenance.label_child", source, target, limits=limits, arguments=arguments)
