"""Terms in plain words: the text that a person reads and signs the hash of.

Pure. One template for each version of the terms, in each language that it exists in. A text is a function of its
arguments alone and never changes once published: a better sentence is a new template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from consent.terms import likenesses_mentioned, parties_mentioned
from consent.wording import english, grant_1, grant_2, spanish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consent.terms import Terms

__all__ = ["LANGUAGES", "TEMPLATES", "render"]

TEMPLATES: Final = {1: "grant/1", 2: "grant/2"}
LANGUAGES: Final = {1: ("en",), 2: ("en", "es")}
_SENTENCES: Final = {"en": english.SENTENCES, "es": spanish.SENTENCES}


def render(terms: Terms, names: Mapping[str, str], language: str = "en") -> str:
    """Return the text that the signer of these terms reads.

    `names` gives the shown name of each party, and of each likeness, that the terms mention. Raises `KeyError` for one
    without a name, and `ValueError` for a language without a template, or a name that is not one line: it could imitate
    a sentence of ours.
    """
    if language not in LANGUAGES[terms.version]:
        raise ValueError(f"there is no text in {language!r}")
    if any(
        names[one].splitlines() != [names[one]] for one in (*parties_mentioned(terms), *likenesses_mentioned(terms))
    ):
        raise ValueError("a name is one line")
    if terms.version == 1:
        return grant_1.render(terms, names)
    return grant_2.render(terms, names, _SENTENCES[language])
