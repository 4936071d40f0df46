"""Pages by key: the next page begins after the last row of this one, so that it costs the same however far one is.

A place in a list is written as time and id; what cannot be read is the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.utils.dateparse import parse_datetime

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

LONGEST = 96


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the query of the next page; "" if this is the last."""

    rows: list[Any]
    older: str


def page(rows: QuerySet[Any], after: str, column: str, size: int, **more: str) -> Page:
    """Return one page, the newest by `column` first; `more` stays in the address of the next."""
    place = placed(after)
    if place is not None:
        at, pk = place
        rows = rows.filter(Q(**{f"{column}__lt": at}) | Q(**{column: at, "pk__lt": pk}))
    found = list(rows.order_by(f"-{column}", "-pk")[: size + 1])
    return Page(found[:size], following(found, column, size, **more))


def following(found: list[Any], column: str, size: int, **more: str) -> str:
    """Return the query of the page after these rows, of which one more than `size` was asked for; "" for the last."""
    if len(found) <= size:
        return ""
    last = found[size - 1]
    return "?" + urlencode({**more, "after": written(getattr(last, column), last.pk)})


def placed(after: str) -> tuple[datetime, UUID] | None:
    """Read a place; `None`: it is none."""
    at, _, pk = after[:LONGEST].partition("_")
    try:
        found = parse_datetime(at)
        return None if found is None or found.tzinfo is None else (found, UUID(pk))
    except ValueError:
        return None


def written(at: datetime, pk: UUID) -> str:
    """Write a place."""
    return f"{at.isoformat()}_{pk}"
