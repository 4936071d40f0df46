"""The transparency pages: empty, full, hostile, and the same work however much there is to show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest
from django.urls import reverse

from consent.transparency import pictures, schemas
from consent.transparency.figure import Figure
from consent.transparency.figures import TABLES
from tests.consent.pages import reported

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

HOSTILE = ['<script>alert("x")</script>', '"><img src=x onerror=alert(1)>', "\u202egpj.exe", "a\x00b"[:1] + "🎭"]


@pytest.mark.django_db
def test_before_the_first_report_there_is_a_page_that_says_so(client: Client) -> None:
    page = client.get("/transparency")
    assert page.status_code == 200
    assert "No report yet" in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("period", ["2026-Q3", "2026-Q9", "x" * 2000, "%F0%9F%8E%AD", "a%00b", "..%2f", "<script>"])
@pytest.mark.parametrize("what", ["", "/figures.csv", "/figures.json"])
def test_what_is_not_published_has_one_page(client: Client, period: str, what: str) -> None:
    page = client.get(f"/transparency/{period}{what}")
    assert page.status_code == 404
    assert "<script>alert" not in page.content.decode()


@pytest.mark.django_db
def test_a_report_shows_every_table_with_its_words(client: Client) -> None:
    reported.report()
    text = client.get("/transparency/2026-Q3").content.decode()
    for name in TABLES:
        assert f'id="{name}"' in text
        assert str(pictures.SAID[name][0]) in text
    for told in ("Removed", "fewer than 5", "DSA Article 16", "US-CA", "90 %", "30 min", "740"):
        assert told in text, told
    assert "2026-Q3" in client.get("/transparency").content.decode()


@pytest.mark.django_db
def test_a_proposal_is_not_shown(client: Client) -> None:
    report = reported.report()
    type(report).objects.update(released_at=None, released_by="", released_entry=None)
    assert client.get("/transparency/2026-Q3").status_code == 404
    assert "2026-Q3" not in client.get("/transparency").content.decode()


@pytest.mark.django_db
def test_codes_that_are_not_known_are_shown_and_not_obeyed(client: Client) -> None:
    reported.report(figures=[Figure("strange", (each,), 50) for each in HOSTILE])
    text = client.get("/transparency/2026-Q3").content.decode()
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "50" in text


@pytest.mark.django_db
def test_the_files_fit_their_schemas(client: Client) -> None:
    reported.report()
    answer = client.get("/transparency/2026-Q3/figures.json")
    jsonschema.validate(json.loads(answer.content), schemas.figures())
    rows = client.get("/transparency/2026-Q3/figures.csv")
    assert rows["Content-Disposition"] == 'attachment; filename="transparency-2026-Q3.csv"'
    assert len(rows.content.decode().splitlines()) == 1 + len(reported.every())
    for name in ("figures", "reasons", "notices"):
        schema = json.loads(client.get(f"/transparency/schemas/{name}.json").content)
        jsonschema.Draft202012Validator.check_schema(schema)
    assert client.get("/transparency/schemas/x.json").status_code == 404


@pytest.mark.django_db
def test_a_page_is_two_queries_at_most(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for period in ("2026-Q1", "2026-Q2", "2026-Q3", "2026-H1"):
        reported.report(period)
    for address in ("/transparency", "/transparency/2026-Q3", "/transparency/2026-Q3/figures.csv"):
        with django_assert_max_num_queries(2):
            assert client.get(address).status_code == 200


@pytest.mark.django_db
def test_nothing_is_written_and_only_read(client: Client) -> None:
    assert client.post(reverse("transparency")).status_code == 405


def test_every_table_has_words() -> None:
    assert set(pictures.SAID) == set(TABLES) == set(reported.KEYS)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(60, "1 min"), (3540, "59 min"), (7260, "2 h 1 min"), (86400, "1 day"), (180000, "2 days 2 h")],
)
def test_a_time_is_told_in_words(seconds: int, words: str) -> None:
    assert pictures.duration(seconds) == words
