"""Bytes and JSON, read in one way only: strict base64, strict JSON, and RFC 8785 for JSON without floats."""

import base64
import json
import re
from typing import Any, Never

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 40
SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
ESCAPED = re.compile(r'[\x00-\x1f"\\]')


class Malformed(ValueError):  # noqa: N818 - says what the bytes are
    """Not in the one form that is read."""


def from_base64(text: str) -> bytes:
    """Read padded standard base64 (RFC 4648 section 4)."""
    data = base64.b64decode(text.encode("ascii"), validate=True)
    if base64.b64encode(data).decode() != text:
        raise Malformed("base64 in another than its canonical spelling")
    return data


def from_base64url(text: str) -> bytes:
    """Read unpadded base64url (RFC 4648 section 5)."""
    data = base64.urlsafe_b64decode((text + "=" * (-len(text) % 4)).encode("ascii"))
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != text:
        raise Malformed("base64url in another than its canonical spelling")
    return data


def to_base64url(data: bytes) -> str:
    """Write unpadded base64url."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def read_json(data: bytes) -> Any:  # noqa: ANN401 - JSON
    """Read JSON without duplicate names, floats, NaN or unsafe integers."""
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_members, parse_float=_refuse, parse_constant=_refuse)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error


def write_json(value: Any, depth: int = 0) -> bytes:  # noqa: ANN401 - JSON
    """Write RFC 8785: members by the UTF-16 code units of their names, no space, few escapes."""
    if depth > MAX_DEPTH:
        raise Malformed("nested too deeply")
    if value is None or isinstance(value, bool):
        return {None: b"null", True: b"true", False: b"false"}[value]
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return b"%d" % value
    if isinstance(value, str):
        return b'"' + ESCAPED.sub(_escape, value).encode("utf-8") + b'"'
    if isinstance(value, list):
        return b"[" + b",".join(write_json(item, depth + 1) for item in value) + b"]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return b"{" + b",".join(write_json(n) + b":" + write_json(value[n], depth + 1) for n in names) + b"}"
    raise Malformed(f"{type(value).__name__} has no canonical form here")


def _escape(found: re.Match[str]) -> str:
    return SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}"


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Malformed(f"the member {name!r} stands twice")
        found[name] = value
    return found


def _refuse(text: str) -> Never:
    raise Malformed(f"the number {text[:20]}")
