"""The bytes of a video for a page of ours: what a token gets at /v1/videos/{id}/content, by the same verb and lease."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from consent.models import Party
from consent.portal import door
from provenance import viewing

OURS = {None, "same-origin", "none"}  # values of Sec-Fetch-Site; none: typed by a person, None: an old browser


@require_safe
@door.holder
def content(request: HttpRequest, party: Party, video_id: UUID) -> HttpResponseBase:
    """Send the video or its thumbnail (`?variant=`) to a page of this site, and to no other one."""
    if request.headers.get("Sec-Fetch-Site") not in OURS:
        raise PermissionDenied
    answer = viewing.send(
        video_id,
        party,
        request.GET.get("variant", "video"),
        method=str(request.method),
        headers=request.headers,
        environ=request.META,
    )
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "no-store"
    return answer
