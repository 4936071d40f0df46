"""Ada holds a likeness; Ben is named in her grants; Carl is nobody to her."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from consent.models import Likeness
from tests.consent import people
from tests.consent.people import Person


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
def face(ada: Person, monkeypatch: pytest.MonkeyPatch) -> Likeness:
    return people.enrolled(ada, monkeypatch)
