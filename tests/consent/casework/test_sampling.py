"""Second looks: drawn so that it can be repeated, blind, by somebody else, and counted by lane."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from consent import blocks, clock
from consent.casework import assignments, draw, sampling
from consent.casework.sampling import SecondLookRefused
from consent.models import Assignment, QualitySample
from consent.staff import Staff, StaffRefused
from ledger.models import Entry
from tests.consent.casework import crew

SEED = b"a seed that nobody knows"
DAY = timedelta(days=1)


@given(st.uuids(), st.floats(0, 1), st.floats(0, 1))
@rules(max_examples=80)
def test_a_larger_share_draws_all_that_a_smaller_one_does(decision: uuid.UUID, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert not draw.drawn(SEED, decision, small) or draw.drawn(SEED, decision, large)
    assert draw.drawn(SEED, decision, 1)
    assert not draw.drawn(SEED, decision, 0)


def test_the_draw_is_about_the_share_and_another_seed_is_another_draw() -> None:
    ids = [uuid.UUID(int=n) for n in range(2000)]
    mine, theirs = ([draw.drawn(seed, each, 0.1) for each in ids] for seed in (SEED, b"other"))
    assert 150 < sum(mine) < 250
    assert mine != theirs


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        draw.drawn(SEED, uuid.uuid4(), share)


def test_agreement_is_counted_and_chance_is_left_out() -> None:
    # Cohen's own sort of table: 20 + 15 of 50 agree; by chance (25*30 + 25*20) / 50^2 = 0.5, so kappa is 0.4
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    found = draw.agreement(pairs)
    assert (found.looks, found.agreed, found.share) == (50, 35, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert draw.agreement([]) == draw.Agreement(0, 0, None)
    assert draw.agreement([("yes", "yes")]).kappa is None


def decided(placed: Staff, actor: Staff, count: int = 1) -> None:
    for block in crew.blocked(placed, count):
        held = assignments.claim("blocks-to-confirm", block.pk, actor=actor)
        assignments.submit(held, "confirm", lambda block=block: blocks.confirm(block, actor=actor), actor=actor)  # type: ignore[misc]  # bound now


def taken(seed: bytes = SEED, share: float = 1.0) -> int:
    return sampling.take(seed, clock.now() - DAY, clock.now() + DAY, {"": share})


@pytest.mark.django_db
def test_what_was_drawn_is_looked_at_by_somebody_else_who_is_not_told(max_: Staff, lin: Staff, zoe: Staff) -> None:
    decided(max_, zoe)
    assert (taken(), taken()) == (1, 0)
    sample = QualitySample.objects.get()
    with pytest.raises(SecondLookRefused):
        sampling.blind(sample, actor=zoe)
    assert assignments.next_one("second-looks", actor=zoe) is None
    handed = assignments.next_one("second-looks", actor=max_)
    assert handed is not None
    assert handed.item == sample.pk
    seen = sampling.blind(sample, actor=max_)
    assert sample.decision == "confirm"
    assert "'confirm'" not in repr(seen)
    assert zoe.actor not in repr(seen)
    with pytest.raises(StaffRefused):
        sampling.look(sample, "lift", actor=lin)  # a moderator has no such permission
    sampling.look(sample, "lift", actor=max_)
    with pytest.raises(SecondLookRefused):
        sampling.look(sample, "confirm", actor=max_)
    found = sampling.agreements(clock.now() - DAY, clock.now() + DAY, actor=crew.hire("ana", "analyst"))
    assert (found[""].looks, found[""].agreed) == (1, 0)
    assert set(found) == {"", "blocks-to-confirm/"}
    assert Entry.objects.filter(kind="sample.looked").count() == 1


@pytest.mark.django_db
def test_a_second_look_is_not_looked_at_a_third_time_and_yesterday_is_drawn_once(max_: Staff, zoe: Staff) -> None:
    decided(max_, zoe, 3)
    assert sampling.take_yesterday() == 0
    Assignment.objects.filter(outcome="done").update(
        ended_at=clock.now() - DAY, taken_at=clock.now() - DAY, expires_at=clock.now()
    )
    drawn = sampling.take_yesterday()
    assert drawn == QualitySample.objects.count()
    assert sampling.take_yesterday() == 0
    assert taken(share=0.0) == 0
