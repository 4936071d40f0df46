"""A clip that waits for a person: who decides, by which reasons, and what is left of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from consent import capture, capture_review, enrolment, erasure
from consent.models import EnrolmentSession, Likeness
from consent.staff import Staff, StaffRefused
from ledger import vault
from ledger.models import Sealed
from tests.consent.people import Person
from tests.consent.sessions import CLIP, Camera, answered, faced, in_review, opened, payload

pytestmark = pytest.mark.django_db


def test_after_three_tries_a_person_decides(ada: Person, camera: Camera) -> None:
    session = in_review(ada, camera, faced(0.1, heard=()))
    assert (session.doubt, session.tries.count()) == ("tries-spent", 3)
    assert capture_review.waiting() == [session]
    assert session.clip is not None
    assert vault.read_blob(session.clip) == CLIP
    with pytest.raises(capture.InReview):
        answered(ada, session)
    with pytest.raises(capture.InReview):
        opened(ada, session.likeness)


def test_an_accent_is_accepted_by_a_person(ada: Person, camera: Camera) -> None:
    session = in_review(ada, camera, faced(0.1, heard=()))
    capture_review.review(session, accept=True, reason="accent", actor=Staff(7))
    assert session.state == "passed"
    assert session.enrolment is not None
    assert payload(session.enrolment.entry)["actor"] == "staff:7"
    assert session.enrolment.assurance == "prompted-capture"
    session.likeness.refresh_from_db()
    assert enrolment.fresh_proof_at(session.likeness) is not None


@pytest.mark.parametrize("reason", ["not-followed", "unusable"])
def test_an_accent_is_never_refused(ada: Person, camera: Camera, reason: str) -> None:
    session = in_review(ada, camera, faced(0.1, heard=()))
    with pytest.raises(capture_review.ReviewRefused):
        capture_review.review(session, accept=False, reason=reason, actor=Staff(7))
    session.refresh_from_db()
    assert session.state == "in_review"


def test_a_refusal_destroys_the_clip_and_bars_nobody(
    ada: Person,
    camera: Camera,
    django_capture_on_commit_callbacks: Any,  # noqa: ANN401 - pytest-django's
) -> None:
    session = in_review(ada, camera, faced(0.1, spoken=None))
    assert session.clip is not None
    file = vault.path_of(session.clip)
    assert file.exists()
    with django_capture_on_commit_callbacks(execute=True):
        capture_review.review(session, accept=False, reason="not-followed", actor=Staff(7))
    after = EnrolmentSession.objects.get(pk=session.pk)
    assert (after.state, after.clip_id, after.template_id) == ("refused", None, None)
    assert not file.exists()
    assert not Sealed.objects.filter(context__startswith="enrolment-session:").exists()
    assert opened(ada, session.likeness).state == "open"


def test_no_face_is_accepted_by_nobody(ada: Person, camera: Camera) -> None:
    session = in_review(ada, camera, faced(0.1, templates=()))
    with pytest.raises(capture_review.ReviewRefused):
        capture_review.review(session, accept=True, reason="follows", actor=Staff(7))


@pytest.mark.parametrize(("accept", "reason"), [(True, "not-followed"), (False, "accent"), (True, ""), (False, "ugly")])
def test_reasons_are_a_closed_list(ada: Person, camera: Camera, *, accept: bool, reason: str) -> None:
    session = in_review(ada, camera, faced(0.1, heard=()))
    with pytest.raises(capture_review.ReviewRefused):
        capture_review.review(session, accept=accept, reason=reason, actor=Staff(7))


def test_nobody_reviews_themselves(ada: Person, camera: Camera) -> None:
    session = in_review(ada, camera, faced(0.1, heard=()))
    user = User.objects.get(pk=ada.party.user_id) if ada.party.user_id else User.objects.create_user("ada-staff")
    ada.party.user = user
    ada.party.save(update_fields=["user"])
    with pytest.raises(StaffRefused):
        capture_review.review(session, accept=True, reason="accent", actor=Staff(user.pk))


def test_what_does_not_wait_is_not_reviewed(ada: Person, bare: Likeness, camera: Camera) -> None:
    session = opened(ada, bare)
    with pytest.raises(capture_review.ReviewRefused):
        capture_review.review(session, accept=True, reason="follows", actor=Staff(7))


def test_an_erasure_takes_a_clip_out_of_the_queue(ada: Person, camera: Camera) -> None:
    session = in_review(ada, camera, faced(0.1, heard=()))
    erasure.erase_party(ada.party, actor=ada.party)
    assert capture_review.waiting() == []
    session.refresh_from_db()
    assert (session.state, session.doubt) == ("expired", "")
