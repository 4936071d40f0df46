"""Three moderators, and a manager."""

from __future__ import annotations

import pytest

from consent.staff import Staff
from tests.consent.casework import crew


@pytest.fixture
def max_() -> Staff:
    return crew.hire("max", "moderator-manager")


@pytest.fixture
def lin() -> Staff:
    return crew.hire("lin", "moderator")


@pytest.fixture
def zoe() -> Staff:
    return crew.hire("zoe", "moderator-manager")
