"""Render services that are configured so that they could not work, or not safely, do not start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from gpu_client.dialects import catalogue

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@register
def render_services(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001 - Django's signature
    """Refuse an unknown dialect or options it cannot work with, a name used twice, and an open link to elsewhere."""
    found = [message for one in settings.GPU_RENDERERS if (message := _wrong(one)) is not None]
    names = [one["name"] for one in settings.GPU_RENDERERS]
    if len(set(names)) != len(names):
        hint = "Jobs remember their service by its name."
        found.append(Error("Two render services have one name.", hint=hint, id="gpu_client.E003"))
    return found


def _wrong(renderer: Mapping[str, Any]) -> CheckMessage | None:
    dialect = renderer.get("dialect") or catalogue.COUNTENANCE
    if dialect not in catalogue.NAMES:
        known = f"Use one of: {', '.join(sorted(catalogue.NAMES))}."
        return Error(f"Nobody here speaks the dialect {dialect!r}.", hint=known, id="gpu_client.E001")
    if renderer.get("private_link") and urlsplit(renderer["url"]).hostname not in LOOPBACK and not settings.DEVELOPMENT:
        hint = "private_link is for this machine's loopback; use https."
        return Error("Clips would cross a network in the clear.", hint=hint, id="gpu_client.E002")
    if dialect != catalogue.COUNTENANCE:
        try:
            catalogue.make(dialect, renderer["url"], None, renderer)
        except ValueError as error:
            return Error(f"{renderer['name']}: {error}", hint="See docs/settings.md.", id="gpu_client.E004")
    return None
