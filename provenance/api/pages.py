"""Pages by key, so that the ten-thousandth costs what the first does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from consent.models import Party
from provenance.api import shapes
from provenance.asked import RequestInvalid, one_of
from provenance.models import Video

DEFAULT, MOST = 20, 100  # videos a page
PARAMETERS = [
    OpenApiParameter("after", OpenApiTypes.UUID, description="The `last_id` of the page before."),
    OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {MOST}; {DEFAULT} if left out."),
    OpenApiParameter("order", OpenApiTypes.STR, enum=["asc", "desc"], description="By time of creation."),
]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    after: UUID | None  # None: from the beginning
    limit: int
    ascending: bool

    @classmethod
    def of(cls, request: Request) -> Page:
        """Read the query string, or raise `RequestInvalid`."""
        query = request.query_params
        order = one_of(query.get("order", "desc"), ("desc", "asc"), "order")
        return cls(_after(query.get("after")), _limit(query.get("limit", str(DEFAULT))), order == "asc")

    def of_videos(self, videos: QuerySet[Video], party: Party) -> dict[str, Any]:
        """Return the page as a document; an `after` that is not in the list is refused like one that does not exist."""
        mark = self.mark(lambda after: videos.filter(pk=after).values_list("created_at", "id").first())
        if mark is not None:
            beyond = TupleGreaterThan if self.ascending else TupleLessThan
            videos = videos.filter(beyond(Tuple("created_at", "id"), mark))
        order = ("created_at", "id") if self.ascending else ("-created_at", "-id")
        return self.document(list(shapes.with_parts(videos).order_by(*order)[: self.limit + 1]), party)

    def mark(self, find: Callable[[UUID], tuple[datetime, UUID] | None]) -> tuple[datetime, UUID] | None:
        """Return the place in the list to go on after, as `find` knows it; `None`: from the beginning."""
        if self.after is None:
            return None
        found = find(self.after)
        if found is None:
            raise RequestInvalid("No video of this list has that id.", pointer="/after", remedy="Send a `last_id`.")
        return found

    def document(self, found: Sequence[Video], party: Party) -> dict[str, Any]:
        """Return the videos as a page; one more than its limit means that there is another."""
        shown = shapes.documents(found[: self.limit], party)
        return {
            "object": "list",
            "data": shown,
            "first_id": shown[0]["id"] if shown else None,
            "last_id": shown[-1]["id"] if shown else None,
            "has_more": len(found) > self.limit,
        }


def _after(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text is not None else None
    except ValueError:
        raise RequestInvalid("`after` is not an id.", pointer="/after", remedy="Send a `last_id`.") from None


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST or len(text) > len(str(MOST)):
        raise RequestInvalid("`limit` cannot be used.", pointer="/limit", remedy=f"Send a number from 1 to {MOST}.")
    return int(text)
