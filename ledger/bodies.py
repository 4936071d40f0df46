"""The entries' own bytes in log order: what every root is recomputed from, in bounded memory."""

from collections.abc import Iterator
from itertools import batched, chain

from ledger.models import Leaf

CHUNK = 1024


def bodies(start: int, end: int) -> Iterator[bytes]:
    """Yield the body of each leaf from `start` to before `end`, ending early at the first that is missing."""
    for first in range(start, end, CHUNK):
        last = min(first + CHUNK, end)
        rows = Leaf.objects.filter(index__gte=first, index__lt=last).order_by("index")
        expected = first
        for index, body in rows.values_list("index", "entry__body"):
            if index != expected:
                return
            yield bytes(body)
            expected += 1
        if expected != last:
            return


def bundles(start: int, end: int, width: int) -> Iterator[tuple[bytes, ...]]:
    """Yield the bodies in groups of `width`."""
    return batched(chain(bodies(start, end)), width)
