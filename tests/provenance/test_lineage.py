"""What was made from what."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from provenance import lineage, renders
from provenance.lineage import CastTooSmallError
from provenance.models import Appearance, Lineage, Video
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


def test_the_family_is_found_in_both_directions() -> None:
    world = w.world()
    first = w.shown(world.ask(), b"1")
    second = w.shown(renders.remix(first, prompt="2", actor=world.ben.party), b"2")
    third = renders.remix(second, prompt="3", actor=world.ben.party)
    alone = world.ask()
    assert lineage.with_ancestors([third.id]) == {first.id, second.id, third.id}
    assert lineage.with_descendants([first.id]) == {first.id, second.id, third.id}
    assert lineage.with_descendants([alone.id]) == lineage.with_ancestors([alone.id]) == {alone.id}
    assert lineage.with_descendants([]) == set()


def test_a_cycle_that_no_verb_makes_does_not_hang_the_question() -> None:
    world = w.world()
    one, two = world.ask(), world.ask()
    Lineage.objects.create(child=one, parent=two, entry=one.entry)
    Lineage.objects.create(child=two, parent=one, entry=one.entry)
    assert lineage.with_ancestors([one.id]) == {one.id, two.id}


def test_a_remix_that_would_lose_a_likeness_of_its_parent_is_not_recorded() -> None:
    world = w.world()
    parent, child = world.ask(), world.ask()
    Appearance.objects.filter(video=child).delete()
    with pytest.raises(CastTooSmallError):
        lineage.record(child, parent, child.entry)


def test_a_parent_that_shows_nobody_has_no_remix() -> None:
    world = w.world()
    parent, child = world.ask(), world.ask()
    Appearance.objects.filter(video=parent).delete()
    with pytest.raises(CastTooSmallError):
        lineage.record(child, parent, child.entry)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "unknown"},
        {"state": "published"},
        {"state": "failed"},
        {"state": "withheld"},
        {"seconds": 0},
        {"deleted_at": "2026-01-01T00:00Z"},
        {"entry": None},
    ],
)
def test_the_database_refuses_a_video_that_cannot_be(change: dict[str, object]) -> None:
    video = w.world().ask()
    with pytest.raises(IntegrityError), transaction.atomic():
        Video.objects.filter(pk=video.pk).update(**change)


def test_no_video_is_its_own_parent() -> None:
    video = w.world().ask()
    with pytest.raises(IntegrityError), transaction.atomic():
        Lineage.objects.create(child=video, parent=video, entry=video.entry)
