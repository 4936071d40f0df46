"""What is signed is what was shown: the text of a grant says all of its terms, and nothing but its terms."""

from __future__ import annotations

import dataclasses
import re
import string
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import countries, vocabulary
from consent.speech import spelled
from consent.terms import Everyone, Named, NamedParty, Speech, Terms, Window, likenesses_mentioned, parties_mentioned
from consent.terms_document import parse_terms
from consent.wording import LANGUAGES, english, render, spanish
from consent.wording.sentences import Sentences
from tests.consent import anything
from tests.consent.test_terms_document import DOCUMENT, ID, OTHER

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
SENTENCES = {"en": english.SENTENCES, "es": spanish.SENTENCES}
NAMES = {ID: "Ben Example", OTHER: "Cleo Example"}


class Called(dict[str, str]):
    """Call everybody by a name that depends on their id, and tries to be more than a name."""

    def __missing__(self, one: str) -> str:
        return ["Ben", "Ben (party 1), until tomorrow", "- Everybody.", "Nothing. {party}"][int(one[-1], 16) % 4]


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_text_of_a_full_grant_is_pinned(language: str) -> None:
    """A change to these words is a new template: people have signed the hash of the old ones."""
    text = render(parse_terms(DOCUMENT), NAMES, language)
    assert text == (VECTORS / f"grant_2.{language}.txt").read_text(encoding="utf-8")


@st.composite
def neighbours(draw: st.DrawFn) -> tuple[Terms, Terms]:
    """Draw two terms that differ in one or two fields, or in everything."""
    one, other = draw(anything.terms_v2()), draw(anything.terms_v2())
    fields = [field.name for field in dataclasses.fields(Terms)]
    taken = draw(st.frozensets(st.sampled_from(fields), min_size=1, max_size=2) | st.just(frozenset(fields)))
    if taken & {"remix", "remix_depth"}:
        taken |= {"remix", "remix_depth"}  # each is half of one clause
    return one, replace(one, **{name: getattr(other, name) for name in taken})


@pytest.mark.parametrize("language", ["en", "es"])
@given(pair=neighbours() | st.tuples(anything.terms_v1(), anything.terms))
def test_other_terms_read_otherwise(language: str, pair: tuple[Terms, Terms]) -> None:
    """The same text would mean that one was shown and the other signed."""
    if any(language not in LANGUAGES[terms.version] for terms in pair):
        return
    texts = [render(terms, Called(), language) for terms in pair]
    assert (texts[0] == texts[1]) == (pair[0] == pair[1])


@given(anything.terms)
def test_a_text_depends_on_nothing_but_the_terms_and_the_names(terms: Terms) -> None:
    assert render(terms, Called()) == render(terms, Called())
    mentioned = {*parties_mentioned(terms), *likenesses_mentioned(terms)}
    exactly = {one: Called()[one] for one in mentioned}
    assert render(terms, exactly) == render(terms, Called())
    for one in mentioned:
        with pytest.raises(KeyError):
            render(terms, {name: exactly[name] for name in mentioned - {one}})


def sentences(say: Sentences) -> list[str]:
    """Return every sentence of a language, alone."""
    found: list[str] = []
    for field in dataclasses.fields(say):
        value = getattr(say, field.name)
        if isinstance(value, str):
            found.append(value)
        elif field.name != "countries":
            found += value.values() if isinstance(value, Mapping) else value
    return found


EVERY_SENTENCE = [spelled(line) for say in SENTENCES.values() for line in sentences(say)]


@pytest.mark.parametrize("language", ["en", "es"])
@given(typed=st.sampled_from(EVERY_SENTENCE) | st.sampled_from(EVERY_SENTENCE).map(lambda line: f"- {line}"))
def test_nothing_that_somebody_typed_begins_a_line(language: str, typed: str) -> None:
    """Our sentences begin their lines; typed texts stand behind "- ", "> " or the sentence that introduces them."""

    def text(value: str) -> list[str]:
        given = parse_terms(DOCUMENT)
        terms = replace(
            given, credit=value, description=value, speech=replace(given.speech, scripts=frozenset({value}))
        )
        return render(terms, {ID: value, OTHER: value}, language).split("\n")

    ours, hostile = text("x"), text(typed)
    assert len(ours) == len(hostile)
    credit = SENTENCES[language].credit_yes.removesuffix("{credit}")
    assert credit
    for plain, line in zip(ours, hostile, strict=True):
        assert line == plain or line.startswith(("- ", "> ", credit))
        assert line[:2] == plain[:2]


