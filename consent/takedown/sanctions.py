"""What proven abuse costs whose video it was: two warnings, then requests are refused for a time; reversible.

Regulation (EU) 2022/2065, Article 23: after a warning, for a reasonable time, case by case. Nothing that stands is
taken down for it, and nobody loses their account, their messages, or the right to object. A strike that is taken back
(`strikes.reverse`) takes this back at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from consent import clock
from consent.models import Strike
from ledger.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from consent.models import Party

REFUSED_AT: Final = 3
REFUSED_FOR: Final = timedelta(days=30)


class RequestsRefused(Problem):
    """Three proven violations within a year: nothing new is made for this party for a time."""

    code: ClassVar[str] = "requests-refused"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "No new videos for a time"


@dataclass(frozen=True, slots=True)
class Sanction:
    """Where a party stands. `warnings`: strikes that count now. `until` None: nothing is refused."""

    warnings: int
    until: datetime | None


def standing(party: Party) -> Sanction:
    """Return where a party stands now, from the strikes that count."""
    at = clock.now()
    counted = Strike.objects.filter(side=Strike.Side.UPLOADER, party=party, reversed_at=None, ends_at__gt=at)
    given = list(counted.order_by("-given_at").values_list("given_at", flat=True)[:64])
    until = given[0] + REFUSED_FOR if len(given) >= REFUSED_AT else None
    return Sanction(len(given), until if until is not None and until > at else None)


def require_may_ask(party: Party) -> None:
    """Raise `RequestsRefused` while requests of this party are refused."""
    found = standing(party)
    if found.until is not None:
        remedy = f"Ask again after {found.until:%Y-%m-%d %H:%M} UTC, or object to the decisions that were counted."
        raise RequestsRefused(f"{found.warnings} proven violations were counted.", remedy=remedy)
