"""Lists, newest first, by cursor: no page skips or repeats a row because others were added meanwhile."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Q
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from consent.api.body import QueryInvalid, read_cursor, write_cursor

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from rest_framework.request import Request

DEFAULT_SIZE: Final = 50
MAX_SIZE: Final = 100

PARAMETERS: Final = [
    OpenApiParameter("cursor", OpenApiTypes.STR, description="The `next` of the page before."),
    OpenApiParameter(
        "limit", OpenApiTypes.INT, description=f"Rows on a page, 1 to {MAX_SIZE}; {DEFAULT_SIZE} if left out."
    ),
]


def page[M: Model](
    request: Request, rows: QuerySet[M], moment: str, *, ascending: bool = False, key: str = "pk"
) -> tuple[list[M], str | None]:
    """Return one page of `rows` and the cursor of the next, `None` if this is the last.

    `moment` names the time by which the rows are ordered; their ids, the UUIDs in `key`, break ties. `ascending`: the
    oldest first.
    """
    limit = limit_of(request)
    if (cursor := request.query_params.get("cursor")) is not None:
        at, pk = _position(cursor)
        beyond = "gt" if ascending else "lt"
        rows = rows.filter(Q(**{f"{moment}__{beyond}": at}) | Q(**{moment: at, f"{key}__{beyond}": pk}))
    sign = "" if ascending else "-"
    found = list(rows.order_by(f"{sign}{moment}", f"{sign}{key}")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], write_cursor(getattr(last, moment).isoformat(), str(getattr(last, key)))


def _position(cursor: str) -> tuple[datetime, uuid.UUID]:
    at, pk = read_cursor(cursor, 2)
    try:
        moment = datetime.fromisoformat(at)
        if moment.utcoffset() == timedelta():  # ours are in UTC; another offset can leave the years that a row can have
            return moment, uuid.UUID(pk)
    except ValueError:
        pass  # refused below, with a time that has no offset or another one
    raise QueryInvalid("This cursor is not one of ours.", pointer="cursor", remedy="Begin without a cursor.")


def limit_of(request: Request) -> int:
    """Return how many rows the caller wants on a page. Raises `QueryInvalid`."""
    text = request.query_params.get("limit")
    if text is None:
        return DEFAULT_SIZE
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MAX_SIZE and len(text) <= len(str(MAX_SIZE))):
        raise QueryInvalid("No page has this size.", pointer="limit", remedy=f"Use 1 to {MAX_SIZE}.")
    return int(text)
