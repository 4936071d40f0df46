"""The files of a published log (C2SP tlog-tiles), in a folder or on a web server."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from .findings import CouldNotCheck, NotTrue, require
from .tree import HASH, WIDTH, largest_power_below, node, tree_root

SECONDS = 20
MAX_BYTES = WIDTH * (2 + 65535)
GONE = {404, 410}

Read = Callable[[str], bytes]


class Unreachable(CouldNotCheck):
    """The server does not answer, which says nothing about what it would answer."""


def reader(location: str) -> Read:
    """Return what reads the files of a log, from a folder or an http(s) prefix.

    It raises `OSError` for what is not there, `Unreachable` where nothing could be learned.
    """
    if not location.startswith(("http://", "https://")):
        return lambda path: _file(Path(location) / path)
    return lambda path: _fetched(f"{location.rstrip('/')}/{path}")


def _file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _fetched(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as response:  # noqa: S310 - http and https only, see above
            return bytes(response.read(MAX_BYTES + 1))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in GONE:
            raise FileNotFoundError(address) from error
        raise Unreachable(f"{address}: {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{address}: {type(error).__name__}") from error


def tile_name(number: int) -> str:
    """Return the path of a tile number: 1234067 is x001/x234/067."""
    name = f"{number % 1000:03d}"
    while number := number // 1000:
        name = f"x{number % 1000:03d}/{name}"
    return name


def bundle_place(number: int) -> str:
    """Return the path of an entry bundle without its width."""
    return f"tile/entries/{tile_name(number)}"


def tile_place(level: int, number: int) -> str:
    """Return the path of a hash tile without its width."""
    return f"tile/{level}/{tile_name(number)}"


def path_of(place: str, width: int) -> str:
    """Return the path of the file that holds so many at this place."""
    return place if width == WIDTH else f"{place}.p/{width}"


def content(read: Read, place: str, width: int) -> bytes:
    """Return what a tile or bundle holds at this width.

    A partial one may be gone once the full one is there; its content is then the beginning of the full one's.
    """
    try:
        data, found = read(path_of(place, width)), width
    except OSError as error:
        if width == WIDTH:
            raise NotTrue(f"{place} cannot be read ({type(error).__name__})") from error
        data, found = content(read, place, WIDTH), WIDTH
    return data[: ends(place, data, found)[width - 1]]


def ends(place: str, data: bytes, width: int) -> list[int]:
    """Return where each of the `width` parts of a tile or bundle ends; raise `NotTrue` unless the last ends it all."""
    if place.startswith("tile/entries/"):
        found = _entry_ends(place, data, width)
    else:
        found = list(range(HASH, (width + 1) * HASH, HASH))
    require(len(data) == found[-1], f"{place} is cut, or holds more than its width")
    return found


def _entry_ends(place: str, data: bytes, width: int) -> list[int]:
    found, at = [], 0
    for _ in range(width):
        require(len(data) >= at + 2, f"{place} ends early")
        at += 2 + int.from_bytes(data[at : at + 2], "big")
        found.append(at)
    return found


def entries_of(place: str, data: bytes, width: int) -> list[bytes]:
    """Return the entries of a bundle."""
    found = ends(place, data, width)
    return [data[start + 2 : end] for start, end in zip([0, *found], found, strict=False)]


def part_of(read: Read, size: int) -> Callable[[int, int], bytes]:
    """Return what computes MTH(D[start:end]) of a tree of `size` leaves from its tiles, for the ranges of its proofs.

    Nothing read is trusted: check what comes out against a signed root.
    """

    def part(start: int, end: int) -> bytes:
        height = (end - start - 1).bit_length()
        if end - start < 1 << height:
            middle = start + largest_power_below(end - start)
            return node(part(start, middle), part(middle, end))
        level, rest = divmod(height, 8)
        first = start >> 8 * level
        number, at = divmod(first, WIDTH)
        place = tile_place(level, number)
        data = content(read, place, min(WIDTH, (size >> 8 * level) - number * WIDTH))
        return tree_root([data[n * HASH : (n + 1) * HASH] for n in range(at, at + (1 << rest))])

    return part
