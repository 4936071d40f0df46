"""The poll of an unfinished video says what the ordinary way says, to its client and to nobody else."""

from __future__ import annotations

import pytest

from provenance import renders
from provenance.api import polls, shapes
from provenance.models import Video
from tests.provenance import world as w

pytestmark = pytest.mark.django_db
FAILED = {"error_code": "render_failed", "error_detail": "The render service gave up."}


def ordinary(video: Video) -> dict[str, object]:
    (row,) = shapes.with_parts(Video.objects.filter(pk=video.pk))
    return shapes.documents([row], row.client)[0]


@pytest.mark.parametrize("state", ["queued", "rendering", "failed"])
def test_a_poll_says_what_the_ordinary_way_says(state: str) -> None:
    video = w.world().ask()
    Video.objects.filter(pk=video.pk).update(state=state, **(FAILED if state == "failed" else {}))
    said = polls.read(video.pk, video.client_id)
    assert said is not None
    assert said == ordinary(video)
    assert said["likenesses"]


def test_a_poll_of_a_remix_names_what_it_was_made_from() -> None:
    world = w.world()
    parent = w.shown(world.ask(), b"bytes")
    w.publish_log()
    remix = renders.remix(parent, prompt="At night", actor=world.ben.party)
    said = polls.read(remix.pk, remix.client_id)
    assert said == ordinary(remix)
    assert said is not None
    assert said["remixed_from_video_id"] == str(parent.pk)


def test_what_is_a_draft_or_finished_is_read_the_ordinary_way() -> None:
    video = w.world().ask()
    Video.objects.filter(pk=video.pk).update(state="stamping")
    assert polls.read(video.pk, video.client_id) is None
    shown = w.shown(w.world().ask(), b"bytes")
    assert polls.read(shown.pk, shown.client_id) is None


def test_nobody_but_the_client_reads_it_by_this_way() -> None:
    world = w.world()
    video = world.ask()
    assert polls.read(video.pk, world.ada.party.pk) is None
