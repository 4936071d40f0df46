"""Other people's tools find the schemas where the documents say, and the keys of receipts in the log's own list."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from ledger import base64url, receipts
from provenance import log_keys
from provenance.log_keys import LogKeysUnusable


@pytest.mark.parametrize("version", [1, 2])
def test_each_version_of_the_schema_is_served_to_anybody(client: Client, version: int) -> None:
    answer = client.get(f"/schemas/consent-assertion-{version}.json")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/schema+json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert json.loads(answer.content)["$id"] == f"/schemas/consent-assertion-{version}.json"


def test_a_version_that_there_is_not_is_refused_in_words(client: Client) -> None:
    answer = client.get("/schemas/consent-assertion-3.json")
    assert (answer.status_code, answer.json()["code"]) == (404, "schema-missing")


def test_the_keys_that_the_log_publishes_are_those_that_it_believes(client: Client) -> None:
    assert log_keys.read(client.get("/log/keys").content) == receipts.keys("receipt")


def test_a_compromised_key_is_left_out_and_a_list_of_none_is_refused() -> None:
    key = {"key_id": "a", "public": base64url.encode(b"k" * 32), "state": "ended", "compromised_since": None}
    bad = key | {"key_id": "b", "state": "compromised", "compromised_since": "2026-01-01T00:00Z"}
    assert log_keys.read(json.dumps({"keys": {"receipt": [key, bad]}}).encode()) == {b"a": b"k" * 32}
    for junk in (b"", b"[]", b"{}", json.dumps({"keys": {"receipt": [bad]}}).encode(), b'{"keys": {"receipt": [1]}}'):
        with pytest.raises(LogKeysUnusable):
            log_keys.read(junk)
