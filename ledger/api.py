"""The published log over HTTP: the files that the publisher wrote, and nothing else.

Any web server or bucket can serve the same folder; this is for machines that have none.
"""

from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from ledger import published, statusfiles, statuslist
from ledger.problem import Problem

TILE = r"tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/){0,5}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
IMMUTABLE = "public, max-age=31536000, immutable"
BRIEF = "public, max-age=1"
JWT_TYPE = f"application/{statuslist.JWT_TYPE}"


class LogFileMissing(Problem):
    """No such file was published."""

    code: ClassVar[str] = "log-file-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "Not part of the published log"


class StatusTimeUnsupported(Problem):
    """The list of an earlier time was asked for (Token Status List section 8.4); none is kept."""

    code: ClassVar[str] = "status-time-unsupported"
    status: ClassVar[int] = 501
    title: ClassVar[str] = "Only the newest status list is served"


@csrf_exempt  # it changes nothing: another method is told so
@require_safe
def checkpoint(_request: HttpRequest) -> HttpResponse:
    """Serve the newest signed checkpoint."""
    return _served(published.CHECKPOINT, "text/plain; charset=utf-8", BRIEF)


@csrf_exempt
@require_safe
def tile(_request: HttpRequest, path: str) -> HttpResponse:
    """Serve a hash tile or an entry bundle; what a path once named never changes."""
    return _served(path, "application/octet-stream", IMMUTABLE)


@csrf_exempt
@require_safe
def status_list(request: HttpRequest) -> HttpResponse:
    """Serve the status list of grants: a JWT, or a CWT to who accepts that and no JWT."""
    if "time" in request.GET:
        raise StatusTimeUnsupported("Only the newest list is kept", remedy="Leave `time` out; the log tells the past")
    accepted = request.headers.get("Accept", "")
    compact = statuslist.CWT_TYPE in accepted and JWT_TYPE not in accepted
    path, kind = (statusfiles.CWT, statuslist.CWT_TYPE) if compact else (statusfiles.JWT, JWT_TYPE)
    answer = _served(path, kind, f"public, max-age={statusfiles.TTL_SECONDS // 2}")
    answer["Vary"] = "Accept"
    return answer


def _served(path: str, content_type: str, cache: str) -> HttpResponse:
    try:
        data = published.read(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise LogFileMissing("The log has published no such file", remedy="See C2SP tlog-tiles for paths") from error
    return HttpResponse(data, content_type=content_type, headers={"Cache-Control": cache})


urlpatterns = [
    re_path(r"^log/checkpoint\Z", checkpoint, name="log-checkpoint"),
    re_path(rf"^log/(?P<path>{TILE})\Z", tile, name="log-tile"),
    path("status/grants", status_list, name="status-list"),
]
