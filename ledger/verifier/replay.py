"""Read a published log from where one stands to a greater size: every entry, every tile, every recorded state.

What is kept is the edge of the tree and the grants: memory does not grow with the entries.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from .findings import CouldNotCheck, require
from .state import Grants
from .strict import read_json, write_json
from .tiles import Read, bundle_place, content, entries_of, tile_place
from .tree import WIDTH, Growth, leaf

GENESIS = "log.opened"

Seen = Callable[[str, int, bytes], None]


def unseen(_place: str, _width: int, _data: bytes) -> None:
    """Let what was read pass."""


@dataclass
class Replay:
    """A log as far as it has been read. A flaw is the first that was found; `None` means that there was none."""

    growth: Growth = field(default_factory=Growth)
    grants: Grants = field(default_factory=Grants)
    tile_flaw: str | None = None
    state_flaw: str | None = None

    def advance(self, read: Read, size: int, seen: Seen = unseen) -> None:
        """Read on to `size`; `seen` is told of each file's place, width and bytes.

        Raises `NotTrue` where an entry is missing or out of form, or what was read before has changed. A wrong tile
        or state is noted, since the entries after it can still be read.
        """
        while self.growth.size < size:
            self._bundle(read, size, seen)
        for level, number, hashes in self.growth.partial():
            self._tile(read, level, number, hashes, seen)

    def _bundle(self, read: Read, size: int, seen: Seen) -> None:
        number, known = divmod(self.growth.size, WIDTH)
        width = min(WIDTH, size - number * WIDTH)
        place = bundle_place(number)
        data = content(read, place, width)
        entries = entries_of(place, data, width)
        same = [leaf(entry) for entry in entries[:known]] == (self.growth.levels[0] if known else [])
        require(same, f"{place} held other entries before")
        for entry in entries[known:]:
            self._entry(entry)
            for level, tile, hashes in self.growth.add(leaf(entry)):
                self._tile(read, level, tile, hashes, seen)
        seen(place, width, data)

    def _entry(self, entry: bytes) -> None:
        index = self.growth.size
        body = read_json(entry)
        require(write_json(body) == entry, f"entry {index} is not in canonical form")
        require((body["kind"] == GENESIS) == (index == 0), f"entry {index} is {body['kind']!r}")
        if self.state_flaw is None:
            try:
                self.grants.take(index, body)
            except Exception as why:  # noqa: BLE001 - whatever it is, the state cannot be followed any further
                self.state_flaw = f"entry {index}: {why or type(why).__name__}"

    def _tile(self, read: Read, level: int, number: int, hashes: list[bytes], seen: Seen) -> None:
        place = tile_place(level, number)
        try:
            data = content(read, place, len(hashes))
            require(data == b"".join(hashes), f"{place} is not what its entries give")
        except CouldNotCheck:
            raise
        except Exception as why:  # noqa: BLE001 - as above
            self.tile_flaw = self.tile_flaw or str(why)
        else:
            seen(place, len(hashes), data)
