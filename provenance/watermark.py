"""The place of an imperceptible watermark. None comes with this program, and none is pretended.

An operator names a class in `PROVENANCE_WATERMARK`. It is called after the visible mark is drawn and before the video
is signed; what it wrote is remuxed like any foreign file, and counts only once it reads back. Its algorithm should be
on C2PA's list of soft bindings: its name and value go into the manifest (C2PA 2.4, `c2pa.soft-binding`, and the
action `c2pa.watermarked.bound`), where strangers' readers look for them.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from ledger.problem import Problem


class WatermarkFailed(Problem):
    """The watermark was not put in, or does not read back. The video is tried again, never signed without it."""

    code: ClassVar[str] = "watermark-failed"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The watermark could not be put into the video"


class Watermark(Protocol):
    """What a vendor's class has to offer.

    `algorithm` is its name on C2PA's list of soft-binding algorithms. A class that only stands in for one, as those of
    tests do, says so with a true `stand_in`, and does not start in production.
    """

    algorithm: str

    def embed(self, source: Path, target: Path, *, payload: bytes) -> None:
        """Write the video at `source` to `target`, with `payload` (16 bytes) in its pictures or its sound.

        Size, rate, length and sound stay. Whatever it raises lets the video wait for the next attempt.
        """

    def detect(self, source: Path) -> bytes | None:
        """Return the payload of a video; `None`: there is none."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What ties a watermarked video to its manifest."""

    algorithm: str
    payload: bytes


def configured() -> Watermark | None:
    """Return the operator's watermark; `None`: there is none, and whoever is told of the labels is told so.

    Raises `ImproperlyConfigured`.
    """
    path = settings.PROVENANCE_WATERMARK
    if not path:
        return None
    try:
        made = import_string(path)()
    except Exception as error:
        raise ImproperlyConfigured(f"PROVENANCE_WATERMARK={path!r} cannot be made: {error}") from error
    if not all(callable(getattr(made, name, None)) for name in ("embed", "detect")):
        raise ImproperlyConfigured(f"PROVENANCE_WATERMARK={path!r} neither embeds nor detects.")
    if not (isinstance(getattr(made, "algorithm", None), str) and made.algorithm):
        raise ImproperlyConfigured(f"PROVENANCE_WATERMARK={path!r} does not name its algorithm.")
    found: Watermark = made
    return found


def stands_in(found: Watermark) -> bool:
    """Say whether it only plays the part of one."""
    return bool(getattr(found, "stand_in", False)) or type(found).__module__.partition(".")[0] == "tests"


def embedded(engine: Watermark, source: Path, target: Path, *, video: UUID) -> Bound:
    """Write `source` with the id of its video in it to `target`, and read it back, or raise `WatermarkFailed`."""
    payload = video.bytes
    try:
        engine.embed(source, target, payload=payload)
        found = engine.detect(target)
    except Exception as error:
        raise WatermarkFailed("The watermark's program failed.", remedy="Ask whoever made it.") from error
    if found != payload:
        raise WatermarkFailed("The watermark does not read back.", remedy="Ask whoever made it.")
    return Bound(engine.algorithm, payload)


def entered(manifest: dict[str, Any], bound: Bound | None) -> dict[str, Any]:
    """Return the manifest with the watermark's action and soft binding; unchanged without one.

    JSON cannot say CBOR bytes, so the value is base64 text.
    """
    if bound is None:
        return manifest
    action = {"action": "c2pa.watermarked.bound"}
    value = base64.b64encode(bound.payload).decode()
    binding = {"alg": bound.algorithm, "blocks": [{"scope": {}, "value": value}]}
    assertions = [
        one | {"data": one["data"] | {"actions": [*one["data"]["actions"], action]}}
        if one["label"] == "c2pa.actions.v2"
        else one
        for one in manifest["assertions"]
    ]
    assertions.append({"label": "c2pa.soft-binding", "created": True, "data": binding})
    return manifest | {"assertions": assertions}
