"""The limits written into a permit: numbered, tagged, each with its own small check.

Pure. The format only grows. A caveat is a JSON list `[tag, field, ...]`; a tag is
never reused and never changes meaning; a permit with a tag that the reader does
not know is refused, since a limit that is not understood cannot be kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self
from uuid import UUID

from consent import rfc3339
from ledger import base64url

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_HEX_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_SIZE: Final = re.compile(r"[1-9][0-9]{1,4}x[1-9][0-9]{1,4}")
MAX_TEXT: Final = 200  # characters in a model name
COMMITMENT_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Order:
    """What the render service is asked to make. Digests are lower-case hex SHA-256."""

    prompt_sha256: str
    model: str
    seconds: int
    size: str  # "1280x720"
    parent_sha256: str | None  # of the parent's whole file; None: not a remix


class Caveat:
    """One limit. Reading a list that is not exactly one of these raises `ValueError`."""

    TAG: ClassVar[int]
    __slots__ = ()

    def to_list(self) -> list[object]:
        """Return the fields after the tag, as JSON values."""
        raise NotImplementedError

    @classmethod
    def from_list(cls, fields: list[object]) -> Self:
        """Read the fields after the tag."""
        raise NotImplementedError

    def mismatch(self, order: Order) -> str | None:
        """Name what the order breaks of this limit; `None` if it keeps it."""
        del order
        return None


REGISTRY: Final[dict[int, type[Caveat]]] = {}


def tagged[C: type[Caveat]](tag: int) -> Callable[[C], C]:
    """Register a caveat under `tag`. A reused tag raises: old permits would change their meaning."""

    def register(kind: C) -> C:
        if tag in REGISTRY:
            raise ValueError(f"tag {tag} belongs to {REGISTRY[tag].__name__}")
        kind.TAG = tag
        REGISTRY[tag] = kind
        return kind

    return register


def _only[T](kind: type[T], fields: list[object], count: int = 1) -> list[T]:
    if len(fields) != count or any(type(field) is not kind for field in fields):
        raise ValueError(f"{count} of {kind.__name__} required")
    return fields  # type: ignore[return-value]  # each element was compared with `kind` above


def _matching(form: re.Pattern[str], text: str) -> str:
    if not form.fullmatch(text):
        raise ValueError(f"not of the form {form.pattern}")
    return text


@tagged(1)
@dataclass(frozen=True, slots=True)
class Window(Caveat):
    """From `not_before`, included, to `expires`, excluded."""

    not_before: datetime
    expires: datetime

    def to_list(self) -> list[object]:
        """Return both ends in RFC 3339."""
        return [rfc3339.write(self.not_before), rfc3339.write(self.expires)]

    @classmethod
    def from_list(cls, fields: list[object]) -> Self:
        """Read both ends; an empty window raises."""
        start, end = (rfc3339.read(text) for text in _only(str, fields, 2))
        if end <= start:
            raise ValueError("the window is empty")
        return cls(start, end)


@tagged(2)
@dataclass(frozen=True, slots=True)
class Job(Caveat):
    """The one render job that may use the permit."""

    job: str

    def to_list(self) -> list[object]:
        """Return the job's id."""
        return [self.job]

    @classmethod
    def from_list(cls, fields: list[object]) -> Self:
        """Read a UUID in its usual spelling."""
        (text,) = _only(str, fields)
        if str(UUID(text)) != text:
            raise ValueError("not a UUID in its usual spelling")
        return cls(text)


@tagged(3)
@dataclass(frozen=True, slots=True)
class Prompt(Caveat):
    """SHA-256 of the prompt's UTF-8 bytes, hex."""

    sha256: str

    def to_list(self) -> list[object]:
        """Return the digest."""
        return [self.sha256]

    @classmethod
    def from_list(cls, fields: list[object]) -> Self:
        """Read a hex digest."""
        return cls(_matching(_HEX_SHA256, _only(str, fields)[0]))

    def mismatch(self, order: Order) -> str | None:
        """Compare the prompt."""
        return None if order.prompt_sha256 == self.sha256 else "prompt"


@tagged(4)
@dataclass(frozen=True, slots=True)
class Model(Caveat):
    """The model that may render."""

    name: str

    def to_list(self) -> list[object]:
        """Return the name."""
        return [self.name]

    @classmethod
    def from_list(cls, fields: list[object]) -> Self:
        """Read a short text."""
        (text,) = _only(str, fields)
        if not 0 < len(text) <= MAX_TEXT:
            raise ValueError("a model has a name of 1 to 200 characters")
        return cls(text)

    def mismatch(self, order: Order) -> str | None:
        """Compare the model."""
        return None if order.model == self.name else "model"


