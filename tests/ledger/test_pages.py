"""The log browser shows what is published, after checking it, and nothing else; no input breaks it."""

from __future__ import annotations

import base64
import html
import os
import re
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings

from ledger import (
    base64url,
    durable,
    keyfile,
    keyring,
    log,
    merkle,
    publiclog,
    published,
    statusfiles,
    tile,
)
from ledger.models import Entry, GrantState, Leaf
from ledger.sequencer import sequence
from ledger.verifier import cli
from tests.ledger.conftest import PARTY, publish, published_at, sequenced
from tests.ledger.conftest import published as grow
from tests.ledger.test_freshness import cosigned, quorum

pytestmark = pytest.mark.django_db

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(autouse=True)
def static_folder(settings: Settings) -> None:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


def append(kind: str, **public: object) -> Entry:
    with transaction.atomic():
        return log.append(kind, {}, actor=PARTY, subject=PARTY, public=public)


def grants_and_withdrawal() -> tuple[Entry, Entry, Entry]:
    """Publish two grants, and the withdrawal of the first."""
    ended, stands = (append("grant.recorded", expires="2030-01-01T00:00Z") for _ in range(2))
    grow(1)
    withdrawal = append("consent.withdrawn", ends=[ended.commit_text])
    grow(1)
    return ended, stands, withdrawal


def indices(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'<th scope="row"><a href="/log/entries/(\d+)"', page)]


# --- the page of the log --------------------------------------------------------------------------------------------


def test_an_empty_log_says_so(client: Client) -> None:
    answer = client.get("/log/")
    assert answer.status_code == 200
    assert "Nothing is published yet" in answer.text


def test_the_page_says_what_the_checkpoint_says(client: Client) -> None:
    grow(3)
    page = client.get("/log/").text
    shown = publiclog.newest()
    assert shown is not None
    for fact in ("localhost:8000/log", str(shown.size), base64url.encode(shown.checkpoint.root), keyring.log_vkey()):
        assert fact.replace("+", "&#x2B;") in page or fact in page
    assert "0 grants after the first 4 entries" in page
    assert indices(page) == [4, 3, 2, 1, 0]


def test_pages_follow_each_other_without_gap_or_repetition(client: Client) -> None:
    published_at(120)
    seen, address = [], "/log/"
    while address:
        page = client.get(address).text
        seen += indices(page)
        older = re.search(r'href="/log/(\?before=\d+)" rel="next"', page)
        address = f"/log/{older[1]}" if older else ""
    assert seen == list(range(119, -1, -1))
    middle = client.get("/log/?before=60").text
    assert (max(indices(middle)), 'href="/log/?before=110" rel="prev"' in middle) == (59, True)


@pytest.mark.parametrize("before", ["", "0", "-1", "x", "1.5", "\u0661", "9" * 20, " 5", "5\n", "\0"])
def test_a_page_that_cannot_be_is_refused(client: Client, before: str) -> None:
    grow(1)
    answer = client.get("/log/", {"before": before})
    assert (answer.status_code, answer.json()["code"]) == (400, "log-page-invalid")


def test_a_page_beyond_the_end_is_the_newest(client: Client) -> None:
    grow(1)
    assert indices(client.get("/log/?before=999999999").text) == [2, 1, 0]


def test_an_entry_that_is_not_published_is_nowhere(client: Client) -> None:
    grow(1)
    pending, size = append("party.registered"), 3
    page = client.get("/log/").text
    for _ in range(2):  # first it waits for its number, then for its checkpoint
        assert pending.commit_text[:12] not in client.get("/log/").text
        assert indices(page) == [2, 1, 0]
        for text in (pending.commit_text, pending.commit_text[:8], pending.commit.hex(), str(size)):
            answer = client.get("/log/", {"q": text})
            assert (answer.status_code, "not in the published log" in answer.text) == (404, True)
        leaf = merkle.leaf_hash(bytes(pending.body)).hex()
        assert client.get("/log/", {"q": leaf}).status_code == 404
        for door in ("", ".json", ".tlog-proof", ".receipt"):
            assert client.get(f"/log/entries/{size}{door}").json()["code"] == "entry-unpublished"
        while sequence():
            pass
    assert Leaf.objects.filter(entry=pending).exists()
    publish()
    assert client.get("/log/", {"q": pending.commit_text}).status_code == 302


def test_the_witnesses_are_shown_with_their_times(client: Client, settings: Settings) -> None:
    grow(1)
    quorum(settings, 2)
    cosigned(5)
    page = client.get("/log/").text
    assert "Quorum not met:" in page
    assert page.count("not this checkpoint") == 2
    text = published.checkpoint_text() or ""
    cosigned(0, 9)
    assert "Quorum met:" in client.get("/log/").text
    line = text.splitlines()[-1].split(" ")
    data = bytearray(base64.b64decode(line[2]))
    data[-1] ^= 1
    line[2] = base64.b64encode(data).decode()
    spoiled = "\n".join([*text.splitlines()[:-1], " ".join(line)]) + "\n"
    durable.replace(published.folder() / "checkpoint", spoiled.encode())
    page = client.get("/log/").text
    assert "its cosignature does not verify" in page
    assert "Quorum not met:" in page


