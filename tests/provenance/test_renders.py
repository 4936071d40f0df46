"""Gate 1, on a real database."""

from __future__ import annotations

import hashlib

import pytest

from consent import revocations
from consent.models import Decision, Permit, Strike
from consent.takedown import strikes
from consent.takedown.provisional import Found
from consent.takedown.sanctions import RequestsRefused
from gpu_client.models import RenderJob
from provenance import renders
from provenance.asked import RequestInvalid
from provenance.leases import ConsentWithdrawn
from provenance.models import Appearance, Lineage, Video
from provenance.renders import ConsentRequired, KeyReused, NotRetryable, ParentNotReady, VideoNotFound
from tests.consent.takedown import notices
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


def reasons_of(refusal: ConsentRequired) -> list[dict[str, object]]:
    reasons = refusal.extra["reasons"]
    assert isinstance(reasons, list)
    return reasons


def test_an_allowed_request_makes_a_permit_a_job_a_video_and_its_cast_under_one_entry() -> None:
    world = w.world()
    video = world.ask()
    permit = w.permit_of(video)
    job = RenderJob.objects.get(pk=video.job)
    appearance = Appearance.objects.get(video=video)
    assert (video.state, video.client, video.entry) == ("queued", world.ben.party, permit.entry)
    assert (appearance.likeness, appearance.grant, appearance.entry) == (world.likeness, world.grant, permit.entry)
    assert appearance.epoch == world.likeness.epoch == permit.epochs[str(world.likeness.pk)]
    assert (job.video, job.permit, job.entry) == (video.id, permit, permit.entry)
    assert [one["role"] for one in job.attachments] == ["calibration"]
    assert w.entries("permit.minted") == 1


def test_a_stranger_is_refused_and_the_denial_outlives_the_refusal() -> None:
    world = w.world()
    carl = w.person("carl", "client")
    with pytest.raises(ConsentRequired) as refused:
        world.ask(actor=carl.party)
    denial = Decision.objects.get(pk=str(refused.value.extra["decision_id"]))
    assert denial.outcome == "deny"
    assert list(denial.likenesses.all()) == [world.likeness]
    assert refused.value.status == 403
    assert reasons_of(refused.value) == [
        {"likeness": str(world.likeness.pk), "reason": "no_grant", "clause": None, "grant": None}
    ]
    assert not Permit.objects.exists()
    assert not RenderJob.objects.exists()
    assert not Video.objects.exists()


def test_an_absent_likeness_and_a_private_one_are_refused_alike() -> None:
    world = w.world()
    carl = w.person("carl", "client")
    answers = []
    for one in (str(world.likeness.pk), "11111111-1111-4111-8111-111111111111"):
        with pytest.raises(ConsentRequired) as refused:
            world.ask(actor=carl.party, cast=[one])
        reasons = str(reasons_of(refused.value)).replace(one, "*")
        answers.append((refused.value.status, refused.value.detail, refused.value.remedy, reasons))
    assert answers[0] == answers[1]


def test_a_purpose_outside_the_grant_is_refused_with_that_reason() -> None:
    world = w.world()
    with pytest.raises(ConsentRequired) as refused:
        world.ask(purpose="advertising")
    assert [one["reason"] for one in reasons_of(refused.value)] == ["purpose"]


@pytest.mark.parametrize("place", range(3))
def test_one_ungranted_likeness_among_several_refuses_the_whole(place: int) -> None:
    world = w.world()
    cast = [world.likeness, *(w.likeness_of(world.ada) for _ in range(2))]
    missing = cast[place]
    for one in cast[1:]:
        w.grant(world.ada, one, world.ben)
    revocations.withdraw_grant(missing.grants.get(), actor=world.ada.party)
    with pytest.raises(ConsentRequired) as refused:
        world.ask(cast=[one.pk for one in cast])
    assert {one["likeness"] for one in reasons_of(refused.value)} == {str(missing.pk)}
    assert not Permit.objects.exists()


def test_after_a_withdrawal_a_new_render_is_refused() -> None:
    world = w.world()
    world.ask()
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    with pytest.raises(ConsentRequired):
        world.ask()
    assert Video.objects.count() == 1


def test_a_bad_request_asks_nobody_and_leaves_nothing() -> None:
    world = w.world()
    with pytest.raises(RequestInvalid):
        world.ask(cast=[])
    assert not Decision.objects.exists()


def test_a_likeness_whose_clip_was_erased_is_refused_without_a_trace() -> None:
    world = w.world()
    world.likeness.enrolments.all().delete()
    with pytest.raises(RequestInvalid, match="calibration clip"):
        world.ask()
    assert not Permit.objects.exists()
    assert not Video.objects.exists()


def test_the_same_key_gives_the_same_video_and_renders_once() -> None:
    world = w.world()
    first = world.ask(idempotency_key="k")
    assert world.ask(idempotency_key="k") == first
    assert RenderJob.objects.count() == Permit.objects.count() == 1


