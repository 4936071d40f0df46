"""Read a `multipart/form-data` body (RFC 7578) that is already in memory.

Strict on purpose: one spelling of a boundary, unique field names except for files, bounded counts. Python has no such
parser of its own since 3.13.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_PARTS = 32
MAX_HEADER = 1024  # bytes of one part's headers
BOUNDARY = re.compile(r"""multipart/form-data;\s*boundary=("?)([0-9A-Za-z'()+_,./:=?-]{1,70})\1""", re.ASCII)
NAME = re.compile(r'form-data; name="([^"\r\n]{1,64})"(?:; filename="([^"\r\n]{0,255})")?', re.ASCII)


class FormUnreadable(ValueError):  # noqa: N818 - what happened, in one word
    """The body is not a form that we read."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `filename` None: an ordinary field."""

    name: str
    filename: str | None
    media_type: str
    data: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The value of an ordinary field."""
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            raise FormUnreadable(f"The field {self.name} is not UTF-8.") from error


def parse(content_type: str, body: bytes) -> list[Part]:
    """Return the parts in order, or raise FormUnreadable."""
    match = BOUNDARY.fullmatch(content_type.strip())
    if not match:
        raise FormUnreadable("The body must be multipart/form-data with a boundary.")
    mark = b"--" + match[2].encode()
    if not body.startswith(mark + b"\r\n"):
        raise FormUnreadable("The body does not begin with its boundary.")
    parts: list[Part] = []
    at = len(mark) + 2
    while True:
        end = body.find(b"\r\n" + mark, at)
        if end < 0 or len(parts) == MAX_PARTS:
            raise FormUnreadable(f"The form is cut off, or has more than {MAX_PARTS} parts.")
        parts.append(_part(body, at, end))
        at = end + 2 + len(mark)
        if body[at : at + 2] == b"--":
            return _unique_fields(parts)
        if body[at : at + 2] != b"\r\n":
            raise FormUnreadable("A boundary is followed by something else.")
        at += 2


def _part(body: bytes, start: int, end: int) -> Part:
    split = body.find(b"\r\n\r\n", start, min(end, start + MAX_HEADER))
    if split < 0:
        raise FormUnreadable("A part has no headers, or too long ones.")
    headers: dict[str, str] = {}
    for line in body[start:split].decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or name.lower() in headers:
            raise FormUnreadable("A part has a malformed or repeated header.")
        headers[name.lower()] = value.strip()
    match = NAME.fullmatch(headers.get("content-disposition", ""))
    if not match:
        raise FormUnreadable("A part has no name.")
    return Part(match[1], match[2], headers.get("content-type", "text/plain"), body[split + 4 : end])


def _unique_fields(parts: list[Part]) -> list[Part]:
    names = [part.name for part in parts if part.filename is None]
    if len(names) != len(set(names)):
        raise FormUnreadable("A field appears twice.")
    return parts
