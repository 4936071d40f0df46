"""Taking back over HTTP: the answer comes when it is true."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from consent import revocations
from consent.models import Likeness, Withdrawal
from tests.consent import people
from tests.consent.api.conftest import Call
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def test_a_withdrawal_is_acknowledged_when_it_is_effective(
    call: Call, ada: Person, ben: Person, face: Likeness
) -> None:
    given = people.grant(ada, face, ben.party)
    answer = call(ada, "post", "withdrawals", {"grant": str(given.pk)})
    assert answer.status_code == 200
    made = answer.json()
    assert made["state"] == "effective"
    assert made["effective_at"] > made["accepted_at"]
    assert call(ada, "get", f"withdrawals/{made['id']}").json() == made
    assert call(ada, "post", "withdrawals", {"grant": str(given.pk)}).json() == made
    assert call(ben, "get", f"grants/{given.pk}").json()["standing"] == "withdrawn"


def test_what_could_not_be_confirmed_is_202_and_stays_withdrawn(
    call: Call, ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = people.grant(ada, face, ben.party)

    def fail(_withdrawal: Withdrawal) -> None:
        raise OperationalError("the database went away")

    monkeypatch.setattr(revocations, "drain", fail)
    answer = call(ada, "post", "withdrawals", {"likeness": str(face.pk)})
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["effective_at"]) == ("accepted", None)
    assert "not yet effective" in answer.json()["detail"]
    given.refresh_from_db()
    assert given.ended_at is not None


@pytest.mark.parametrize(
    "body", [{}, {"grant": people.some_id(), "likeness": people.some_id()}, {"grant": 1}, {"x": 1}]
)
def test_exactly_one_thing_is_withdrawn(call: Call, ada: Person, body: dict[str, object]) -> None:
    answer = call(ada, "post", "withdrawals", body)
    assert answer.status_code == 422
    assert not Withdrawal.objects.exists()


def test_nobody_withdraws_or_sees_what_is_anothers(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    for name, pk in (("grant", given.pk), ("likeness", face.pk)):
        theirs = call(ben, "post", "withdrawals", {name: str(pk)})
        absent = call(ben, "post", "withdrawals", {name: people.some_id()})
        assert theirs.status_code == 404
        assert theirs.json() == absent.json()
    made = revocations.withdraw_grant(given, actor=ada.party)
    assert call(ben, "get", f"withdrawals/{made.pk}").status_code == 404
