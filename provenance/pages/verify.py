"""Drop a file, or name a video: what is known of it, in words. Works without scripts, by a plain form."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from ledger.problem import Problem
from provenance import answers, authorities, certificates, examination

ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
LONGEST = 300  # characters of a link; more is no link of ours


# It changes nothing and knows nobody, so there is nothing to forge; and a page without a cookie can be trusted not to
# follow anybody.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Show the form, the record that was asked for, or the answers about the file that was sent."""
    if request.method == "POST":
        return _answered(request)
    asked = request.GET.get("id", "").strip()
    if not asked:
        return _page(request, {})
    found = ID.findall(asked[:LONGEST])
    if len(found) == 1:
        return HttpResponseRedirect(reverse("video-record", args=[UUID(found[0])]))
    detail = gettext("That is neither the id of a video nor a link to its record.")
    return _page(request, {"id_problem": detail}, status=422)


def _answered(request: HttpRequest) -> HttpResponse:
    try:
        report = examination.examine(request)
    except Problem as problem:
        return _page(request, {"problem": problem, "explained": explained(problem)}, status=problem.status)
    return _page(request, {"found": answers.of(report)})


def explained(problem: Problem) -> tuple[str, str]:
    """Return what is wrong and what to do, for people; a refusal that has no line here speaks for itself."""
    megabytes = settings.FILE_UPLOAD_MAX_MEMORY_SIZE >> 20
    match problem.code:
        case "upload-missing":
            return gettext("No file was chosen."), gettext("Choose one video file, then press “Check this file”.")
        case "upload-too-large":
            return (
                gettext("The file is too large to be checked here."),
                gettext(
                    "This page takes up to %(size)d MB. Larger files can be checked on your own computer, see below."
                )
                % {"size": megabytes},
            )
        case "verification-busy":
            return gettext("Many files are being checked just now."), gettext("Please try again in a minute.")
        case _:
            return gettext("Files cannot be checked at this moment."), gettext("Please try again later.")


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    limit = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    context |= {"limit": limit, "limit_megabytes": limit >> 20}
    answer = render(request, "provenance/verify.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@csrf_exempt
@require_safe
def anchors(_request: HttpRequest) -> HttpResponse:
    """Give the root certificates under which we sign, for those who check on their own computer."""
    found = certificates.anchors_pem(Path(settings.PROVENANCE_CLAIM_DIR))
    return HttpResponse(found, content_type="application/x-pem-file")


@csrf_exempt
@require_safe
def time_anchors(_request: HttpRequest) -> HttpResponse:
    """Give the root certificates of who vouches for the time of signing."""
    return HttpResponse(authorities.time_anchors_pem(), content_type="application/x-pem-file")
