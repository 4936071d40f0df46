"""The pictures of a case: behind a veil, without sound, and for who asked to see them, on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from consent.portal.door import staff_page
from provenance import serving, watching
from provenance.console import case as pages
from provenance.console import found_cases
from provenance.models import Video
from provenance.serving import VARIANTS, ContentUnavailable
from provenance.watching import LOOK, NotLooking, Watch

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Case
    from consent.staff import Staff

LOOKS: Final = "console-looks"  # in the session: number of a case -> until when one looks at its video
BARE: Final = "console-bare"  # in the session: true where somebody wants no veil


@require_POST
@staff_page(may=LOOK)
def look(request: HttpRequest, actor: Staff, number: str) -> HttpResponseBase:
    """Begin to look at the video of a case."""
    case = found_cases.found(number, actor)
    begun = watching.begin(case, actor=actor)
    request.session[LOOKS] = request.session.get(LOOKS, {}) | {case.number: begun.until.isoformat()}
    messages.success(request, gettext("It is on record that you look at this video."))
    return redirect(pages.url(case) + "#media")


@require_safe
@staff_page(may=LOOK)
def content(request: HttpRequest, actor: Staff, number: str, variant: str) -> HttpResponseBase:
    """Send bytes of the video or of its picture to who looks at it now. Raises `NotLooking`, `ContentUnavailable`."""
    case, form = found_cases.found(number, actor), VARIANTS.get(variant)
    begun = looking(request, case, actor)
    video = None if case.video is None else Video.objects.filter(pk=case.video).first()
    if begun is None or video is None:
        raise NotLooking("You are not looking at this video.", remedy="Ask to see it, on the page of the case.")
    if form is None:
        raise ContentUnavailable("There is no such variant.", remedy=f"Ask for one of: {', '.join(VARIANTS)}.")
    begun.take()
    path, size = serving.file_of(video, form)
    span = serving.byte_range(request.headers.get("Range"), size) if "If-Range" not in request.headers else range(size)
    answer: HttpResponseBase
    if not span and size:
        answer = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{size}"
    elif request.method == "HEAD":
        answer = HttpResponse()
    else:
        answer = StreamingHttpResponse(begun.body(path, span), status=200 if len(span) == size else 206)
        answer["Content-Length"] = str(len(span))
        if len(span) != size:
            answer["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
    answer["Content-Type"], answer["Accept-Ranges"] = form.media_type, "bytes"
    answer["Cache-Control"], answer["Content-Disposition"] = "no-store", "inline"
    return answer


@require_POST
@staff_page(may=LOOK)
def veil(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Remember whether this person wants pictures behind a veil; that they are asked for stays."""
    del actor
    request.session[BARE] = request.POST.get("bare") == "on"
    back = request.POST.get("case", "")
    return redirect("console-case", back) if pages.NUMBER.fullmatch(back) else redirect("console-home")


def looking(request: HttpRequest, case: Case, actor: Staff) -> Watch | None:
    """Return the look that this person began in this session; `None`: none, or it is over."""
    until = parse_datetime(str(request.session.get(LOOKS, {}).get(case.number, "")))
    begun = None if until is None else Watch(case, actor, until)
    return begun if begun is not None and not begun.over else None
