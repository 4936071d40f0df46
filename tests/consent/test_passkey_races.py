"""Passkeys under contention: real commits on real connections, one to a thread."""

from __future__ import annotations

import pytest
from django.db import transaction

from consent import challenges, grants, keys
from consent.challenges import ChallengeRefused
from consent.models import Grant, Party, PartyKey, SpentChallenge
from consent.webauthn import CounterWentBack
from tests.consent import people
from tests.consent.people import Holder
from tests.consent.softpasskey import SoftPasskey
from tests.consent.test_races import together


def test_one_challenge_answered_eight_times_at_once_counts_once(fresh_database: str) -> None:
    challenge = challenges.issue().text

    def answered() -> None:
        with transaction.atomic():
            challenges.spend(challenge)

    found = together(*[answered] * 8)
    assert found.count(None) == 1
    assert sum(isinstance(answer, ChallengeRefused) for answer in found) == 7
    assert SpentChallenge.objects.count() == 1


def test_one_passkey_wanted_by_four_at_once_belongs_to_one(fresh_database: str) -> None:
    passkey = SoftPasskey()
    found = together(*[lambda n=n: people.register_passkey(f"eve-{n}", passkey) for n in range(4)])
    assert sum(isinstance(answer, Holder) for answer in found) == 1
    assert sum(isinstance(answer, keys.KeyKnown) for answer in found) == 3
    assert Party.objects.count() == PartyKey.objects.count() == 1


@pytest.mark.parametrize("counter", [0, 1])
def test_one_assertion_sent_eight_times_at_once_is_recorded_once(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch, counter: int
) -> None:
    eve = people.register_passkey("eve")
    look = people.enrolled(eve, monkeypatch)
    document = grants.draft(look, people.terms(), key=eve.key, actor=eve.party)
    eve.passkey.counter = counter
    shown = eve.sign(document)
    found = together(*[lambda: grants.record_grant(document, evidence=shown, actor=eve.party)] * 8)
    assert sum(isinstance(answer, Grant) for answer in found) == 1
    assert sum(isinstance(answer, grants.GrantReplayed) for answer in found) == 7


def test_two_assertions_that_counted_the_same_are_not_both_taken(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy signs at the same moment as the passkey, both for what they were asked."""
    eve = people.register_passkey("eve")
    looks = [people.enrolled(eve, monkeypatch) for _ in range(2)]  # two, so that no lock but the key's orders them
    eve.passkey.counter = 9
    drafts = [grants.draft(look, people.terms(), key=eve.key, actor=eve.party) for look in looks]
    sent = [(document, eve.sign(document)) for document in drafts]
    found = together(
        *[
            lambda document=document, shown=shown: grants.record_grant(document, evidence=shown, actor=eve.party)
            for document, shown in sent
        ]
    )
    assert sum(isinstance(answer, Grant) for answer in found) == 1
    assert sum(isinstance(answer, CounterWentBack) for answer in found) == 1
