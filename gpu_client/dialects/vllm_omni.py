"""vLLM-Omni (seen: 0.30). DELETE stops the render; a GET of a failed one answers 4xx or 5xx with the job in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gpu_client.dialects.videos_shape import VideosShape
from gpu_client.protocol import Cancel, Capabilities, Progress


@dataclass(frozen=True, slots=True)
class VllmOmni(VideosShape):
    """Stops within two seconds, or says 409 and is asked again. The model's name is checked by nobody there."""

    capabilities: ClassVar[Capabilities] = Capabilities(Cancel.STOPS, Progress.PERCENT, sound=True, references=1)
