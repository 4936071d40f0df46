"""Dates are kept, orders are carried out and end, what is late is an alarm, and nobody is silenced for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from consent import blocks, clock
from consent.models import Appeal, Breach, Case, Order, Party, Strike
from consent.staff import SecondPersonNeeded
from consent.takedown import (
    appeals,
    cases,
    counter_notices,
    enforcement,
    lanes,
    orders,
    restorations,
    rulings,
    sanctions,
    second_looks,
    strikes,
    triage,
    upkeep,
)
from consent.takedown.provisional import Found
from tests.consent import people
from tests.consent.takedown.notices import COUNTER, VIDEO, filed
from tests.consent.takedown.test_rulings import FACTS, FOUR, ONE, THREE, TWO, case_of, confirm, decide, down

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben() -> Party:
    return people.register("ben").party


def travel(monkeypatch: pytest.MonkeyPatch, to: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: to)


def ordered(ends_at: datetime | None = None) -> Order:
    return orders.record_order(
        VIDEO,
        kind="court",
        court="Court",
        country="DE",
        docket="4 C 7/26",
        words="Not to be shown.",
        scope="video",
        served_at=clock.now(),
        ends_at=ends_at,
        territory=["DE"],
        actor=ONE,
    )


@pytest.mark.parametrize("sued", [False, True], ids=["nobody sued", "somebody sued"])
def test_two_people_say_beforehand_that_it_comes_back_and_the_date_is_kept_unless_somebody_sued(
    ben: Party, monkeypatch: pytest.MonkeyPatch, *, sued: bool
) -> None:
    notice = filed().notice
    counter = counter_notices.file_counter_notice(notice.case, COUNTER, actor=ben)
    proposed = restorations.accept(counter, FACTS, version=case_of(notice).version, actor=ONE)
    with pytest.raises(SecondPersonNeeded):
        confirm(proposed, ONE)
    confirm(proposed)
    assert down()
    assert counter.restore_at is not None
    assert restorations.give_back(counter.restore_at - timedelta(seconds=1)) == 0
    if sued:
        counter_notices.record_suit(counter, actor=ONE)
    travel(monkeypatch, counter.restore_at)
    assert upkeep.keep() == (0 if sued else 1)
    assert down() is sued
    assert upkeep.keep() == 0


def test_where_nobody_decided_by_the_date_it_is_an_alarm_and_nothing_comes_back_by_itself(
    ben: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = filed().notice
    counter = counter_notices.file_counter_notice(notice.case, COUNTER, actor=ben)
    assert counter.restore_at is not None
    travel(monkeypatch, counter.restore_at + timedelta(hours=1))
    assert upkeep.keep() == 2  # the case's own clock, and the restoration
    assert upkeep.keep() == 0
    assert down()
    assert {each.kind for each in upkeep.breaches(clock.now())} == {"case", "restoration"}
    restorations.reject(counter, FACTS, actor=ONE)
    assert {each.kind for each in upkeep.breaches(clock.now())} == {"case"}
    assert Breach.objects.count() == 2


def test_no_date_gives_an_intimate_image_back(ben: Party) -> None:
    notice = filed(intimate=True).notice
    counter = counter_notices.file_counter_notice(notice.case, COUNTER, actor=ben)
    with pytest.raises(rulings.RulingRefused, match="No rule"):
        restorations.accept(counter, FACTS, version=case_of(notice).version, actor=ONE)


def test_an_order_is_carried_out_at_once_confirmed_by_another_and_lifted_by_two() -> None:
    order = enforcement.carry_out(ordered(), actor=ONE)
    assert down()
    with pytest.raises(SecondPersonNeeded):
        enforcement.confirm(order, actor=ONE)
    enforcement.confirm(order, actor=TWO)
    assert Case.objects.get(pk=order.case_id).state == "decided"
    notice = filed(Found()).notice
    assert notice.case_id != order.case_id
    enforcement.propose_end(order, actor=ONE)
    with pytest.raises(SecondPersonNeeded):
        enforcement.end(order, actor=ONE)
    assert down()
    enforcement.end(order, actor=THREE)
    assert not down()
    assert enforcement.end(order, actor=THREE).ended_by == THREE.actor


def test_no_ruling_of_a_case_lifts_what_a_court_ordered_and_an_order_ends_by_its_date(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end = clock.now() + timedelta(days=20)
    enforcement.carry_out(ordered(end), actor=ONE)
    notice = filed().notice
    confirm(decide(case_of(notice), "refuse"))
    assert blocks.in_force([VIDEO]).count() == 1
    assert down()
    travel(monkeypatch, end)
    assert not down()


def test_a_block_whose_ruling_has_no_end_goes_on_and_one_that_was_reversed_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ruling = confirm(decide(case_of(filed().notice)))
    until = blocks.in_force([VIDEO]).get().until
    travel(monkeypatch, until - timedelta(days=2))
    assert upkeep.renew(clock.now()) == 1
    assert upkeep.renew(clock.now()) == 0
    travel(monkeypatch, until + timedelta(days=1))
    assert down()
    assert ruling.state == "in_force"


def test_an_appeal_about_what_came_to_its_own_end_expires_and_a_late_one_is_an_alarm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notice = filed().notice
    end = clock.now() + timedelta(days=9)
    ruling = confirm(decide(case_of(notice), "disable", terms=rulings.Terms(ends_at=end)))
    appeals.file_by_notifier(ruling, "Too short.", notice=notice, actor=None)
    travel(monkeypatch, end - timedelta(days=1))
    assert upkeep.keep() == 1
    assert [each.kind for each in upkeep.breaches(clock.now())] == ["appeal"]
    assert second_looks.expire(end) == 1
    assert Appeal.objects.get().state == "expired"


def test_three_violations_refuse_requests_for_a_time_and_a_strike_taken_back_ends_that(
    ben: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    for count in range(3):
        assert sanctions.standing(ben) == sanctions.Sanction(count, None)
        case = filed(Found(), works=[]).notice.case
        strikes.give_uploader(case, ben, "repeated-violation", actor=ONE)
    with pytest.raises(sanctions.RequestsRefused):
        sanctions.require_may_ask(ben)
    last = Strike.objects.order_by("given_at").last()
    assert last is not None
    strikes.reverse(last, actor=TWO)
    sanctions.require_may_ask(ben)
    travel(monkeypatch, clock.now() + timedelta(days=31))
    sanctions.require_may_ask(ben)


def test_asking_for_more_stops_a_clock_of_ours_and_none_that_a_law_sets() -> None:
    ours = case_of(filed().notice)
    assert triage.ask(ours, "Which minute?", version=ours.version, actor=ONE).paused_at is not None
    law = case_of(filed(Found(), intimate=True).notice)
    assert triage.ask(law, "Which minute?", version=law.version, actor=ONE).paused_at is None
    with pytest.raises(cases.CaseStale):
        triage.ask(ours, "Again?", version=ours.version, actor=ONE)


def test_the_clock_of_a_law_is_an_alarm_also_while_a_clock_of_ours_is_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_of(filed(intimate=True).notice)
    assert case.due_at is not None
    cases.pause(case, Case.Pause.NOTIFIER, version=case.version, actor=ONE)
    travel(monkeypatch, clock.now() + timedelta(hours=47))
    assert upkeep.notice_breaches(clock.now()) == 0
    travel(monkeypatch, clock.now() + timedelta(hours=2))
    assert upkeep.notice_breaches(clock.now()) == 1


def test_cases_about_the_same_are_put_together_with_the_earlier_clock() -> None:
    kept = case_of(filed().notice)
    lost = filed(Found(), works=[], intimate=True, jurisdiction="IN").notice
    gone = case_of(lost)
    merged = triage.merge(gone, kept, version=gone.version, actor=ONE)
    lost.refresh_from_db()
    assert case_of(lost).state == "open"
    assert lost.case_id == merged.pk
    assert merged.due_at is not None
    assert kept.due_at is not None
    assert merged.due_at <= kept.due_at
    assert Case.objects.get(pk=gone.pk).state == "closed"
    with pytest.raises(rulings.RulingRefused):
        triage.merge(merged, merged, version=merged.version, actor=ONE)


def test_no_lane_makes_a_case_later_than_a_law_allows() -> None:
    case = case_of(filed(intimate=True).notice)
    assert case.valid_at is not None
    moved = triage.redirect(case, "work", version=case.version, actor=ONE)
    assert moved.due_at is not None
    assert moved.due_at <= lanes.due("us-intimate", case.valid_at)
    with pytest.raises(rulings.RulingRefused):
        triage.redirect(moved, "nowhere", version=moved.version, actor=FOUR)
