"""Edits and extensions: a video made from a video, which is named by its id or by its very file.

To consent, and to the render service, both are remixes: everybody whom the source shows is asked again, and its file
goes along with the order. What a service makes of it, a change or a continuation, is the service's.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent.api.authentication import party_of
from consent.api.body import StrictJSONParser
from provenance import renders, sources
from provenance.api import fields, shapes
from provenance.api.videos import ASKING, answer, remixed, visible
from provenance.asked import RequestInvalid
from provenance.models import Video

VIDEO = "video"
SPELLED = frozenset({VIDEO, "video[id]"})


class VideoReference(serializers.Serializer[Any]):
    """The video to work on."""

    id = serializers.UUIDField()


class EditRequest(shapes.RemixRequest):
    """A request for an edit or an extension. In multipart `video` may also be the file, as it was downloaded."""

    video = VideoReference()


class VideoEdits(APIView):
    """Change a video."""

    scope = "videos:write"
    parser_classes = (MultiPartParser, FormParser, StrictJSONParser)

    @extend_schema(
        operation_id="videos_edit", parameters=ASKING, request=EditRequest, responses={200: shapes.VideoShape}
    )
    def post(self, request: Request) -> Response:
        """Ask for a video made from another: everybody whom it shows is asked again."""
        return _made_from(request)


class VideoExtensions(APIView):
    """Continue a video."""

    scope = "videos:write"
    parser_classes = (MultiPartParser, FormParser, StrictJSONParser)

    @extend_schema(
        operation_id="videos_extend", parameters=ASKING, request=EditRequest, responses={200: shapes.VideoShape}
    )
    def post(self, request: Request) -> Response:
        """Ask for what comes after a video, `seconds` long: everybody whom it shows is asked again."""
        return _made_from(request)


def _made_from(request: Request) -> Response:
    sent = fields.fields_of(request, extra=SPELLED)
    return answer(remixed(_source(sent, request), sent, request), request)


def _source(sent: dict[str, Any], request: Request) -> Video:
    """Return the video that is named: by a file, by JSON, or by the part `video[id]`."""
    files = request.FILES.getlist(VIDEO)
    named = [sent[name] for name in sorted(SPELLED) if name in sent and not files]
    if len(files) + len(named) != 1 or "video[id]" in request.FILES or (files and "video[id]" in sent):
        raise RequestInvalid("No one video is named.", pointer="/video", remedy="Send one file, or one id.")
    if files:
        return sources.video_of(files[0].file, party=party_of(request))
    return visible(_id(named[0]), request)


def _id(value: object) -> UUID:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = fields.json_of(value, VIDEO)
    if isinstance(value, dict):
        value = value.get("id") if set(value) == {"id"} else None
    try:
        return UUID(value) if isinstance(value, str) else _refuse()
    except ValueError:
        raise renders.VideoNotFound("There is no such video.", pointer="/video", remedy="Check the id.") from None


def _refuse() -> UUID:
    raise RequestInvalid("No video is named.", pointer="/video", remedy='Send a file, or {"id": "<video>"}.')
