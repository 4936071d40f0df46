"""Ada holds a likeness; Ben is named in her grants; Carl is nobody to her."""

from __future__ import annotations

import pytest

from consent.models import Likeness
from tests.consent import people
from tests.consent.people import Person


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
