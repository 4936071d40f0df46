"""The published log over HTTP: the files that the publisher wrote, and nothing else.

Any web server or bucket can serve the same folder; this is for machines that have none.
"""

from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from ledger import published
from ledger.problem import Problem

TILE = r"tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/){0,5}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
IMMUTABLE = "public, max-age=31536000, immutable"
BRIEF = "public, max-age=1"


class LogFileMissing(Problem):
    """No such file was published."""

    code: ClassVar[str] = "log-file-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "Not part of the published log"


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


def _served(path: str, content_type: str, cache: str) -> HttpResponse:
    try:
        data = published.read(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise LogFileMissing("The log has published no such file", remedy="See C2SP tlog-tiles for paths") from error
    return HttpResponse(data, content_type=content_type, headers={"Cache-Control": cache})


urlpatterns = [
    re_path(r"^log/checkpoint\Z", checkpoint, name="log-checkpoint"),
    re_path(rf"^log/(?P<path>{TILE})\Z", tile, name="log-tile"),
]
