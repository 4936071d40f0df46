"""The status list that strangers fetch is the state of the log that they see."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings

from ledger import keyring, log, published, publisher, statusfiles, statuslist
from ledger.entry import decode
from ledger.keyfile import KeyUnavailable
from ledger.models import Entry, StatusChunk
from ledger.state import Summary
from ledger.statusfiles import StateUnsound
from ledger.statuslist import StatusList
from tests.ledger.conftest import PARTY, publish, sequenced

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def static_folder(settings: Settings) -> None:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


def grant() -> Entry:
    with transaction.atomic():
        public = {"expires": "2027-11-22T14:35Z"}
        return log.append("grant.recorded", {}, actor=PARTY, subject=PARTY, public=public)


def end(*grants: Entry) -> None:
    with transaction.atomic():
        public = {"ends": [one.commit_text for one in grants]}
        log.append("consent.withdrawn", {}, actor=PARTY, subject=PARTY, public=public)


def shown() -> tuple[StatusList, StatusList]:
    """Return what the two files say, verified."""
    keys = {key.key_id.encode(): key.public for key in keyring.public_keys("status")}
    expected = {"uri": f"{configured.PUBLIC_URL}/status/grants", "keys": keys, "at": int(time.time())}
    jwt = statuslist.verify_jwt(published.read("status/grants.jwt").decode(), **expected)  # type: ignore[arg-type]
    return jwt, statuslist.verify_cwt(published.read("status/grants.cwt"), **expected)  # type: ignore[arg-type]


def grown() -> None:
    sequenced(0)
    publish()


def test_a_grant_is_valid_until_it_is_ended_in_both_forms() -> None:
    first, second = grant(), grant()
    grown()
    jwt, cwt = shown()
    assert jwt == cwt
    assert [jwt.status(number) for number in (0, 1)] == [statuslist.VALID, statuslist.VALID]
    end(first)
    grown()
    jwt, cwt = shown()
    assert [cwt.status(number) for number in (0, 1)] == [statuslist.INVALID, statuslist.VALID]
    end(first, second)
    grown()
    assert shown()[0].status(1) == statuslist.INVALID


def test_the_token_is_of_the_state_that_is_published() -> None:
    grant()
    grown()
    jwt, _ = shown()
    state = Entry.objects.get(kind="state.recorded")
    said = Summary.of(decode(bytes(state.body)))
    assert (jwt.as_of, hashlib.sha256(jwt.array).digest()) == (state.index, said.status_list)


def test_a_list_that_did_not_change_is_signed_again_only_when_it_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    grant()
    sequenced(0)
    running = publisher.start()
    running.publish()
    before = published.read("status/grants.jwt")
    sequenced(1)
    running.publish()
    assert published.read("status/grants.jwt") == before
    issued = running.issued[0]
    running.issued[:] = [statusfiles.Issued(issued.status_list, issued.at - statusfiles.TTL_SECONDS)]
    sequenced(1)
    running.publish()
    assert published.read("status/grants.jwt") != before


def test_strangers_fetch_the_form_that_they_accept(client: Client) -> None:
    assert client.get("/status/grants").status_code == 404
    grant()
    grown()
    for accept, kind, path in (
        ("*/*", "application/statuslist+jwt", "status/grants.jwt"),
        ("application/statuslist+jwt", "application/statuslist+jwt", "status/grants.jwt"),
        ("application/statuslist+cwt", "application/statuslist+cwt", "status/grants.cwt"),
    ):
        answer = client.get("/status/grants", headers={"accept": accept})
        assert (answer.status_code, answer["Content-Type"]) == (200, kind)
        assert answer.content == published.read(path)
        assert "Accept" in answer["Vary"]
    answer = client.get("/status/grants?time=1")
    assert (answer.status_code, answer.json()["code"]) == (501, "status-time-unsupported")


def test_a_list_that_was_changed_after_it_was_recorded_is_never_signed() -> None:
    first = grant()
    end(first)
    grown()
    assert shown()[0].status(0) == statuslist.INVALID
    StatusChunk.objects.update(bits=b"\0")
    before = published.read("status/grants.jwt"), published.read("checkpoint")
    sequenced(1)
    with pytest.raises(StateUnsound):
        publisher.start().publish()
    assert (published.read("status/grants.jwt"), published.read("checkpoint")) == before


def test_a_list_that_could_not_be_written_is_written_by_the_next_round(monkeypatch: pytest.MonkeyPatch) -> None:
    end(grant())
    sequenced(0)
    running = publisher.start()
    with monkeypatch.context() as broken:
        broken.setattr(statusfiles, "write", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            running.publish()
    assert not (published.folder() / "status").exists()
    assert publisher.start().publish() is False
    assert shown()[0].status(0) == statuslist.INVALID


def test_the_log_goes_on_without_a_key_for_lists(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_purpose: str) -> keyring.SigningKey:
        raise KeyUnavailable("No status key stands now")

    grant()
    sequenced(0)
    running = publisher.start()
    monkeypatch.setattr(keyring, "signing_key", gone)
    assert running.publish() is True
    assert (published.folder() / "keys").exists()
    assert "no status list was signed" in caplog.text
