"""Find protected names in a text: as written, disguised, turned round, with a word between, misspelt.

A name is stored as keys, each a `Key`: a form and a text. A prompt asks for keys. Who stores them sees to it that both
are looked up by equality alone (`consent.register` keeps a keyed hash of each), so nothing here searches. Names are
token-aligned: every window of one to five words of the prompt is asked for.

A hit says which words name whom, and how sure that is; what follows from it is `consent.screening`'s to say. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, NewType

from consent import folding
from consent.folding import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST: Final = 5  # words in a name
LONGEST_UNSPACED: Final = 16  # letters of a name in a script without spaces
RUN_TOGETHER: Final = 11  # letters from which on a name written as one word, or cut apart, counts
MISSPELT: Final = 9  # letters from which on look-alike letters without any sign of disguise count as a slip
SLIPPING: Final = 10  # letters of a name in which a slip is looked for
SLIPPING_WORD: Final = 4  # and of each of its words
SLIPPING_WORDS: Final = 2  # with three the prompts would ask for twice as many keys
LOOSE_MOST: Final = 24  # letters up to which a window without signs of disguise asks for its loose key
BETWEEN_PEOPLE: Final = frozenset(  # words that stand between two people, or between a name and a thing
    {"a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "is", "not", "of", "on", "or", "the", "to"}
    | {"vs", "versus", "with", "und", "et", "y", "e", "og", "och", "en", "de", "la"}
)


class Kind(StrEnum):
    """How a name was written, the surest first."""

    EXACT = "exact"
    DISGUISED = "disguised"
    REVERSED = "reversed"
    GAP = "gap"
    TYPO = "typo"
    ALIAS = "alias"  # an alias that is too short or too common to be sure of


class Form(IntEnum):
    """In what form a spelling is stored. The numbers are inside stored hashes and never change."""

    PLAIN = 1
    LOOSE = 2
    SLIP = 3  # with one letter left out, or none
    UNSPACED = 4


PREFIX: Final = {form: f"{form:d}:" for form in Form}


class Rule(StrEnum):
    """Why a key is asked for."""

    WINDOW = "window"
    TURNED = "turned"
    APART = "apart"  # "2 Pac" for "2Pac"
    AROUND = "around"
    SUBSTRING = "substring"


Key = NewType("Key", str)  # the form's number, a colon, the text; inside stored hashes, so it never changes


@dataclass(frozen=True, slots=True)
class Stored:
    """A key by which one spelling of a name is found."""

    key: Key
    words: int
    slip: int = 0  # the place in the name of the letter that is left out; 0: none is
    doubtful: bool = False  # too short by itself to be sure of


@dataclass(frozen=True, slots=True)
class Spelling:
    """What is known of a stored key that was found, and of whom it names."""

    name: str
    words: int
    slip: int = 0
    doubtful: bool = False  # an alias for review only
    curated: bool = False  # a person chose this single word, knowing that a disguise of it will block


class Place(NamedTuple):
    """A window of the text that asks for keys. A tuple, like the pairs below: a prompt has thousands."""

    rule: Rule
    start: int
    stop: int
    words: int
    letters: int
    odd: bool = False


Asked = dict[Key, list[tuple[Place, int]]]  # who asks for each key, and which letter they left out; 0: none


@dataclass(frozen=True, slots=True)
class Hit:
    """A protected name in the text. `start` and `stop` bound the visible text that holds it."""

    kind: Kind
    start: int
    stop: int
    key: Key
    spelling: Spelling

    @property
    def sure(self) -> bool:
        """Tell whether it can be acted on without a person who looks. A disguise of one word needs a curated name."""
        if self.spelling.doubtful:
            return False
        whole = self.spelling.words > 1 or self.spelling.curated
        return self.kind is Kind.EXACT or (self.kind is Kind.DISGUISED and whole)


def keys_of(name: str) -> tuple[Stored, ...]:
    """Return the keys by which a name is found; none if too little of it is left to look for."""
    runs = "".join(run for run, _, _ in folding.unspaced(name))
    parts = folding.words(name)
    if runs and not parts:
        short = len(runs) < 3  # noqa: PLR2004 - two ideographs are also part of ordinary words
        fits = 1 < len(runs) <= LONGEST_UNSPACED
        return (Stored(Key(PREFIX[Form.UNSPACED] + runs), 1, doubtful=short),) if fits else ()
    if not 0 < len(parts) <= LONGEST or sum(len(part.plain) for part in parts) < 2:  # noqa: PLR2004 - a letter is no name
        return ()
    found = {key.key: key for key in (*_spelled(parts), *_spelled(folding.words(name, glue=False)))}
    return tuple(found.values())


def asked_of(text: str) -> Asked:
    """Return every key that the text asks for, and where."""
    asked: Asked = {}
    glued, cut = folding.words(text), folding.words(text, glue=False)
    here = {(word.start, word.plain) for word in glued}
    new = [(word.start, word.plain) not in here for word in cut]
    _ask(asked, glued, range(len(glued)))
    _ask(asked, cut, [start for start in range(len(cut)) if any(new[start : start + LONGEST])])
    for key, place in _substrings(text):
        asked.setdefault(key, []).append((place, 0))
    return asked


def _ask(asked: Asked, found: list[Word], starts: Iterable[int]) -> None:
    for start in starts:
        for key, place in _windows(found, start):
            asked.setdefault(key, []).append((place, 0))
        for key, place, slip in _slips(found, start):
            asked.setdefault(key, []).append((place, slip))


def hits(asked: Asked, found: Iterable[tuple[Key, Spelling]]) -> list[Hit]:
    """Return all that the found keys amount to, the surest first."""
    ranks = {kind: rank for rank, kind in enumerate(Kind)}
    everything = [
        Hit(kind, place.start, place.stop, key, spelling)
        for key, spelling in found
        for place, slip in asked.get(key, ())
        if (kind := _kind(key, place, slip, spelling)) is not None
    ]
    everything.sort(key=lambda hit: (not hit.sure, ranks[hit.kind], hit.start, hit.stop, hit.key, hit.spelling.name))
    return everything


def surest(found: Iterable[Hit]) -> tuple[Hit, ...]:
    """Return of sorted hits the first for each name."""
    first: dict[str, Hit] = {}
    for hit in found:
        first.setdefault(hit.spelling.name, hit)
    return tuple(first.values())


def _kind(key: Key, place: Place, slip: int, spelling: Spelling) -> Kind | None:
    """Say what it means that this place asked for this key; `None`: nothing."""
    kind: Kind | None
    match place.rule:
        case Rule.WINDOW if key.startswith(PREFIX[Form.SLIP]):
            kind = Kind.TYPO if _one_slip(slip, spelling.slip) else None
        case Rule.WINDOW:
            kind = _of_window(key, place, spelling)
        case Rule.TURNED:
            kind = Kind.REVERSED if spelling.words > 1 else None
        case Rule.APART:
            kind = Kind.ALIAS if spelling.words == 1 else None
        case Rule.AROUND:
            kind = Kind.GAP if spelling.words == 2 else None  # noqa: PLR2004 - first and last name
        case Rule.SUBSTRING:
            kind = Kind.EXACT
    return Kind.ALIAS if kind is Kind.EXACT and spelling.doubtful else kind


def _of_window(key: Key, place: Place, spelling: Spelling) -> Kind | None:
    """Short keys need signs of disguise in these very words: else a tenth of all innocent prompts would hit."""
    if key.startswith(PREFIX[Form.PLAIN]):
        return Kind.EXACT
    same = spelling.words == place.words
    if place.odd and place.letters >= (SLIPPING_WORD if same else SLIPPING_WORD + 1):
        return Kind.DISGUISED
    if not same:
        return Kind.DISGUISED if place.letters >= RUN_TOGETHER else None
    return Kind.TYPO if place.letters >= MISSPELT else None


def _one_slip(one: int, other: int) -> bool:
    """Tell whether leaving out these letters shows one slip: a letter more, less, other, or two changed over."""
    return (one == 0) != (other == 0) or (one > 0 and abs(one - other) <= 1)


def _spelled(parts: list[Word]) -> Iterator[Stored]:
    if len(parts) > LONGEST:
        return
    plain = [part.plain for part in parts if part.plain]
    loose = "".join(part.loose for part in parts)
    if plain:
        yield Stored(_plain(plain), len(parts))
    yield Stored(Key(PREFIX[Form.LOOSE] + loose), len(parts))
    if len(plain) == len(parts):
        for text, slip in _left_out(plain):
            yield Stored(Key(PREFIX[Form.SLIP] + text), len(parts), slip=slip)


def _left_out(tokens: list[str]) -> Iterator[tuple[str, int]]:
    """Yield the words as they are and with each of their letters, but the first of each, left out."""
    first, last = tokens[0], tokens[-1]
    if len(tokens) != SLIPPING_WORDS or sum(map(len, tokens)) < SLIPPING:
        return
    if (
        min(len(first), len(last)) < SLIPPING_WORD
        or {first, last} & BETWEEN_PEOPLE
        or first.isdigit()
        or last.isdigit()
    ):
        return
    text = " ".join(tokens)
    yield text, 0
    begun = len(text) - len(last)
    for place in (*range(1, len(first)), *range(begun + 1, len(text))):
        yield text[:place] + text[place + 1 :], place


def _windows(found: list[Word], start: int) -> Iterator[tuple[Key, Place]]:
    plain: list[str] = []
    loose, odd, letters, first = "", False, 0, found[start]
    for count, word in enumerate(found[start : start + LONGEST], 1):
        loose, odd, letters = loose + word.loose, odd or word.odd, letters + len(word.plain)
        if word.plain:
            plain.append(word.plain)
        place = Place(Rule.WINDOW, first.start, word.stop, count, letters, odd)
        yield _plain(plain), place
        if odd or MISSPELT <= letters <= LOOSE_MOST:
            yield Key(PREFIX[Form.LOOSE] + loose), place
        if count > 1 and first.comma and len(plain) > 1:
            yield _plain([*plain[1:], plain[0]]), place._replace(rule=Rule.TURNED)
        if len(plain) == count == 2 and plain[0].isdigit() != plain[1].isdigit():  # noqa: PLR2004 - "2 Pac"
            yield Key(PREFIX[Form.PLAIN] + "".join(plain)), place._replace(rule=Rule.APART)
        if len(plain) == count == 3 and plain[1] not in BETWEEN_PEOPLE and not (first.comma or found[start + 1].comma):  # noqa: PLR2004 - a word between two
            yield _plain([plain[0], plain[2]]), place._replace(rule=Rule.AROUND)


def _plain(tokens: list[str]) -> Key:
    return Key(PREFIX[Form.PLAIN] + " ".join(tokens))


def _slips(found: list[Word], start: int) -> Iterator[tuple[Key, Place, int]]:
    first = found[start]
    if len(first.plain) < SLIPPING_WORD:
        return
    window = found[start : start + SLIPPING_WORDS]
    place = Place(Rule.WINDOW, first.start, window[-1].stop, len(window), sum(len(word.plain) for word in window))
    for text, slip in _left_out([word.plain for word in window]):
        yield Key(PREFIX[Form.SLIP] + text), place, slip


def _substrings(text: str) -> Iterator[tuple[Key, Place]]:
    for run, start, stop in folding.unspaced(text):
        for begin in range(len(run)):
            for end in range(begin + 2, min(begin + LONGEST_UNSPACED, len(run)) + 1):
                place = Place(Rule.SUBSTRING, start, stop, 1, end - begin)
                yield Key(PREFIX[Form.UNSPACED] + run[begin:end]), place
