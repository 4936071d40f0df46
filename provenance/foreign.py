"""Text that strangers wrote, made fit to stand among our own words: a title, a signer's name, a label. Pure.

Escaping for HTML is the template's; what no escaping answers is a text that turns the line around it, moves the
cursor, hides what follows, or has no end.
"""

from __future__ import annotations

import unicodedata

MOST = 80  # characters that are shown
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
CONTROLS = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}  # "Cf" holds every mark that turns the direction of writing
MOST_MARKS = 2  # combining marks on one letter; more of them pile up over the neighbouring lines


def defused(text: str, most: int = MOST) -> str:
    """Return at most `most` characters of `text`, on one line and in its own place; "…" ends what was cut.

    What cannot be shown safely becomes U+FFFD, so that two different names never look the same for being cleaned.
    """
    shown: list[str] = []
    marks = 0
    for character in text[: most * 4]:
        category = unicodedata.category(character)
        marks = marks + 1 if category.startswith("M") else 0
        if marks > MOST_MARKS:
            continue
        shown.append(REPLACEMENT if category in CONTROLS else " " if category == "Zs" else character)
        if len(shown) > most:
            break
    if len(shown) > most or len(text) > most * 4:
        return "".join(shown[: most - 1]) + "…"
    return "".join(shown)
