"""How many requests a party, or a network without a token, may send, and how it is told (RateLimit header fields).

Counted in the database by GCRA, so that every process counts the same: never more than `most` within any `seconds`. A
process takes a few requests at a time and hands them out itself; what it does not use within seconds is forfeited, so
a caller who is close to the bound may be refused a few early, never late. Without the database nothing is answered at
all, so there is nothing to fail open or closed about.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from django.conf import settings
from django.db import connection

from consent import clock
from consent.models import RequestMeter
from consent.takedown.floods import network
from ledger.problem import Problem

if TYPE_CHECKING:
    from django.http import HttpRequest

SHARE: Final = 50  # a process takes a fiftieth of what there is at a time
KEPT: Final = 10.0  # seconds for which it may hand out what it took
TAKE: Final = """
INSERT INTO consent_requestmeter AS m (key, clear_at) VALUES (%(key)s, clock_timestamp() + %(cost)s * interval '1 s')
ON CONFLICT (key) DO UPDATE SET clear_at = GREATEST(m.clear_at, clock_timestamp()) + %(cost)s * interval '1 s'
WHERE GREATEST(m.clear_at, clock_timestamp()) + %(cost)s * interval '1 s'
      <= clock_timestamp() + %(window)s * interval '1 s'
RETURNING extract(epoch FROM clear_at - clock_timestamp())::float8"""
OWED: Final = "SELECT extract(epoch FROM clear_at - clock_timestamp())::float8 FROM consent_requestmeter WHERE key = %s"


@dataclass(frozen=True, slots=True)
class Bound:
    """So many requests within so many seconds."""

    name: str
    most: int
    seconds: int

    @property
    def step(self) -> float:
        """Seconds after which one more is free again."""
        return self.seconds / self.most

    @property
    def batch(self) -> int:
        """How many a process takes at a time."""
        return max(1, self.most // SHARE)

    def left(self, owed: float) -> int:
        """Return how many are left where `owed` seconds of the window are used."""
        return max(0, math.floor((self.seconds - owed) / self.step + 1e-6))

    def wait(self, owed: float) -> int:
        """Return after how many whole seconds one more is taken, at least 1."""
        return max(1, math.ceil(owed + self.step - self.seconds))


class TooManyRequests(Problem):
    """The caller's share of requests is used; `Retry-After` says when the next is taken."""

    code: ClassVar[str] = "too-many-requests"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "Too many requests"

    def __init__(self, bound: Bound, seconds: int) -> None:
        """Say when the next is taken: in `seconds`."""
        detail = f"More than {bound.most} requests in {bound.seconds} seconds are not taken."
        super().__init__(detail, remedy=f"Send the next one in {seconds} seconds.")
        self.headers = _headers(bound, 0, seconds) | {"Retry-After": str(seconds)}


@dataclass(slots=True)
class _Taken:
    """What a process may still hand out of what it took."""

    count: int
    until: float  # of the monotonic clock
    behind: int  # what the meter had left when it was taken


_hands: dict[bytes, _Taken] = {}
_lock: Final = threading.Lock()


def spend(party: str | None, request: HttpRequest) -> dict[str, str]:
    """Count one request of a party, or of the network that it came from (`None`); return its header fields.

    As in draft-ietf-httpapi-ratelimit-headers-10. Raises `TooManyRequests`.
    """
    bound = Bound("party", *settings.REQUESTS_PARTY) if party else Bound("network", *settings.REQUESTS_NETWORK)
    place = party or network(str(request.META.get("REMOTE_ADDR", ""))) or "nowhere"
    left = _take(_key(bound.name, place), bound)
    if left < 0:
        raise TooManyRequests(bound, -left)
    return _headers(bound, left, math.ceil(bound.step))


def forget() -> None:
    """Forget what this process may still hand out."""
    with _lock:
        _hands.clear()


def sweep() -> int:
    """Delete the meters that count nothing any more; return how many."""
    gone, _ = RequestMeter.objects.filter(clear_at__lt=clock.now()).delete()
    return gone


def _take(key: bytes, bound: Bound) -> int:
    """Return how many are left after this one; below zero: none was, and as many seconds are to wait."""
    now = time.monotonic()
    with _lock:
        held = _hands.get(key)
        if held is not None and held.count and held.until > now:
            held.count -= 1
            return held.behind + held.count
    owed = _asked(key, bound.batch * bound.step, bound)
    if owed is None:
        owed, batch = _asked(key, bound.step, bound), 1
    else:
        batch = bound.batch
    if owed is None:
        return -bound.wait(_owed(key))
    with _lock:
        for old in [one for one, kept in _hands.items() if kept.until <= now]:
            del _hands[old]
        _hands[key] = _Taken(batch - 1, now + KEPT, bound.left(owed))
    return bound.left(owed) + batch - 1


def _asked(key: bytes, cost: float, bound: Bound) -> float | None:
    """Move a meter on; return how much of the window is used then. `None`: that would be more than all of it."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"key": key, "cost": cost, "window": bound.seconds})
        found = cursor.fetchone()
    return None if found is None else float(found[0])


def _owed(key: bytes) -> float:
    with connection.cursor() as cursor:
        cursor.execute(OWED, [key])
        found = cursor.fetchone()
    return 0.0 if found is None else max(0.0, float(found[0]))


def _headers(bound: Bound, left: int, again: int) -> dict[str, str]:
    return {
        "RateLimit-Policy": f'"{bound.name}";q={bound.most};w={bound.seconds}',
        "RateLimit": f'"{bound.name}";r={left};t={again}',
    }


def _key(name: str, place: str) -> bytes:
    """Return what a caller is counted under: nobody who reads the table learns an address."""
    said = f"countenance/meter/v1\0{name}\0{place}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), said, hashlib.sha256).digest()
