"""What looks like a video that has to stay down waits for a person, for that case and as long as it stands."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db.models import F

from consent import blocks
from consent.models import Block
from consent.staff import SecondPersonNeeded
from provenance import copies, publication
from provenance.copies import CopyReviewRefused
from provenance.models import CopyReview, Video
from tests.consent.people import FIRST, SECOND
from tests.provenance import copies as clips
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("film") / "film.mp4"
    size = w.SIZE.replace("x", ":")
    clips.ffmpeg("-i", str(clips.CLIPS["astronaut"]), "-t", "4", "-vf", f"scale={size}", *clips.X264, str(target))
    return target


@pytest.fixture(scope="module")
def again(film: Path) -> bytes:
    """Return the same film, turned left to right and encoded anew."""
    target = film.with_name("again.mp4")
    clips.ffmpeg("-i", str(film), "-vf", "hflip", *clips.X264, "-crf", "33", str(target))
    return target.read_bytes()


def made(world: w.World, film: bytes) -> Video:
    video = world.ask()
    w.publish_log()
    w.deliver(video, film)
    return publication.finish(video.pk)


def down(video: Video, **changes: object) -> Block:
    said: dict[str, object] = {"case": "N-1", "reason": "notice", "stay_down": True} | changes
    return blocks.place(video.pk, actor=FIRST, **said)  # type: ignore[arg-type]  # as each test says


@pytest.fixture
def pair(film: Path, again: bytes) -> tuple[Block, Video]:
    """Return an order and the draft of a copy."""
    world = w.world()
    block = down(made(world, film.read_bytes()))
    return block, made(world, again)


def test_a_copy_waits_and_a_person_lets_it_through(pair: tuple[Block, Video]) -> None:
    block, draft = pair
    held = CopyReview.objects.get()
    assert (draft.state, held.block, held.certain, held.state) == ("stamping", block, True, "waiting")
    (stretch,) = held.stretches
    assert stretch["file_seconds"][0] == stretch["video_seconds"][0] == 0
    assert draft.pk not in publication.due()
    with pytest.raises(SecondPersonNeeded):  # whoever placed the order is not the one who says it is about another
        copies.review(held, accept=True, reason="different", actor=FIRST)
    copies.review(held, accept=True, reason="different", actor=SECOND)
    assert publication.finish(draft.pk).state == "published"
    with pytest.raises(CopyReviewRefused):
        copies.review(held, accept=False, reason="copy", actor=SECOND)


def test_a_no_and_silence_withhold_it(pair: tuple[Block, Video]) -> None:
    _, draft = pair
    held = CopyReview.objects.get()
    with pytest.raises(CopyReviewRefused):
        copies.review(held, accept=False, reason="because", actor=SECOND)
    CopyReview.objects.update(due_at=F("due_at") - copies.DECIDED_WITHIN)
    assert draft.pk in publication.due()
    assert publication.finish(draft.pk).error_code == "copy-not-reviewed"
    Video.objects.filter(pk=draft.pk).update(state="stamping", error_code="")
    CopyReview.objects.update(due_at=F("due_at") + copies.DECIDED_WITHIN)
    copies.review(held, accept=False, reason="copy", actor=SECOND)
    assert publication.finish(draft.pk).error_code == "copy-of-blocked"


def test_it_is_scoped_to_its_case_and_ends_with_it(pair: tuple[Block, Video]) -> None:
    block, draft = pair
    other = down(Video.objects.get(pk=block.video), case="N-2")
    copies.review(CopyReview.objects.get(), accept=True, reason="permitted", actor=SECOND)
    assert publication.finish(draft.pk).state == "stamping"  # the other case is asked about by itself
    assert CopyReview.objects.get(state="waiting").block == other
    Block.objects.filter(pk=other.pk).update(accepted_at=F("accepted_at") - timedelta(days=99))
    Block.objects.filter(pk=other.pk).update(until=F("until") - timedelta(days=98))
    assert publication.finish(draft.pk).state == "published"


def test_an_order_that_came_after_the_comparison_is_compared_first(
    film: Path, again: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = w.world()
    original = made(world, film.read_bytes())
    whole = copies.compare

    def late(video: Video) -> frozenset[uuid.UUID]:
        compared = whole(video)
        if video.pk != original.pk:
            down(original)
        return compared

    monkeypatch.setattr(copies, "compare", late)
    draft = made(world, again)
    monkeypatch.undo()
    assert (draft.state, CopyReview.objects.count()) == ("stamping", 0)
    assert draft.pk in publication.due()
    assert publication.finish(draft.pk).state == "stamping"
    assert CopyReview.objects.count() == 1


def test_without_such_an_order_and_of_other_films_nothing_waits(film: Path, again: bytes) -> None:
    world = w.world()
    original = made(world, film.read_bytes())
    down(original, stay_down=False)
    assert made(world, again).state == "published"
    down(original, case="N-2")
    assert made(world, w.clip()).state == "published"
    assert not CopyReview.objects.exists()


def test_the_command_lists_and_decides(pair: tuple[Block, Video]) -> None:
    _, draft = pair
    user = User.objects.create_user("mo", is_staff=True)
    held, out = CopyReview.objects.get(), StringIO()
    with pytest.raises(CommandError):
        call_command("video_copies", "list", user="mo")
    user.user_permissions.add(Permission.objects.get(codename="review_copies"))
    call_command("video_copies", "list", user="mo", stdout=out)
    assert f"{held.pk}  " in out.getvalue()
    assert "case N-1" in out.getvalue()
    with pytest.raises(CommandError, match="no such number"):
        call_command("video_copies", "accept", "0", "different", user="mo")
    call_command("video_copies", "refuse", str(held.pk), "copy", user="mo", stdout=out)
    assert f"{draft.pk}  withheld" in out.getvalue()
