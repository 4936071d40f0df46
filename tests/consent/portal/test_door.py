"""Who gets to a page, and what the others are told."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client, override_settings
from django.urls import include, path

from consent.models import Party
from consent.portal import door
from consent.staff import Staff
from tests.consent import logins
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


@door.holder
def mine(_request: HttpRequest, party: Party) -> HttpResponseBase:
    return HttpResponse(party.handle)


@door.holder
@door.reauthenticated
def dangerous(_request: HttpRequest, party: Party) -> HttpResponseBase:
    return HttpResponse(f"done by {party.handle}")


@door.staff_page(may="consent.review_claim")
def desk(_request: HttpRequest, actor: Staff) -> HttpResponseBase:
    return HttpResponse(actor.actor)


urlpatterns = [path("mine", mine), path("dangerous", dangerous), path("desk", desk), path("", include("config.urls"))]
here = override_settings(ROOT_URLCONF="tests.consent.portal.test_door")


@here
def test_a_stranger_is_sent_to_the_log_in_and_back(client: Client) -> None:
    for page in ("/mine", "/desk", "/dangerous"):
        assert client.get(page)["Location"] == f"/account/login/?next={page}"


@here
def test_a_holder_gets_their_own_party_and_no_cache_keeps_the_page(ada: Person) -> None:
    answer = logins.client_of(logins.own(ada.party)).get("/mine")
    assert answer.content == b"ada"
    assert "no-store" in answer["Cache-Control"]


@here
def test_a_log_in_without_a_party_is_sent_to_set_it_up() -> None:
    assert logins.client_of(logins.user("new")).get("/mine")["Location"] == "/me/set-up"


@here
def test_a_dangerous_page_asks_again_and_goes_on_with_what_was_typed(ada: Person) -> None:
    browser = logins.client_of(logins.own(ada.party))
    asked = browser.post("/dangerous", {"field": "typed"})
    assert asked["Location"].startswith("/account/reauthenticate/")
    refused = browser.post(asked["Location"], {"password": "wrong"})
    assert b"done" not in refused.content
    done = browser.post(asked["Location"], {"password": "correct horse battery", "next": "/dangerous"})
    assert done.content == b"done by ada"
    assert browser.get("/dangerous").content == b"done by ada"


@here
def test_who_cannot_be_asked_again_is_not_let_through(ada: Person) -> None:
    user = logins.own(ada.party)
    user.set_unusable_password()
    user.save()
    assert logins.client_of(user).get("/dangerous")["Location"] == "/account/second-factor/"


@here
def test_staff_need_the_permission_and_a_second_factor() -> None:
    boss = logins.user("boss", is_staff=True, is_superuser=True)
    browser = logins.client_of(boss)
    assert browser.get("/desk").status_code == 403
    assert browser.get("/admin/")["Location"].startswith("/admin/login/")
    assert browser.get("/admin/login/").status_code == 403
    logins.with_second_factor(boss)
    assert browser.get("/desk").content == f"staff:{boss.pk}".encode()
    assert browser.get("/admin/").status_code == 200
    boss.is_staff = False
    boss.save()
    assert browser.get("/desk").status_code == 403


@here
def test_a_person_is_no_member_of_staff(ada: Person) -> None:
    browser = logins.client_of(logins.with_second_factor(logins.own(ada.party)))
    assert browser.get("/desk").status_code == 403
    assert browser.get("/admin/login/").status_code == 403


def test_the_admin_has_no_log_in_of_its_own(client: Client) -> None:
    User.objects.create_superuser("root", "root@example.org", "correct horse battery")
    answer = client.post("/admin/login/?next=/admin/", {"username": "root", "password": "correct horse battery"})
    assert answer["Location"] == "/account/login/?next=/admin/"
    assert "_auth_user_id" not in client.session
