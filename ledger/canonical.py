"""RFC 8785 bytes: the octets that are hashed and signed. Pure.

Only the part of JSON that has one spelling in every language is admitted: no floats, no integers beyond
2^53 - 1, no lone surrogates, string keys. A hash over anything else could not be recomputed by a stranger.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Never

import rfc8785

from ledger.problem import Problem

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1  # RFC 7493 section 2.2

_sorted_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False).encode


class NotCanonical(Problem):
    """The document holds something that RFC 8785 cannot spell in one way."""

    code: ClassVar[str] = "not-canonical"
    title: ClassVar[str] = "The document has no canonical form"


class MalformedJson(Problem):
    """The bytes are not one strict JSON object."""

    code: ClassVar[str] = "malformed-json"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The body is not a JSON object"


def canonical(document: object) -> bytes:
    """Return the RFC 8785 bytes of `document`; raise `NotCanonical` for floats, bytes, big integers and the like."""
    if _is_plain(document, 1):
        return _sorted_json(document).encode()
    for pointer, value, depth in _walk(document):
        if depth > MAX_DEPTH:
            raise NotCanonical("The document is nested too deeply", pointer=pointer, remedy=f"Nest at most {MAX_DEPTH}")
        if (flaw := _flaw(value)) is not None:
            raise NotCanonical(flaw, pointer=pointer, remedy="Use strings, safe integers, booleans, null")
    return rfc8785.dumps(document)  # type: ignore[arg-type]  # every value was just checked


def parse(data: bytes, *, limit: int = 65536) -> dict[str, Any]:
    """Read one JSON object strictly: duplicate keys, floats, NaN, bad UTF-8 and trailing data are refused.

    `limit` is in bytes. Raises `MalformedJson` for bytes that are not such an object.
    """
    if len(data) > limit:
        raise MalformedJson(f"The document has {len(data)} bytes", remedy=f"Send at most {limit} bytes")
    try:
        document = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_integer,
        )
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise MalformedJson(f"Not strict JSON: {error}", remedy="Send one JSON object in UTF-8") from error
    if not isinstance(document, dict):
        raise MalformedJson("The outermost value is not an object", remedy="Send one JSON object")
    for pointer, value, depth in _walk(document):
        if depth > MAX_DEPTH or _flaw(value) is not None:
            raise MalformedJson("Too deep, or not expressible", pointer=pointer, remedy=f"Nest at most {MAX_DEPTH}")
    return document


def digest(kind: str, document: object, version: int = 1) -> bytes:
    """Return SHA-256 over `countenance/<kind>/v<version>`, a NUL byte and the canonical bytes.

    The label keeps a digest of one kind from ever being presented as one of another.
    """
    return hashlib.sha256(f"countenance/{kind}/v{version}\0".encode() + canonical(document)).digest()


def _is_plain(value: object, depth: int) -> bool:
    """Tell whether this is a document for which sorted, spaceless JSON is the RFC 8785 form.

    Nearly every document is. The two orders of members differ only beyond ASCII (code points there, UTF-16 units here).
    """
    kind = type(value)
    if kind is str:
        return _is_unicode(value)  # type: ignore[arg-type]  # just compared
    if value is None or kind is bool:
        return True
    if kind is int:
        return -MAX_INTEGER <= value <= MAX_INTEGER  # type: ignore[operator]  # just compared
    if depth >= MAX_DEPTH:
        return False
    if kind is dict:
        return all(type(key) is str and key.isascii() and _is_plain(item, depth + 1) for key, item in value.items())  # type: ignore[attr-defined]  # just compared
    return kind is list and all(_is_plain(item, depth + 1) for item in value)  # type: ignore[attr-defined]  # just compared


def _walk(document: object) -> Iterator[tuple[str, object, int]]:
    """Yield (JSON pointer, value, depth) of every value, without recursion, stopping one level past the limit."""
    stack: list[tuple[str, object, int]] = [("", document, 1)]
    while stack:
        pointer, value, depth = stack.pop()
        yield pointer, value, depth
        if depth > MAX_DEPTH:
            continue
        if isinstance(value, Mapping):
            stack.extend((f"{pointer}/{_step(key)}", item, depth + 1) for key, item in value.items())
        elif isinstance(value, list | tuple):
            stack.extend((f"{pointer}/{number}", item, depth + 1) for number, item in enumerate(value))


def _step(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1").encode(errors="replace").decode()


def _flaw(value: object) -> str | None:
    """Say what keeps this single value from having a canonical form; `None` means nothing does."""
    match value:
        case None | bool() | list() | tuple():
            return None
        case int():
            return None if -MAX_INTEGER <= value <= MAX_INTEGER else "The integer is not safe (beyond 2^53 - 1)"
        case str():
            return None if _is_unicode(value) else "The text holds a lone surrogate"
        case dict():
            named = all(isinstance(key, str) and _is_unicode(key) for key in value)
            return None if named else "A member's name is not text"
        case _:
            return f"A {type(value).__name__} has no canonical form"


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a member is named twice")
    return document


def _no_float(text: str) -> Never:
    raise ValueError(f"{text} is not an integer")


def _integer(text: str) -> int:
    if len(text) > len(str(MAX_INTEGER)) + 1 or text == "-0":
        raise ValueError("the integer is not safe")
    return int(text)
