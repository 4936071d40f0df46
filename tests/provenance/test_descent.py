"""What is kept flat says what the edges and the appearances say, whatever is added, changed or taken away."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models.functions import Now

from consent import suspensions
from consent.models import Exclusion, Grant, Likeness
from provenance import leases, lineage, renders
from provenance.models import Appearance, Descent, Footing, Lineage, Video
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


def family() -> dict[UUID, set[UUID]]:
    """Follow the edges one by one: every video, and everything behind it."""
    parents: dict[UUID, set[UUID]] = {video: set() for video in Video.objects.values_list("id", flat=True)}
    for child, parent in Lineage.objects.values_list("child_id", "parent_id"):
        parents[child].add(parent)
    found = {}
    for video in parents:
        seen, left = {video}, [video]
        while left:
            new = parents[left.pop()] - seen
            seen |= new
            left += new
        found[video] = seen
    return found


def assert_flat() -> None:
    behind = family()
    assert set(Descent.objects.values_list("video", "ancestor")) == {
        (video, ancestor) for video, line in behind.items() for ancestor in line
    }
    rows = set(Appearance.objects.values_list("video_id", "grant_id", "likeness_id", "video__client_id"))
    assert set(Footing.objects.values_list("video", "grant", "likeness", "client")) == {
        (video, *rest) for video, line in behind.items() for seen, *rest in rows if seen in line
    }


@pytest.mark.parametrize("seed", range(4))
def test_it_follows_edges_and_appearances_in_any_order(seed: int) -> None:
    world, chance = w.world(), random.Random(seed)
    videos = [world.ask() for _ in range(6)]
    other = w.grant(world.ada, world.likeness, world.ben)
    for _ in range(10):
        child, parent = chance.sample(videos, 2)
        if not Lineage.objects.filter(child=child, parent=parent).exists():
            Lineage.objects.create(child=child, parent=parent, entry=child.entry)
    assert_flat()
    Appearance.objects.filter(video=videos[0]).update(grant=other)
    assert_flat()
    Appearance.objects.filter(video=videos[1]).delete()
    assert_flat()
    for video in videos:
        line = family()[video.id]
        assert lineage.with_ancestors([video.id]) == line
        rows = Appearance.objects.filter(video__in=line)
        assert lineage.grants_behind(video.id) == frozenset(rows.values_list("grant_id", flat=True))


def test_ten_generations_are_one_look() -> None:
    world = w.world()
    line = [w.shown(world.ask(), b"0")]
    for number in range(1, 11):
        line.append(w.shown(renders.remix(line[-1], prompt=f"{number}", actor=world.ben.party), b"%d" % number))
    assert lineage.with_ancestors([line[-1].id]) == {video.id for video in line}
    assert lineage.with_descendants([line[0].id]) == {video.id for video in line}
    assert Footing.objects.filter(video=line[-1].id).count() == 1
    assert leases.standing_now([video.id for video in line]) == {video.id for video in line}
    Grant.objects.filter(pk=world.grant.pk).update(not_after=Now())
    assert leases.standing_now([video.id for video in line]) == set()
    assert_flat()


def test_what_stands_plainly_stands_at_length_too() -> None:
    """The short statement may only be the stricter of the two."""
    world = w.world()
    first = w.shown(world.ask(), b"1")
    remix = w.shown(renders.remix(first, prompt="2", actor=world.ben.party), b"2")
    both = [first.id, remix.id]
    assert leases._plainly(both) == leases._at_length(both) == set(both)
    spoilt: dict[str, Callable[[], object]] = {
        "a pause": lambda: suspensions.suspend(world.likeness, reason="paused", actor=world.ada.party),
        "a likeness in dispute": lambda: Likeness.objects.filter(pk=world.likeness.pk).update(state="disputed"),
        "an end to come": lambda: Grant.objects.update(not_after=Now()),
        "a beginning to come": lambda: Grant.objects.update(not_before=Now() + timedelta(hours=1)),
        "somebody shut out": lambda: Exclusion.objects.create(
            likeness=world.likeness, party=world.ben.party, created_at=first.created_at, entry=first.entry
        ),
        "a deletion": lambda: Video.objects.update(state="withheld", error_code="x"),
        "nobody shown": lambda: Appearance.objects.all().delete(),
    }
    for cause, spoil in spoilt.items():
        with transaction.atomic():
            spoil()
            assert leases._plainly(both) == leases._at_length(both) == set(), cause
            transaction.set_rollback(True)
    assert leases._plainly(both) == set(both)
