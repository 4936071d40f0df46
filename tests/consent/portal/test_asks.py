"""The pages of requests for a permission: read, sign, make smaller, say no."""

from __future__ import annotations

import pytest
from django.test import Client

from consent import asks
from consent.models import Ask, AskRefusal, Grant, Likeness
from tests.consent import asking, logins, people
from tests.consent.people import Person
from tests.consent.portal.test_builder import DRAFT, HOSTILE, carried, signed, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(ada: Person) -> Client:
    return logins.client_of(logins.own(ada.party))


@pytest.fixture
def asked(carl: Person, face: Likeness) -> Ask:
    return asking.ask(carl, face.pk)


def test_a_request_shows_the_text_that_is_signed_and_is_answered_by_it(
    browser: Client, ada: Person, carl: Person, asked: Ask
) -> None:
    assert "Carl Example" in browser.get("/me/asks").content.decode()
    page = browser.get(f"/me/asks/{asked.pk}")
    text = page.content.decode()
    assert asking.REASON in text
    assert page.context["to_sign"].text.splitlines()[0] in text
    assert "app.example.com" not in text  # a way out is shown after the answer, not before it
    sent = signed(ada, page) | {"ask": str(asked.pk)}
    for _ in range(2):  # sent twice it is one answer
        answer = browser.post(DRAFT, sent)
        assert (answer.status_code, answer["Location"]) == (302, f"/me/asks/{asked.pk}")
    asked.refresh_from_db()
    assert asked.state == Ask.State.GRANTED
    assert Grant.objects.get().terms == asking.asked_terms(asked)
    ended = browser.get(f"/me/asks/{asked.pk}").content.decode()
    assert 'href="https://app.example.com/thanks?order=7" rel="noreferrer' in ended


def test_what_the_page_carries_names_the_request(browser: Client, asked: Ask) -> None:
    page = browser.get(f"/me/asks/{asked.pk}")
    forms = page.content.decode().count(f'name="ask" value="{asked.pk}"')
    assert forms == page.content.decode().count('name="terms" value=')
    other = browser.post(DRAFT, carried(page) | {"step": "show", "language": "es", "ask": str(asked.pk)})
    assert other.context["draft"].ask == asked


def test_smaller_is_shown_beside_what_was_asked_for_and_signed(browser: Client, ada: Person, asked: Ask) -> None:
    form = browser.get(f"/me/asks/{asked.pk}?step=smaller")
    page = browser.post(DRAFT, typed(form, uses="2", ask=str(asked.pk)))
    text = page.content.decode()
    assert page.status_code == 200
    assert "Asked for" in text
    assert "cannot be the answer" not in text
    assert browser.post(DRAFT, signed(ada, page) | {"ask": str(asked.pk)}).status_code == 302
    assert Grant.objects.get().terms["limits"]["uses"] == 2


def test_wider_is_said_to_be_no_answer_and_refused(browser: Client, ada: Person, asked: Ask) -> None:
    form = browser.get(f"/me/asks/{asked.pk}?step=smaller")
    page = browser.post(DRAFT, typed(form, training="on", ask=str(asked.pk)))
    assert "so it cannot be the answer" in page.content.decode()
    refused = browser.post(DRAFT, signed(ada, page) | {"ask": str(asked.pk)})
    assert refused.status_code == 422
    assert "reach further" in refused.content.decode()
    assert not Grant.objects.exists()


@pytest.mark.parametrize(("way", "state", "closed"), [("no", "open", 0), ("tell", "declined", 0), ("never", "open", 1)])
def test_each_no_does_what_it_says(browser: Client, asked: Ask, way: str, state: str, closed: int) -> None:
    assert browser.post(f"/me/asks/{asked.pk}", {"answer": way}).status_code == 302
    asked.refresh_from_db()
    assert asked.state == state
    assert asked.declined_at is not None
    assert AskRefusal.objects.count() == closed
    assert "you said no" in browser.get("/me/asks").content.decode()
    assert browser.get(f"/me/asks/{asked.pk}").status_code == 200


def test_doors_are_closed_and_opened(browser: Client, face: Likeness) -> None:
    assert browser.post("/me/asks/doors", {"likeness": str(face.pk)}).status_code == 302
    assert "Nobody may ask" in browser.get("/me/asks").content.decode()
    closed = AskRefusal.objects.get()
    browser.post(f"/me/asks/doors/{closed.pk}/open")
    closed.refresh_from_db()
    assert closed.lifted_at is not None


def test_somebody_elses_request_and_an_absent_one_are_one_answer(asked: Ask, eve: Person) -> None:
    stranger = logins.client_of(logins.own(eve.party))
    absent = people.some_id()
    there, nowhere = (stranger.get(f"/me/asks/{pk}") for pk in (asked.pk, absent))
    assert there.status_code == nowhere.status_code == 404
    assert there.content.replace(str(asked.pk).encode(), absent.encode()) == nowhere.content
    for answer in ("no", "never"):
        assert stranger.post(f"/me/asks/{asked.pk}", {"answer": answer}).status_code == 404


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_answers_do_nothing(browser: Client, asked: Ask, face: Likeness, hostile: str) -> None:
    assert browser.post(f"/me/asks/{asked.pk}", {"answer": hostile}).status_code == 302
    assert browser.post("/me/asks/doors", {"likeness": hostile}).status_code == 404
    sent = {"likeness": str(face.pk), "terms": "{}", "step": "show", "ask": hostile}
    assert browser.post(DRAFT, sent).status_code == 404
    asked.refresh_from_db()
    assert asked.declined_at is None


def test_a_list_costs_the_same_whatever_it_lists(
    browser: Client, carl: Person, face: Likeness, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    for credit in ("One", "Two", "<script>alert(1)</script>"):
        asking.ask(carl, face.pk, credit=credit)
    with django_assert_max_num_queries(32):  # type: ignore[operator]  # pytest-django's fixture
        page = browser.get("/me/asks")
    assert page.content.decode().count("Carl Example") == 3
    assert page["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert asks.put_to(carl.party).count() == 0
