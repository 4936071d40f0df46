"""What is made with one's own likeness."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent.api.authentication import party_of
from provenance.api import shapes
from provenance.api.pages import PARAMETERS, Page
from provenance.models import Appearance, Video


class AppearanceList(APIView):
    """Videos that depict the caller's likenesses."""

    @extend_schema(operation_id="appearances_list", parameters=PARAMETERS, responses=shapes.VideoPage)
    def get(self, request: Request) -> Response:
        """List every video with a likeness of the caller's, drafts and deleted ones too, newest first."""
        held = Appearance.objects.filter(likeness__holder=party_of(request)).values("video")
        return Response(Page.of(request).of_videos(Video.objects.filter(pk__in=held), party_of(request)))
