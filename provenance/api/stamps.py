"""The stamp of a published video, apart from the file: for who has a copy and wants to know what was stamped."""

from __future__ import annotations

import json
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from consent import scopes
from consent.api.negotiation import AnyType
from provenance import stamp_evidence, stamp_receipt

STORE_TYPE = "application/c2pa"


class VideoManifest(APIView):
    """The manifest store of a published video."""

    scope = scopes.PUBLIC
    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = AnyType

    @extend_schema(operation_id="videos_manifest", auth=[], responses={(200, STORE_TYPE): OpenApiTypes.BINARY})
    def get(self, request: Request, video_id: UUID) -> HttpResponse:
        """Return the C2PA manifests as a sidecar, for a copy that lost them; 410 once consent has ended."""
        del request  # the same for everybody
        return _fresh(stamp_evidence.manifest_store(video_id), STORE_TYPE, f"{video_id}.c2pa")


class VideoReceipt(APIView):
    """The receipt of a published video's stamp."""

    scope = scopes.PUBLIC
    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = AnyType

    @extend_schema(
        operation_id="videos_receipt", auth=[], responses={(200, stamp_receipt.MEDIA_TYPE): OpenApiTypes.OBJECT}
    )
    def get(self, request: Request, video_id: UUID) -> HttpResponse:
        """Return the log's receipt of the stamp, with the digests of file, claim and media; checked offline."""
        del request  # the same for everybody
        data = json.dumps(stamp_evidence.receipt(video_id).data()).encode()
        return _fresh(data, stamp_receipt.MEDIA_TYPE, f"{video_id}.receipt.json")


def _fresh(data: bytes, media_type: str, name: str) -> HttpResponse:
    """Return bytes that nobody may keep on our behalf: consent may end at any moment."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(data, content_type=media_type, headers=headers)
