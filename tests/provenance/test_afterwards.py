"""What becomes of videos when the grant behind them ends: by its clause, at a withdrawal and at its own date."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from consent import clock, revocations, suspensions
from consent.models import Grant
from ledger.follower import LoggedEntry
from provenance import afterwards, cascade, erasure, leases, publication, renders, sentences, standing, tasks
from provenance.consent_proof import ProvenPermit
from provenance.models import Video
from tests.provenance import world as w

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
CLAUSES = ["keep", "keep_with_label", "hide", "delete"]
STANDING = {"keep": "ended", "keep_with_label": "ended", "hide": "withdrawn", "delete": "withdrawn"}


@pytest.fixture(autouse=True)
def bells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.sweep_ended, "delay", lambda: None)


def made(clause: str) -> tuple[w.World, Video, Video]:
    """Return a published video and a draft that rest on a grant with this clause."""
    world = w.world()
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    world.grant = w.full_grant(world.ada, world.likeness, world.ben, after_end=clause)
    video, draft = w.shown(world.ask(), b"bytes"), w.shown(world.ask(), b"draft")
    Video.objects.filter(pk=draft.pk).update(state="stamping", published_at=None)
    return world, video, draft


def end(world: w.World, how: str) -> None:
    if how == "expiry":
        at = clock.now()
        Grant.objects.filter(pk=world.grant.pk).update(not_before=at - timedelta(days=2), not_after=at)
    else:
        withdrawal = revocations.withdraw_grant(world.grant, actor=world.ada.party)
        entry = withdrawal.entry
        cascade.handle(LoggedEntry(index=0, kind=entry.kind, entry_id=entry.pk, body={}))
    afterwards.sweep()


def on_disk(video: Video) -> bool:
    return (Path(settings.MEDIA_ROOT) / str(video.pk)).exists()


def proven(video: Video) -> ProvenPermit:
    return ProvenPermit(video.pk, w.permit_of(video).pk, ("g",), "2026-11-22T14:35Z", "here", 0, 1, "")


@pytest.mark.parametrize("how", ["withdrawal", "expiry"])
@pytest.mark.parametrize("clause", CLAUSES)
def test_each_clause_does_what_it_says(client: Client, clause: str, how: str) -> None:
    world, video, draft = made(clause)
    end(world, how)
    assert publication.publish(draft).state == "withheld"  # nothing new appears, whatever the clause
    found = client.get(f"/v1/videos/{video.pk}/status").json()
    assert found["state"] == STANDING[clause]
    kept = clause.startswith("keep")
    assert leases.standing_now([video.pk]) == ({video.pk} if kept else set())
    assert (on_disk(video), on_disk(draft)) == ((False, False) if clause == "delete" else (True, True))
    if kept:
        assert "own clause keeps this work visible" in found["detail"]
        shown = client.get(f"/v1/videos/{video.pk}", headers=world.ben.header).json()["consent"]
        assert shown["state"] == "ended"
        assert shown["label"] == (sentences.LABEL if clause == "keep_with_label" else None)
        assert standing.since(proven(video)) == ("kept" if clause == "keep" else "kept_with_label")
    if clause == "delete":
        video.refresh_from_db()
        assert (video.state, video.path, w.entries("video.removed")) == ("withheld", "", 2)
        assert afterwards.sweep() == 0


def test_what_was_made_from_it_goes_with_it() -> None:
    world, video, _ = made("delete")
    remix = w.shown(renders.remix(video, prompt="Again", actor=world.ben.party), b"remix")
    end(world, "expiry")
    assert not on_disk(video)
    assert not on_disk(remix)


def test_a_grant_in_its_place_that_lasts_saves_it() -> None:
    world, video, _ = made("delete")
    w.full_grant(world.ada, world.likeness, world.ben, supersedes=world.grant, after_end="delete")
    end(world, "expiry")
    assert on_disk(video)


def test_a_file_that_cannot_be_removed_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world, video, _ = made("delete")
    with monkeypatch.context() as broken:
        broken.setattr(erasure, "remove_files", lambda _video: (_ for _ in ()).throw(OSError))
        end(world, "expiry")
        assert on_disk(video)
    assert afterwards.sweep() == 2
    assert not on_disk(video)


def test_a_suspension_overrides_keep() -> None:
    world, video, _ = made("keep")
    end(world, "withdrawal")
    assert standing.public_standing(video.pk) == "ended"
    suspensions.suspend(world.likeness, reason="paused", actor=world.ada.party)
    assert standing.public_standing(video.pk) == "withdrawn"
