"""What is remarked about every file that was read, whatever the answers are: what nothing vouches for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from consent.media.guard import Boxes
from provenance.report import Unchecked

PADDING = "The unused space in the file"
PADDING_WHY = "It holds something: {remarks}. Signatures leave such space out, so anybody may have put it there."
NETWORK = "That reading the file called nobody"
NETWORK_WHY = "This system cannot cut the network from the program that reads files; its settings alone forbid calls."
MOST = 3  # remarks that are spelt out; a file can hold thousands of such boxes


def of(boxes: Boxes, answer: Mapping[str, Any], *, signed: bool) -> Iterator[Unchecked]:
    """Yield the remarks. `answer` is the sandbox's. Where nothing is `signed`, padding is as good as all the rest."""
    if boxes.warnings and signed:
        more = len(boxes.warnings) - MOST
        told = "; ".join(boxes.warnings[:MOST]) + (f"; and {more} more" if more > 0 else "")
        yield Unchecked(PADDING, PADDING_WHY.format(remarks=told))
    if answer.get("network") != "none":
        yield Unchecked(NETWORK, NETWORK_WHY)
