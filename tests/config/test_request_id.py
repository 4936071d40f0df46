"""An answer carries the id of its request, which may be the caller's own, and the log has it."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

from config.request_id import InLog, current

pytestmark = pytest.mark.django_db


def test_an_id_is_made_and_differs(client: Client) -> None:
    one, two = (client.get("/healthz")["X-Request-Id"] for _ in range(2))
    assert len(one) == 32
    assert one != two


def test_a_sane_id_of_the_caller_comes_back(client: Client) -> None:
    assert client.get("/v1/videos", headers={"x-request-id": "abc-123.DEF"})["X-Request-Id"] == "abc-123.DEF"


@pytest.mark.parametrize("bad", ["short", "a" * 65, "with space", "line\nbreak", "é" * 10])
def test_what_could_break_a_line_of_the_log_is_not_taken(client: Client, bad: str) -> None:
    assert client.get("/healthz", headers={"x-request-id": bad})["X-Request-Id"] != bad


def test_refusals_and_missing_pages_have_it_too_but_not_in_the_body(client: Client) -> None:
    answer = client.get("/v1/nothing-here")
    assert answer["X-Request-Id"] not in answer.content.decode()
    assert answer["X-Request-Id"]


def test_a_line_of_the_log_has_it() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "said", None, None)
    token = current.set("abcdefgh")
    try:
        assert InLog().filter(record)
        assert vars(record)["request_id"] == "abcdefgh"
    finally:
        current.reset(token)
