"""What is made with those for whom one may see."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import rfc3339
from consent.api.authentication import party_of
from consent.vocabulary import PURPOSES
from provenance import sight
from provenance.api import shapes
from provenance.api.pages import PARAMETERS, Page
from provenance.asked import RequestInvalid, one_of
from provenance.models import Video

FILTERS = [
    OpenApiParameter("likeness", OpenApiTypes.UUID, description="Only with this one of them."),
    OpenApiParameter("state", OpenApiTypes.STR, enum=list(Video.State.values), description="Only in this state."),
    OpenApiParameter("client", OpenApiTypes.UUID, description="Only what this client asked for."),
    OpenApiParameter("purpose", OpenApiTypes.STR, enum=sorted(PURPOSES)),
    OpenApiParameter("from", OpenApiTypes.DATETIME, description="Asked for at this moment or later."),
    OpenApiParameter("to", OpenApiTypes.DATETIME, description="Asked for before this moment."),
    OpenApiParameter("made_from", OpenApiTypes.UUID, description="Only remixes of this video."),
]


class AppearanceList(APIView):
    """Videos that depict somebody for whom the caller may see: their own likeness, or by an accepted claim."""

    scope = "appearances:read"

    @extend_schema(operation_id="appearances_list", parameters=[*PARAMETERS, *FILTERS], responses=shapes.VideoPage)
    def get(self, request: Request) -> Response:
        """List every video with them, drafts, remixes and deleted ones too, whoever made it, newest first."""
        party, asked = party_of(request), Page.of(request)
        mine = sight.likenesses(party)
        mark = asked.mark(lambda video: sight.mark(mine, video))
        ids = sight.page(mine, _wanted(request), after=mark, limit=asked.limit + 1, ascending=asked.ascending)
        found = sight.in_order(ids, list(shapes.with_parts(Video.objects.filter(pk__in=ids))))
        return Response(asked.document(found, party))


def _wanted(request: Request) -> sight.Wanted:
    """Read the filters, or raise `RequestInvalid`."""
    query = request.query_params
    state = query.get("state")
    purpose = query.get("purpose")
    return sight.Wanted(
        likeness=_id(query.get("likeness"), "likeness"),
        states=None if state is None else (one_of(state, list(Video.State.values), "state"),),
        client=_id(query.get("client"), "client"),
        purpose=None if purpose is None else one_of(purpose, sorted(PURPOSES), "purpose"),
        since=_moment(query.get("from"), "from"),
        until=_moment(query.get("to"), "to"),
        made_from=_id(query.get("made_from"), "made_from"),
    )


def _id(text: str | None, name: str) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise RequestInvalid("This is not an id.", pointer=f"/{name}", remedy="Send a UUID.") from None


def _moment(text: str | None, name: str) -> datetime | None:
    try:
        return None if text is None else rfc3339.read(text)
    except ValueError:
        remedy = "Write it like 2027-02-01T00:00:00Z."
        raise RequestInvalid("This is no moment.", pointer=f"/{name}", remedy=remedy) from None
