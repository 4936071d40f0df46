"""Settings that are missing or malformed are refused by name."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment
from ledger.cosignature import Cosigner


def test_a_missing_variable_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_THERE", raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"NOT_THERE is not set\. Do this\."):
        environment.text("NOT_THERE", remedy="Do this.")


def test_a_database_url_becomes_djangos_entry_and_keeps_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADDRESS", "postgresql://me:secret@db.example:5433/ledger?sslmode=verify-full")
    found = environment.database("ADDRESS")
    assert (found["NAME"], found["USER"], found["PASSWORD"]) == ("ledger", "me", "secret")
    assert (found["HOST"], found["PORT"]) == ("db.example", "5433")
    assert found["OPTIONS"] == {"sslmode": "verify-full", "prepare_threshold": environment.ONLY_IF_ASKED}


@pytest.mark.parametrize("url", ["mysql://somewhere/db", "postgresql://[broken", "nonsense"])
def test_what_is_no_database_url_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ADDRESS", url)
    with pytest.raises(ImproperlyConfigured, match="ADDRESS is not a PostgreSQL URL"):
        environment.database("ADDRESS")


@pytest.mark.parametrize("raw", ["0", "-1", "ten", "1.5", ""])
def test_a_number_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("AMOUNT", raw)
    with pytest.raises(ImproperlyConfigured, match="AMOUNT"):
        environment.whole_number("AMOUNT", 5)


@pytest.mark.parametrize("raw", ["{", "[1]", '[{"name": "a"}]', '{"name": "a"}'])
def test_a_list_of_render_services_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("SERVICES", raw)
    with pytest.raises(ImproperlyConfigured, match="SERVICES is not a list of render services"):
        environment.renderers("SERVICES")


VKEY = Cosigner("w.example", bytes(32)).vkey()
WITNESS = {"name": "w.example", "vkey": VKEY, "url": "https://w.example"}


def test_a_list_of_witnesses_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WITNESSES", json.dumps([WITNESS]))
    assert environment.witnesses("WITNESSES") == [WITNESS]
    monkeypatch.delenv("WITNESSES")
    assert environment.witnesses("WITNESSES") == []


@pytest.mark.parametrize(
    "raw",
    [
        "{",
        "[1]",
        '{"name": "a"}',
        json.dumps([WITNESS | {"vkey": "nonsense"}]),
        json.dumps([WITNESS | {"name": "other.example"}]),
        json.dumps([WITNESS | {"url": "file:///etc"}]),
        json.dumps([WITNESS | {"url": "http://"}]),
        json.dumps([WITNESS | {"url": "http://w.example:port"}]),
        json.dumps([{"name": "w.example", "vkey": VKEY}]),
    ],
)
def test_a_list_of_witnesses_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("WITNESSES", raw)
    with pytest.raises(ImproperlyConfigured, match="WITNESSES"):
        environment.witnesses("WITNESSES")


@pytest.mark.parametrize("raw", ["-1", "one", "1.5", "", "\u0661"])
def test_a_quorum_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("QUORUM", raw)
    with pytest.raises(ImproperlyConfigured, match="QUORUM"):
        environment.count("QUORUM", 0)
    monkeypatch.setenv("QUORUM", "0")
    assert environment.count("QUORUM", 5) == 0


@pytest.mark.parametrize(
    ("url", "host", "origin"),
    [
        ("https://Example.com", "example.com", "https://example.com"),
        ("https://example.com:443/path", "example.com", "https://example.com"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
        ("http://localhost:80", "localhost", "http://localhost"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, host: str, origin: str) -> None:
    assert (environment.host_of(url), environment.origin_of(url)) == (host, origin)
