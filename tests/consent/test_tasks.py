"""The doorbells call their verbs."""

from __future__ import annotations

import pytest

from consent import decisions, revocations, tasks
from consent.models import Decision, Likeness
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def test_overdue_withdrawals_become_effective(ada: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocations, "OVERDUE", -revocations.OVERDUE)
    withdrawal = revocations.withdraw_likeness(face, actor=ada.party)
    tasks.drain_overdue()
    withdrawal.refresh_from_db()
    assert withdrawal.effective_at is not None


def test_denials_are_digested(carl: Person, face: Likeness) -> None:
    decisions.preflight(people.use(carl.party, face), actor=carl.party)
    tasks.digest_denials()
    assert Decision.objects.get().digest_entry is not None
