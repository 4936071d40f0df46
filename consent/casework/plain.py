"""Text that can be stored, sealed and sent. Pure."""

from __future__ import annotations

from typing import Final

LINES: Final = "\n\r\t"
SPACE: Final = " "
SURROGATES: Final = range(0xD800, 0xE000)  # halves of pairs: no UTF-8 spells one


def is_plain(text: str, *, one_line: bool = False) -> bool:
    """Tell whether `text` has no control character but line ends and tabs (none in one line), no half of a pair."""
    allowed = "" if one_line else LINES
    return all(char in allowed or (char >= SPACE and ord(char) not in SURROGATES) for char in text)
