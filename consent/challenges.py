"""Challenges for a passkey that is being registered: issued by us, short-lived, and answered once.

A grant needs none: its own digest is the challenge, and it is recorded once. What shows possession of a key would
otherwise hold for ever, even after an erasure, when handle and key are free again.

Issuing writes nothing, so that strangers cannot fill the database by asking: a challenge carries its own end under
our MAC. Answering inserts its nonce, which is unique.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from django.core import signing as tokens
from django.db import IntegrityError, transaction

from consent import clock
from consent.models import SpentChallenge
from consent.models.challenge import NONCE_BYTES
from ledger import base64url
from ledger.problem import Problem

LIFE: Final = timedelta(minutes=5)
KEPT: Final = timedelta(days=1)  # after its end: no clock of ours is that wrong
SWEPT: Final = 100  # rows at most for each one that is added
SALT: Final = "countenance.challenge"
MAX_CHALLENGE: Final = 256  # characters; ours are shorter


class ChallengeRefused(Problem):
    """The challenge is not one of ours, is over, or was answered before."""

    code: ClassVar[str] = "challenge-refused"
    title: ClassVar[str] = "The challenge is no longer good"


@dataclass(frozen=True, slots=True)
class Challenge:
    """A text to hand out as it is, and when it is over."""

    text: str
    expires_at: datetime


def issue() -> Challenge:
    """Return a new challenge. Writes nothing."""
    until = (clock.now() + LIFE).replace(microsecond=0)
    nonce = base64url.encode(secrets.token_bytes(NONCE_BYTES))
    return Challenge(tokens.dumps({"nonce": nonce, "until": int(until.timestamp())}, salt=SALT), until)


def spend(text: str, *, pointer: str = "/key/challenge") -> None:
    """Count the challenge as answered, in the caller's transaction; of two callers one waits and is refused.

    If that transaction rolls back nothing was done with the answer, and the challenge is as good as before.
    """
    nonce, until = _read(text, pointer)
    now = clock.now()
    if until <= now:
        raise _refused("The challenge is over.", pointer)
    old = SpentChallenge.objects.select_for_update(skip_locked=True).filter(expires_at__lt=now - KEPT)
    SpentChallenge.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:SWEPT])).delete()
    try:
        with transaction.atomic():
            SpentChallenge.objects.create(nonce=nonce, expires_at=until)
    except IntegrityError as error:
        raise _refused("The challenge was answered before.", pointer) from error


def _read(text: str, pointer: str) -> tuple[bytes, datetime]:
    try:
        read = tokens.loads(text[:MAX_CHALLENGE], salt=SALT)
    except tokens.BadSignature as error:
        raise _refused("The challenge is not one of ours.", pointer) from error
    return base64url.decode(read["nonce"]), datetime.fromtimestamp(read["until"], UTC)


def _refused(detail: str, pointer: str) -> ChallengeRefused:
    return ChallengeRefused(detail, pointer=pointer, remedy="Ask for a new challenge, and answer it within 5 minutes.")
