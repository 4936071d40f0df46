"""The dialects by name, and how each is made from an entry of GPU_RENDERERS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gpu_client.dialects.comfyui import ComfyUI, marks_of
from gpu_client.dialects.fal import Fal
from gpu_client.dialects.fastvideo import FastVideo
from gpu_client.dialects.hosted import INPUTS, check_inputs
from gpu_client.dialects.replicate import Replicate
from gpu_client.dialects.sglang import SGLang
from gpu_client.dialects.vllm_omni import VllmOmni
from gpu_client.protocol import Backend
from gpu_client.wire import Wire

COUNTENANCE = "countenance"  # `gpu_client.client`: permits, sealed clips


def _comfyui(wire: Wire, options: Mapping[str, Any]) -> ComfyUI:
    graph = options.get("graph") or {}
    marks_of(graph)
    return ComfyUI(wire, graph)


def _hosted(kind: type[Replicate | Fal], wire: Wire, options: Mapping[str, Any]) -> Replicate | Fal:
    inputs = options.get("inputs") or INPUTS
    check_inputs(inputs)
    return kind(wire, inputs, tuple(options.get("downloads") or ()))


MAKERS: dict[str, Callable[[Wire, Mapping[str, Any]], Backend]] = {
    "vllm-omni": lambda wire, _: VllmOmni(wire),
    "sglang": lambda wire, _: SGLang(wire),
    "fastvideo": lambda wire, _: FastVideo(wire),
    "comfyui": _comfyui,
    "replicate": lambda wire, options: _hosted(Replicate, wire, options),
    "fal": lambda wire, options: _hosted(Fal, wire, options),
}
SCHEMES = {"fal": "Key"}
NAMES = frozenset({COUNTENANCE, *MAKERS})


def make(dialect: str, url: str, token: str | None, options: Mapping[str, Any]) -> Backend:
    """Build the adapter for a foreign service. ValueError: options that it cannot work with; KeyError: no such one."""
    link = bool(options.get("private_link"))
    wire = Wire(url.rstrip("/").removesuffix("/v1"), token, SCHEMES.get(dialect, "Bearer"), link)
    return MAKERS[dialect](wire, options)
