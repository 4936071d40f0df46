"""Taking consent back by the pages: in two clicks, never behind another log-in, and only what is one's own."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent import exclusions
from consent.models import Exclusion, Grant, Likeness, PartyKey, Suspension, Withdrawal
from consent.portal import signing
from consent.portal.signing import Passkey
from consent.standing import Standing, standing
from ledger.canonical import digest
from tests.consent import logins, people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202ea\u202d",
    "x" * 100_000,
    "a\x00b",
    "\U0001f600",
]


@pytest.fixture
def browser(ada: Person) -> Client:
    return logins.client_of(logins.own(ada.party))


@pytest.fixture
def stranger(eve: Person) -> Client:
    return logins.client_of(logins.own(eve.party))


@pytest.fixture
def given(ada: Person, ben: Person, face: Likeness) -> Grant:
    return people.full_grant(ada, face, ben.party)


def reauthenticated(browser: Client, path: str) -> str:
    """Post, give the password where it is asked for, and return where that leads."""
    answer = browser.post(path)
    assert "reauthenticate" in answer["Location"]
    return str(browser.post(answer["Location"], {"password": "correct horse battery", "next": path})["Location"])


def test_a_permission_is_withdrawn_in_two_clicks_and_becomes_effective(browser: Client, given: Grant) -> None:
    listed = browser.get("/me/permissions")
    first = f"/me/withdrawal?grant={given.pk}"
    assert first in listed.content.decode()
    asked = browser.get(first)
    assert "What happens then" in asked.content.decode()
    assert not Withdrawal.objects.exists()
    done = browser.post("/me/withdrawal", {"grant": str(given.pk)})
    made = Withdrawal.objects.get(grant=given)
    assert done["Location"] == f"/me/endings/{made.pk}"
    assert standing([given.pk])[given.pk] is Standing.WITHDRAWN
    shown = browser.get(done["Location"]).content.decode()
    assert 'http-equiv="refresh" content="1; url=?wait=1"' in shown
    assert "Effective" not in shown
    after = browser.get(f"{done['Location']}?wait=1").content.decode()
    assert "It is withdrawn" in after
    assert "Effective" in after
    assert "refresh" not in after


def test_the_same_button_twice_is_one_withdrawal(browser: Client, given: Grant) -> None:
    one, two = (browser.post("/me/withdrawal", {"grant": str(given.pk)})["Location"] for _ in range(2))
    assert one == two
    assert browser.get(f"/me/withdrawal?grant={given.pk}")["Location"] == one
    assert Withdrawal.objects.count() == 1


def test_a_likeness_ends_with_everything(browser: Client, given: Grant, face: Likeness) -> None:
    assert "enrol anew" in browser.get(f"/me/withdrawal?likeness={face.pk}").content.decode()
    browser.post("/me/withdrawal", {"likeness": str(face.pk)})
    face.refresh_from_db()
    assert face.state == Likeness.State.WITHDRAWN
    assert standing([given.pk])[given.pk] is Standing.WITHDRAWN


def test_a_party_is_shut_out_by_its_handle_and_let_in_after_a_fresh_proof(
    browser: Client, given: Grant, face: Likeness, ben: Person
) -> None:
    assert "Shut out Ben Example" in browser.get("/me/withdrawal?party=ben").content.decode()
    browser.post("/me/withdrawal", {"party": str(ben.party.pk)})
    out = Exclusion.objects.get(lifted_at=None)
    assert exclusions.excluded([face.pk], ben.party.pk) == {face.pk}
    assert "Ben Example" in browser.get("/me/endings").content.decode()
    reauthenticated(browser, f"/me/exclusions/{out.pk}/end")
    assert not Exclusion.objects.filter(lifted_at=None).exists()
    given.refresh_from_db()
    assert given.ended_at is not None


def test_everything_stops_at_once_and_nothing_asks_who_one_is(browser: Client, given: Grant, face: Likeness) -> None:
    for page in ("/me/permissions", f"/me/permissions/{given.pk}", "/me/endings", f"/me/withdrawal?grant={given.pk}"):
        assert 'href="/me/stop"' in browser.get(page).content.decode(), page
    assert "Nothing is deleted" in browser.get("/me/stop").content.decode()
    assert browser.post("/me/stop")["Location"] == "/me/endings"
    assert standing([given.pk])[given.pk] is Standing.SUSPENDED
    browser.post("/me/stop")
    rest = Suspension.objects.get()
    assert browser.get("/me/endings?wait=1")["Location"] == "/me/endings"
    rest.refresh_from_db()
    assert rest.effective_at is not None
    reauthenticated(browser, f"/me/pauses/{rest.pk}/end")
    assert standing([given.pk])[given.pk] is Standing.STANDS


def test_everything_ends_for_good_where_that_is_asked_for(browser: Client, given: Grant, bare: Likeness) -> None:
    browser.post("/me/stop", {"for_good": "on"})
    assert set(Likeness.objects.values_list("state", flat=True)) == {Likeness.State.WITHDRAWN}
    assert standing([given.pk])[given.pk] is Standing.WITHDRAWN
    assert "nothing to stop" in browser.get("/me/stop").content.decode()
    assert bare.pk != given.likeness_id


def test_what_is_somebody_elses_does_not_exist(stranger: Client, browser: Client, given: Grant, face: Likeness) -> None:
    made = browser.post("/me/withdrawal", {"grant": str(people.some_id())})
    assert made.status_code == 404
    browser.post("/me/stop")
    rest = Suspension.objects.get()
    for page in (
        f"/me/permissions/{given.pk}",
        f"/me/withdrawal?grant={given.pk}",
        f"/me/withdrawal?likeness={face.pk}",
    ):
        assert stranger.get(page).status_code == 404, page
    for act in (f"/me/permissions/{given.pk}/pause",):
        assert stranger.post(act).status_code == 404, act
    assert stranger.post("/me/withdrawal", {"grant": str(given.pk)}).status_code == 404
    stranger.post("/me/stop", {"for_good": "on"})
    assert not Withdrawal.objects.exists()
    assert Suspension.objects.filter(resumed_at=None).get() == rest
    assert stranger.get(f"/me/endings/{uuid4()}").status_code == 404
    assert stranger.get(f"/me/entries/{given.entry_id}").status_code == 404
    assert stranger.get(f"/me/permissions/{given.pk}/files/record").status_code == 404


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_by_a_page(browser: Client, given: Grant, text: str) -> None:
    for name in ("grant", "likeness", "party"):
        assert browser.get("/me/withdrawal", {name: text}).status_code in {302, 400, 404, 422}
        assert browser.post("/me/withdrawal", {name: text}).status_code in {302, 400, 404, 422}
    for sent in ({"since": text}, {"since": "2026-11-01T00:00", "document": text, "evidence": text}):
        answer = browser.post("/me/undo", sent)
        assert answer.status_code in {400, 422}
        assert b"<script>alert" not in answer.content
    assert browser.get("/me/permissions", {"before": text, "likeness": text}).status_code in {200, 400, 422}
    assert not Withdrawal.objects.exists()


def test_one_permission_rests_and_its_page_says_what_became_of_it(
    browser: Client, given: Grant, ada: Person, face: Likeness, ben: Person
) -> None:
    browser.post(f"/me/permissions/{given.pk}/pause")
    assert standing([given.pk])[given.pk] is Standing.SUSPENDED
    page = browser.get(f"/me/permissions/{given.pk}").content.decode()
    assert "Let it go on" in page
    assert "Paused" in page
    assert f"/me/entries/{given.entry_id}" in page
    counted = people.full_grant(ada, face, ben.party, limits={"uses": 7, "seconds": None, "seconds_each": None})
    assert "0 of 7 videos" in browser.get(f"/me/permissions/{counted.pk}").content.decode()


def test_the_list_asks_as_often_whatever_it_lists(
    browser: Client, ada: Person, ben: Person, given: Grant, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    browser.get("/me/permissions")
    with django_assert_max_num_queries(10) as one:
        browser.get("/me/permissions")
    for _ in range(27):
        people.full_grant(ada, given.likeness, ben.party)
    with django_assert_max_num_queries(len(one.captured_queries)):
        page = browser.get("/me/permissions")
    assert page["Cache-Control"].count("no-store") == 1
    assert len(page.context["items"]) == 25
    older = browser.get("/me/permissions" + page.context["older"])
    assert [item.grant.pk for item in older.context["items"]][-1] == given.pk
    assert len(older.context["items"]) == 3


def test_files_are_handed_out_to_the_signer(browser: Client, given: Grant) -> None:
    for kind in ("record", "receipt", "odrl"):
        answer = browser.get(f"/me/permissions/{given.pk}/files/{kind}")
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
        assert str(given.pk) in answer.content.decode()
    assert browser.get(f"/me/permissions/{given.pk}/files/nothing").status_code == 404
    assert "not published yet" in browser.get(f"/me/entries/{given.entry_id}").content.decode()


def test_an_undoing_is_signed_with_a_passkey_that_was_in_use_then(monkeypatch: pytest.MonkeyPatch, ben: Person) -> None:
    holder = people.register_passkey("fay")
    browser = logins.client_of(logins.own(holder.party))
    key = Passkey(1, "Phone", b"id", holder.passkey.public, holder.key.key_id)
    monkeypatch.setattr(signing, "of_user", lambda _user: [key])
    face = people.enrolled(holder, monkeypatch)
    given = people.full_grant(holder, face, ben.party)  # type: ignore[arg-type]  # whoever signs
    began = timezone.now() - timedelta(minutes=10)
    PartyKey.objects.filter(pk=holder.key.pk).update(created_at=began - timedelta(minutes=1))
    since = began.strftime("%Y-%m-%dT%H:%M:%S")
    page = browser.post("/me/undo", {"since": since})
    document = page.context["document"]
    evidence = holder.passkey.sign(digest("undo", json.loads(document)))
    sent = {"since": since, "document": document, "evidence": json.dumps(evidence)}
    wrong = browser.post("/me/undo", sent | {"evidence": json.dumps(holder.passkey.sign(b"x" * 32))})
    assert wrong.status_code == 422
    assert standing([given.pk])[given.pk] is Standing.STANDS
    assert browser.post("/me/undo", sent)["Location"] == "/me/endings"
    assert standing([given.pk])[given.pk] is Standing.WITHDRAWN


def test_an_undoing_is_previewed(browser: Client, given: Grant) -> None:
    since = (timezone.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    page = browser.post("/me/undo", {"since": since})
    assert page.status_code == 200
    assert page.context["found"].grants == [given.pk]
    assert "POST /v1/undo" in page.content.decode()
    assert browser.post("/me/undo", {"since": "2001-01-01T00:00:00"}).status_code == 422
