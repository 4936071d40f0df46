"""SGLang diffusion (seen: 0.5). It asks for no token, and DELETE only forgets: the GPU goes on.

A failed render is a 200 with a message and no code. In JSON its server takes any extra field, so ours are sent as a
form, which it reads name by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gpu_client.dialects.videos_shape import VideosShape
from gpu_client.protocol import Cancel, Capabilities, Progress


@dataclass(frozen=True, slots=True)
class SGLang(VideosShape):
    """Results stay on its disk when a render is forgotten: the operator clears them."""

    capabilities: ClassVar[Capabilities] = Capabilities(Cancel.FORGETS, Progress.PERCENT, sound=False, references=1)
