"""The door to the register, for holders."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from consent import erasure, register
from consent.models import Likeness, ProtectedName
from tests.consent import people
from tests.consent.namers import keeper
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def door(client: Client) -> Client:
    return client


def post(door: Client, who: Person, body: dict[str, Any]) -> Any:  # noqa: ANN401 - a response
    return door.post("/v1/protected-names", body, content_type="application/json", headers=who.headers())


def test_a_holder_protects_lists_and_ends(door: Client, ada: Person, ben: Person, face: Likeness) -> None:
    made = post(door, ada, {"likeness": str(face.pk), "names": ["Ada Example"], "aliases": ["Ada Instance"]})
    assert made.status_code == 201
    shown = made.json()
    assert (shown["names"], shown["aliases"], shown["ground"]) == (["Ada Example"], ["Ada Instance"], "own_likeness")
    register.protect(["Nikola Tesla"], ground="opted_out", actor=keeper())
    assert door.get("/v1/protected-names", headers=ada.headers()).json()["items"] == [shown]
    assert door.get("/v1/protected-names", headers=ben.headers()).json()["items"] == []
    address = f"/v1/protected-names/{shown['id']}"
    foreign = door.delete(address, headers=ben.headers())
    ended = door.delete(address, headers=ada.headers())
    assert (foreign.status_code, ended.status_code, ended.json()["names"]) == (404, 200, ["Ada Example"])
    assert door.delete(address, headers=ada.headers()).status_code == 404
    assert {**foreign.json(), "instance": ""} == {**door.delete(address, headers=ben.headers()).json(), "instance": ""}


@pytest.mark.parametrize(
    "change",
    [
        {"names": []},
        {"names": "Ada Example"},
        {"names": [17]},
        {"names": ["dog"]},
        {"names": ["Ada\0Example"]},
        {"names": ["Ada Example"] * 21},
        {"names": [["Ada Example"]]},
        {"aliases": ["x" * 121]},
        {"ground": "opted_out"},
        {"likeness": 7},
        {"likeness": None},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_by_name(door: Client, ada: Person, face: Likeness, change: dict[str, Any]) -> None:
    answer = post(door, ada, {"likeness": str(face.pk), "names": ["Ada Example"]} | change)
    assert answer.status_code in {400, 422}
    assert answer["Content-Type"] == "application/problem+json"
    assert not ProtectedName.objects.exists()


def test_anothers_likeness_is_absent(door: Client, ben: Person, face: Likeness) -> None:
    answer = post(door, ben, {"likeness": str(face.pk), "names": ["Ada Example"]})
    assert (answer.status_code, answer.json()["code"]) == (404, "likeness-missing")


def test_nobody_comes_in_without_a_token(door: Client) -> None:
    assert door.get("/v1/protected-names").status_code == 401


def test_names_that_somebody_protected_who_was_erased_do_not_stop_the_list(
    door: Client, ada: Person, ben: Person, face: Likeness, settings: Settings
) -> None:
    settings.SERVING_LEASE_SECONDS = 0.01
    post(door, ada, {"likeness": str(face.pk), "names": ["Ada Example"]})
    people.accepted(ben, people.claim(ben, face, role="rights_holder"), "transfer")
    erasure.erase_party(ada.party, actor=ada.party)
    answer = door.get("/v1/protected-names", headers=ben.headers())
    assert (answer.status_code, [one["names"] for one in answer.json()["items"]]) == (200, [[]])
