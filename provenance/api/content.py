"""The bytes of a video, and whether consent for it stands."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import scopes
from consent.api.authentication import party_of
from consent.api.negotiation import AnyType
from provenance import serving, viewing
from provenance.api import shapes
from provenance.standing import WORDS, public_standing

VARIANT = OpenApiParameter(
    "variant", OpenApiTypes.STR, enum=sorted(serving.VARIANTS), description="`video` if left out."
)
RANGE = OpenApiParameter("Range", OpenApiTypes.STR, OpenApiParameter.HEADER, description="One range of bytes.")


class VideoContent(APIView):
    """The bytes of a video or of its thumbnail."""

    scope = "videos:read"
    content_negotiation_class = AnyType

    @extend_schema(
        operation_id="videos_content",
        parameters=[VARIANT, RANGE],
        responses={(200, "video/mp4"): OpenApiTypes.BINARY, (206, "video/mp4"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, video_id: UUID) -> HttpResponseBase:
        """Send the bytes while everybody depicted permits it: 410 before the first byte, a broken connection after."""
        return viewing.send(
            video_id,
            party_of(request),
            request.query_params.get("variant", "video"),
            method=str(request.method),
            headers=request.headers,
            environ=request.META,
        )


class VideoStatus(APIView):
    """What anyone who holds the file may ask: the address is inside it."""

    scope = scopes.PUBLIC
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="videos_status", auth=[], responses=shapes.VideoStanding)
    def get(self, request: Request, video_id: UUID) -> Response:
        """Say whether consent for a published video stands now."""
        del request  # the same for everybody
        state = public_standing(video_id)
        found = {"id": str(video_id), "state": state, "detail": WORDS[state]}
        return Response(found, headers={"Cache-Control": "no-store"})
