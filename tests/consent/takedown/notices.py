"""Notices for the tests: one that is complete, and how it is filed."""

from __future__ import annotations

import uuid
from typing import Any

from consent.models import Party
from consent.takedown import filing, links
from consent.takedown.filing import Filed
from consent.takedown.provisional import Found, Video

VIDEO = uuid.UUID("5b0f7a1e-7a55-4c43-8d61-0d2f64c1f0aa")
SHOWN = Found((Video(VIDEO),))


def document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a document
    """Return what a mother writes about her living daughter: valid, and sworn."""
    whole: dict[str, Any] = {
        "v": 1,
        "topic": "likeness",
        "depicted": {"name": "Marta Example", "standing": "living", "minor": False},
        "claimant": {"name": "Rosa Example", "email": "rosa@example.org", "role": "parent"},
        "works": [{"url": "https://videos.example.org/v/1"}],
        "explanation": "This is my daughter and she never agreed.",
        "non_consent": True,
        "authority_perjury": True,
        "good_faith": True,
        "accuracy": True,
        "exclusions": ["none"],
        "signature": "Rosa Example",
    }
    return whole | changes


def filed(
    found: Found = SHOWN,
    *,
    token: str | None = None,
    language: str = "en",
    actor: Party | None = None,
    address: str = "",
    **changes: Any,  # noqa: ANN401 - members of a document
) -> Filed:
    return filing.file(
        document(**changes), token=token or links.new(), language=language, actor=actor, found=found, address=address
    )
