"""Ask for videos, look at them, remix, retry and delete them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import scopes
from consent.api.authentication import party_of
from consent.api.body import StrictJSONParser
from provenance import asked, publication, renders, repeats, viewing
from provenance.api import fields, polls, shapes
from provenance.api.pages import PARAMETERS, Page
from provenance.models import Video

KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="1 to 255 visible characters. The same key with the same request gives the same video.",
)
GRANT = OpenApiParameter(
    fields.GRANT,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Grants that the video counts on, by id, with commas between: whom they are about is in its cast.",
)
TRY = OpenApiParameter(
    "X-Stainless-Retry-Count",
    OpenApiTypes.INT,
    OpenApiParameter.HEADER,
    description="Which try of one call this is, from 0: without a key, tries of one request give one video.",
)
ASKING = [KEY, GRANT, TRY]
POLL = {"openai-poll-after-ms": "1000"}  # what the SDKs of this API take their interval from


class VideoList(APIView):
    """The caller's videos."""

    scope = scopes.by(GET="videos:read", POST="videos:write")
    parser_classes = (MultiPartParser, FormParser, StrictJSONParser)

    @extend_schema(operation_id="videos_list", parameters=PARAMETERS, responses=shapes.VideoPage)
    def get(self, request: Request) -> Response:
        """List the videos that the caller asked for."""
        mine = Video.objects.filter(client=party_of(request), deleted_at=None)
        return Response(Page.of(request).of_videos(mine, party_of(request)))

    @extend_schema(
        operation_id="videos_create", parameters=ASKING, request=shapes.VideoRequest, responses={200: shapes.VideoShape}
    )
    def post(self, request: Request) -> Response:
        """Ask for a video. Refused with `consent-required` unless everybody in it permits this use."""
        sent = fields.fields_of(request)
        video = renders.request(
            prompt=sent.get("prompt", ""),
            cast=sent.get("likeness", ()),
            purpose=sent.get("purpose", asked.PURPOSE),
            model=sent.get("model", next(iter(asked.models()), "")),
            seconds=sent.get("seconds", asked.SECONDS[0]),
            size=sent.get("size", asked.SIZE),
            said=fields.said(sent),
            actor=party_of(request),
            **repetition(sent, request),
        )
        return answer(video, request)


class VideoDetail(APIView):
    """One video."""

    scope = scopes.by(GET="videos:read", DELETE="videos:write")

    @extend_schema(operation_id="videos_retrieve", responses=shapes.VideoShape)
    def get(self, request: Request, video_id: UUID) -> Response:
        """Return a video to its client or to a holder depicted in it."""
        polled = polls.read(video_id, party_of(request).pk)
        return Response(polled, headers=POLL) if polled is not None else answer(visible(video_id, request), request)

    @extend_schema(operation_id="videos_delete", responses={200: shapes.VideoDeleted})
    def delete(self, request: Request, video_id: UUID) -> Response:
        """Delete a video and its files; a render under way is cancelled. Only for its client."""
        video = publication.delete(visible(video_id, request), actor=party_of(request))
        return Response({"id": str(video.id), "deleted": True, "object": "video.deleted"})


class VideoRemix(APIView):
    """Make a video from a video."""

    scope = "videos:write"
    parser_classes = (StrictJSONParser, MultiPartParser, FormParser)

    @extend_schema(
        operation_id="videos_remix", parameters=ASKING, request=shapes.RemixRequest, responses={200: shapes.VideoShape}
    )
    def post(self, request: Request, video_id: UUID) -> Response:
        """Ask for a remix: everybody whom the parent shows is asked again."""
        return answer(remixed(visible(video_id, request), fields.fields_of(request), request), request)


class VideoRetry(APIView):
    """Try again."""

    scope = "videos:write"

    @extend_schema(operation_id="videos_retry", request=None, responses={200: shapes.VideoShape})
    def post(self, request: Request, video_id: UUID) -> Response:
        """Ask again for a video that failed; consent is asked anew."""
        return answer(renders.retry(visible(video_id, request), actor=party_of(request)), request)


def remixed(parent: Video, sent: Mapping[str, Any], request: Request) -> Video:
    """Ask for a video made from another, by these fields."""
    return renders.remix(
        parent,
        prompt=sent.get("prompt", ""),
        cast=sent.get("likeness", ()),
        purpose=sent.get("purpose"),
        model=sent.get("model"),
        seconds=sent.get("seconds"),
        size=sent.get("size"),
        said=fields.said(sent),
        actor=party_of(request),
        **repetition(sent, request),
    )


def repetition(sent: Mapping[str, Any], request: Request) -> dict[str, Any]:
    """Return the grants that a request counts on, and by what it is known again."""
    return {
        "grants": sent.get("grant", ()),
        "idempotency_key": request.headers.get("Idempotency-Key"),
        "attempt": repeats.count(request.headers.get("X-Stainless-Retry-Count")),
    }


def visible(video_id: UUID, request: Request) -> Video:
    """Return a video that exists as far as the caller is concerned, or raise `VideoNotFound`."""
    return viewing.visible(video_id, party_of(request), among=shapes.with_parts(Video.objects.all()))


def answer(video: Video, request: Request) -> Response:
    """Return the document of one video."""
    return Response(shapes.documents([video], party_of(request))[0], headers=POLL)
