"""The configured render services: which one makes a model, and how it is reached."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings

from gpu_client.client import videos_backend
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
    """Return the name of the service that renders with this model."""
    for renderer in settings.GPU_RENDERERS:
        if renderer["model"] == model:
            return str(renderer["name"])
    offered = sorted(str(renderer["model"]) for renderer in settings.GPU_RENDERERS)
    remedy = f"Use one of: {', '.join(offered)}." if offered else "Ask the operator to configure a render service."
    raise ModelUnknown(f"No render service offers the model {model!r}.", pointer="/model", remedy=remedy)


def backend(name: str) -> Backend:
    """Return the service of this name.

    The sealing key is read each time: a service that restarts has a new one. Raises RendererMissing, or
    RendererUnavailable while the key's file is not there.
    """
    renderer: dict[str, Any] | None = next((r for r in settings.GPU_RENDERERS if r["name"] == name), None)
    if renderer is None:
        raise RendererMissing(name)
    path = renderer.get("sealing_key")
    try:
        key = None if path is None else parse_public(path.read_text())
    except (OSError, ValueError) as error:
        raise RendererUnavailable("no-sealing-key", "The render service's sealing key cannot be read.") from error
    return videos_backend(renderer["url"], renderer["token"] or None, key)
