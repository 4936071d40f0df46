"""Check a whole published log, in a folder or on a web server: every entry, every tile, up to the signed root."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from .findings import Findings, Unreadable, require
from .logformat import HASH, LogKey, SignedRoot, WitnessKey, cosigned_at, leaf, tree_root, verified_checkpoint
from .strict import read_json, write_json

WIDTH = 256
GENESIS = "log.opened"
SECONDS = 20
MAX_BYTES = WIDTH * (2 + 65535)

Read = Callable[[str], bytes]


def reader(location: str) -> Read:
    """Return what reads the files of a log, from a folder or an http(s) prefix."""
    if not location.startswith(("http://", "https://")):
        return lambda path: (Path(location) / path).read_bytes()

    def fetch(path: str) -> bytes:
        address = f"{location.rstrip('/')}/{path}"
        with urllib.request.urlopen(address, timeout=SECONDS) as response:  # noqa: S310 - http and https only, see above
            return bytes(response.read(MAX_BYTES + 1))

    return fetch


def check(read: Read, key: LogKey, witnesses: Sequence[WitnessKey] = ()) -> Findings:
    """Recompute the log from its entries. Raises `Unreadable` if there is no checkpoint to begin with.

    Each of the given `witnesses` must have cosigned it; what others put there counts for nothing.
    """
    try:
        text = read("checkpoint").decode("utf-8")
    except (OSError, ValueError) as error:
        raise Unreadable(f"no checkpoint: {error}") from error
    findings = Findings()
    signed: SignedRoot | None = None
    with findings.check("1 the checkpoint is signed by the given key and of its log"):
        signed = verified_checkpoint(text, key)
    if signed is None:
        return findings
    hashes: list[bytes] = []
    with findings.check("2 the log is not empty and begins with its opening, which occurs nowhere else"):
        require(signed.size, "it is empty")
        for index, entry in enumerate(_entries(read, signed.size)):
            body = read_json(entry)
            require(write_json(body) == entry, f"entry {index} is not in canonical form")
            require((body["kind"] == GENESIS) == (index == 0), f"entry {index} is {body['kind']!r}")
            hashes.append(leaf(entry))
    with findings.check("3 the entries give the signed root"):
        require(len(hashes) == signed.size, "not every entry could be read")
        require(_root(hashes) == signed.root, "they give another")
    with findings.check("4 every tile is what its entries give"):
        require(len(hashes) == signed.size, "not every entry could be read")
        _check_tiles(read, hashes)
    for number, witness in enumerate(witnesses, start=5):
        with findings.check(f"{number} the checkpoint is cosigned by {witness.name}"):
            cosigned_at(text, witness)
    return findings


def tile_name(number: int) -> str:
    """Return the path of a tile number: 1234067 is x001/x234/067."""
    name = f"{number % 1000:03d}"
    while number := number // 1000:
        name = f"x{number % 1000:03d}/{name}"
    return name


def _entries(read: Read, size: int) -> Iterator[bytes]:
    for number in range(-(-size // WIDTH)):
        width = min(WIDTH, size - number * WIDTH)
        data = _tile(read, f"tile/entries/{tile_name(number)}", width)
        for _ in range(width):
            length = int.from_bytes(data[:2], "big")
            require(len(data) >= 2 + length, f"bundle {number} ends early")
            yield data[2 : 2 + length]
            data = data[2 + length :]
        require(not data, f"bundle {number} holds more than its width")


def _check_tiles(read: Read, hashes: list[bytes]) -> None:
    level = 0
    while hashes:
        for number in range(-(-len(hashes) // WIDTH)):
            part = hashes[number * WIDTH : (number + 1) * WIDTH]
            data = _tile(read, f"tile/{level}/{tile_name(number)}", len(part))
            require(data == b"".join(part), f"tile {number} of level {level} is another")
        hashes, level = _next_level(hashes), level + 1


def _next_level(hashes: list[bytes]) -> list[bytes]:
    return [tree_root(hashes[at : at + WIDTH]) for at in range(0, len(hashes) - WIDTH + 1, WIDTH)]


def _root(hashes: list[bytes]) -> bytes:
    return tree_root(hashes)


def _tile(read: Read, path: str, width: int) -> bytes:
    try:
        data = read(path if width == WIDTH else f"{path}.p/{width}")
    except (OSError, urllib.error.URLError) as error:
        require(False, f"{path} cannot be read ({type(error).__name__})")  # noqa: FBT003 - the claim is simply false
        raise
    require(len(data) <= MAX_BYTES and (path.startswith("tile/entries") or len(data) == width * HASH), f"{path} is cut")
    return data
