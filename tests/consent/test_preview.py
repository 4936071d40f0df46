"""Who may see what a withdrawal would do: whoever could make it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consent import claims, clock, preview, rfc3339
from consent.preview import Aim
from ledger.problem import Problem
from tests.consent import people

pytestmark = pytest.mark.django_db


def test_whoever_may_withdraw_sees_what_it_would_do_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben, agent = (people.register(handle) for handle in ("ada", "ben", "agent"))
    likeness = people.enrolled(ada, monkeypatch)
    granted = people.grant(ada, likeness, ben.party)
    aims = Aim(agent.party, grant=granted), Aim(agent.party, likeness=likeness)
    for aim in aims:
        with pytest.raises(Problem, match="no such"):
            preview.preview(aim)
    until = rfc3339.write(clock.now() + timedelta(days=30))
    mandate = {"acts": ["withdraw"], "purposes": None, "not_after": until}
    made = people.claim(agent, likeness, role="agent", limits=mandate)
    people.agree(ada, likeness, "claim", claims.document_of(made))
    people.accepted(agent, made)
    for aim in aims:
        assert preview.preview(aim).grants == 1
    with pytest.raises(Problem, match="no such"):  # shutting somebody out is the holder's
        preview.preview(Aim(agent.party, likeness, party=ben.party))
