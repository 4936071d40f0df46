"""Hand-out: never one item to two people, the riskiest and longest due first, and nothing is stuck for ever."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from consent import blocks, clock
from consent.casework import assignments, counts, escalations, queues, schedule
from consent.casework.assignments import WorkConflict, WorkNotYours, WorkTaken
from consent.casework.queues import ItemMissing, QueueUnknown
from consent.models import Assignment, Block
from consent.staff import Staff, StaffRefused
from ledger.models import Entry
from tests.consent.casework import crew

pytestmark = pytest.mark.django_db
QUEUE = "blocks-to-confirm"


def lapse(held: Assignment) -> None:
    at = clock.now()
    Assignment.objects.filter(pk=held.pk).update(taken_at=at - timedelta(hours=1), expires_at=at - timedelta(minutes=1))


def test_the_oldest_comes_first_and_each_item_is_in_one_pair_of_hands(max_: Staff, lin: Staff, zoe: Staff) -> None:
    first, second = crew.blocked(max_, 2)
    mine, theirs = assignments.next_one(QUEUE, actor=lin), assignments.next_one(QUEUE, actor=zoe)
    assert mine is not None
    assert theirs is not None
    assert (mine.item, theirs.item) == (first.pk, second.pk)
    assert assignments.next_one(QUEUE, actor=lin) == mine  # a stale tab gets what it has
    assert Entry.objects.filter(kind="work.taken").count() == 2
    with pytest.raises(WorkTaken):
        assignments.claim(QUEUE, first.pk, actor=zoe)


def test_whoever_placed_it_is_never_handed_it(max_: Staff) -> None:
    (block,) = crew.blocked(max_)
    assert assignments.next_one(QUEUE, actor=max_) is None
    with pytest.raises(WorkConflict):
        assignments.claim(QUEUE, block.pk, actor=max_)


def test_what_ran_out_goes_to_the_next_and_can_be_submitted_as_long_as_nobody_took_it(
    max_: Staff, lin: Staff, zoe: Staff
) -> None:
    (block,) = crew.blocked(max_)
    held = assignments.claim(QUEUE, block.pk, actor=lin)
    lapse(held)
    taken = assignments.next_one(QUEUE, actor=zoe)
    assert taken is not None
    held.refresh_from_db()
    assert (held.outcome, held.ended_entry) == ("expired", taken.entry)
    with pytest.raises(WorkNotYours):
        assignments.submit(held, "confirm", lambda: blocks.confirm(block, actor=lin), actor=lin)
    lapse(taken)
    assignments.submit(taken, "confirm", lambda: blocks.confirm(block, actor=zoe), actor=zoe)
    block.refresh_from_db()
    assert block.confirmed_by == zoe.actor


def test_a_renewal_holds_on_and_is_no_entry(max_: Staff, lin: Staff, zoe: Staff) -> None:
    crew.blocked(max_)
    held = assignments.next_one(QUEUE, actor=lin)
    assert held is not None
    before = Entry.objects.count()
    assert assignments.renew(held, actor=lin).expires_at > held.expires_at
    assert Entry.objects.count() == before
    with pytest.raises(WorkNotYours):
        assignments.renew(held, actor=zoe)


def test_what_was_skipped_is_not_handed_to_the_same_person_again(max_: Staff, lin: Staff, zoe: Staff) -> None:
    (block,) = crew.blocked(max_)
    held = assignments.next_one(QUEUE, actor=lin)
    assert held is not None
    with pytest.raises(assignments.SkipRefused):
        assignments.skip(held, "bored", actor=lin)
    assignments.skip(held, "hard-to-see", actor=lin)
    assert assignments.next_one(QUEUE, actor=lin) is None
    theirs = assignments.next_one(QUEUE, actor=zoe)
    assert theirs is not None
    assert theirs.item == block.pk
    assignments.release(theirs, actor=zoe)
    Assignment.objects.filter(outcome="skipped").update(ended_at=clock.now() - timedelta(hours=5))
    assert assignments.next_one(QUEUE, actor=lin) is not None


def test_submit_and_next_acts_and_hands_out_and_a_refused_act_keeps_the_item(max_: Staff, lin: Staff) -> None:
    one, two = crew.blocked(max_, 2)
    held = assignments.next_one(QUEUE, actor=lin)
    assert held is not None
    with pytest.raises(blocks.BlockRefused):
        assignments.submit(
            held, "place", lambda: blocks.place(one.video, case="", reason="notice", actor=lin), actor=lin
        )
    held.refresh_from_db()
    assert held.ended_at is None
    _, after = assignments.submit_and_next(held, "confirm", lambda: blocks.confirm(one, actor=lin), actor=lin)
    assert after is not None
    assert after.item == two.pk


def test_a_permission_that_went_is_asked_at_each_act(max_: Staff, lin: Staff) -> None:
    (block,) = crew.blocked(max_)
    held = assignments.next_one(QUEUE, actor=lin)
    assert held is not None
    crew.fire(lin)
    with pytest.raises(StaffRefused):
        assignments.submit(held, "confirm", lambda: blocks.confirm(block, actor=lin), actor=lin)
    with pytest.raises(StaffRefused):
        assignments.next_one(QUEUE, actor=lin)
    assert Block.objects.get().provisional


def test_what_does_not_wait_cannot_be_taken(lin: Staff) -> None:
    with pytest.raises(ItemMissing):
        assignments.claim(QUEUE, uuid.uuid4(), actor=lin)
    with pytest.raises(QueueUnknown):
        assignments.next_one("<script>", actor=lin)


def test_the_database_too_keeps_an_item_in_one_pair_of_hands(max_: Staff, lin: Staff) -> None:
    crew.blocked(max_)
    held = assignments.next_one(QUEUE, actor=lin)
    assert held is not None
    other = Entry.objects.exclude(pk=held.entry_id).earliest("created_at")
    held.pk, held.actor, held.entry = uuid.uuid4(), "staff:99", other
    with pytest.raises(IntegrityError, match="assignment_one_at_a_time"), transaction.atomic():
        held.save(force_insert=True)


def test_what_sleeps_or_is_escalated_is_not_handed_out(max_: Staff, lin: Staff, zoe: Staff) -> None:
    one, two = crew.blocked(max_, 2)
    held = assignments.next_one(QUEUE, actor=lin)
    assert held is not None
    slept = schedule.snooze(QUEUE, one.pk, clock.now() + timedelta(hours=3), actor=lin)
    held.refresh_from_db()
    assert held.outcome == "moved"
    sent = escalations.escalate(QUEUE, two.pk, "law", to_role="moderator-manager", actor=lin)
    assert assignments.next_one(QUEUE, actor=lin) is None
    assert assignments.next_one("escalated", actor=lin) is None  # whoever sent it, and has not the role
    for_zoe = assignments.next_one("escalated", actor=zoe)
    assert for_zoe is not None
    assert for_zoe.item == sent.pk
    with pytest.raises(escalations.EscalationRefused):
        escalations.escalate(QUEUE, two.pk, "law", to_role="moderator-manager", actor=max_)
    assignments.submit(for_zoe, "settle", lambda: escalations.settle(sent, actor=zoe), actor=zoe)
    schedule.wake(slept, actor=max_)
    back = assignments.next_one(QUEUE, actor=lin)
    assert back is not None
    assert back.item == one.pk


def test_somebody_to_whom_it_is_not_addressed_does_not_settle_it(max_: Staff, lin: Staff, zoe: Staff) -> None:
    (block,) = crew.blocked(max_)
    sent = escalations.escalate(QUEUE, block.pk, "child-safety", to_role="child-safety", actor=zoe)
    assert sent.risk == 4
    with pytest.raises(escalations.EscalationRefused):
        escalations.settle(sent, actor=lin)
    assert escalations.settle(sent, actor=zoe).settled_by == zoe.actor


def test_counts_are_live_and_cost_the_same_whatever_there_is(
    max_: Staff, lin: Staff, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    one, two, three = crew.blocked(max_, 3)
    Block.objects.filter(pk=one.pk).update(accepted_at=clock.now() - timedelta(hours=25))  # breached
    Block.objects.filter(pk=two.pk).update(accepted_at=clock.now() - timedelta(hours=23, minutes=30))
    schedule.snooze(QUEUE, three.pk, clock.now() + timedelta(hours=1), actor=max_)
    held = assignments.next_one(QUEUE, actor=lin)
    assert held is not None
    assert held.item == one.pk
    with django_assert_max_num_queries(6) as asked:  # two count, the others ask for permission and time
        now = {each.queue: each for each in counts.live(actor=lin)}
    assert set(now) == set(queues.known())
    mine = now[QUEUE]
    assert (mine.pending, mine.breached, mine.soon, mine.paused, mine.held) == (3, 1, 1, 1, 1)
    assert (mine.inbound, mine.handled, mine.handling) == (2, 0, None)
    assignments.submit(held, "confirm", lambda: blocks.confirm(one, actor=lin), actor=lin)
    crew.blocked(max_, 5)
    with django_assert_max_num_queries(len(asked.captured_queries)):
        now = {each.queue: each for each in counts.live(actor=lin)}
    assert (now[QUEUE].pending, now[QUEUE].handled) == (7, 1)
    assert now[QUEUE].handling is not None
    assert now["claims"].pending == 0
