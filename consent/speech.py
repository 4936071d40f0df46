"""Words that a likeness is made to say: when two texts are the same script, and which words are in one.

Pure. A script is approved word for word, so both sides must spell it alike: Unicode NFKC, runs of white space as one
space, none at the ends. Letters keep their case.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

MAX_TEXT: Final = 1000  # characters
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_UNSEEN: Final = frozenset({"Cf", "Mn"})  # format characters and combining marks


@dataclass(frozen=True, slots=True)
class Words:
    """A text, and its primary language subtag (BCP 47), "en"."""

    text: str
    language: str


def spelled(text: str) -> str:
    """Return the one spelling of a text."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def words_in(text: str) -> frozenset[str]:
    """Return the words of a text as banned words are compared: folded, without accents and invisible characters.

    Each is itself such a text of one word, so that whatever can be said can be banned. The letters are put together
    again (NFC) at the end: a Korean syllable is one letter, not three.
    """
    folded = _bare(_bare(text.replace("\u2019", "'")).casefold())
    return frozenset(_WORD.findall(unicodedata.normalize("NFC", folded)))


def _bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in _UNSEEN)
