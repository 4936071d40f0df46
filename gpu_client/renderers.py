"""The configured render services: which one makes a model, and how it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Count

from gpu_client.client import videos_backend
from gpu_client.dialects import catalogue
from gpu_client.health import Watched
from gpu_client.models import LIVE, RenderJob, RenderService
from gpu_client.protocol import Backend, RendererUnavailable
from gpu_client.sealing import parse_public
from ledger.problem import Problem


class ModelUnknown(Problem):
    """No render service offers this model."""

    code: ClassVar[str] = "model-unknown"
    title: ClassVar[str] = "The model is not offered"


class RendererMissing(LookupError):  # noqa: N818 - what it is
    """A job names a service that is configured no more."""


def name_for_model(model: str) -> str:
    """Return the name of the service that is to render with this model: of several, the one with the least to do.

    Load is counted in live jobs for each `share` of the service. One that is draining gets nothing new; one whose
    breaker is not closed only if all are so.
    """
    rows = RenderService.objects.in_bulk()
    offering = [
        one
        for one in settings.GPU_RENDERERS
        if model in models_of(one) and not one.get("draining") and not is_draining(rows.get(one["name"]))
    ]
    if not offering:
        known = ", ".join(offered())
        remedy = f"Use one of: {known}." if known else "Ask the operator to configure a render service."
        raise ModelUnknown(f"No render service offers the model {model!r}.", pointer="/model", remedy=remedy)
    offering = [one for one in offering if is_well(rows.get(one["name"]))] or offering
    if len(offering) == 1:
        return str(offering[0]["name"])
    names = [one["name"] for one in offering]
    live = RenderJob.objects.filter(state__in=LIVE, backend__in=names).values_list("backend").annotate(Count("pk"))
    load = dict(live)
    return str(min(offering, key=lambda one: load.get(one["name"], 0) / one.get("share", 1))["name"])


def is_draining(row: RenderService | None) -> bool:
    """Tell whether somebody had it drained; the setting may say so too."""
    return row is not None and row.draining


def is_well(row: RenderService | None) -> bool:
    """Tell whether its breaker is closed."""
    return row is None or row.breaker == "closed"


def slots_of(name: str) -> int | None:
    """Return how many renders the service takes at a time. `None`: as many as come, or it is configured no more."""
    found: int | None = next((one.get("slots") for one in settings.GPU_RENDERERS if one["name"] == name), None)
    return found


def models_of(renderer: Mapping[str, Any]) -> dict[str, str]:
    """Return the models of one entry: the name that clients use, and the one that the service uses."""
    return dict(renderer.get("models") or {renderer["model"]: renderer["model"]})


def offered() -> list[str]:
    """Return every model that somebody offers, in the order of the setting; the first is the default."""
    active = (one for one in settings.GPU_RENDERERS if not one.get("draining"))
    return list(dict.fromkeys(str(model) for one in active for model in models_of(one)))


def upstream_model(name: str, model: str) -> str:
    """Return what the service calls the model; raise RendererMissing."""
    return models_of(entry(name)).get(model, model)


def backend(name: str) -> Backend:
    """Return the service of this name, behind its breaker: its calls may raise `health.Resting`.

    The sealing key is read each time: a service that restarts has a new one. Raises RendererMissing, or
    RendererUnavailable while the key's file is not there.
    """
    return Watched(name, _backend(name))


def _backend(name: str) -> Backend:
    renderer = entry(name)
    dialect = renderer.get("dialect") or catalogue.COUNTENANCE
    if dialect != catalogue.COUNTENANCE:
        return catalogue.make(dialect, renderer["url"], renderer["token"] or None, renderer)
    path = renderer.get("sealing_key")
    try:
        key = None if path is None else parse_public(path.read_text())
    except (OSError, ValueError) as error:
        raise RendererUnavailable("no-sealing-key", "The render service's sealing key cannot be read.") from error
    return videos_backend(renderer["url"], renderer["token"] or None, key)


def entry(name: str) -> dict[str, Any]:
    """Return what is configured for a service; raise RendererMissing."""
    renderer: dict[str, Any] | None = next((one for one in settings.GPU_RENDERERS if one["name"] == name), None)
    if renderer is None:
        raise RendererMissing(name)
    return renderer
