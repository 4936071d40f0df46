"""Being forgotten, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core import signing

from consent import erasure
from consent.models import Likeness, Party
from ledger.models import Entry
from tests.consent import people
from tests.consent.api.conftest import Call
from tests.consent.people import Person

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def short_leases(settings: Settings) -> None:
    settings.SERVING_LEASE_SECONDS = 0.01


def test_two_steps_and_a_receipt(call: Call, ada: Person, face: Likeness) -> None:
    people.grant(ada, face)
    shown = call(ada, "get", "parties/me/erasure")
    assert shown["Cache-Control"] == "no-store"
    assert shown.json()["destroys"]["grants"] == 1
    assert not Entry.objects.filter(kind="subject.erased").exists()
    receipt = call(ada, "delete", "parties/me", {"confirm": shown.json()["confirm"]})
    assert receipt.status_code == 200
    assert receipt["Cache-Control"] == "no-store"
    told = receipt.json()
    assert told["entry"] == Entry.objects.get(kind="subject.erased").commit_text
    assert told["destroyed"] == shown.json()["destroys"]
    assert {"what", "why"} == set(told["remains"][0])
    assert told["backups_until"] > told["erased_at"]
    assert call(ada, "get", "parties/me").status_code == 401
    assert Party.objects.get().is_erased


@pytest.mark.parametrize(
    "body", [{}, {"confirm": ""}, {"confirm": None}, {"confirm": "x", "more": 1}, {"confirm": "x" * 2001}]
)
def test_a_wrong_body_erases_nothing(call: Call, ada: Person, body: dict[str, object]) -> None:
    assert call(ada, "delete", "parties/me", body).status_code == 422
    assert not Party.objects.get().is_erased


def test_a_confirmation_is_for_one_party_one_state_and_a_quarter_of_an_hour(
    call: Call, ada: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bens = call(ben, "get", "parties/me/erasure").json()["confirm"]
    mine = call(ada, "get", "parties/me/erasure").json()["confirm"]
    people.enrolled(ada, monkeypatch)  # since
    spoilt = call(ada, "get", "parties/me/erasure").json()["confirm"][:-1] + "!"
    elsewhere = signing.dumps({"party": str(ada.party.pk)}, salt="another purpose")
    fresh = call(ada, "get", "parties/me/erasure").json()["confirm"]
    for confirm in (bens, mine, spoilt, elsewhere, "a:b:c", "\u00e9"):
        answer = call(ada, "delete", "parties/me", {"confirm": confirm})
        assert (answer.status_code, answer.json()["code"]) == (409, "confirmation-invalid")
    monkeypatch.setattr(erasure, "CONFIRM_SECONDS", -1)
    assert call(ada, "delete", "parties/me", {"confirm": fresh}).json()["code"] == "confirmation-invalid"
    assert not Party.objects.filter(erased_at__isnull=False).exists()


def test_an_erased_client_is_shown_to_holders_without_a_name(
    call: Call, ada: Person, ben: Person, face: Likeness
) -> None:
    body = {"cast": [str(face.pk)], "purpose": "satire", "remix": False, "seconds": 4}
    assert call(ben, "post", "decisions", body).json()["outcome"] == "deny"
    erasure.erase_party(ben.party, actor=ben.party)
    (attempt,) = call(ada, "get", "attempts").json()["items"]
    assert attempt["client"]["name"] == ""
    assert attempt["purpose"] is None
    assert attempt["outcome"] == "deny"
    assert call(ada, "get", "parties?handle=ben").json() == {"items": []}
