"""Ask for videos, look at them, remix, retry and delete them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent.api.authentication import party_of
from consent.api.body import StrictJSONParser
from provenance import asked, depiction, publication, renders
from provenance.api import shapes
from provenance.api.pages import PARAMETERS, Page
from provenance.asked import RequestInvalid
from provenance.models import Video

KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="1 to 255 visible characters. The same key with the same request gives the same video.",
)
POLL = {"openai-poll-after-ms": "1000"}  # what the SDKs of this API take their interval from
LISTED = ("likeness", *depiction.LISTS)
FORM_LISTS = frozenset(LISTED) | {f"{name}[]" for name in LISTED}  # the second spelling in forms only
JSON_FIELDS = frozenset({"prompt", "likeness", "purpose", "model", "seconds", "size", *depiction.FIELDS})


class VideoList(APIView):
    """The caller's videos."""

    parser_classes = (MultiPartParser, FormParser, StrictJSONParser)

    @extend_schema(operation_id="videos_list", parameters=PARAMETERS, responses=shapes.VideoPage)
    def get(self, request: Request) -> Response:
        """List the videos that the caller asked for."""
        mine = Video.objects.filter(client=party_of(request), deleted_at=None)
        return Response(Page.of(request).of_videos(mine, party_of(request)))

    @extend_schema(
        operation_id="videos_create", parameters=[KEY], request=shapes.VideoRequest, responses={200: shapes.VideoShape}
    )
    def post(self, request: Request) -> Response:
        """Ask for a video. Refused with `consent-required` unless everybody in it permits this use."""
        fields = fields_of(request)
        video = renders.request(
            prompt=fields.get("prompt", ""),
            cast=fields.get("likeness", ()),
            purpose=fields.get("purpose", ""),
            model=fields.get("model", next(iter(asked.models()), "")),
            seconds=fields.get("seconds", asked.SECONDS[0]),
            size=fields.get("size", asked.SIZES[0]),
            said=_said(fields),
            idempotency_key=request.headers.get("Idempotency-Key"),
            actor=party_of(request),
        )
        return answer(video, request)


class VideoDetail(APIView):
    """One video."""

    @extend_schema(operation_id="videos_retrieve", responses=shapes.VideoShape)
    def get(self, request: Request, video_id: UUID) -> Response:
        """Return a video to its client or to a holder depicted in it."""
        return answer(visible(video_id, request), request)

    @extend_schema(operation_id="videos_delete", responses={200: shapes.VideoDeleted})
    def delete(self, request: Request, video_id: UUID) -> Response:
        """Delete a video and its files; a render under way is cancelled. Only for its client."""
        video = publication.delete(visible(video_id, request), actor=party_of(request))
        return Response({"id": str(video.id), "deleted": True, "object": "video.deleted"})


class VideoRemix(APIView):
    """Make a video from a video."""

    parser_classes = (StrictJSONParser, MultiPartParser, FormParser)

    @extend_schema(
        operation_id="videos_remix", parameters=[KEY], request=shapes.RemixRequest, responses={200: shapes.VideoShape}
    )
    def post(self, request: Request, video_id: UUID) -> Response:
        """Ask for a remix: everybody whom the parent shows is asked again."""
        fields = fields_of(request)
        video = renders.remix(
            visible(video_id, request),
            prompt=fields.get("prompt", ""),
            cast=fields.get("likeness", ()),
            purpose=fields.get("purpose"),
            model=fields.get("model"),
            seconds=fields.get("seconds"),
            size=fields.get("size"),
            said=_said(fields),
            idempotency_key=request.headers.get("Idempotency-Key"),
            actor=party_of(request),
        )
        return answer(video, request)


class VideoRetry(APIView):
    """Try again."""

    @extend_schema(operation_id="videos_retry", request=None, responses={200: shapes.VideoShape})
    def post(self, request: Request, video_id: UUID) -> Response:
        """Ask again for a video that failed; consent is asked anew."""
        return answer(renders.retry(visible(video_id, request), actor=party_of(request)), request)


def visible(video_id: UUID, request: Request) -> Video:
    """Return a video that exists as far as the caller is concerned, or raise `VideoNotFound`."""
    video = shapes.with_parts(Video.objects.all()).filter(pk=video_id).first()
    if video is None or not renders.may_see(video, party_of(request)):
        raise renders.VideoNotFound("There is no such video.", pointer="/id", remedy="Check the id.")
    return video


def answer(video: Video, request: Request) -> Response:
    """Return the document of one video."""
    return Response(shapes.documents([video], party_of(request))[0], headers=POLL)


def fields_of(request: Request) -> dict[str, Any]:
    """Return the fields of a request, whatever it was sent as; what is not known is refused, not ignored.

    A picture or clip to start from (`input_reference`) could show somebody whom nobody declared, so files are refused.
    """
    if request.FILES:
        name = next(iter(request.FILES))
        remedy = "Name likenesses instead. POST /v1/screenings says whether a reference shows only them."
        raise RequestInvalid("Files are not taken here yet.", pointer=f"/{name}", remedy=remedy)
    sent = request.data
    if not isinstance(sent, Mapping):
        raise RequestInvalid("The body is not an object.", remedy="Send fields, as JSON or as a form.")
    form = isinstance(sent, QueryDict)
    for name in sent:
        if isinstance(sent, QueryDict) and name not in FORM_LISTS and len(sent.getlist(name)) > 1:
            raise RequestInvalid("A field is sent twice.", pointer=f"/{str(name)[:64]}", remedy="Send it once.")
        if name not in (JSON_FIELDS | FORM_LISTS if form else JSON_FIELDS):
            remedy = f"Use only: {', '.join(sorted(JSON_FIELDS))}."
            raise RequestInvalid("This field is not known here.", pointer=f"/{str(name)[:64]}", remedy=remedy)
    fields = {name: sent[name] for name in sent if name not in FORM_LISTS and sent[name] is not None}
    fields |= {name: found for name in LISTED if (found := _listed(sent, name)) is not None}
    return fields | (_from_form(fields) if form else {})


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in depiction.FIELDS if name in fields}


def _listed(sent: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - still unchecked
    """Return an unchecked list: a JSON list, a list of form fields, or one form field with JSON text in it."""
    if isinstance(sent, QueryDict):
        listed = sent.getlist(name) + sent.getlist(f"{name}[]")
        return [one for text in listed for one in _from_text(text, name)] or None
    return _from_text(sent[name], name) if isinstance(sent.get(name), str) else sent.get(name)


def _from_text(text: str, name: str) -> list[Any]:
    if not text.lstrip().startswith("["):
        return [text]
    return list(_json(text, name))


def _from_form(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form can only say as text: the map of modalities as JSON, and whether it is for training."""
    found: dict[str, Any] = {}
    if "modalities" in fields:
        found["modalities"] = _json(fields["modalities"], "modalities")
    if "training" in fields:
        found["training"] = {"true": True, "false": False}.get(fields["training"], fields["training"])
    return found


def _json(text: str, name: str) -> Any:  # noqa: ANN401 - still unchecked
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise RequestInvalid("This is not JSON.", pointer=f"/{name}", remedy="Send JSON text.") from None
