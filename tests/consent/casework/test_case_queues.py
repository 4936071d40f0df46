"""The queues of takedown cases: the clock's order, and nobody judges what they are a side of or decided before."""

from __future__ import annotations

import pytest

from consent.casework import assignments, counts, queues
from consent.models import Ruling
from consent.staff import Staff
from consent.takedown import appeals
from tests.consent.takedown import notices

pytestmark = pytest.mark.django_db


def waiting(queue: str) -> list[object]:
    return list(queues.named(queue).waiting().values_list("pk", flat=True))


def test_a_notice_waits_for_a_person_until_somebody_proposed_a_ruling(lin: Staff) -> None:
    case = notices.filed().notice.case
    assert waiting("takedowns") == [case.pk]
    ruling = notices.decided(case)
    Ruling.objects.update(state="proposed", in_force_at=None, confirmed_by="", settled_entry=None)
    assert waiting("takedowns") == []
    assert waiting("rulings-to-confirm") == [ruling.pk]
    assert next(each for each in counts.live(actor=lin) if each.queue == "rulings-to-confirm").pending == 1


def test_an_appeal_is_handed_to_nobody_who_had_a_word(lin: Staff, zoe: Staff) -> None:
    notice = notices.filed().notice
    ruling = notices.decided(notice.case)
    Ruling.objects.update(proposed_by=zoe.actor)
    appeal = appeals.file_by_notifier(ruling, "Please look again.", notice=notice, actor=None)
    assert assignments.next_one("appeals", actor=zoe) is None
    held = assignments.next_one("appeals", actor=lin)
    assert held is not None
    assert held.item == appeal.pk
