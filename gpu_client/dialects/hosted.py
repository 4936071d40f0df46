"""What hosted queues have in common: a JSON input whose fields the operator names, and a result at another host.

The address of a result comes from the service, so it is fetched only from hosts that the operator listed, over https,
and our token does not go along. A reference goes inline or not at all: what is uploaded to a vendor's storage lies at
an address that anybody may fetch.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gpu_client.dialects.videos_shape import reference
from gpu_client.protocol import RendererLied, RendererRefused, RenderOrder
from gpu_client.wire import Wire, origin_of

INLINE = 1 << 20  # bytes of a reference, before base64
OURS = ("prompt", "seconds", "size", "width", "height", "reference")
INPUTS = {"prompt": "prompt", "seconds": "duration", "reference": "image"}
THEIRS = re.compile(r"[a-z][a-z0-9_]{0,63}")
HTTPS, LONGEST = 443, 2048  # the port; characters of an address


class InputsInvalid(ValueError):  # noqa: N818 - what they are
    """The operator's names of a model's fields are not usable."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """Where a hosted queue is, what its model calls our fields, and from where results may be fetched."""

    wire: Wire
    inputs: Mapping[str, str] = field(default_factory=lambda: INPUTS)
    downloads: tuple[str, ...] = ()

    def input_of(self, order: RenderOrder) -> dict[str, object]:
        """Return the input: our six values at most, each under the name that the operator gave it."""
        check_inputs(self.inputs)
        width, _, height = order.size.partition("x")
        given: dict[str, object] = {
            "prompt": order.prompt,
            "seconds": order.seconds,
            "size": order.size,
            "width": int(width),
            "height": int(height),
        }
        file = reference(order, self.wire)
        if file is not None:
            if "reference" not in self.inputs or len(file.data) > INLINE:
                raise RendererRefused("attachments", "This model takes no reference file, or none of this size.")
            given["reference"] = f"data:{file.media_type};base64,{base64.b64encode(file.data).decode()}"
        return {theirs: given[ours] for ours, theirs in self.inputs.items() if ours in given}

    def download_address(self, unverified: object) -> str:
        """Return the address of a result if it is one that we fetch; raise RendererLied."""
        if not isinstance(unverified, str) or len(unverified) > LONGEST or not unverified.isprintable():
            raise RendererLied("no-output", "The render service names no result.")
        try:
            parts = urlsplit(unverified)
            origin = origin_of(unverified)
        except ValueError as error:
            raise RendererLied("bad-address", "The render service gave an address that cannot be read.") from error
        listed = any(origin[1] == host or origin[1].endswith("." + host) for host in self.downloads)
        abroad = listed and origin[0] == "https" and origin[2] == HTTPS
        if "@" in parts.netloc or "\\" in unverified or not (abroad or origin == origin_of(self.wire.url)):
            raise RendererLied("bad-address", "The render service's result lies where nothing is fetched from.")
        return unverified


def check_inputs(inputs: Mapping[str, str]) -> None:
    """Require known names of ours, plain and different names of theirs, and a place for the prompt."""
    plain = all(ours in OURS and THEIRS.fullmatch(theirs) for ours, theirs in inputs.items())
    if not plain or "prompt" not in inputs or len(set(inputs.values())) != len(inputs):
        raise InputsInvalid(f"Inputs name fields of the model for {', '.join(OURS)}, the prompt among them.")
