"""Redeeming over HTTP: for render services alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from consent import revocations
from consent.models import Grant, Likeness, Permit
from tests.consent import people
from tests.consent.api.conftest import Answer
from tests.consent.people import Person
from tests.consent.test_permits import minted

pytestmark = pytest.mark.django_db
TOKEN = "a render service's token"


@pytest.fixture(autouse=True)
def service(settings: Settings) -> None:
    blank = {"url": "", "sealing_key": None, "model": "m"}
    settings.GPU_RENDERERS = [
        {"name": "mute", "token": "", **blank},
        {"name": "reference", "token": TOKEN, **blank},
        {"name": "other", "token": "another", **blank},
        {"name": "vendor", "token": "what the vendor knows", "dialect": "fal", **blank},
    ]


@pytest.fixture
def given(ada: Person, ben: Person, face: Likeness) -> Grant:
    return people.grant(ada, face, ben.party)


@pytest.fixture
def made(ben: Person, face: Likeness, given: Grant) -> Permit:
    return minted(ben, face)


def redeem(token: str, body: Any) -> Answer:  # noqa: ANN401 - JSON
    return Client().post(
        "/v1/permits/redeem", body, content_type="application/json", headers={"Authorization": f"Bearer {token}"}
    )


def test_a_service_redeems_a_permit_once(made: Permit) -> None:
    answer = redeem(TOKEN, {"permit": made.token})
    assert answer.status_code == 200
    assert (answer.json()["permit"], answer.json()["job"]) == (str(made.pk), str(made.job))
    again = redeem(TOKEN, {"permit": made.token})
    assert (again.status_code, again.json()["code"]) == (409, "permit-replayed")


@pytest.mark.parametrize("token", ["", "a render service's tokeN", "x", "what the vendor knows"])
def test_nobody_else_redeems(made: Permit, token: str) -> None:
    assert redeem(token, {"permit": made.token}).status_code == 401
    made.refresh_from_db()
    assert made.redeemed_at is None


def test_a_party_is_no_service_and_a_service_no_party(made: Permit, ben: Person) -> None:
    assert redeem(ben.token, {"permit": made.token}).status_code == 401
    assert Client().get("/v1/parties/me", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 401


def test_a_withdrawal_before_it_wins(made: Permit, ada: Person, given: Grant) -> None:
    revocations.withdraw_grant(given, actor=ada.party)
    answer = redeem(TOKEN, {"permit": made.token})
    assert (answer.status_code, answer.json()["code"]) == (403, "permit-refused")


@pytest.mark.parametrize("body", [{}, {"permit": 1.5}, {"permit": "x", "job": "y"}, {"permit": "x" * 20000}])
def test_a_body_of_another_form_is_refused(body: dict[str, object]) -> None:
    assert redeem(TOKEN, body).status_code in {400, 422}


def test_garbage_is_no_permit() -> None:
    answer = redeem(TOKEN, {"permit": "garbage"})
    assert (answer.status_code, answer.json()["code"]) == (403, "permit-invalid")