def test_a_log_that_does_not_move_is_said_to_be_old(client: Client, settings: Settings) -> None:
    grow(1)
    assert "may be down" not in client.get("/log/").text
    then = time.time() - 7200
    os.utime(published.folder() / "checkpoint", (then, then))
    assert "The newest checkpoint is 2 hours old." in client.get("/log/").text


@pytest.mark.parametrize("path", ["/log/", "/log/?q=nonsense", "/log/search", "/log/entries/1", "/log/entries/77"])
def test_the_pages_keep_the_strict_policy_and_hold_no_code(client: Client, path: str) -> None:
    grow(1)
    answer = client.get(path, headers=BROWSER)
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert not re.search(r"<script|style=|onclick", answer.text)
    assert answer.text.count("<h1>") == 1
    assert '<a class="skip" href="#main">' in answer.text


@pytest.mark.parametrize("path", ["/log/", "/log/entries/2"])
def test_every_link_of_a_page_leads_somewhere(client: Client, path: str) -> None:
    grow(3)
    assert (published.folder() / statusfiles.JWT).exists()
    for target in set(re.findall(r'(?:href|src)="(/[^"#]*)"', client.get(path).text)):
        answer = client.get(target)
        answer.close()
        log_in = answer.status_code == 302 and answer["Location"].startswith("/account/login/")
        assert log_in or answer.status_code == 200, target


# --- one entry ------------------------------------------------------------------------------------------------------


def test_an_entry_is_shown_whole_and_with_its_proof(client: Client) -> None:
    (entry,) = grow(1)
    page = client.get("/log/entries/1").text
    for fact in (entry.commit_text, merkle.leaf_hash(bytes(entry.body)).hex(), "party.registered"):
        assert fact in page
    assert "Proved under the checkpoint of size 3" in page
    assert '/log/entries/0" rel="prev"' in page
    assert '/log/entries/2" rel="next"' in page


def test_the_stranger_s_verifier_accepts_what_is_downloaded(client: Client, tmp_path: Path) -> None:
    grow(300)
    for index in (0, 5, 299, 301):
        files = {}
        for door in ("json", "tlog-proof", "receipt"):
            answer = client.get(f"/log/entries/{index}.{door}")
            assert answer["Content-Disposition"] == f'attachment; filename="{index}.{door}"'
            assert answer["Access-Control-Allow-Origin"] == "*"
            files[door] = tmp_path / f"{index}.{door}"
            files[door].write_bytes(answer.content)
        entry = ["--entry", str(files["json"])]
        assert cli.main(["proof", str(files["tlog-proof"]), *entry, "--vkey", keyring.log_vkey()]) == 0
        key = f"--key={base64url.encode(keyring.signing_key('receipt').public)}"
        assert cli.main(["receipt", str(files["receipt"]), *entry, key, "--issuer", "localhost:8000/log"]) == 0


def test_a_withdrawal_leads_to_its_grants_and_a_grant_to_what_ended_it(client: Client) -> None:
    ended, stands, withdrawal = grants_and_withdrawal()
    page = client.get(f"/log/entries/{ended.index}").text
    assert "It was taken back" in page
    assert f'<a href="/log/entries/{withdrawal.index}">' in page
    page = client.get(f"/log/entries/{stands.index}").text
    assert "Nobody has taken it back" in page
    assert "2030-01-01 00:00 UTC" in page
    page = client.get(f"/log/entries/{withdrawal.index}").text
    assert f'<a href="/log/entries/{ended.index}">Entry {ended.index}</a>, <code>grant.recorded</code>' in page


def test_a_withdrawal_that_is_not_published_yet_is_not_told(client: Client) -> None:
    grant = append("grant.recorded", expires="2030-01-01T00:00Z")
    grow(1)
    append("consent.withdrawn", ends=[grant.commit_text])
    sequenced(0)
    assert GrantState.objects.get().status == 1
    page = client.get(f"/log/entries/{grant.index}").text
    assert "It was taken back" not in page
    assert "Nobody has taken it back" in page  # as of the state that is published, and proved against it


def test_a_suspended_grant_says_so_and_one_that_was_resumed_that_nobody_took_it_back(client: Client) -> None:
    grant = append("grant.recorded", expires="2030-01-01T00:00Z")
    suspension = append("consent.suspended", suspends=[grant.commit_text])
    grow(1)
    page = client.get(f"/log/entries/{grant.index}").text
    assert "It is suspended" in page
    assert f'<a href="/log/entries/{suspension.index}">' in page
    assert "SUSPENDED" in page
    append("consent.resumed", resumes=[grant.commit_text])
    grow(1)
    page = client.get(f"/log/entries/{grant.index}").text
    assert "Nobody has taken it back" in page
    assert "VALID" in page


