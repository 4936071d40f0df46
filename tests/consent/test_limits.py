"""A caller has so many requests and no more, whichever process answers, and is told how many are left."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.http import HttpRequest
from django.test import Client

from consent import limits
from consent.limits import Bound, TooManyRequests
from consent.models import RequestMeter
from tests.provenance import world as w

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few(settings: Settings) -> Iterator[None]:
    settings.REQUESTS_PARTY, settings.REQUESTS_NETWORK = (3, 60), (2, 60)
    limits.forget()
    yield
    limits.forget()


def asked(client: Client, token: str = "") -> Any:  # noqa: ANN401 - the test client's answer
    return client.get("/v1/videos", headers={"authorization": f"Bearer {token}"} if token else {})


def test_a_party_is_told_what_is_left_and_refused_past_it(client: Client) -> None:
    person = w.person("ada")
    said = [asked(client, person.token) for _ in range(4)]
    assert [answer.status_code for answer in said] == [200, 200, 200, 429]
    assert [answer["RateLimit"].split(";")[1] for answer in said] == ["r=2", "r=1", "r=0", "r=0"]
    assert said[0]["RateLimit-Policy"] == '"party";q=3;w=60'
    assert 0 < int(said[3]["Retry-After"]) <= 20
    assert said[3].json()["error"]["code"] == "too_many_requests"


def test_one_party_s_deluge_is_not_another_s(client: Client) -> None:
    one, two = w.person("ada"), w.person("ben")
    for _ in range(4):
        asked(client, one.token)
    assert asked(client, two.token).status_code == 200


def test_bad_tokens_are_counted_by_network(client: Client) -> None:
    said = [asked(client, "ctn_wrong").status_code for _ in range(3)]
    assert said == [401, 401, 429]
    assert asked(client, w.person("ada").token).status_code == 200


def test_what_was_spent_comes_back_with_time(client: Client) -> None:
    person = w.person("ada")
    for _ in range(4):
        asked(client, person.token)
    for row in RequestMeter.objects.all():
        row.clear_at -= timedelta(seconds=21)
        row.save()
    assert asked(client, person.token).status_code == 200


def test_the_doors_that_are_asked_most_are_counted_too(client: Client) -> None:
    world = w.world()
    body = {"cast": [str(world.likeness.pk)], "purpose": "entertainment", "seconds": 4, "remix": False}
    answers = [
        client.post("/v1/decisions", body, content_type="application/json", headers=world.ben.header) for _ in range(4)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0]["RateLimit"].startswith('"party";r=2')


def test_a_process_never_hands_out_more_than_it_took(settings: Settings) -> None:
    settings.REQUESTS_PARTY = 100, 60
    left = [int(limits.spend("p", HttpRequest())["RateLimit"].split("r=")[1].split(";")[0]) for _ in range(100)]
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0
    with pytest.raises(TooManyRequests):
        limits.spend("p", HttpRequest())


def test_the_table_names_nobody_and_is_swept(client: Client) -> None:
    asked(client, w.person("ada").token)
    assert limits.sweep() == 0
    RequestMeter.objects.update(clear_at="2026-01-01T00:00Z")
    assert limits.sweep() == 1


def test_processes_together_give_no_more_than_there_is(fresh_database: str) -> None:
    command = [sys.executable, "-m", "tests.consent.spender", "200"]
    environment = os.environ | {"DATABASE_URL": fresh_database}
    spenders = [
        subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE) for _ in range(3)
    ]
    given = [int(spender.communicate(timeout=60)[0]) for spender in spenders]
    assert 150 <= sum(given) <= 200


def test_a_bound_says_when_the_next_is_taken() -> None:
    bound = Bound("party", 60, 60)
    assert bound.left(0) == 60
    assert bound.left(60) == 0
    assert bound.wait(60) == 1
    assert Bound("party", 3, 60).wait(60) == 20
