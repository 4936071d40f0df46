"""Enrolment sessions for the tests: what a camera shows is given, what follows from it is real."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np

from consent import capture, likenesses
from consent.media.capture import Capture
from consent.models import EnrolmentSession, EnrolmentTry, Likeness
from ledger import log
from ledger.models import Entry
from tests.consent.media.followed import followed
from tests.consent.people import Person

CLIP = b"a clip that somebody else's test measured"


def faced(value: float, **changes: Any) -> Capture:  # noqa: ANN401 - members of a capture
    """Return a capture that follows, of the face whose numbers are all `value`."""
    same = tuple(replace(one, numbers=np.full(128, value)) for one in followed().templates)
    return followed(clip=CLIP, **{"templates": same} | changes)


class Camera:
    """What the next clip measures."""

    def __init__(self) -> None:
        self.shows: Capture = faced(0.1)

    def __call__(self, data: bytes) -> Capture:
        return replace(self.shows, clip=data)


def opened(person: Person, likeness: Likeness) -> EnrolmentSession:
    return capture.open_session(likeness, language="en", actor=person.party)


def answered(person: Person, session: EnrolmentSession) -> EnrolmentTry:
    return capture.submit_clip(session, io.BytesIO(CLIP), actor=person.party)


def enrolled(person: Person) -> EnrolmentSession:
    likeness = likenesses.register_likeness(name=person.party.name, kind="person", actor=person.party)
    session = opened(person, likeness)
    answered(person, session)
    return session


def in_review(person: Person, camera: Camera, shows: Capture) -> EnrolmentSession:
    likeness = likenesses.register_likeness(name=person.party.name, kind="person", actor=person.party)
    session = opened(person, likeness)
    camera.shows = shows
    for _ in range(3):
        answered(person, session)
    assert session.state == "in_review"
    return session


def payload(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(log.opening(entry).payload)
    return found
