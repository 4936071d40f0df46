"""How many notices one place may file on one day. The bounds are published; nobody below them notices anything.

What is counted is a keyed hash of the day and the place, kept for two days. A network is an IPv4 address, or the first
64 bits of an IPv6 one: whole towns share one, so its bound is high. Who is past a bound keeps a draft, is told when to
come back, and hears that nobody thinks badly of them; what was filed before stands.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db.models import F

from consent import clock
from consent.models import FilingCount
from ledger import subjectkeys
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

SYSTEM: Final = "system:takedown"
PER_NETWORK: Final = 60
PER_EMAIL: Final = 20
PER_VIDEO: Final = 200
KEPT: Final = timedelta(days=2)


class TooManyNotices(Problem):
    """More notices came from one place, or about one video, today than one day takes."""

    code: ClassVar[str] = "too-many-notices"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "Too many notices today"


def count(kind: str, place: str, most: int) -> None:
    """Count one notice in the caller's transaction. Raises `TooManyNotices` past `most` on one day (UTC)."""
    if not place:
        return
    day = clock.now().date()
    row, _ = FilingCount.objects.get_or_create(key=_key(day, kind, place), defaults={"day": day})
    FilingCount.objects.filter(pk=row.pk).update(count=F("count") + 1)
    row.refresh_from_db()
    if row.count > most:
        remedy = "Save what you wrote and come back tomorrow. If it cannot wait, write to the people who run this."
        raise TooManyNotices(f"More than {most} notices a day are not taken from here.", remedy=remedy)


def network(address: str) -> str:
    """Return the network of an address as it is counted; "" for what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if found.version == 4:  # noqa: PLR2004 - the version of the protocol
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False))


def sweep() -> int:
    """Delete what is older than two days; return how many."""
    gone, _ = FilingCount.objects.filter(day__lt=clock.now().date() - KEPT).delete()
    return gone


def hashed(label: str, text: str) -> bytes:
    """Return 32 bytes that we alone can compute of a text."""
    return all_hashed(label, [text])[0]


def all_hashed(label: str, texts: Iterable[str]) -> list[bytes]:
    """Return `hashed` for each text; the secret is read once."""
    secret = subjectkeys.read(SYSTEM).secret
    return [hmac.new(secret, f"countenance/{label}/v1\0{each}".encode(), hashlib.sha256).digest() for each in texts]


def _key(day: date, kind: str, place: str) -> bytes:
    return hashed("filing-count", f"{day.isoformat()}\0{kind}\0{place}")
