"""FastVideo (seen: 0.2). Forgets without stopping; progress is 0 or 100; the content of a failed render is a 500.

Unless it is told otherwise every render of it begins with one and the same seed. It writes the beginning of each prompt
into its own log file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from gpu_client.dialects.videos_shape import VideosShape
from gpu_client.protocol import Cancel, Capabilities, Progress, RenderOrder

SEEDS = 1 << 31


@dataclass(frozen=True, slots=True)
class FastVideo(VideosShape):
    """As SGLang, and with a seed of the job's own."""

    capabilities: ClassVar[Capabilities] = Capabilities(Cancel.FORGETS, Progress.ENDS_ONLY, sound=False, references=1)

    def fields(self, order: RenderOrder) -> dict[str, str]:
        """Add the seed, which the same order has again."""
        seed = int.from_bytes(hashlib.sha256(order.job.encode()).digest()[:8]) % SEEDS
        return VideosShape.fields(self, order) | {"seed": str(seed)}
