"""The published log over HTTP: the files that the publisher wrote, and what is signed of them when asked.

Any web server or bucket can serve the same folder; this is for machines that have none.
"""

import json
from collections.abc import Mapping
from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page, require_safe

from ledger import (
    bitstring,
    issuer,
    keyring,
    pages,
    publickeys,
    publiclog,
    published,
    receipt,
    receipts,
    statusfiles,
    statuslist,
)
from ledger.entry import is_key_id
from ledger.problem import Problem

TILE = r"tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/){0,5}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
IMMUTABLE = "public, max-age=31536000, immutable"
BRIEF = "public, max-age=1"
MINUTE = "public, max-age=60"
TEXT = "text/plain; charset=utf-8"
OPEN = {"Access-Control-Allow-Origin": "*"}  # public, read without credentials: any page in a browser may check it
JWT_TYPE = f"application/{statuslist.JWT_TYPE}"
VC_TYPE = f"application/{bitstring.TYPE}"


class LogFileMissing(Problem):
    """No such file was published."""

    code: ClassVar[str] = "log-file-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "Not part of the published log"
    headers: Mapping[str, str] = {**OPEN, "Cache-Control": BRIEF}  # it may be published in a second


class SizesInvalid(Problem):
    """A receipt of consistency leads from a tree with at least one leaf to a larger one."""

    code: ClassVar[str] = "log-sizes-invalid"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "No receipt leads between these sizes"
    headers: Mapping[str, str] = OPEN


class StatusTimeUnsupported(Problem):
    """The list of an earlier time was asked for (Token Status List section 8.4); none is kept."""

    code: ClassVar[str] = "status-time-unsupported"
    status: ClassVar[int] = 501
    title: ClassVar[str] = "Only the newest status list is served"
    headers: Mapping[str, str] = OPEN


@csrf_exempt  # it changes nothing: another method is told so
@require_safe
@conditional_page
def checkpoint(_request: HttpRequest) -> HttpResponse:
    """Serve the newest signed checkpoint."""
    return _served(published.CHECKPOINT, TEXT, BRIEF)


@csrf_exempt
@require_safe
def tile(_request: HttpRequest, path: str) -> HttpResponse:
    """Serve a hash tile or an entry bundle; what a path once named never changes."""
    return _served(path, "application/octet-stream", IMMUTABLE)


@csrf_exempt
@require_safe
@conditional_page
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


@csrf_exempt
@require_safe
@conditional_page
def bitstring_list(_request: HttpRequest, purpose: bitstring.Purpose) -> HttpResponse:
    """Serve the status list of grants as a W3C Bitstring Status List credential of one purpose."""
    return _served(statusfiles.BITSTRINGS[purpose], VC_TYPE, f"public, max-age={statusfiles.TTL_SECONDS // 2}")


@csrf_exempt
@require_safe
@conditional_page
def issuer_document(_request: HttpRequest, purpose: issuer.Purpose) -> HttpResponse:
    """Serve who issues our credentials, with the keys (controlled identifier document)."""
    return _open(json.dumps(issuer.document(purpose), indent=1).encode(), "application/cid", MINUTE)


@csrf_exempt
@require_safe
@conditional_page
def keys(_request: HttpRequest) -> HttpResponse:
    """Serve our public keys by purpose, those of before included."""
    return _open(publickeys.document(), "application/json", MINUTE)


@csrf_exempt
@require_safe
@conditional_page
def policy(_request: HttpRequest) -> HttpResponse:
    """Serve the C2SP tlog-policy: the log's keys, its witnesses, and how many of them must cosign."""
    return _open(publickeys.policy().encode(), TEXT, MINUTE)


@csrf_exempt
@require_safe
@conditional_page
def compromised(_request: HttpRequest, key_id: str) -> HttpResponse:
    """Serve the signed statement that a key of ours is compromised."""
    if not is_key_id(key_id):
        raise LogFileMissing("No key of ours has such an id", remedy="See /log/keys")
    return _served(f"{keyring.COMPROMISED}/{key_id}", TEXT, BRIEF)


@csrf_exempt
@require_safe
def consistency(_request: HttpRequest, first: int, second: int) -> HttpResponse:
    """Serve the COSE receipt (RFC 9942) that the tree of `second` leaves extends that of `first`; it stays true."""
    if not 0 < first < second:
        raise SizesInvalid("The first size is at least 1, the second larger", remedy="Put the smaller one first")
    shown = publiclog.newest()
    if shown is None or second > shown.size:
        raise LogFileMissing(f"No published checkpoint has {second} leaves", remedy="Ask again in a second")
    found = receipts.extension(first, second)
    return _open(receipts.receipt_of(found), receipt.MEDIA_TYPE, IMMUTABLE)


def _served(path: str, content_type: str, cache: str) -> HttpResponse:
    try:
        data = published.read(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise LogFileMissing("The log has published no such file", remedy="See C2SP tlog-tiles for paths") from error
    return _open(data, content_type, cache)


def _open(data: bytes, content_type: str, cache: str) -> HttpResponse:
    return HttpResponse(data, content_type=content_type, headers={**OPEN, "Cache-Control": cache})


urlpatterns = [
    re_path(r"^log/checkpoint\Z", checkpoint, name="log-checkpoint"),
    re_path(rf"^log/(?P<path>{TILE})\Z", tile, name="log-tile"),
    path("log/keys", keys, name="log-keys"),
    path("log/policy", policy, name="log-policy"),
    path("log/consistency/<int:first>-<int:second>.receipt", consistency, name="log-consistency"),
    path("log/compromised/<str:key_id>", compromised, name="log-compromised"),
    path("status/grants", status_list, name="status-list"),
    path("status/grants/bitstring", bitstring_list, {"purpose": "revocation"}, name="status-bitstring"),
    *(
        path(f"status/grants/bitstring/{one}", bitstring_list, {"purpose": one}, name=f"status-bitstring-{one}")
        for one in statusfiles.BITSTRINGS
    ),
    *(path(f"issuers/{one}", issuer_document, {"purpose": one}, name=f"issuer-{one}") for one in issuer.PURPOSES),
    *pages.urlpatterns,
]
