"""A quarter in which one of everything happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

from consent import reasons_given
from consent.models import (
    Appeal,
    Block,
    Case,
    CounterNotice,
    Decision,
    Notice,
    Order,
    Party,
    ReasonsStated,
    Ruling,
    Strike,
)
from tests.consent.takedown import notices
from tests.consent.test_reasons_statement import GOOD

if TYPE_CHECKING:
    from consent.transparency.figure import Figure

START = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SAID: dict[str, Any] = {name: value for name, value in GOOD.items() if name != "puid"}


def quarter(uploader: Party) -> Case:
    """Let a notice be filed at `START`, held back at once, decided after two hours and appealed; and all the rest."""
    notices.one_of_each(uploader)
    ruling = Ruling.objects.get()
    reasons_given.issue(SAID, case=ruling.case, ruling=ruling, actor=notices.FIRST.actor)
    Decision.objects.create(
        client=uploader,
        use={"v": 1},
        outcome="deny",
        reasons=[
            {"likeness": "a", "reason": "no_grant"},
            {"likeness": "b", "reason": "no_grant"},
            {"reason": "blocked"},
        ],
        decided_at=START,
    )
    dated(ruling.case)
    return Case.objects.get(pk=ruling.case_id)


def dated(case: Case) -> None:
    """Move everything into the quarter; what was done stays in its order."""
    Case.objects.filter(pk=case.pk).update(opened_at=START, valid_at=START, due_at=START + 24 * HOUR)
    Case.objects.exclude(pk=case.pk).update(opened_at=START, valid_at=START, due_at=START + 24 * HOUR)
    Block.objects.update(accepted_at=START + HOUR / 60)
    with connection.cursor() as cursor:  # the guard holds the dates of rulings, too
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE consent_ruling DISABLE TRIGGER consent_ruling_guard")
        Ruling.objects.update(proposed_at=START + HOUR, in_force_at=START + 2 * HOUR)
        cursor.execute("ALTER TABLE consent_ruling ENABLE TRIGGER consent_ruling_guard")
    Order.objects.update(recorded_at=START)
    Strike.objects.update(given_at=START)
    ReasonsStated.objects.update(stated_at=START + 2 * HOUR)
    for model in (Notice, CounterNotice, Appeal):
        model.objects.update(filed_at=START)


def table(figures: list[Figure], name: str) -> dict[tuple[str, ...], tuple[int, int | None]]:
    return {each.of: (each.count, each.part) for each in figures if each.table == name}
