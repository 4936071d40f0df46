"""Strict readers for the fields of a document that somebody signs.

Pure. Each returns a value of exactly the form asked for, or raises `StatementInvalid` naming the field by its JSON
pointer (RFC 6901) and the way out, because a field that we ignore is a field that somebody believed in.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final, Never
from uuid import UUID

from consent import rfc3339
from ledger import base64url
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{0,5}[1-9])?")
# Letters and marks that draw nothing (Unicode: Default_Ignorable_Code_Point), and the blank of Braille.
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class StatementInvalid(Problem):
    """The document is not a statement that we can read in full."""

    code: ClassVar[str] = "statement-invalid"
    title: ClassVar[str] = "The statement cannot be read"


def refuse(at: str, detail: str, remedy: str) -> Never:
    """Raise `StatementInvalid` for the field at the pointer `at`."""
    raise StatementInvalid(detail, pointer=at, remedy=remedy)


def members(value: object, at: str, names: str) -> dict[str, Any]:
    """Return `value` if it is an object with exactly the members that `names` lists."""
    if not isinstance(value, dict):
        refuse(at, "An object is required here.", f"Send an object with: {names}.")
    wanted = names.split()
    for name in value:
        if name not in wanted:
            pointer = str(name)[:64].replace("~", "~0").replace("/", "~1")
            refuse(f"{at}/{pointer}", "This field is not known.", f"Leave it out. Known here: {', '.join(wanted)}.")
    for name in wanted:
        if name not in value:
            refuse(f"{at}/{name}", "This field is missing.", "Add it.")
    return value


def constant(value: object, at: str, expected: str | int) -> None:
    """Refuse everything but `expected` itself; `True` is not 1."""
    if type(value) is not type(expected) or value != expected:
        refuse(at, "This is of a type or version not known here.", f"Use {expected!r}.")


def listed(value: object, at: str, limit: int, *, least: int = 1) -> list[object]:
    """Return a list of `least` to `limit` elements."""
    if not isinstance(value, list) or not least <= len(value) <= limit:
        refuse(at, f"A list of {least} to {limit} elements is required.", f"List {least} to {limit}.")
    return value


def once_sorted[T: str](items: list[T], at: str) -> frozenset[T]:
    """Return the elements of a list that is sorted and names each once: one meaning, one spelling, one hash."""
    if items != sorted(set(items)):
        refuse(at, "The list is unsorted or repeats itself.", "List each element once, in alphabetical order.")
    return frozenset(items)


def text(value: object, at: str, limit: int, *, least: int = 1) -> str:
    """Return a text of one line that shows all that it holds: no control, format, private or unassigned characters.

    Single spaces only: at a wide gap a screen may break the line, and what follows would stand where our sentences do.
    """
    if not isinstance(value, str) or not least <= len(value) <= limit:
        refuse(at, "A text is required here.", f"Send {least} to {limit} characters.")
    if any(unicodedata.category(char)[0] == "C" or char in "\u2028\u2029" for char in value) or _UNSEEN.search(value):
        refuse(at, "The text holds characters that do not show.", "Send one line of visible characters.")
    if value != unicodedata.normalize("NFC", value) or value != " ".join(value.split()):
        refuse(at, "The text is not in its one spelling.", "Send it in Unicode NFC, with single spaces between words.")
    return value


def one_of(value: object, at: str, known: Any) -> str:  # noqa: ANN401 - any container of text
    """Return one of the words of a closed list."""
    if not isinstance(value, str) or value not in known:
        refuse(at, "This value is not known.", f"Use one of: {', '.join(sorted(known))}.")
    return value


def boolean(value: object, at: str) -> bool:
    """Return true or false, and nothing like them."""
    if not isinstance(value, bool):
        refuse(at, "true or false is required.", "Send a boolean.")
    return value


def whole(value: object, at: str, most: int, *, least: int = 1) -> int:
    """Return a whole number from `least` to `most`; `True` is not one."""
    if type(value) is not int or not least <= value <= most:
        refuse(at, "A whole number is required here.", f"Send {least} to {most}.")
    return value


def decimal(value: object, at: str) -> Decimal:
    """Return a decimal in its one spelling: "0.05", up to six decimals and no idle zero, never a binary fraction."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        refuse(at, "A decimal in a text is required here.", 'Send a text such as "0.05", without zeros at its end.')
    return Decimal(value)


def uuid(value: object, at: str) -> str:
    """Return an id in its usual spelling."""
    return _read(lambda spelled: _same(str(UUID(spelled)), spelled), value, at, "a UUID in lower case with hyphens")


def time(value: object, at: str) -> datetime:
    """Return an instant, whole seconds, UTC."""
    return _read(rfc3339.read, value, at, "a UTC time such as 2026-11-22T14:35:00Z")


def octets(value: object, at: str, length: int) -> bytes:
    """Return exactly `length` bytes out of unpadded base64url."""
    data = _read(base64url.decode, value, at, f"{length} bytes in base64url without padding")
    if len(data) != length:
        refuse(at, f"{len(data)} bytes are not {length}.", f"Send {length} bytes in base64url without padding.")
    return data


def sha256(value: object, at: str) -> str:
    """Return a SHA-256 in lower-case hex."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        refuse(at, "This is not a SHA-256 in lower-case hex.", "Send 64 hex digits.")
    return value


def _same(spelling: str, given: str) -> str:
    if spelling != given:
        raise ValueError(given)
    return given


def _read[T](reader: Callable[[str], T], value: object, at: str, form: str) -> T:
    if not isinstance(value, str):
        refuse(at, f"This is not {form}.", f"Send {form}.")
    try:
        return reader(value)
    except ValueError:
        refuse(at, f"This is not {form}.", f"Send {form}.")
