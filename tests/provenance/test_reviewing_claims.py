"""Claims in the browser of moderators: two people decide, and a document is seen by who asked, on record."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from consent.casework import roles
from consent.models import Claim, ClaimReview, Proposal, Viewing
from ledger.models import Entry
from tests.consent import logins, people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
WHY = "I compare the will with the claim."
HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\u202etxt\u202d", "x" * 100_000, "a\0b",
    "\ud800", "\U0001f480",
]  # fmt: skip


@pytest.fixture(autouse=True)
def groups() -> None:
    roles.synchronise()


def working(name: str, *given: str) -> Client:
    user = logins.staff(name, is_superuser=False)
    user.groups.set(Group.objects.filter(name__in=given))
    return logins.client_of(user)


@pytest.fixture
def lin() -> Client:
    return working("lin", "moderator")


@pytest.fixture
def zoe() -> Client:
    return working("zoe", "moderator-manager")


@pytest.fixture
def eve() -> Person:
    return people.register("eve", "Eve <b>Example</b>")


@pytest.fixture
def claim(eve: Person) -> Claim:
    return people.documented(eve, people.claim(eve), "evidence", "reference")


def url(claim: Claim) -> str:
    return f"/console/claims/{claim.pk}"


def ask_url(claim: Claim) -> str:
    return f"/console/sealed/claim-document/{claim.documents.filter(kind='evidence').get().pk}/ask"


def state(claim: Claim) -> str:
    return str(Claim.objects.get(pk=claim.pk).state)


def test_one_recommends_and_another_accepts(lin: Client, zoe: Client, claim: Claim) -> None:
    assert url(claim) in lin.get("/console/claims").content.decode()
    shown = lin.get(url(claim))
    assert "no-store" in shown["Cache-Control"]
    assert "Eve &lt;b&gt;" in shown.content.decode()
    assert lin.post(url(claim), {"act": "recommend-accept"}).status_code == 302
    assert lin.post(url(claim), {"act": "accept"}).status_code == 409  # not the same person
    assert state(claim) == "open"
    assert "A colleague decides" in lin.get(url(claim)).content.decode()
    assert zoe.post(url(claim), {"act": "accept"}).status_code == 302
    assert state(claim) == "accepted"


def test_one_person_refuses_with_a_reason_and_never_without(lin: Client, claim: Claim) -> None:
    refused = lin.post(url(claim), {"act": "refuse", "reason": ""})
    assert refused.status_code == 409
    assert 'value="refuse" required checked' in refused.content.decode()
    assert lin.post(url(claim), {"act": "refuse", "reason": "not-shown"}).status_code == 302
    assert state(claim) == "refused"


def test_a_dispute_needs_a_second_word_to_be_refused(lin: Client, zoe: Client, claim: Claim) -> None:
    assert lin.post(url(claim), {"act": "dispute"}).status_code == 302
    assert zoe.post(url(claim), {"act": "refuse", "reason": "not-shown"}).status_code == 409
    assert lin.post(url(claim), {"act": "recommend-refuse"}).status_code == 302
    assert zoe.post(url(claim), {"act": "refuse", "reason": "not-shown"}).status_code == 302
    assert state(claim) == "refused"


def test_an_authority_is_ended_by_two(lin: Client, zoe: Client, eve: Person, claim: Claim) -> None:
    people.accepted(eve, claim)
    assert lin.post(url(claim), {"act": "end"}).status_code == 409
    assert lin.post(url(claim), {"act": "recommend-end"}).status_code == 302
    assert lin.post(url(claim), {"act": "end"}).status_code == 409
    assert zoe.post(url(claim), {"act": "end"}).status_code == 302
    assert state(claim) == "ended"


def test_nobody_works_on_a_claim_of_their_own(eve: Person, claim: Claim) -> None:
    own = working("eve-of-the-staff", "moderator-manager")
    eve.party.user = User.objects.get(username="eve-of-the-staff")
    eve.party.save(update_fields=["user"])
    for path in (url(claim), ask_url(claim)):
        assert (
            own.get(path).status_code == own.post(path, {"act": "recommend-accept", "reason": WHY}).status_code == 409
        )
    assert url(claim) not in own.get("/console/claims").content.decode()
    assert not ClaimReview.objects.exists()
    assert not Proposal.objects.exists()


def test_a_document_is_seen_by_who_asked_after_a_colleague_let_them(lin: Client, zoe: Client, claim: Claim) -> None:
    assert lin.post(ask_url(claim), {"reason": WHY})["Location"] == url(claim)
    lin.post(ask_url(claim), {"reason": WHY})
    asked = Proposal.objects.get()
    look, answer = f"/console/sealed/{asked.pk}/look", f"/console/sealed/{asked.pk}/answer"
    assert lin.get(look).status_code == 403
    assert lin.post(answer, {"word": "confirm"}).status_code == 403  # a moderator lets nobody look
    assert WHY in zoe.get(url(claim)).content.decode()
    assert WHY not in lin.get(url(claim)).content.decode()
    assert zoe.post(answer, {"word": "confirm"})["Location"] == url(claim)
    assert zoe.get(look).status_code == 403  # who let somebody look asks for themselves
    assert look in lin.get(url(claim)).content.decode()
    assert not Viewing.objects.exists()
    seen: Any = lin.get(look)
    assert seen.getvalue().startswith(b"\x89PNG")
    assert seen["Content-Disposition"].startswith("attachment")
    assert seen["Content-Type"] == "application/octet-stream"
    assert "no-store" in seen["Cache-Control"]
    assert Viewing.objects.count() == Entry.objects.filter(kind="sealed.viewed").count() == 1


def test_a_manager_does_not_let_themselves_look(zoe: Client, claim: Claim) -> None:
    zoe.post(ask_url(claim), {"reason": WHY})
    asked = Proposal.objects.get()
    assert zoe.post(f"/console/sealed/{asked.pk}/answer", {"word": "confirm"}).status_code == 409
    assert zoe.get(f"/console/sealed/{asked.pk}/look").status_code == 403


def test_what_a_claimant_swore_is_opened_on_record(lin: Client, eve: Person, claim: Claim) -> None:
    assert "Read what they swore" in lin.get(url(claim)).content.decode()
    assert not Entry.objects.filter(kind="claim.read").exists()
    opened = lin.post(f"{url(claim)}/read").content.decode()
    assert "It is on record that you opened this." in opened
    assert Entry.objects.filter(kind="claim.read").count() == 1
    own = working("eve-of-the-staff", "moderator")
    eve.party.user = User.objects.get(username="eve-of-the-staff")
    eve.party.save(update_fields=["user"])
    assert own.post(f"{url(claim)}/read").status_code == 409
    assert working("ann", "analyst").post(f"{url(claim)}/read").status_code == 403
    assert Entry.objects.filter(kind="claim.read").count() == 1


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_or_shown_as_text(lin: Client, claim: Claim, text: str) -> None:
    sent = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if text == "\ud800" else text
    for path, form in (
        (url(claim), {"act": sent, "reason": sent}),
        (url(claim), {"act": "refuse", "reason": sent}),
        (ask_url(claim), {"reason": sent, "session": sent}),
    ):
        answer = lin.post(path, form)
        assert answer.status_code in {302, 400, 409, 413, 422}
        assert "<script>alert" not in answer.content.decode()
        assert "<img src=x" not in answer.content.decode()


def test_strangers_and_absent_things_are_turned_away(lin: Client, claim: Claim, client: Client) -> None:
    analyst = working("ann", "analyst")
    assert client.get(url(claim)).status_code == 302
    assert {analyst.get(path).status_code for path in (url(claim), "/console/claims", ask_url(claim))} == {403}
    assert lin.get(f"/console/claims/{uuid.uuid4()}").status_code == 404
    assert lin.get(f"/console/sealed/claim-document/{uuid.uuid4()}/ask").status_code == 404
    assert lin.get(f"/console/sealed/passwords/{uuid.uuid4()}/ask").status_code in {400, 404, 422}
    assert lin.get(f"/console/sealed/{uuid.uuid4()}/look").status_code in {400, 404, 422}


def test_the_list_asks_as_much_whatever_waits(
    lin: Client,
    eve: Person,
    claim: Claim,
    django_assert_num_queries: Any,  # noqa: ANN401 - pytest-django's
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    lin.get("/console/claims")
    with CaptureQueriesContext(connection) as one:
        lin.get("/console/claims")
    for _ in range(3):
        people.claim(eve)
    with django_assert_num_queries(len(one)):
        lin.get("/console/claims")
