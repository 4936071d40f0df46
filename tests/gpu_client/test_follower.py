"""A withdrawal stops the renders that rest on it, and no others."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from consent import revocations
from consent.models import Withdrawal
from gpu_client import follower
from gpu_client.endings import Code
from gpu_client.models import RenderJob
from ledger.entry import decode
from ledger.follower import LoggedEntry
from ledger.models import Entry
from tests.consent import people
from tests.gpu_client.service import Service
from tests.gpu_client.world import World, dismissed, run

State = RenderJob.State


def logged(withdrawal: Withdrawal) -> LoggedEntry:
    entry = withdrawal.entry
    return LoggedEntry(7, entry.kind, entry.pk, decode(bytes(entry.body)))


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_other_entries_are_passed_over() -> None:
    follower.handle(LoggedEntry(1, "grant.recorded", uuid.uuid4(), {}))
    assert not Entry.objects.exists()


def test_a_withdrawn_grant_cancels_the_live_jobs_that_rest_on_it(world: World) -> None:
    queued, other = world.order(), world.order()
    people.grant(world.ada, world.face, world.ben.party)  # a second grant, which they do not rest on
    withdrawal = revocations.withdraw_grant(world.grant, actor=world.ada.party)
    world.rings.clear()
    follower.handle(logged(withdrawal))
    for job in (queued, other):
        job.refresh_from_db()
        assert (job.state, job.error_code) == (State.CANCELLED, Code.CONSENT_ENDED)
    assert world.rings == []  # nothing was sent, so nobody needs to be told


def test_a_withdrawal_of_another_grant_cancels_nothing(world: World) -> None:
    job = world.order()
    rests_on = job.permit.grants.get()
    second = people.grant(world.ada, world.face, world.ben.party)
    unrelated = next(grant for grant in (world.grant, second) if grant.pk != rests_on.pk)
    follower.handle(logged(revocations.withdraw_grant(unrelated, actor=world.ada.party)))
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_a_withdrawn_likeness_stops_what_is_being_rendered(
    world: World, double: Callable[[str | None], Service]
) -> None:
    service = double("slow")
    world.use(service)
    job = run(world.order(), until=lambda job: job.state == State.RENDERING)
    withdrawal = revocations.withdraw_likeness(world.face, actor=world.ada.party)
    world.rings.clear()
    follower.handle(logged(withdrawal))
    job.refresh_from_db()
    assert (job.state, job.dismiss_pending) == (State.CANCELLED, True)
    assert world.rings == [(job.pk, 0.0)]
    dismissed(job)
    assert '"cancelled"' in (service.state / "renders" / f"{job.upstream_id}.json").read_text()


def test_what_is_delivered_stays_delivered(world: World) -> None:
    job = run(world.order())
    follower.handle(logged(revocations.withdraw_grant(world.grant, actor=world.ada.party)))
    job.refresh_from_db()
    assert job.state == State.DELIVERED


def test_a_repetition_changes_nothing(world: World) -> None:
    job = world.order()
    entry = logged(revocations.withdraw_grant(world.grant, actor=world.ada.party))
    follower.handle(entry)
    follower.handle(entry)
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert Entry.objects.filter(kind="render.cancelled").count() == 1


def test_a_withdrawal_that_cannot_be_found_stops_the_follower(world: World) -> None:
    with pytest.raises(Withdrawal.DoesNotExist):
        follower.handle(LoggedEntry(1, "consent.withdrawn", uuid.uuid4(), {"ends": []}))
