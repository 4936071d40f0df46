"""The public pages say what they should, under a strict policy, and link to nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.ledger.conftest import published

pytestmark = pytest.mark.django_db


def test_the_first_page_says_that_nothing_is_published_yet(client: Client) -> None:
    assert "None yet" in client.get("/").text


def test_the_first_page_shows_the_newest_checkpoint(client: Client, settings: Settings) -> None:
    Path(settings.LEDGER_PUBLIC_DIR, "checkpoint").write_text("origin\n1234\nrootrootroot\n\n")
    page = client.get("/").text
    assert "1234" in page
    assert "rootrootroot" in page


def test_every_link_of_the_first_page_leads_somewhere(client: Client) -> None:
    published(1)
    targets = set(re.findall(r'(?:href|src)="(/[^"#]*)"', client.get("/").text))
    answers = {target: client.get(target, follow=True) for target in targets}
    assert {target: answer.status_code for target, answer in answers.items()} == dict.fromkeys(targets, 200)
    for answer in answers.values():
        answer.close()  # which ends the test's connection, so it comes last


def test_no_page_allows_inline_code_or_foreign_sources(client: Client) -> None:
    for path in ("/", "/problems"):
        answer = client.get(path)
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert not re.search(r"<script|style=|onclick|https?://", answer.text)


def test_the_list_of_problems_explains_each_code(client: Client) -> None:
    page = client.get("/problems").text
    assert 'id="consent-required"' in page
    assert 'id="permit-replayed"' in page


def test_health_is_bad_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz").json() == {"ok": True, "database": "reachable"}
    from django.db import OperationalError, connection

    def broken() -> None:
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", broken)
    assert client.get("/healthz").status_code == 503


def test_the_description_of_the_api_is_openapi_3_1(client: Client) -> None:
    found = client.get("/v1/openapi.json", headers={"accept": "application/json"}).json()
    assert found["openapi"].startswith("3.1")
    assert "/v1/grants" in found["paths"]
