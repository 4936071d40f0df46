"""Consequences of what the log says."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from consent import grants, permits, revocations
from consent.models import PostingSet
from gpu_client import jobs
from gpu_client.models import RenderJob
from ledger.canonical import digest
from ledger.follower import LoggedEntry, visit
from ledger.models import Entry
from provenance import cascade, publication, renders, tasks
from provenance.models import Video
from tests.consent import deals
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


def logged(kind: str, entry_id: UUID | None) -> LoggedEntry:
    assert entry_id is not None
    return LoggedEntry(index=0, kind=kind, entry_id=entry_id, body={})


def states(*videos: Video) -> list[str]:
    found = dict(Video.objects.values_list("pk", "state"))
    return [found[video.pk] for video in videos]


def chain(world: w.World, length: int) -> list[Video]:
    """Make a remix of a remix of a … of a video."""
    videos = [w.shown(world.ask(), b"0")]
    for number in range(length):
        videos.append(
            w.shown(
                renders.remix(videos[-1], prompt=f"Take {number}", actor=world.ben.party), f"take {number}".encode()
            )
        )
    return videos


def test_a_withdrawal_takes_down_drafts_jobs_and_remixes_of_remixes() -> None:
    world = w.world()
    other = w.world()
    line = chain(world, 3)
    waiting = world.ask()
    draft = w.shown(world.ask(), b"draft")
    Video.objects.filter(pk=draft.pk).update(state="stamping")
    untouched = w.shown(other.ask(), b"another")
    withdrawal = revocations.withdraw_grant(world.grant, actor=world.ada.party)
    cascade.handle(logged("consent.withdrawn", withdrawal.entry_id))
    assert states(*line, waiting, draft) == ["withheld"] * 6
    assert states(untouched) == ["published"]
    assert w.entries("video.withheld") == 1  # one for all that one statement takes down


def test_a_remix_under_a_younger_grant_goes_with_its_parents_grant() -> None:
    world = w.world()
    parent = w.shown(world.ask(), b"parent")
    older = parent.appearances.get().grant
    younger = w.grant(world.ada, world.likeness, world.ben, lasts=timedelta(days=30))
    remix = w.shown(renders.remix(parent, prompt="By night", actor=world.ben.party), b"remix")
    assert remix.appearances.get().grant == younger
    withdrawal = revocations.withdraw_grant(older, actor=world.ada.party)
    cascade.handle(logged("consent.withdrawn", withdrawal.entry_id))
    assert states(parent, remix) == ["withheld", "withheld"]


def test_an_entry_that_is_read_twice_changes_nothing_more() -> None:
    world = w.world()
    w.shown(world.ask(), b"bytes")
    withdrawal = revocations.withdraw_likeness(world.likeness, actor=world.ada.party)
    for _ in range(2):
        cascade.handle(logged("consent.withdrawn", withdrawal.entry_id))
    assert w.entries("video.withheld") == 1


def test_large_families_go_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cascade, "BATCH", 2)
    world = w.world()
    videos = [world.ask() for _ in range(5)]
    withdrawal = revocations.withdraw_grant(world.grant, actor=world.ada.party)
    assert cascade.take_down(withdrawal.entry_id) == 5
    assert states(*videos) == ["withheld"] * 5


def test_a_cancelled_job_fails_its_video_and_a_withheld_one_stays_withheld() -> None:
    world = w.world()
    failing, withheld = world.ask(), world.ask()
    for video in (failing, withheld):
        jobs.cancel(RenderJob.objects.get(pk=video.job), reason="render-abandoned", actor="system:test")
    Video.objects.filter(pk=withheld.pk).update(state="withheld", error_code="consent-withdrawn")
    for video in (failing, withheld):
        finished = RenderJob.objects.get(pk=video.job).finished_entry_id
        cascade.handle(logged("render.cancelled", finished))
    assert states(failing, withheld) == ["failed", "withheld"]


def test_a_redeemed_permit_shows_the_video_as_rendering() -> None:
    video = w.world().ask()
    redeemed = permits.redeem(w.permit_of(video).token, service="test")
    cascade.handle(logged("permit.redeemed", redeemed.redeemed_entry_id))
    assert states(video) == ["rendering"]


def test_a_delivery_rings_for_its_video(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - pytest-django's
    video = w.world().ask()
    job = w.deliver(video, b"bytes")
    rung: list[str] = []
    monkeypatch.setattr(tasks.accept_result, "delay", rung.append)
    with django_capture_on_commit_callbacks(execute=True):
        cascade.handle(logged("render.delivered", job.finished_entry_id))
    assert rung == [str(video.id)]


def test_the_follower_reads_the_whole_log_without_a_fault() -> None:
    world = w.world()
    video = w.shown(world.ask(), b"bytes")
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    w.publish_log()
    assert visit("provenance", cascade.handle) > 0
    assert states(video) == ["withheld"]


def test_a_publication_charges_its_use_once_and_only_then() -> None:
    world = w.world()
    terms = deals.full_terms(world.ben.party, rate=deals.rate("2"))
    document = grants.draft(world.likeness, terms, key=world.ada.party.keys.get(), actor=world.ada.party)
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    grants.record_grant(document, world.ada.key.sign(digest("grant", document)), actor=world.ada.party)
    video = world.ask()
    w.deliver(video, b"bytes")
    w.shown(video, b"bytes")
    Video.objects.filter(pk=video.pk).update(state="stamping", published_at=None)
    assert not PostingSet.objects.exists()
    video.refresh_from_db()
    assert publication.publish(video).state == "published"
    published = Entry.objects.get(kind="video.published").pk
    for _ in range(2):
        cascade.handle(logged("video.published", published))
    (made,) = PostingSet.objects.all()
    assert (made.permit.video, made.units) == (video.pk, 1)
    assert {(line.account, line.party_id, str(line.amount)) for line in made.lines.all()} == {
        ("receivable", world.ben.party.pk, "2.0000"),
        ("payable", world.ada.party.pk, "-2.0000"),
    }


def test_what_was_never_published_is_never_charged() -> None:
    world = w.world()
    video = world.ask()
    w.deliver(video, b"bytes")
    withdrawal = revocations.withdraw_grant(world.grant, actor=world.ada.party)
    cascade.handle(logged("consent.withdrawn", withdrawal.entry_id))
    assert states(video) == ["withheld"]
    assert not PostingSet.objects.exists()
