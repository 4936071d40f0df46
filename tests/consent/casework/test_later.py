"""Acts for later, and acts upon many items: the same verbs, the same questions, each at its time."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from django.db import Error, connection, transaction

from consent import blocks, clock
from consent.casework import bulks, proposals, schedule, verbs
from consent.casework.bulks import BulkRefused
from consent.casework.schedule import ScheduleRefused
from consent.casework.verbs import Effect, VerbUnknown
from consent.models import Block, Bulk, BulkItem, Proposal, ScheduledAct
from consent.staff import SecondPersonNeeded, Staff, StaffRefused
from ledger.models import Entry
from tests.consent.casework import crew

pytestmark = pytest.mark.django_db
PLACE = {"case": "N-1", "reason": "notice"}


def planned(block: Block, actor: Staff) -> ScheduledAct:
    act = schedule.plan("confirm-block", block.pk, clock.now() + timedelta(hours=1), {}, actor=actor)
    ScheduledAct.objects.filter(pk=act.pk).update(due_at=clock.now())
    return act


def test_a_scheduled_act_is_carried_out_once_under_the_name_of_who_scheduled_it(max_: Staff, lin: Staff) -> None:
    (block,) = crew.blocked(max_)
    early = schedule.plan("confirm-block", block.pk, clock.now() + timedelta(hours=1), {}, actor=lin)
    assert schedule.run_due() == 0
    schedule.cancel(early, actor=lin)
    act = planned(block, lin)
    assert (schedule.run_due(), schedule.run_due()) == (1, 0)
    block.refresh_from_db()
    act.refresh_from_db()
    assert (block.confirmed_by, act.state) == (lin.actor, "done")
    with pytest.raises(ScheduleRefused):
        schedule.cancel(act, actor=max_)


def test_a_permission_that_has_gone_by_then_keeps_it_from_happening(max_: Staff, lin: Staff) -> None:
    (block,) = crew.blocked(max_)
    act = planned(block, lin)
    crew.fire(lin)
    schedule.run_due()
    act.refresh_from_db()
    assert (act.state, act.problem) == ("refused", "staff-refused")
    assert Block.objects.get().provisional


def test_what_the_verb_refuses_is_on_record_and_keeps_no_other_from_its_turn(max_: Staff, lin: Staff) -> None:
    own, other = crew.blocked(max_, 2)
    refused, done = planned(own, max_), planned(other, lin)
    assert schedule.run_due() == 2
    refused.refresh_from_db()
    done.refresh_from_db()
    assert (refused.state, refused.problem, done.state) == ("refused", "second-person-needed", "done")


def test_a_cancelled_act_stays_visible_and_does_nothing(max_: Staff, lin: Staff, zoe: Staff) -> None:
    (block,) = crew.blocked(max_)
    act = planned(block, lin)
    assert schedule.cancel(act, actor=zoe).ended_by == zoe.actor
    assert schedule.cancel(act, actor=lin).state == "cancelled"
    assert schedule.run_due() == 0
    assert ScheduledAct.objects.count() == 1
    assert Entry.objects.filter(kind="act.ended").count() == 1


@pytest.mark.parametrize("days", [-1, 91])
def test_an_hour_is_ahead_and_not_too_far(days: int, max_: Staff) -> None:
    with pytest.raises(ScheduleRefused):
        schedule.plan("place-block", uuid.uuid4(), clock.now() + timedelta(days=days), PLACE, actor=max_)


def test_an_hour_has_its_zone(max_: Staff) -> None:
    with pytest.raises(ScheduleRefused):
        schedule.plan("place-block", uuid.uuid4(), datetime(2027, 1, 1), PLACE, actor=max_)  # noqa: DTZ001 - that is it


@pytest.mark.parametrize(
    ("verb", "said"),
    [("destroy", {}), ("place-block", {}), ("confirm-block", {"x": "y"}), ("place-block", PLACE | {"case": "a\0"})],
    ids=["unknown", "too few", "too many", "not text"],
)
def test_a_verb_is_known_and_has_its_arguments(verb: str, said: dict[str, str], max_: Staff) -> None:
    with pytest.raises(VerbUnknown):
        bulks.preview(verb, [uuid.uuid4()], said, actor=max_)


def test_a_preview_says_what_would_happen_and_changes_nothing(max_: Staff, zoe: Staff) -> None:
    mine, theirs, done = *crew.blocked(zoe), *crew.blocked(max_), *crew.blocked(max_)
    blocks.confirm(done, actor=zoe)
    before, missing = Entry.objects.count(), uuid.uuid4()
    seen = bulks.preview("confirm-block", [mine.pk, theirs.pk, done.pk, missing], {}, actor=zoe)
    wanted = [Effect.CONFLICT, Effect.ACTS, Effect.ALREADY, Effect.MISSING]
    assert [effect for _, effect in seen.effects] == wanted
    assert (seen.needs_two, seen.count(Effect.ACTS), Entry.objects.count()) == (False, 1, before)


def test_a_few_are_done_at_once_each_by_its_own_act(max_: Staff, zoe: Staff) -> None:
    mine, theirs, done = *crew.blocked(zoe), *crew.blocked(max_), *crew.blocked(max_)
    blocks.confirm(done, actor=zoe)
    bulk = bulks.ask("confirm-block", [mine.pk, theirs.pk, done.pk], {}, reason="clearing up", actor=zoe)
    assert bulks.run(bulk) == bulks.Progress(waiting=0, done=1, already=1, refused=1)
    assert BulkItem.objects.get(item=mine.pk).problem == "second-person-needed"
    assert Entry.objects.filter(kind="block.confirmed").count() == 2
    bulk.refresh_from_db()
    assert bulk.ended_entry is not None
    assert bulks.run_all() == 0


def test_many_need_a_second_person(max_: Staff, zoe: Staff) -> None:
    videos = [uuid.uuid4() for _ in range(bulks.ALONE + 1)]
    bulk = bulks.ask("place-block", videos, PLACE, reason="one notice for all", actor=max_)
    with pytest.raises(proposals.ProposalOver):
        bulks.run(bulk)
    proposal = Proposal.objects.get(act="bulk", target=bulk.pk)
    with pytest.raises(SecondPersonNeeded):
        proposals.confirm(proposal, actor=max_)
    assert bulks.run_all() == 0
    proposals.confirm(proposal, actor=zoe)
    assert bulks.run_all() == 1
    assert bulks.progress(bulk).done == Block.objects.filter(placed_by=max_.actor).count() == len(videos)


def test_the_database_too_wants_two_for_many(max_: Staff) -> None:
    bulk = bulks.ask("place-block", [uuid.uuid4() for _ in range(11)], PLACE, reason="x", actor=max_)
    for statement, why in (
        ("UPDATE consent_bulk SET released_at = now(), released_by = actor WHERE id = %s", "bulk_above_ten_by_two"),
        ("UPDATE consent_bulk SET size = 10 WHERE id = %s", "what was asked for does not change"),
        ("UPDATE consent_bulk SET actor = 'staff:1' WHERE id = %s", "what was asked for does not change"),
        ("UPDATE consent_bulkitem SET item = gen_random_uuid() WHERE bulk_id = %s", "does not change"),
    ):
        with pytest.raises(Error, match=why), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [bulk.pk])
    extra = BulkItem(bulk=bulk, number=11, item=uuid.uuid4(), entry=bulk.entry)
    with pytest.raises(Error, match="no further item"), transaction.atomic():
        extra.save(force_insert=True)


def test_a_bulk_that_died_in_the_middle_goes_on_where_it_was(
    max_: Staff, zoe: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = crew.blocked(max_, 4)
    bulk = bulks.ask("confirm-block", [row.pk for row in rows], {}, reason="x", actor=zoe)
    real, calls = blocks.confirm, iter([False, False, True])

    def dying(block: Block, *, actor: Staff) -> Block:
        held = real(block, actor=actor)
        if next(calls):
            raise KeyboardInterrupt
        return held

    with monkeypatch.context() as patched:
        patched.setattr(blocks, "confirm", dying)
        with pytest.raises(KeyboardInterrupt):
            bulks.run(bulk)
    assert bulks.progress(bulk) == bulks.Progress(waiting=2, done=2)
    assert Entry.objects.filter(kind="block.confirmed").count() == 2  # the third went with its transaction
    assert bulks.run_all() == 1
    assert bulks.progress(bulk) == bulks.Progress(done=4)
    assert Entry.objects.filter(kind="block.confirmed").count() == 4


def test_the_permission_is_asked_at_each_item(max_: Staff, zoe: Staff) -> None:
    (block,) = crew.blocked(max_)
    bulk = bulks.ask("confirm-block", [block.pk], {}, reason="x", actor=zoe)
    crew.fire(zoe)
    assert bulks.run(bulk) == bulks.Progress(refused=1)
    assert Block.objects.get().provisional


@pytest.mark.parametrize("count", [0, 1001])
def test_a_list_has_one_to_a_thousand_items(count: int, max_: Staff) -> None:
    with pytest.raises(BulkRefused):
        bulks.preview("place-block", [uuid.uuid4() for _ in range(count)], PLACE, actor=max_)


def test_no_item_stands_twice_in_a_list_and_not_everybody_may_ask(max_: Staff) -> None:
    twice = uuid.uuid4()
    with pytest.raises(BulkRefused):
        bulks.ask("place-block", [twice, twice], PLACE, reason="x", actor=max_)
    with pytest.raises(StaffRefused):
        bulks.ask("place-block", [twice], PLACE, reason="x", actor=crew.hire("sam", "support"))
    assert not Bulk.objects.exists()
    assert {verb.name for verb in verbs.table()} >= {"place-block", "lift-block"}
