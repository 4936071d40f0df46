"""Read a text as somebody who hides a name hopes that nobody does: one spelling for all that look alike.

What cannot be seen is dropped, look-alikes become Latin letters, accents go, other scripts are spelled in Latin.
Unicode's confusables.txt (UTS #39) says what looks alike; NFKC (UAX #15) what is the same letter in another dress.
Pure.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from anyascii import anyascii

if TYPE_CHECKING:
    from collections.abc import Iterator

SPELLED_OUT: Final = 4  # single letters in a row that are one word, not initials
MARKED: Final = 4  # letters of a word from which on three alike in a row are a sign of disguise
# beyond the categories Cf and Cc: default-ignorable code points (DerivedCoreProperties.txt) and the empty Braille cell
UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
STRUCK: Final = re.compile("[\u0334-\u0338\u20d2-\u20e5]")  # overlays drawn through a letter
# Thai, kana, ideographs, Hangul: no spaces between words, or particles attached
UNSPACED: Final = re.compile(
    "[\u0e01-\u0e4e\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
)
UNSPACED_DOTS: Final = re.compile("[\u30fb\u00b7\u2022\u30a0]")  # stand between the parts of a foreign name
BREAKS: Final = re.compile(r"[\s,;:()\[\]{}\"“”„«»<>?/\\\u2013-\u2015\u2026]+|-{2,}|\.{2,}")
EDGE: Final = ".-_*~^'`#&%=!|·•"
LETTER_BY_LETTER: Final = re.compile(r"(?:[a-z0-9][.\-_*·•~^|+]){3,}[a-z0-9]")
ALIKE: Final = str.maketrans("01!|l34@5$7+8", "oiiiieaassttb")  # digits and signs that are read as letters
ODD: Final = re.compile(r"[a-z][^a-z\s'-]+[a-z]|^[0-9@$!|]+[a-z]{2,}|[a-z][0-9@$!|]+$|(.)\1\1")
NOT_PLAIN: Final = re.compile(r"[^a-z0-9]")
TWICE: Final = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is looked up. `start` and `stop` bound the run of visible text that it came from."""

    plain: str  # its letters and digits
    loose: str  # and with look-alike digits merged and repeats collapsed
    odd: bool  # it carries signs of disguise
    comma: bool  # a comma follows
    start: int
    stop: int


def fold(text: str) -> str:
    """Return ASCII in lower case. What is folded stays as it is when folded again."""
    if text.isascii() and text.isprintable():
        return text.lower()
    text = unicodedata.normalize("NFKC", text)
    text = "".join(look_alikes().get(char, char) for char in text if not unseen(char))
    text = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return anyascii(text).lower()


def unseen(char: str) -> bool:
    """Tell whether the character leaves no ink: formats, controls and what Unicode says to ignore; spaces are kept."""
    return (unicodedata.category(char) in {"Cf", "Cc"} and not char.isspace()) or UNSEEN.match(char) is not None


@cache
def look_alikes() -> dict[str, str]:
    """Return each character outside ASCII that is confusable with one ASCII letter or digit, and with which."""
    table = json.loads(files("confusable_homoglyphs").joinpath("confusables.json").read_text(encoding="utf-8"))
    found = {}
    for char, others in table.items():
        alike = [one["c"] for one in others if len(one["c"]) == 1 and one["c"].isascii() and one["c"].isalnum()]
        if len(char) == 1 and not char.isascii() and alike:
            found[char] = alike[0]
    return found


def words(text: str, *, glue: bool = True) -> list[Word]:
    """Fold and split. With `glue`, signs inside a word are part of it ("m.i.k.e"); without, they end it ("a.mike").

    Four or more single letters in a row are one word. Text of the scripts without spaces is left out.
    """
    found: list[Word] = []
    for chunk in re.finditer(r"\S+", text):
        found += _of_chunk(chunk[0], *chunk.span(), glue=glue)
    return list(_spelled_out(found))


def unspaced(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each run of letters of a script without spaces, and the bounds of the visible text that it stands in."""
    if text.isascii():
        return
    for chunk in re.finditer(r"\S+", text):
        seen = "".join(char for char in unicodedata.normalize("NFKC", chunk[0]) if not unseen(char))
        for run in UNSPACED.findall(UNSPACED_DOTS.sub("", seen)):
            yield run, *chunk.span()


def _of_chunk(chunk: str, start: int, stop: int, *, glue: bool) -> list[Word]:
    odd = _disguised(chunk)
    if not chunk.isascii():
        chunk = UNSPACED.sub(" ", unicodedata.normalize("NFKC", chunk))
    parts = [fold(part) for part in BREAKS.split(chunk)]
    parts = [piece for part in parts for piece in BREAKS.split(part)]
    found = []
    for place, part in enumerate(parts):
        comma = place < len(parts) - 1 and "," in chunk
        for piece in [part] if glue else NOT_PLAIN.split(part):
            plain, loose, marked = _keys(piece)
            if loose:
                found.append(Word(plain, loose, odd or marked, comma, start, stop))
    return found


@lru_cache(maxsize=8192)  # prompts share most of their words
def _keys(folded: str) -> tuple[str, str, bool]:
    """Return the plain and the loose form of one folded word, and whether it looks disguised."""
    folded = folded.strip(EDGE)
    folded = folded.removesuffix("'s")
    loose = TWICE.sub(r"\1", NOT_PLAIN.sub("", folded.translate(ALIKE)))
    marked = LETTER_BY_LETTER.fullmatch(folded) is not None or (
        len(folded) >= MARKED and ODD.search(folded) is not None
    )
    return NOT_PLAIN.sub("", folded), loose, marked


def _disguised(chunk: str) -> bool:
    """Tell whether the letters themselves are unusual: unseen ones between them, other alphabets, other dress."""
    if chunk.isascii() and chunk.isprintable():
        return False
    if any(map(unseen, chunk)) or STRUCK.search(unicodedata.normalize("NFD", chunk)):
        return True
    foreign = [char for char in chunk if char.isalnum() and not char.isascii()]
    if any(unicodedata.normalize("NFKC", char).isascii() for char in foreign):  # mathematical, full-width, circled
        return True
    alike = [char for char in foreign if char in look_alikes()]
    return bool(alike) and (len(alike) == len(foreign) or any(char.isascii() and char.isalpha() for char in chunk))


def _spelled_out(found: list[Word]) -> Iterator[Word]:
    run: list[Word] = []
    for word in [*found, None]:
        if word is not None and len(word.plain) == 1:
            run.append(word)
            continue
        if len(run) >= SPELLED_OUT:
            plain, loose = "".join(one.plain for one in run), "".join(one.loose for one in run)
            yield Word(
                plain, TWICE.sub(r"\1", loose), odd=True, comma=run[-1].comma, start=run[0].start, stop=run[-1].stop
            )
        else:
            yield from run
        run = []
        if word is not None:
            yield word
