"""Enrolments and likely copies in the browser of moderators, and who may do what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from consent.casework import roles
from consent.media import capture as measuring
from consent.media import challenge
from consent.models import EnrolmentSession
from tests.consent import logins, people
from tests.consent.media.followed import ASKED
from tests.consent.sessions import Camera, faced, in_review

pytestmark = pytest.mark.django_db


def working(name: str, *given: str) -> Client:
    roles.synchronise()
    user = logins.staff(name, is_superuser=False)
    user.groups.set(Group.objects.filter(name__in=given))
    return logins.client_of(user)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> EnrolmentSession:
    camera = Camera()
    monkeypatch.setattr(measuring, "measure", camera)
    monkeypatch.setattr(challenge, "draw", lambda: ASKED)
    return in_review(people.register("ada"), camera, faced(0.1, heard=()))


def test_a_person_decides_after_three_tries_and_an_accent_is_no_reason_to_refuse(session: EnrolmentSession) -> None:
    lin, url = working("lin", "moderator"), f"/console/enrolments/{session.pk}"
    assert url in lin.get("/console/enrolments").content.decode()
    shown = lin.get(url).content.decode()
    assert "Try 3" in shown
    assert f"/console/sealed/enrolment-session/{session.pk}/ask" in shown
    assert lin.post(url, {"decision": "refuse:unusable"}).status_code == 409
    assert lin.post(url, {"decision": "accept:<script>"}).status_code == 409
    assert EnrolmentSession.objects.get().state == "in_review"
    assert lin.post(url, {"decision": "accept:accent"}).status_code == 302
    assert EnrolmentSession.objects.get().state == "passed"
    assert "It was decided" in lin.get(url).content.decode()
    assert lin.post(url, {"decision": "accept:accent"}).status_code == 409


def test_an_analyst_sees_the_matrix_and_no_accounts_and_a_manager_both() -> None:
    analyst, manager = working("ann", "analyst"), working("zoe", "moderator-manager")
    assert "consent.review_claim" in analyst.get("/console/roles").content.decode()
    assert analyst.get("/console/staff").status_code == 403
    listed = manager.get("/console/staff").content.decode()
    assert "ann" in listed
    assert "moderator-manager" in listed
    for path in ("/console/enrolments", "/console/likely-copies", "/console/likely-copies/1"):
        assert analyst.get(path).status_code == 403
    assert manager.get("/console/likely-copies").status_code == 200
    assert manager.get("/console/likely-copies/1").status_code == 409
