"""A grant that reaches far needs more than a signature."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from consent import enrolment, grants
from consent.grants import ProofNeeded
from consent.models import Enrolment, Grant, Likeness
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
EVERYONE: dict[str, Any] = {"audience": {"kind": "everyone", "except": []}}


@pytest.mark.parametrize(
    "broad",
    [
        EVERYONE,
        {"purposes": ["advertising"]},
        {"scenes": {"allowed": ["everyday", "politics"], "denied": []}},
        {"scenes": {"allowed": ["everyday", "swimwear"], "denied": []}},
        {"training": True},
    ],
    ids=["everyone", "advertising", "politics", "swimwear", "training"],
)
def test_what_reaches_far_needs_a_fresh_proof(
    ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch, broad: dict[str, Any]
) -> None:
    with pytest.raises(ProofNeeded) as refusal:
        people.full_grant(ada, face, ben.party, **broad)
    assert "enrolment session" in str(refusal.value.remedy)
    people.proved(ada, face, monkeypatch)
    assert people.full_grant(ada, face, ben.party, **broad)


def test_an_old_proof_is_not_fresh(ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch) -> None:
    people.proved(ada, face, monkeypatch)
    newest = Enrolment.objects.filter(likeness=face).latest("created_at")
    Enrolment.objects.filter(pk=newest.pk).update(
        created_at=newest.created_at - grants.PROOF_WITHIN - timedelta(minutes=1)
    )
    assert enrolment.fresh_proof_at(face) is not None
    with pytest.raises(ProofNeeded):
        people.full_grant(ada, face, ben.party, **EVERYONE)
    assert not Grant.objects.exists()


def test_a_grant_to_few_needs_none(ada: Person, ben: Person, face: Likeness) -> None:
    assert people.full_grant(ada, face, ben.party)
