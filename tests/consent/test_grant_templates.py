"""Templates give terms that can be signed, and reach no further than their sentence says."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from consent import grant_templates
from consent.fields import StatementInvalid
from consent.terms import Everyone, Named, OnlyMe, Terms, is_broad
from consent.terms_document import parse_terms
from consent.wording import LANGUAGES, render
from tests.consent.anything import NOW, PEOPLE
from tests.consent.test_wording import Called

NAMES = list(grant_templates.TEMPLATES)
PARTIES: dict[str, list[object]] = {"none": [], "named": [PEOPLE[0]], "left_out": [PEOPLE[1]]}


def filled(name: str, days: int | None = None) -> Terms:
    return parse_terms(grant_templates.fill(name, PARTIES[grant_templates.TEMPLATES[name].parties], days, NOW))


@pytest.mark.parametrize("name", NAMES)
def test_each_template_gives_terms_that_can_be_read_and_shown(name: str) -> None:
    terms = filled(name)
    assert terms.version == 2
    assert terms.window.not_after - NOW == timedelta(days=grant_templates.TEMPLATES[name].days)
    assert filled(name, 7).window.not_after - NOW == timedelta(days=7)
    for language in LANGUAGES[2]:
        assert render(terms, Called(), language)


@pytest.mark.parametrize("name", NAMES)
def test_no_template_trains_a_model_or_shows_what_is_delicate_unsaid(name: str) -> None:
    terms = filled(name)
    assert not terms.training
    assert not terms.scenes.allowed & {"politics", "religion", "crime", "intimate"}
    assert terms.after_end != "keep"


def test_each_template_has_the_audience_that_its_name_says() -> None:
    assert filled("only_me").audience == OnlyMe()
    assert filled("satire_by_everyone").audience == Everyone(frozenset({PEOPLE[1]}))
    named = [name for name in NAMES if isinstance(filled(name).audience, Named)]
    assert named == ["friends_for_fun", "ask_me_each_time", "agency_adverts_eu", "teaching"]
    assert {name for name in NAMES if is_broad(filled(name))} == {"satire_by_everyone", "agency_adverts_eu"}


def test_the_agency_advertises_in_the_union_for_a_year_and_asks_each_time() -> None:
    terms = filled("agency_adverts_eu")
    assert terms.purposes == {"advertising"}
    assert len(terms.territories or ()) == 27
    assert terms.approval == timedelta(days=3)
    assert terms.speech.kind == "none"


@pytest.mark.parametrize("name", NAMES)
def test_each_template_says_itself_in_every_language(name: str) -> None:
    template = grant_templates.TEMPLATES[name]
    for said in (template.title, template.sentence):
        assert tuple(said) == LANGUAGES[2]
        assert len(set(said.values())) == len(said)
    assert all(sentence.endswith(".") for sentence in template.sentence.values())


@pytest.mark.parametrize(
    ("name", "parties", "days", "pointer"),
    [
        ("only_me", [PEOPLE[0]], None, "/parties"),
        ("friends_for_fun", [], None, "/parties"),
        ("friends_for_fun", [PEOPLE[0], PEOPLE[0]], None, "/parties"),
        ("friends_for_fun", ["ben"], None, "/parties/0"),
        ("friends_for_fun", [str(UUID(int=n)) for n in range(65)], None, "/parties"),
        ("satire_by_everyone", [None], None, "/parties/0"),
        ("only_me", [], 0, "/days"),
        ("only_me", [], 3654, "/days"),
    ],
)
def test_what_does_not_fit_is_named(name: str, parties: list[object], days: int | None, pointer: str) -> None:
    with pytest.raises(StatementInvalid) as refusal:
        grant_templates.fill(name, parties, days, NOW)
    assert refusal.value.pointer == pointer


def test_an_unknown_template_is_missing() -> None:
    with pytest.raises(grant_templates.TemplateMissing):
        grant_templates.fill("everything", [], None, NOW)
