"""What each law or code wants said about a generated video, as data, and what of it is in the file.

Each part says how binding it is and what is not verified or not there; docs/design/labels.md has the sources. Nothing
here claims that a duty is met: that depends on who shows the video, where, and how. Pure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from provenance.labels import Mark, Means

NO_WATERMARK: Final = (
    "There is no imperceptible watermark: one layer short of the two that the Code of Practice asks for, since a "
    "fingerprint supports the layers and is none."
)
AI_GENERATED: Final = "1"  # of AIGC's `Label`: it is generated (2: probably; 3: suspected); as reported, unverified


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of one video. No name of a person, no prompt."""

    video: UUID
    provider: str  # who answers for this service
    system: str  # the render service
    version: str  # its model
    mark: Mark
    means: Means | None  # None: it was stamped before labels were recorded
    made_at: datetime | None  # None: it is not stamped yet
    watermark: str | None  # the algorithm; None: there is none


def metadata(video: UUID, *, provider: str, mark: Mark) -> dict[str, str]:
    """Return the keys that stand inside the file, in `moov`, under the C2PA hash."""
    return {
        "AIGC": json.dumps(_aigc(video, provider), separators=(",", ":"), ensure_ascii=True),
        "org.countenance.label": str(mark),
        "org.countenance.video": str(video),
    }


def document(facts: Facts) -> dict[str, Any]:
    """Return what `GET /v1/videos/{id}/labels` says for each place."""
    return {
        "european_union": _european_union(facts),
        "california": _california(facts),
        "china": _china(facts),
        "india": _india(facts),
    }


def _european_union(facts: Facts) -> dict[str, Any]:
    layers = ["c2pa", *(["watermark"] if facts.watermark else [])]
    return {
        "rests_on": "Regulation (EU) 2024/1689, Article 50(2) and (4): law",
        "code_of_practice": "10 June 2026: voluntary",
        "machine_readable_layers": layers,
        "supporting": ["fingerprint", "log"],
        "icon": str(facts.mark),
        "not_there": [] if facts.watermark else [NO_WATERMARK],
    }


def _california(facts: Facts) -> dict[str, Any]:
    return {
        "rests_on": "SB 942 as amended by AB 853: law for providers with more than 1,000,000 monthly users",
        "provider": facts.provider,
        "system": facts.system,
        "system_version": facts.version,
        "made_at": facts.made_at.isoformat() if facts.made_at else None,
        "unique_id": str(facts.video),
    }


def _china(facts: Facts) -> dict[str, Any]:
    return {
        "rests_on": "Measures for labelling AI-generated content, in force since 1 September 2025: law",
        "AIGC": _aigc(facts.video, facts.provider),
        "in_file": "AIGC",
        "unverified": ["the names and values of the keys: taken from reports, not from the standard's text"],
    }


def _india(facts: Facts) -> dict[str, Any]:
    return {
        "rests_on": "IT Rules on synthetically generated information: law",
        "unique_id": str(facts.video),
        "label": str(facts.mark),
        "in_file": "org.countenance.video",
    }


def _aigc(video: UUID, provider: str) -> dict[str, str]:
    """Return China's block. Reserved codes and those of whoever passes it on are not ours to fill."""
    return {
        "Label": AI_GENERATED,
        "ContentProducer": provider,
        "ProduceID": str(video),
        "ReservedCode1": "",
        "ContentPropagator": "",
        "PropagateID": "",
        "ReservedCode2": "",
    }
