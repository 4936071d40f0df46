"""A prompt that names somebody denies or holds, and never permits."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent import register, screening
from consent.models import Likeness
from consent.screening import Blocked, Clear, Review
from tests.consent import people
from tests.consent.namers import keeper
from tests.consent.people import Person
from tests.consent.test_register import own

pytestmark = pytest.mark.django_db


def test_an_empty_register_clears_and_says_what_that_is_worth() -> None:
    found = screening.screen("Ada Example waves", cast=[])
    assert isinstance(found, Clear)
    assert "persons whose name nobody had protected" in found.unchecked
    assert "names as written" in found.checked


def test_a_protected_name_blocks_unless_the_cast_declares_the_likeness(ada: Person, face: Likeness) -> None:
    own(ada, face)
    blocked = screening.screen("a film with Ada Example in it", cast=[uuid4()])
    assert isinstance(blocked, Blocked)
    assert blocked.likenesses == {face.pk}
    assert isinstance(screening.screen("a film with Ada Example in it", cast=[face.pk]), Clear)
    assert isinstance(screening.screen("4d4 Ex4mple, Ada E. and Example, Ada", cast=[face.pk]), Clear)


@pytest.mark.parametrize("text", ["Example, Ada", "Ada Maria Example", "Ada Instance"])
def test_doubt_is_held_for_a_person(ada: Person, face: Likeness, text: str) -> None:
    own(ada, face, aliases=("Ada Instance",))
    assert isinstance(screening.screen(text, cast=[]), Review)


def test_nobody_elses_declaration_clears_a_name(
    ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    own(ada, face)
    bens = people.enrolled(ben, monkeypatch)
    assert isinstance(screening.screen("Ada Example", cast=[bens.pk]), Blocked)


def test_two_of_one_name_need_a_person(
    ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    own(ada, face)
    bens = people.enrolled(ben, monkeypatch)
    own(ben, bens, "Ada Example")
    assert isinstance(screening.screen("Ada Example", cast=[bens.pk]), Review)
    assert isinstance(screening.screen("Ada Example", cast=[bens.pk, face.pk]), Clear)


def test_the_name_of_somebody_in_the_cast_may_resemble_another(ada: Person, face: Likeness) -> None:
    own(ada, face, "Robin Hollister")
    register.protect(["Robyn Hollister"], ground="opted_out", actor=keeper())
    assert isinstance(screening.screen("Robin Hollister sings", cast=[face.pk]), Clear)
    assert isinstance(screening.screen("Robyn Hollister sings", cast=[face.pk]), Blocked)
    assert isinstance(screening.screen("Robin Hollister and Robyn Holister sing", cast=[face.pk]), Review)


def test_who_has_no_likeness_here_is_never_in_a_cast() -> None:
    register.protect(["Nikola Tesla"], ground="deceased_without_estate", actor=keeper())
    found = screening.screen("Nikola Tesla", cast=[uuid4()])
    assert isinstance(found, Blocked)
    assert found.likenesses == frozenset()


def test_a_single_word_of_a_holder_is_held_and_one_of_staff_blocks() -> None:
    register.protect(["Houdini"], ["HH"], ground="opted_out", actor=keeper())
    assert isinstance(screening.screen("H0ud1ni escapes", cast=[]), Blocked)
    assert isinstance(screening.screen("HH escapes", cast=[]), Review)


def test_one_statement_looks_up_a_whole_prompt(ada: Person, face: Likeness) -> None:
    own(ada, face)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        screening.screen("a long prompt about a harbour at dawn " * 50, cast=[])
    assert len([one for one in queries if "consent_namekey" in one["sql"]]) == 1
    assert len(queries) == 2  # and the vault's key


def test_what_ended_protects_no_more(ada: Person, face: Likeness) -> None:
    register.unprotect(own(ada, face), actor=ada.party)
    assert isinstance(screening.screen("Ada Example", cast=[]), Clear)
