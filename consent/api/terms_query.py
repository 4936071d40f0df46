"""What somebody asks of the table of post-mortem terms."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from consent import clock
from consent.api.body import QueryInvalid

if TYPE_CHECKING:
    from rest_framework.request import Request

PLACE: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def read(request: Request) -> tuple[str, date]:
    """Return place and day. Raises `QueryInvalid`."""
    place, day = request.query_params.get("jurisdiction", ""), request.query_params.get("died_on", "")
    if not PLACE.fullmatch(place):
        raise QueryInvalid("This is no jurisdiction.", pointer="jurisdiction", remedy='Use ISO 3166: "US-CA", "DK".')
    try:
        died_on = date.fromisoformat(day) if DAY.fullmatch(day) else None
    except ValueError:
        died_on = None
    if died_on is None or died_on > clock.now().date() + timedelta(days=1):  # somewhere it is tomorrow already
        raise QueryInvalid("This is no day in the past.", pointer="died_on", remedy="Send it as 2024-05-06.")
    return place, died_on