def test_the_same_key_with_another_request_is_refused() -> None:
    world = w.world()
    world.ask(idempotency_key="k")
    with pytest.raises(KeyReused) as refused:
        world.ask(idempotency_key="k", prompt="Something else")
    assert refused.value.status == 422
    assert RenderJob.objects.count() == 1


def test_a_key_belongs_to_its_client() -> None:
    world = w.world()
    dora = w.person("dora", "client")
    w.grant(world.ada, world.likeness, dora)
    assert world.ask(idempotency_key="k") != world.ask(idempotency_key="k", actor=dora.party)


def test_without_a_key_each_request_is_a_new_one() -> None:
    world = w.world()
    assert world.ask() != world.ask()


def test_a_remix_carries_everybody_of_its_parent_and_the_parents_file() -> None:
    world = w.world()
    parent = w.shown(world.ask(), b"parent")
    eve = w.person("eve")
    other = w.likeness_of(eve)
    w.grant(eve, other, world.ben)
    remix = renders.remix(parent, prompt="By night", cast=[other.pk], actor=world.ben.party)
    assert set(remix.appearances.values_list("likeness", flat=True)) == {world.likeness.pk, other.pk}
    assert Lineage.objects.get(child=remix).parent == parent
    job = RenderJob.objects.get(pk=remix.job)
    sha256 = hashlib.sha256(b"parent").hexdigest()
    assert job.attachments[-1] == {"role": "parent", "path": parent.path, "sha256": sha256}
    assert Decision.objects.get(permit__job=remix.job).use["remix"] is True
    assert (remix.purpose, remix.seconds, remix.size) == (parent.purpose, parent.seconds, parent.size)


def test_a_remix_needs_a_grant_that_allows_remixes() -> None:
    world = w.world()
    world.grant = w.grant(world.ada, likeness := w.likeness_of(world.ada), world.ben, remix=False)
    parent = w.shown(world.ask(cast=[likeness.pk]), b"parent")
    with pytest.raises(ConsentRequired) as refused:
        renders.remix(parent, prompt="By night", actor=world.ben.party)
    assert [one["reason"] for one in reasons_of(refused.value)] == ["remix"]


def test_nobody_remixes_what_they_may_not_see() -> None:
    world = w.world()
    parent = w.shown(world.ask(), b"parent")
    carl = w.person("carl", "client")
    w.grant(world.ada, world.likeness, carl)
    with pytest.raises(VideoNotFound):
        renders.remix(parent, prompt="By night", actor=carl.party)


def test_an_unfinished_video_cannot_be_remixed() -> None:
    world = w.world()
    with pytest.raises(ParentNotReady):
        renders.remix(world.ask(), prompt="By night", actor=world.ben.party)


def test_a_parent_whose_own_grant_ended_cannot_be_remixed_under_another() -> None:
    world = w.world()
    parent = w.shown(world.ask(), b"parent")
    w.grant(world.ada, world.likeness, world.ben)
    revocations.withdraw_grant(parent.appearances.get().grant, actor=world.ada.party)
    with pytest.raises(ConsentWithdrawn):
        renders.remix(parent, prompt="By night", actor=world.ben.party)
    assert RenderJob.objects.count() == 1


def failed(video: Video) -> Video:
    Video.objects.filter(pk=video.pk).update(state="failed", error_code="render-failed", claims=3)
    video.refresh_from_db()
    return video


def test_a_retry_asks_consent_again_and_has_a_job_of_its_own() -> None:
    world = w.world()
    video = failed(world.ask())
    old, entry = video.job, video.entry
    again = renders.retry(video, actor=world.ben.party)
    assert again.job != old
    assert again.entry != entry
    assert (again.state, again.error_code, again.claims) == ("queued", "", 0)
    assert again.appearances.get().entry == again.entry
    assert Permit.objects.filter(video=video.id).count() == 2


def test_a_retry_after_a_withdrawal_is_refused_and_the_video_stays_failed() -> None:
    world = w.world()
    video = failed(world.ask())
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    with pytest.raises(ConsentRequired):
        renders.retry(video, actor=world.ben.party)
    video.refresh_from_db()
    assert video.state == "failed"


def test_only_what_failed_is_retried_and_only_by_its_client() -> None:
    world = w.world()
    video = world.ask()
    with pytest.raises(NotRetryable):
        renders.retry(video, actor=world.ben.party)
    with pytest.raises(VideoNotFound):
        renders.retry(failed(video), actor=world.ada.party)


def test_nothing_new_is_made_for_whose_violations_were_proven_three_times() -> None:
    world = w.world()
    for _ in range(3):
        case = notices.filed(Found(), works=[]).notice.case
        strikes.give_uploader(case, world.ben.party, "repeated-violation", actor=notices.FIRST)
    with pytest.raises(RequestsRefused):
        world.ask()
    assert not Video.objects.exists()
    strikes.reverse(Strike.objects.earliest("given_at"), actor=notices.SECOND)
    assert world.ask().state == "queued"
