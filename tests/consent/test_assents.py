"""Agreeing to a document of somebody else: bounded, since each one is sealed."""

from __future__ import annotations

import pytest

from consent import authority
from consent.authority import AuthorityRefused
from tests.consent import people

pytestmark = pytest.mark.django_db


def test_nobody_fills_the_vault_with_assents(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = people.register("ada")
    likeness = people.enrolled(ada, monkeypatch)
    monkeypatch.setattr(authority, "MAX_ASSENTS", 2)
    for number in range(2):
        people.agree(ada, likeness, "grant", {"number": number})
    with pytest.raises(AuthorityRefused, match="in a day"):
        people.agree(ada, likeness, "grant", {"number": 2})
    people.agree(ada, likeness, "grant", {"number": 0})  # said already