@tagged(5)
@dataclass(frozen=True, slots=True)
class Seconds(Caveat):
    """The length of the video in whole seconds."""

    seconds: int

    def to_list(self) -> list[object]:
        """Return the number."""
        return [self.seconds]

    @classmethod
    def from_list(cls, fields: list[object]) -> Self:
        """Read a positive whole number (`True` is not one)."""
        (number,) = _only(int, fields)
        if number < 1:
            raise ValueError("a video lasts at least one second")
        return cls(number)

    def mismatch(self, order: Order) -> str | None:
        """Compare the length."""
        return None if order.seconds == self.seconds else "seconds"


@tagged(6)
@dataclass(frozen=True, slots=True)
class Size(Caveat):
    """Width and height in pixels, `1280x720`."""

    size: str

    def to_list(self) -> list[object]:
        """Return the text."""
        return [self.size]

    @classmethod
    def from_list(cls, fields: list[object]) -> Self:
        """Read width x height."""
        return cls(_matching(_SIZE, _only(str, fields)[0]))

    def mismatch(self, order: Order) -> str | None:
        """Compare the picture size."""
        return None if order.size == self.size else "size"


@tagged(7)
@dataclass(frozen=True, slots=True)
class Parent(Caveat):
    """SHA-256 of the parent's file, hex; `None`: the video has no parent."""

    sha256: str | None

    def to_list(self) -> list[object]:
        """Return the digest or null."""
        return [self.sha256]

    @classmethod
    def from_list(cls, fields: list[object]) -> Self:
        """Read a hex digest or null."""
        return cls(None) if fields == [None] else cls(_matching(_HEX_SHA256, _only(str, fields)[0]))

    def mismatch(self, order: Order) -> str | None:
        """Compare the parent."""
        return None if order.parent_sha256 == self.sha256 else "parent"


@tagged(8)
@dataclass(frozen=True, slots=True)
class Epochs(Caveat):
    """The cast, and the consent epoch of each likeness at the decision, sorted by likeness."""

    epochs: tuple[tuple[str, int], ...]

    def to_list(self) -> list[object]:
        """Return the pairs."""
        return [[list(pair) for pair in self.epochs]]

    @classmethod
    def from_list(cls, fields: list[object]) -> Self:
        """Read the pairs: at least one, sorted, none twice."""
        (pairs,) = _only(list, fields)
        epochs = tuple((_only(str, pair[:1])[0], _only(int, pair[1:])[0]) for pair in _only(list, pairs, len(pairs)))
        cast = [likeness for likeness, _ in epochs]
        if not cast or cast != sorted(set(cast)):
            raise ValueError("the cast is empty, unsorted or repeats itself")
        return cls(epochs)


@tagged(9)
@dataclass(frozen=True, slots=True)
class Binding(Caveat):
    """The commitment that the log holds for this permit, 32 bytes."""

    commitment: bytes

    def to_list(self) -> list[object]:
        """Return the commitment in base64url."""
        return [base64url.encode(self.commitment)]

    @classmethod
    def from_list(cls, fields: list[object]) -> Self:
        """Read 32 bytes."""
        commitment = base64url.decode(_only(str, fields)[0])
        if len(commitment) != COMMITMENT_BYTES:
            raise ValueError("a commitment has 32 bytes")
        return cls(commitment)


def read(unverified_items: object) -> tuple[Caveat, ...]:
    """Return the caveats: every registered tag exactly once, in the order of their tags.

    All are required because a limit left out is a limit lifted. Raises `ValueError`.
    """
    items = _only(list, [unverified_items])[0]
    found: list[Caveat] = []
    for item in _only(list, items, len(items)):
        (tag,) = _only(int, item[:1])
        if tag not in REGISTRY:
            raise ValueError(f"caveat {tag} is not known")
        found.append(REGISTRY[tag].from_list(item[1:]))
    if [caveat.TAG for caveat in found] != sorted(REGISTRY):
        raise ValueError("a caveat is missing, repeated or out of order")
    return tuple(found)


def write(caveats: tuple[Caveat, ...]) -> list[list[object]]:
    """Return the caveats as JSON lists, sorted by tag."""
    return [[caveat.TAG, *caveat.to_list()] for caveat in sorted(caveats, key=lambda caveat: caveat.TAG)]
