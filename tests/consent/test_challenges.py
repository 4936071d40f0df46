"""A challenge is ours, short-lived and answered once, and the note of it outlives it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import signing as tokens
from django.db import IntegrityError, transaction

from consent import challenges, clock
from consent.challenges import ChallengeRefused
from consent.models import SpentChallenge

pytestmark = pytest.mark.django_db


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + by)


def test_issuing_writes_nothing_and_answering_is_noted() -> None:
    challenge = challenges.issue()
    assert not SpentChallenge.objects.exists()
    challenges.spend(challenge.text)
    assert SpentChallenge.objects.get().expires_at == challenge.expires_at
    assert timedelta() < challenge.expires_at - clock.now() <= challenges.LIFE


def test_a_challenge_is_answered_once() -> None:
    challenge = challenges.issue().text
    challenges.spend(challenge)
    with pytest.raises(ChallengeRefused, match="before"):
        challenges.spend(challenge)
    challenges.spend(challenges.issue().text)
    assert SpentChallenge.objects.count() == 2


def test_an_answer_that_was_rolled_back_was_none() -> None:
    challenge = challenges.issue().text
    with transaction.atomic():
        challenges.spend(challenge)
        transaction.set_rollback(True)
    challenges.spend(challenge)


def test_a_challenge_that_is_over_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    challenge = challenges.issue().text
    later(monkeypatch, challenges.LIFE)
    with pytest.raises(ChallengeRefused, match="is over"):
        challenges.spend(challenge)
    assert not SpentChallenge.objects.exists()


def test_the_note_outlives_the_challenge_and_is_swept_then(monkeypatch: pytest.MonkeyPatch) -> None:
    challenges.spend(challenges.issue().text)
    later(monkeypatch, challenges.LIFE + timedelta(hours=1))
    challenges.spend(challenges.issue().text)
    assert SpentChallenge.objects.count() == 2
    later(monkeypatch, challenges.KEPT + timedelta(hours=1))
    challenges.spend(challenges.issue().text)
    assert SpentChallenge.objects.count() == 1


@pytest.mark.parametrize("text", ["", "x", "a:b:c", "\0", "ü" * 300, "A" * 100_000])
def test_what_is_no_challenge_of_ours_is_refused(text: str) -> None:
    with pytest.raises(ChallengeRefused, match="ours") as refused:
        challenges.spend(text)
    assert refused.value.pointer == "/key/challenge"


def test_a_token_that_we_made_for_something_else_is_no_challenge() -> None:
    made = tokens.dumps({"nonce": "AAAAAAAAAAAAAAAAAAAAAA", "until": 2**33}, salt="another purpose")
    with pytest.raises(ChallengeRefused):
        challenges.spend(made)
    challenges.spend(tokens.dumps({"nonce": "AAAAAAAAAAAAAAAAAAAAAA", "until": 2**33}, salt=challenges.SALT))


@pytest.mark.parametrize("length", [0, 15, 17])
def test_the_database_refuses_a_nonce_of_another_length(length: int) -> None:
    at: datetime = clock.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        SpentChallenge.objects.create(nonce=bytes(length), expires_at=at)