def test_a_standing_that_the_tables_only_claim_is_not_shown(client: Client) -> None:
    ended, _stands, _withdrawal = grants_and_withdrawal()
    GrantState.objects.filter(number=0).update(status=0)
    page = client.get(f"/log/entries/{ended.index}").text
    assert "cannot be shown at this moment" in page
    assert "Nobody has taken it back" not in page


def test_each_of_many_grants_is_proved_in_the_state_tree(client: Client) -> None:
    for _ in range(37):
        append("grant.recorded", expires="2030-01-01T00:00Z")
    grow(1)
    for index in (1, 16, 17, 33, 36, 37):
        assert "Nobody has taken it back" in client.get(f"/log/entries/{index}").text


def test_a_missing_entry_is_a_page_for_people_and_a_problem_for_programs(client: Client) -> None:
    grow(1)
    answer = client.get("/log/entries/99", headers=BROWSER)
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "The published log has no entry 99" in answer.text
    answer = client.get("/log/entries/99")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer["Vary"] == "Accept"


# --- what was tampered with ----------------------------------------------------------------------------------------


def spoil(path: str, at: int = -3) -> None:
    file = published.folder() / path
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("path", ["checkpoint", "tile/entries/000", "tile/0/000", "tile/1/000.p/1", "tile/0/001.p/44"])
def test_what_does_not_lead_to_the_signed_root_is_not_shown(client: Client, path: str) -> None:
    published_at(300)
    assert client.get("/log/entries/7").status_code == 200
    spoil(path)
    for address in ("/log/entries/7", "/log/entries/7.json", "/log/entries/7.tlog-proof", "/log/?before=60"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (503, "log-unverifiable"), address


@pytest.mark.parametrize(("number", "width"), [(0, 256), (1, 44)])
def test_an_exchanged_entry_whose_tile_fits_it_is_not_shown(client: Client, number: int, width: int) -> None:
    """The tile is exchanged as well, so that only the tiles above and the root can tell."""
    published_at(300)
    entries = tile.decode_bundle(published.read(tile.bundle_path(number, width)), width)
    entries[7] = entries[8]
    durable.replace(published.folder() / tile.bundle_path(number, width), tile.encode_bundle(entries))
    hashes = [merkle.leaf_hash(one) for one in entries]
    durable.replace(published.folder() / tile.hash_path(0, number, width), tile.encode_hashes(hashes))
    answer = client.get(f"/log/entries/{number * 256 + 7}.json")
    assert (answer.status_code, answer.json()["code"]) == (503, "log-unverifiable")
    assert client.get(f"/log/?before={number * 256 + 20}").status_code == 503


def test_an_outgrown_partial_tile_is_read_from_the_full_one(client: Client) -> None:
    published_at(250)
    old = published.read("checkpoint")
    published_at(300)
    assert not (published.folder() / tile.hash_path(0, 0, 250)).exists()
    durable.replace(published.folder() / "checkpoint", old)
    assert indices(client.get("/log/").text)[0] == 249


# --- the commands to check it oneself -------------------------------------------------------------------------------


@pytest.fixture
def own_keys(settings: Settings, tmp_path: Path) -> Path:
    settings.LEDGER_KEYS_DIR = tmp_path / "own"
    keyring.make_development_keys(tmp_path / "own", settings.LEDGER_ORIGIN)
    return tmp_path / "own"


def commands(client: Client) -> list[str]:
    """Return the verifier keys in the commands of the pages."""
    text = "".join(html.unescape(client.get(path).text) for path in ("/log/", "/log/entries/1"))
    return re.findall(r"--vkey '([^']*)'", text)


def test_while_two_log_keys_stand_the_commands_name_the_newer(own_keys: Path, client: Client) -> None:
    grow(1)
    (old,) = keyring.standing("log")
    new = keyfile.make(own_keys, "log", old.name, not_before=old.not_before + timedelta(microseconds=1))
    assert [key.key_id for key in keyring.standing("log")] == [old.key_id, new.key_id]
    grow(1)
    assert commands(client) == keyring.vkeys([new]) * 2


def test_while_no_log_key_stands_there_is_no_command_with_an_empty_one(own_keys: Path, client: Client) -> None:
    grow(1)
    (only,) = keyring.standing("log")
    keyfile.write(replace(only, not_after=only.not_before + timedelta(microseconds=1)))
    assert keyring.standing("log") == []
    assert commands(client) == []
    assert client.get("/log/").text.count("No key signs checkpoints") == 1
