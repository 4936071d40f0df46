"""A block stops a video at every gate at once, and what was made from it; what is lifted is there again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consent import blocks, clock
from consent.models import Block
from consent.staff import Staff
from provenance import leases, publication, renders, sentences, standing
from provenance.models import Video
from provenance.report import Since
from tests.provenance import world as w

pytestmark = pytest.mark.django_db
FIRST, SECOND = Staff(7), Staff(8)


def block(video: Video, **changes: str) -> Block:
    return blocks.place(video.pk, case="N-1", reason="notice", actor=FIRST, **changes)  # type: ignore[arg-type]


def family() -> tuple[w.World, Video, Video, Video]:
    """Return a published video, a remix of it, and a remix of that."""
    world = w.world()
    eldest = w.shown(world.ask(), b"1")
    middle = w.shown(renders.remix(eldest, prompt="2", actor=world.ben.party), b"2")
    return world, eldest, middle, w.shown(renders.remix(middle, prompt="3", actor=world.ben.party), b"3")


def playable(*videos: Video) -> list[bool]:
    return [video.pk in leases.standing_now([video.pk]) for video in videos]


def test_no_lease_for_it_nor_for_what_was_made_from_it_until_it_is_lifted() -> None:
    _, *videos = family()
    assert playable(*videos) == [True, True, True]
    placed = block(videos[0])
    assert playable(*videos) == [False, False, False]
    for video in videos:
        with pytest.raises(leases.VideoBlocked):
            leases.take(video.pk)
        assert standing.public_standing(video.pk) == "blocked"
    blocks.lift(placed, actor=SECOND)
    assert playable(*videos) == [True, True, True]
    assert [standing.public_standing(video.pk) for video in videos] == ["consented"] * 3


def test_a_block_of_the_video_alone_leaves_what_was_made_from_it_and_what_it_was_made_from() -> None:
    _, *videos = family()
    block(videos[1], scope="video")
    assert playable(*videos) == [True, False, True]


def test_a_remix_that_is_blocked_leaves_its_parent() -> None:
    _, *videos = family()
    block(videos[1])
    assert playable(*videos) == [True, False, False]


def test_a_block_that_is_over_stops_nothing() -> None:
    _, *videos = family()
    block(videos[0])
    Block.objects.update(accepted_at=clock.now() - timedelta(days=2), until=clock.now() - timedelta(days=1))
    assert playable(*videos) == [True, True, True]


def test_no_remix_is_begun_of_what_is_blocked() -> None:
    world, eldest, middle, _ = family()
    block(eldest)
    with pytest.raises(leases.VideoBlocked):
        renders.remix(middle, prompt="4", actor=world.ben.party)


def test_a_draft_waits_for_the_end_of_the_block_and_is_published_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, eldest, _, _ = family()
    draft = w.shown(renders.remix(eldest, prompt="draft", actor=world.ben.party), b"draft")
    Video.objects.filter(pk=draft.pk).update(state="stamping", published_at=None)
    monkeypatch.setattr(publication, "OVER", ("queued", *publication.OVER))
    assert draft.pk in publication.due()
    placed = block(eldest)
    assert publication.publish(draft).state == Video.State.STAMPING
    assert draft.pk not in publication.due()  # it waits without being looked at again and again
    blocks.lift(placed, actor=SECOND)
    assert draft.pk in publication.due()
    assert publication.publish(draft).state == Video.State.PUBLISHED


def test_who_took_consent_back_is_told_before_a_block_is() -> None:
    from consent import revocations

    world, eldest, _, _ = family()
    block(eldest)
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    assert standing.public_standing(eldest.pk) == "withdrawn"


def test_whoever_holds_the_file_reads_that_it_is_blocked() -> None:
    from types import SimpleNamespace

    _, eldest, middle, _ = family()
    block(eldest)
    assert standing.since(SimpleNamespace(video=middle.pk)) is Since.BLOCKED  # type: ignore[arg-type]
    assert "order" in sentences.of(Since.BLOCKED)
