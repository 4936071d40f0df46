"""System checks: what enrolment rests on is there, and is what was reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage, Error, register

from consent.media import weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.apps import AppConfig


@register()
def models_are_the_reviewed_ones(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse to start with a face model that is missing or has another hash: every clip would be refused, or worse."""
    if weights.installed():
        return []
    hint = "Restore consent/media/models/ from the repository; MANIFEST.md there lists the hashes."
    return [Error("A model for checking clips is missing or changed.", hint=hint, id="consent.E001")]
