"""Send the bytes of a video or of its thumbnail, under a lease, or none at all.

Where the server gives us its socket (gunicorn does, as `gunicorn.socket`), the watchdog keeps the lease and cuts the
connection. Under another WSGI server the lease is checked before every chunk, and what the kernel already holds still
leaves: production runs gunicorn, with no buffering proxy in front of /v1/videos.

With `SERVING_MODE` "accel" a proxy is told by `X-Accel-Redirect` which file to send, under a lease that holds at that
moment; what it sends afterwards nobody watches. Then an acknowledgement waits `SERVING_PROXY_SECONDS` longer, for which
the proxy has to cut every transfer: see docs/design/serving.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any, ClassVar
from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from ledger.problem import Problem
from provenance import leases
from provenance.body import Body
from provenance.models import Video

SHEET = ".sheet.jpg"  # of the pictures that lie beside a thumbnail
OWN, ACCEL = "own", "accel"  # values of SERVING_MODE
ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
UNDER_WAY = (Video.State.QUEUED, Video.State.RENDERING, Video.State.STAMPING)


class ContentUnavailable(Problem):
    """There are no bytes to send yet, or not in this form."""

    code: ClassVar[str] = "content-unavailable"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such content"


@dataclass(frozen=True, slots=True)
class Variant:
    """One form in which a video is served; the type is ours, whatever the bytes are."""

    media_type: str
    extension: str
    column: str  # of Video; holds the path
    beside: str = ""  # the ending of a file that lies beside that one; "": it is that one

    def name(self, video: Video) -> str:
        """Return the path relative to MEDIA_ROOT; "": there is none."""
        named: str = getattr(video, self.column)
        return str(Path(named).with_suffix(self.beside)) if named and self.beside else named


VARIANTS = {
    "video": Variant("video/mp4", "mp4", "path"),
    "thumbnail": Variant("image/jpeg", "jpg", "thumbnail_path"),
    "spritesheet": Variant("image/jpeg", "jpg", "thumbnail_path", beside=SHEET),
}


def serve(
    video: Video, variant: str, *, method: str, headers: Mapping[str, str], environ: Mapping[str, Any]
) -> HttpResponseBase:
    """Answer GET or HEAD for a video that the caller may know of.

    Raises `ConsentWithdrawn` or `ContentUnavailable`. The lease is taken before anything about the bytes is told, so
    that HEAD, every range and every variant of an asset whose consent has ended give the same answer. No validator is
    sent, so a request with `If-Range` can match none and gets the whole (RFC 9110, section 13.1.5).
    """
    form = VARIANTS.get(variant)
    if form is None:
        raise ContentUnavailable(
            "There is no such variant.", pointer="/variant", remedy=f"Ask for one of: {', '.join(VARIANTS)}."
        )
    if video.state in UNDER_WAY and not video.path:
        raise ContentUnavailable("The video has no content yet.", remedy="Poll the video until it is completed.")
    if video.state == Video.State.FAILED:
        raise ContentUnavailable("The video failed; it has no content.", remedy="Its `error` says why; retry it.")
    lease = leases.take(video.id)
    path, size = file_of(video, form)
    if settings.SERVING_MODE == ACCEL:
        return _handed_over(video, form)
    span = byte_range(headers.get("Range"), size) if method == "GET" and "If-Range" not in headers else range(size)
    if not span and size:
        return _described(HttpResponse(status=416), video, form, {"Content-Range": f"bytes */{size}"})
    length = {"Content-Length": str(len(span)), "Accept-Ranges": "bytes"}
    if method == "HEAD":
        return _described(HttpResponse(), video, form, length)
    body = Body(path, span, lease, environ.get("gunicorn.socket"))
    if len(span) == size:
        return _described(StreamingHttpResponse(body), video, form, length)
    part = {"Content-Range": f"bytes {span.start}-{span.stop - 1}/{size}"}
    return _described(StreamingHttpResponse(body, status=206), video, form, length | part)


def _handed_over(video: Video, form: Variant) -> HttpResponseBase:
    """Name the file for the proxy, which sends it, or the range that was asked for, or its length for HEAD.

    Every request comes here first and takes a lease of its own, so each range is asked anew.
    """
    name = form.name(video)
    told = {"X-Accel-Redirect": settings.SERVING_ACCEL_PREFIX + quote(name), "X-Accel-Expires": "0"}
    return _described(HttpResponse(), video, form, told)


def file_of(video: Video, form: Variant) -> tuple[Path, int]:
    """Return the path and size of a file that is there; its name is ours, never a client's.

    One look: its client may delete the video between two.
    """
    name = form.name(video)
    path: Path = Path(settings.MEDIA_ROOT) / name
    with suppress(OSError):
        found = path.stat()
        if name and S_ISREG(found.st_mode):
            return path, found.st_size
    raise ContentUnavailable("The file of this video is missing.", remedy="Tell the operator the video's id.")


def byte_range(header: str | None, size: int) -> range:
    """Return the bytes that a Range header asks for (RFC 9110, section 14.1.2); an empty range is unsatisfiable.

    A header that is malformed, of another unit or of several ranges asks for the whole, which the section allows.
    """
    found = ONE_RANGE.fullmatch((header or "").strip())
    if found is None or found[0] == "bytes=-":
        return range(size)
    first, last = found[1], found[2]
    if not first:
        return range(max(size - int(last), 0), size)
    if last and int(last) < int(first):
        return range(size)
    return range(min(int(first), size), min(int(last) + 1, size) if last else size)


def _described(response: HttpResponseBase, video: Video, form: Variant, more: Mapping[str, str]) -> HttpResponseBase:
    """Say what the bytes are, and that nobody may keep them on our behalf."""
    response.headers["Content-Type"] = form.media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{video.id}.{form.extension}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    for name, value in more.items():
        response.headers[name] = value
    return response
