"""Every part of a page, in each frame: accessible in light and dark, on a phone and on a desk; absent in production."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.forms import CharField, Form
from django.shortcuts import render
from django.template import Context, Template
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from config import navigation
from ledger.problem import Problem
from tests.browser import DESK, PHONE, Open, chromium, opened, serving
from tests.pages import assert_html, assert_page, styles

__all__ = ["chromium", "opened"]  # fixtures
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>\u202e'


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.mark.parametrize(("frame", "width"), [("", PHONE), ("portal", PHONE), ("portal", DESK), ("console", DESK)])
def test_every_part_is_accessible(address: str, opened: Open, frame: str, width: int) -> None:
    page = opened(f"{address}/style?frame={frame}", width)
    assert_page(page, f"style-{frame or 'public'}", width=width)


def test_a_veil_lifts_by_the_keyboard_without_scripts(address: str, opened: Open) -> None:
    page = opened(f"{address}/style", PHONE, scripts=False)
    picture = page.locator(".veil img").first
    assert "blur" in str(picture.evaluate("each => getComputedStyle(each).filter"))
    page.locator("#one").focus()
    page.keyboard.press("Space")
    assert picture.evaluate("each => getComputedStyle(each).filter") == "none"
    page.locator("#two").press("Space")
    assert page.locator(".veil img").nth(1).evaluate("each => getComputedStyle(each).filter") == "grayscale(1)"


def test_the_guide_is_absent_in_production(client: Client, settings: Settings, db: None) -> None:
    assert_html(client.get("/style"))
    settings.DEVELOPMENT = False
    assert client.get("/style").status_code == 404


def test_the_styles_are_light() -> None:
    assert styles() <= 32_000


def drawn(text: str, **values: object) -> str:
    return Template("{% load look %}" + text).render(Context(values))


@pytest.mark.parametrize(
    "text",
    [
        '{% badge "good" said %}',
        '{% text_field "name" said value=said error=said hint=said %}',
        '{% text_field "name" said value=said rows=3 %}',
        "{% empty said said %}{% failure said said %}",
        "{% event said text=said who=said %}",
        "{% stat said said %}",
        "{% error_summary form problem %}",
        "{{ form }}",
        '{% breadcrumb said "/" said %}{% progress 1 said %}',
        '{% veil id="x" show=said %}{{ said }}{% endveil %}',
    ],
)
def test_no_part_lets_a_stranger_write_html(text: str) -> None:
    class Said(Form):
        name = CharField(max_length=3, label=HOSTILE, help_text="h")

    form = Said({"name": HOSTILE})
    found = drawn(text, said=HOSTILE, form=form, problem=Problem(HOSTILE, pointer=f"#/{HOSTILE}", remedy=HOSTILE))
    assert "alert(1)" in found
    assert "<script" not in found
    assert "<img" not in found


def test_an_error_links_to_its_field_and_names_it() -> None:
    class Asked(Form):
        email = CharField(label="E-mail address")

    found = drawn(
        "{% error_summary form problem %}{{ form }}", form=Asked({}), problem=Problem("Too old", pointer="#/email")
    )
    assert found.count('href="#id_email"') == 2
    assert "E-mail address: This field is required." in found
    assert 'aria-describedby="id_email_error"' in found
    assert 'id="id_email_error"' in found


def test_a_place_that_is_not_there_is_left_out(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    places = (navigation.Place("home", "Home"), navigation.Place("not-yet", "Later"))
    monkeypatch.setitem(navigation.PLACES, "public", places)
    assert [link.label for link in navigation.links("public", rf.get("/"))] == ["Home"]
    assert navigation.address("not-yet", "home") == "/"
    assert navigation.address("not-yet") == ""


def test_a_frame_works_for_nobody_in_particular(rf: RequestFactory) -> None:
    answer = render(rf.get("/"), "config/portal.html")
    assert "</html>" in answer.text
