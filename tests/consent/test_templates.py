"""A face that is enrolled already: found by its numbers, judged by a person."""

from __future__ import annotations

import json

import numpy as np
import pytest

from consent import capture_review, likenesses, templates
from consent.models import Enrolment
from consent.staff import Staff
from tests.consent.people import Person
from tests.consent.sessions import Camera, answered, enrolled, faced, opened, payload

pytestmark = pytest.mark.django_db


def test_a_face_that_is_enrolled_already_goes_to_a_person(ada: Person, ben: Person, camera: Camera) -> None:
    first = enrolled(ada)
    session = enrolled(ben)
    assert (session.state, session.doubt) == ("in_review", "possible-duplicate")
    (found,) = capture_review.findings(session)
    assert [one["likeness"] for one in found["note"]["look_alikes"]["candidates"]] == [str(first.likeness_id)]
    assert str(first.likeness_id) not in json.dumps(payload(session.tries.get().entry))
    assert "duplicate" not in json.dumps(payload(session.tries.get().entry))
    capture_review.review(session, accept=True, reason="different-people", actor=Staff(7))
    assert session.state == "passed"


@pytest.mark.parametrize(("apart", "state"), [(0.44, "in_review"), (0.46, "passed")])
def test_the_search_draws_its_line_where_it_says(
    ada: Person, ben: Person, camera: Camera, apart: float, state: str
) -> None:
    camera.shows = faced(0.1)
    enrolled(ada)
    camera.shows = faced(0.1 + apart / np.sqrt(128))
    assert enrolled(ben).state == state


def test_a_template_of_another_model_is_not_compared_and_counted(ada: Person, ben: Person, camera: Camera) -> None:
    enrolled(ada)
    mine = likenesses.register_likeness(name="Ben", kind="person", actor=ben.party)
    found = templates.look_alikes(np.full(128, 0.1), of=mine, model="another", within=0.45)
    assert (found.candidates, found.compared, found.incomparable) == ((), 0, 1)


def test_a_second_clip_of_oneself_replaces_the_first(ada: Person, camera: Camera) -> None:
    first = enrolled(ada)
    again = opened(ada, first.likeness)
    answered(ada, again)
    assert again.state == "passed"
    old = Enrolment.objects.order_by("created_at").first()
    assert old is not None
    assert (old.template, Enrolment.objects.filter(template__isnull=False).count()) == (None, 1)


def test_a_second_clip_of_somebody_else_goes_to_a_person(ada: Person, camera: Camera) -> None:
    first = enrolled(ada)
    camera.shows = faced(0.2)
    again = opened(ada, first.likeness)
    answered(ada, again)
    assert (again.state, again.doubt) == ("in_review", "not-the-enrolled-face")
