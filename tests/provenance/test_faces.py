"""Rendered faces are the cast's and nobody else's, or the video waits for a person."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command

from consent import clock, providers, revocations, staff, templates
from consent.media import scene
from consent.media.scene import Scene, SceneRefused, Seen
from consent.models import Enrolment, Party
from provenance import faces, publication
from provenance.models import FaceReview, Video
from tests.consent.media.films import calibration, film, photo
from tests.provenance import world as w

if TYPE_CHECKING:
    from consent.depicted import Numbers
    from consent.models import Likeness
    from consent.staff import Staff

pytestmark = pytest.mark.django_db

ADA = np.zeros(128)
STRANGER = np.full(128, 0.5)


def enrolled(world: w.World, numbers: Numbers = ADA, likeness: Likeness | None = None) -> w.World:
    """Give the likeness a template, as a session does."""
    enrolment = Enrolment.objects.get(likeness=likeness or world.likeness)
    model = providers.OwnFaceEmbedder.model_sha256
    enrolment.template = templates.seal(world.ada.party.actor, numbers, model=model, context="template:test")
    enrolment.save(update_fields=["template"])
    return world


def draft(video: Video, data: bytes = b"stamped bytes") -> Video:
    """Return the video stamped, and looked at by nobody yet."""
    w.shown(video, data)
    FaceReview.objects.filter(video=video).delete()
    Video.objects.filter(pk=video.pk).update(state="stamping", published_at=None)
    video.refresh_from_db()
    return video


def sees(monkeypatch: pytest.MonkeyPatch, *numbers: Numbers | None) -> None:
    """Let the child have seen these faces, all in one picture."""
    found = tuple(Seen(2.0, 0.2, 200.0, 3.0 if one is not None else 40.0, one) for one in numbers)
    monkeypatch.setattr(scene, "of_result", lambda *_, **__: Scene(5, 1.0, 0.05, found))


def screened(world: w.World) -> Video:
    video = draft(world.ask())
    faces.screen(video)
    return publication.publish(video)


def reviewer(name: str = "rita") -> Staff:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="review_faces"))
    return staff.member(User.objects.get(pk=user.pk), may=faces.MAY)


def test_a_video_that_nobody_looked_at_is_not_published_and_not_lost() -> None:
    video = draft(w.world().ask())
    assert publication.publish(video).state == "stamping"


def test_the_cast_and_nobody_else_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    sees(monkeypatch, ADA)
    assert screened(enrolled(w.world())).state == "published"
    assert FaceReview.objects.get().findings["matched"] == 1


@pytest.mark.parametrize(
    "numbers", [(STRANGER,), (ADA, STRANGER), (ADA, ADA), (ADA, None), (ADA + 0.55 / 128**0.5,)], ids=range(5)
)
def test_somebody_else_or_a_doubt_or_one_too_many_waits(monkeypatch: pytest.MonkeyPatch, numbers: Any) -> None:  # noqa: ANN401 - faces
    sees(monkeypatch, *numbers)
    video = screened(enrolled(w.world()))
    assert video.state == "stamping"
    assert [held.video_id for held in faces.waiting()] == [video.pk]
    assert FaceReview.objects.get().findings["places_thousandths"] == [2000]


@pytest.mark.parametrize("place", [0, 1])
def test_the_face_of_either_of_two_is_the_casts(monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    world = enrolled(w.world())
    second = w.likeness_of(world.ada)
    w.grant(world.ada, second, world.ben)
    enrolled(world, STRANGER, second)
    sees(monkeypatch, (ADA, STRANGER)[place])
    video = draft(world.ask(cast=[world.likeness.pk, second.pk]))
    faces.screen(video)
    assert publication.publish(video).state == "published"


def test_without_a_template_nothing_is_compared_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    sees(monkeypatch, STRANGER)
    video = screened(w.world())
    assert video.state == "published"
    shown = faces.described(FaceReview.objects.get(video=video))
    assert shown["checked"][-1] == "compared with the templates of 0 of 1 likenesses"
    assert shown["not_checked"][0].endswith("no template")


def test_without_a_template_a_second_face_is_still_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    sees(monkeypatch, STRANGER, ADA)
    assert screened(w.world()).state == "stamping"


def test_a_turned_face_is_not_somebody_else_and_is_said_not_to_be_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    sees(monkeypatch, None)
    video = screened(enrolled(w.world()))
    assert video.state == "published"
    assert "turned too far" in faces.described(FaceReview.objects.get(video=video))["not_checked"][0]


def test_a_template_of_another_model_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    world = w.world()
    monkeypatch.setattr(providers.OwnFaceEmbedder, "model_sha256", "another")
    enrolled(world)
    monkeypatch.undo()
    sees(monkeypatch, STRANGER)
    screened(world)
    assert FaceReview.objects.get().findings["without_template"] == 1


def test_what_cannot_be_looked_at_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Scene:
        raise SceneRefused("no")

    monkeypatch.setattr(scene, "of_result", refuse)
    video = screened(w.world())
    assert video.state == "stamping"
    assert faces.described(FaceReview.objects.get(video=video))["state"] == "pending_review"


def test_it_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sees(monkeypatch, ADA)
    video = screened(enrolled(w.world()))
    faces.screen(video)
    assert w.entries("video.screened") == 2  # the one that the world's own draft had, and this


def pending(monkeypatch: pytest.MonkeyPatch) -> tuple[w.World, Video]:
    sees(monkeypatch, STRANGER)
    world = enrolled(w.world())
    return world, screened(world)


@pytest.mark.parametrize(
    ("accept", "reason", "state"), [(True, "is-the-cast", "published"), (False, "somebody-else", "withheld")]
)
def test_a_person_decides(monkeypatch: pytest.MonkeyPatch, accept: bool, reason: str, state: str) -> None:  # noqa: FBT001 - a case
    _, video = pending(monkeypatch)
    faces.review(video, accept=accept, reason=reason, actor=reviewer())
    assert publication.finish(video.pk).state in {"stamping", state}
    assert publication.publish(video).state == state
    assert w.entries("video.reviewed") == 1


def test_consent_that_ends_while_it_waits_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    world, video = pending(monkeypatch)
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    assert publication.publish(video).error_code == "consent-withdrawn"
    with pytest.raises(faces.FaceReviewRefused):
        faces.review(video, accept=True, reason="is-the-cast", actor=reviewer())


def test_what_nobody_decides_in_time_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    _, video = pending(monkeypatch)
    w.deliver(video, b"raw")
    assert publication.due() == []
    FaceReview.objects.update(due_at=clock.now() - timedelta(seconds=1))
    assert publication.due() == [video.pk]
    with pytest.raises(faces.FaceReviewRefused):
        faces.review(video, accept=True, reason="is-the-cast", actor=reviewer())
    assert publication.finish(video.pk).error_code == "faces-not-reviewed"


def test_nobody_decides_about_themselves_twice_or_for_a_reason_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    world, video = pending(monkeypatch)
    me = reviewer()
    with pytest.raises(faces.FaceReviewRefused):
        faces.review(video, accept=True, reason="somebody-else", actor=me)
    for party in (world.ada.party, world.ben.party):
        Party.objects.filter(pk=party.pk).update(user=me.user)
        with pytest.raises(staff.StaffRefused):
            faces.review(video, accept=True, reason="is-the-cast", actor=me)
        Party.objects.filter(pk=party.pk).update(user=None)
    faces.review(video, accept=False, reason="cannot-tell", actor=me)
    with pytest.raises(faces.FaceReviewRefused):
        faces.review(video, accept=True, reason="is-the-cast", actor=reviewer("roy"))


def test_the_client_reads_that_it_waits_and_no_distance(monkeypatch: pytest.MonkeyPatch, client: Any) -> None:  # noqa: ANN401 - Django's
    world, video = pending(monkeypatch)
    answer = client.get(f"/v1/videos/{video.pk}", headers=world.ben.header).json()
    assert (answer["status"], answer["faces"]["state"]) == ("in_progress", "pending_review")
    assert not {"strange", "near", "distance", "places"} & set(str(answer["faces"]).split("'"))


def test_staff_list_and_decide_from_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    _, video = pending(monkeypatch)
    w.deliver(video, b"raw")
    reviewer("rita")
    User.objects.create_user("nobody", is_staff=True)
    said = io.StringIO()
    call_command("video_faces", "list", "--as", "rita", stdout=said)
    assert f"{video.pk}" in said.getvalue()
    assert "look at: 2.0" in said.getvalue()
    with pytest.raises(CommandError, match="permission"):
        call_command("video_faces", "accept", str(video.pk), "is-the-cast", "--as", "nobody")


def test_a_real_picture_is_told_from_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way through the child: a film of one photograph, under the template of the other."""
    monkeypatch.undo()
    own = scene.of_reference(calibration("grace_hopper")).faces[0].numbers
    assert own is not None
    face = cv2.resize(photo("grace_hopper"), (480, 600), interpolation=cv2.INTER_AREA)
    other = cv2.resize(photo("astronaut"), (480, 600), interpolation=cv2.INTER_AREA)
    for picture, state in ((face, "clear"), (other, "waiting")):
        world = enrolled(w.world(), own)
        held = faces.screen(draft(world.ask(), film([np.asarray(picture, np.uint8)] * 16, None, fps=16)))
        assert held is not None
        assert held.state == state