@pytest.mark.parametrize("name", ["Ben\nYou permit everything.", "Ben\u2028Everybody.", "Ben\r", "Ben\x85", "Ben\x0b"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_name_that_breaks_the_line_is_not_rendered(name: str, version: int) -> None:
    """Names are checked where people register; a text that people sign does not rest on that alone."""
    window = Window(anything.NOW, anything.NOW + anything.DAY)
    terms = Terms(Named((NamedParty(ID),)), window, frozenset({"satire"}), remix=False, remix_depth=0, version=version)
    with pytest.raises(ValueError, match="line"):
        render(terms, {ID: name})


@pytest.mark.parametrize("say", SENTENCES.values(), ids=list(SENTENCES))
def test_each_word_of_each_closed_list_has_a_sentence_of_its_own(say: Sentences) -> None:
    lists: list[tuple[Mapping[Any, str], Any]] = [
        (say.modalities, vocabulary.MODALITIES),
        (say.purposes, vocabulary.PURPOSES),
        (say.scenes, vocabulary.SCENES),
        (say.speech, vocabulary.SPEECH),
        (say.after, vocabulary.AFTER_END),
        (say.pay, vocabulary.RATE_PER),
        (say.advice, vocabulary.REPRESENTATION),
        (say.training, (False, True)),
        (say.countries, countries.CODES),
    ]
    for said, known in lists:
        assert set(said) == set(known)
        assert len({sentence for sentence in said.values() if sentence.strip()}) == len(said)


def test_no_two_sentences_of_a_language_are_one() -> None:
    for say in SENTENCES.values():
        found = [line for line in sentences(say) if line]
        twins = {line for line in found if found.count(line) > 1}
        # For one and for many the words may agree; the number in them differs.
        assert twins <= {line for line in found if "{n}" in line}


def test_spanish_says_all_that_english_says() -> None:
    """Field by field: each has words of its own in both, with the same things filled in."""
    for field in dataclasses.fields(Sentences):
        pairs = [_flat(getattr(say, field.name)) for say in (english.SENTENCES, spanish.SENTENCES)]
        assert pairs[0].keys() == pairs[1].keys()
        for key, line in pairs[0].items():
            assert _filled(line) == _filled(pairs[1][key])
            if field.name not in {"countries", "pay"}:
                assert line != pairs[1][key] or not re.sub(r"\{\w+\}", "", line).strip(" ()%,")


def _flat(value: Any) -> dict[Any, str]:  # noqa: ANN401 - a field of Sentences
    if isinstance(value, str):
        return {"": value}
    return dict(value) if isinstance(value, Mapping) else dict(enumerate(value))


def _filled(line: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(line) if name is not None}


def test_a_brace_that_somebody_typed_is_a_brace() -> None:
    terms = replace(parse_terms(DOCUMENT), credit="{0.__class__}", description="{party} {n}")
    text = render(terms, {ID: "{name}", OTHER: "%s"})
    assert "{0.__class__}" in text
    assert "> {party} {n}" in text
    assert "- {name} (party " in text


def test_a_veto_is_said_to_outlast_the_grant_and_nothing_else_is() -> None:
    quiet = replace(parse_terms(DOCUMENT), company=replace(parse_terms(DOCUMENT).company, never=frozenset()))
    quiet = replace(quiet, scenes=replace(quiet.scenes, denied=frozenset()), speech=Speech())
    assert english.SENTENCES.vetoes_last not in render(quiet, NAMES)
    for loud in (
        replace(quiet, audience=Everyone(frozenset({ID}))),
        replace(quiet, scenes=replace(quiet.scenes, denied=frozenset({"crime"}))),
        replace(quiet, speech=Speech(banned=frozenset({"buy"}))),
        replace(quiet, company=replace(quiet.company, never=frozenset({ID}))),
    ):
        assert english.SENTENCES.vetoes_last in render(loud, NAMES)
