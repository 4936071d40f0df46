"""Ada holds a likeness; Ben is named in her grants; Carl is nobody to her; Eve claims what is hers."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from consent import likenesses
from consent.media import capture as measuring
from consent.media import challenge
from consent.models import Likeness
from tests.consent import people
from tests.consent.media.followed import ASKED
from tests.consent.people import Person
from tests.consent.sessions import Camera


@pytest.fixture(autouse=True)
def page(settings: Settings) -> None:
    """Let passkeys sign on the page of which the tests' passkeys are."""
    settings.CONSENT_RP_ID, settings.CONSENT_ORIGINS = "localhost", ["http://localhost:8000"]


@pytest.fixture
def ada(db: None) -> Person:
    return people.register("ada", "Ada Example")


@pytest.fixture
def ben(db: None) -> Person:
    return people.register("ben", "Ben Example")


@pytest.fixture
def carl(db: None) -> Person:
    return people.register("carl", "Carl Example", kind="client")


@pytest.fixture
def eve(db: None) -> Person:
    return people.register("eve", "Eve Example")


@pytest.fixture
def face(ada: Person, monkeypatch: pytest.MonkeyPatch) -> Likeness:
    return people.enrolled(ada, monkeypatch)


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Camera:
    made = Camera()
    monkeypatch.setattr(measuring, "measure", made)
    monkeypatch.setattr(challenge, "draw", lambda: ASKED)
    return made


@pytest.fixture
def bare(ada: Person) -> Likeness:
    return likenesses.register_likeness(name="Ada", kind="person", actor=ada.party)
