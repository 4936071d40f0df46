"""A likeness that rests for an order comes back when that order ends, and for no other reason; its paper is sealed."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from consent import clock, suspensions
from consent.models import Likeness, Order, Suspension
from consent.staff import Staff
from consent.takedown import enforcement, orders, upkeep
from consent.takedown.evidence import EvidenceRefused
from ledger.models import Entry
from tests.consent import people

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.django_db
ONE, TWO, THREE = Staff(7), Staff(8), Staff(9)


@pytest.fixture
def likeness(monkeypatch: pytest.MonkeyPatch) -> Likeness:
    return people.enrolled(people.register("ada"), monkeypatch)


def ordered(likeness: Likeness, ends_at: datetime | None = None) -> Order:
    return orders.record_order(
        None, likeness=likeness, kind="court", court="Court", country="DE", docket="4 C 7/26", words="Let it rest.",
        scope="likeness", served_at=clock.now(), ends_at=ends_at, actor=ONE,
    )  # fmt: skip


def rests(likeness: Likeness) -> bool:
    likeness.refresh_from_db()
    return likeness.state == Likeness.State.SUSPENDED


@pytest.mark.parametrize(("first", "second"), [(ONE, TWO), (TWO, ONE), (TWO, THREE)], ids=["12", "21", "23"])
def test_the_end_of_an_order_brings_back_the_likeness_that_rested_for_it(
    likeness: Likeness, first: Staff, second: Staff
) -> None:
    order = enforcement.carry_out(ordered(likeness), actor=ONE)
    enforcement.carry_out(order, actor=ONE)
    assert rests(likeness)
    assert Suspension.objects.count() == 1
    enforcement.propose_end(order, actor=first)
    assert rests(likeness)
    enforcement.end(order, actor=second)
    assert not rests(likeness)
    assert enforcement.end(order, actor=second).ended_by == second.actor


def test_a_likeness_rests_on_while_another_order_or_somebody_else_wants_it(likeness: Likeness) -> None:
    one = enforcement.carry_out(ordered(likeness), actor=ONE)
    two = enforcement.carry_out(ordered(likeness), actor=ONE)
    for order in (one, two):
        assert rests(likeness)
        enforcement.propose_end(order, actor=TWO)
        enforcement.end(order, actor=THREE)
    assert not rests(likeness)
    own = suspensions.suspend(likeness, reason="paused", actor=likeness.holder)
    third = enforcement.carry_out(ordered(likeness), actor=ONE)
    enforcement.propose_end(third, actor=ONE)
    enforcement.end(third, actor=TWO)
    assert rests(likeness), "their own pause is theirs to end"
    suspensions.resume(own, actor=likeness.holder)
    assert not rests(likeness)


def test_what_a_crash_left_resting_is_brought_back_and_a_date_ends_the_rest_by_itself(
    likeness: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = enforcement.carry_out(ordered(likeness), actor=ONE)
    enforcement.propose_end(order, actor=ONE)
    monkeypatch.setattr(enforcement, "_resume", lambda _order: None)
    enforcement.end(order, actor=TWO)
    monkeypatch.undo()
    assert rests(likeness)
    assert enforcement.resume_ended() == 1
    assert not rests(likeness)
    end = clock.now() + timedelta(days=3)
    enforcement.carry_out(ordered(likeness, end), actor=ONE)
    monkeypatch.setattr(clock, "now", lambda: end)
    assert rests(likeness)
    assert suspensions.resume_due() == 1
    assert not rests(likeness)
    assert upkeep.keep() >= 0


def test_the_paper_of_an_order_is_sealed_and_each_reading_is_on_record(likeness: Likeness) -> None:
    order = ordered(likeness)
    with pytest.raises(orders.OrderRefused):
        orders.read_document(order, actor=ONE)
    with pytest.raises(EvidenceRefused):
        orders.add_document(order, io.BytesIO(b"MZ, a program"), actor=ONE)
    order = orders.add_document(order, io.BytesIO(b"%PDF-1.7 order"), actor=ONE)
    assert b"".join(orders.read_document(order, actor=TWO)) == b"%PDF-1.7 order"
    assert orders.read(order, actor=TWO)["words"] == "Let it rest."
    assert Entry.objects.filter(kind="order.read").count() == 2
    with pytest.raises(orders.OrderRefused):
        orders.add_document(order, io.BytesIO(b"%PDF-1.7 another"), actor=ONE)
