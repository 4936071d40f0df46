"""Gate 3 waits for a yes, and silence is a no."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from consent import approvals, revocations
from consent.models import Approval
from ledger.follower import LoggedEntry
from provenance import cascade, publication, tasks
from provenance.models import Video
from tests.provenance import world as w

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

pytestmark = pytest.mark.django_db


def waiting(**terms: Any) -> tuple[w.World, Video]:  # noqa: ANN401 - members of a document
    """Return a video that was rendered, stamped and looked at by gate 3."""
    world = w.world()
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    world.grant = w.full_grant(world.ada, world.likeness, world.ben, **({"approval": {"hours": 2}} | terms))
    video = world.ask()
    w.deliver(video, w.clip())
    w.publish_log()
    return world, publication.finish(video.id)


def logged(approval: Approval) -> LoggedEntry:
    approval.refresh_from_db()
    assert approval.decided_entry is not None
    return LoggedEntry(index=0, kind=approval.decided_entry.kind, entry_id=approval.decided_entry.pk, body={})


def follow(approval: Approval, captured: DjangoCaptureOnCommitCallbacks) -> None:
    with captured(execute=True):
        cascade.handle(logged(approval))


@pytest.fixture(autouse=True)
def bells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.accept_result, "delay", lambda video: publication.finish(UUID(video)))


def test_a_draft_waits_for_a_yes_and_is_then_published(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    world, video = waiting()
    approval = Approval.objects.get()
    assert video.state == "stamping"
    assert publication.due() == []  # nothing rings for it
    for asker in (world.ada, world.ben):
        found = client.get(f"/v1/videos/{video.id}", headers=asker.header).json()
        assert (found["status"], found["approval"]) == ("in_progress", "pending")
        assert found["due_at"] == int(approval.due_at.timestamp())
    assert client.get(f"/v1/videos/{video.id}/content", headers=world.ada.header).status_code == 200
    assert client.get(f"/v1/videos/{video.id}/content", headers=world.ben.header).status_code == 404
    approvals.give(approval, actor=world.ada.party)
    assert publication.due() == [video.id]  # a lost bell is made good
    follow(approval, django_capture_on_commit_callbacks)
    found = client.get(f"/v1/videos/{video.id}", headers=world.ben.header).json()
    assert (found["status"], found["approval"], found["due_at"]) == ("completed", None, None)


@pytest.mark.parametrize("said", ["refused", "timed_out"])
def test_a_no_withholds_it(said: str, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> None:
    world, video = waiting()
    approval = Approval.objects.get()
    if said == "refused":
        approvals.refuse(approval, actor=world.ada.party)
    else:
        ago = approval.asked_at - timedelta(days=1)
        Approval.objects.update(asked_at=ago, due_at=ago + timedelta(hours=2))
        approvals.expire_due()
    follow(approval, django_capture_on_commit_callbacks)
    video.refresh_from_db()
    assert (video.state, video.error_detail) == ("withheld", f"approval_{said}")
    assert video.error_code == f"approval-{said}".replace("_", "-")
    assert w.entries("video.published") == 0


@pytest.mark.parametrize("said", ["refused", "timed_out"])
def test_gate_3_itself_hears_a_no(said: str) -> None:
    world, video = waiting()
    approval = Approval.objects.get()
    if said == "refused":
        approvals.refuse(approval, actor=world.ada.party)
    else:
        ago = approval.asked_at - timedelta(days=1)
        Approval.objects.update(asked_at=ago, due_at=ago + timedelta(hours=2))
        approvals.expire_due()
    assert publication.due() == [video.id]
    assert publication.publish(video).error_detail == f"approval_{said}"


def test_a_withdrawal_meanwhile_wins_over_a_yes() -> None:
    world, video = waiting()
    approvals.give(Approval.objects.get(), actor=world.ada.party)
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    assert publication.publish(video).error_code == "consent-withdrawn"


def test_whoever_came_to_reserve_a_yes_since_is_asked_before_it_is_shown() -> None:
    world = w.world()
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    world.grant = w.full_grant(world.ada, world.likeness, world.ben)
    video = world.ask()
    w.shown(video, b"bytes")
    Video.objects.filter(pk=video.pk).update(state="stamping", published_at=None)
    w.full_grant(world.ada, world.likeness, world.ben, supersedes=world.grant, approval={"hours": 1})
    assert publication.publish(video).state == "stamping"
    approvals.give(Approval.objects.get(), actor=world.ada.party)
    assert publication.publish(video).state == "published"
