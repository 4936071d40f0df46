"""C2PA's Soft Binding Resolution API: from a picture, or its fingerprint, to the manifest that was stripped from it.

The routes, parameters and answers are the specification's (C2PA 2.4, "Decoupled"); what is ours are the refusals, which
are problem documents. Anyone may ask, and nothing of what is sent is kept. Only videos that are published, and that
everybody in them still permits, are named; a match says that two pictures look alike and nothing more.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import IO, Any, ClassVar, Final

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import scopes
from consent.api.body import StrictJSONParser
from consent.api.negotiation import AnyType
from ledger.problem import Problem
from provenance import jumbf, recovery, stamp_evidence
from provenance.examination import UploadMissing, UploadTooLarge, a_turn, in_memory
from provenance.fingerprint import ALGORITHM, CODE_BYTES, WINDOW_MS, Kind, Print
from provenance.leases import ConsentWithdrawn
from provenance.manifest import video_of
from provenance.models import Stamp
from provenance.renders import VideoNotFound
from provenance.report import Match
from provenance.serving import ContentUnavailable
from provenance.standing import CONSENTED, ENDED

NO_STORE: Final = {"Cache-Control": "no-store"}
SHOWN: Final = frozenset({CONSENTED, ENDED})
USUAL, MOST = 10, 100  # results
LONGEST_VALUE = 64  # characters: a code of 256 bits has 44 in base64, and 48 with ISCC's header
ISCC_HEADER: Final = bytes([0x23, 0x07])  # ISO 24138: Content-Code, video, version 0, 256 bits
LIMIT = OpenApiParameter("maxResults", OpenApiTypes.INT, description=f"1 to {MOST}; {USUAL} if left out.")
ALG = OpenApiParameter("alg", OpenApiTypes.STR, description=f"`{ALGORITHM}`.")
HINTS = [
    OpenApiParameter(name, OpenApiTypes.STR, description="Taken and not used: the content says enough.")
    for name in ("hintAlg", "hintValue")
]


class MatchQueryInvalid(Problem):
    """The query is not one that can be answered."""

    code: ClassVar[str] = "match-query-invalid"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The query is not valid"


class ManifestMissing(Problem):
    """No such manifest, or none that may be shown: one answer for both."""

    code: ClassVar[str] = "manifest-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such manifest"


class SoftBindingMatch(serializers.Serializer[Any]):
    """One manifest, to be had from `/v1/manifests/{manifestId}`."""

    manifestId = serializers.CharField()  # noqa: N815 - the specification's name
    similarityScore = serializers.IntegerField(min_value=0, max_value=100)  # noqa: N815 - the same


class SoftBindingMatches(serializers.Serializer[Any]):
    """What was found, the most similar first."""

    matches = SoftBindingMatch(many=True)


class SoftBindingQuery(serializers.Serializer[Any]):
    """One soft binding."""

    alg = serializers.CharField()
    value = serializers.CharField(help_text="Base64.")


class VideoParser(BaseParser):
    """Take a body that is a video, as far as an upload may go; what it is, the guard finds out."""

    media_type = "video/*"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, bytes]:
        """Return the bytes as "asset". Raises `UploadTooLarge`."""
        del media_type, parser_context
        most = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
        data = stream.read(most + 1)
        if len(data) > most:
            raise UploadTooLarge("The file is larger than is taken here.", remedy=f"Send at most {most} bytes.")
        return {"asset": data}


class Resolution(APIView):
    """A door of the specification: no account."""

    scope = scopes.PUBLIC
    authentication_classes = ()
    permission_classes = (AllowAny,)


class MatchesByContent(Resolution):
    """Find manifests by an asset."""

    parser_classes = (VideoParser,)

    @extend_schema(
        operation_id="matches_by_content",
        auth=[],
        parameters=[ALG, LIMIT, *HINTS],
        request={"video/mp4": OpenApiTypes.BINARY},
        responses=SoftBindingMatches,
    )
    def post(self, request: Request) -> Response:
        """Answer with the manifests of videos that look or sound like the MP4 in the body."""
        _supported(request.query_params.get("alg", ALGORITHM))
        most = _most(request)
        data = request.data.get("asset") if isinstance(request.data, Mapping) else None
        if not data:  # None: there was neither a body nor a type
            raise UploadMissing("There is no file.", remedy="Send an MP4 as the body, as video/mp4.")
        with a_turn(), in_memory(SimpleUploadedFile("asset", data)) as path:
            prints = recovery.unverified_prints(path)
        return _answer(recovery.matches(prints, most=MOST), most)


class MatchesByBinding(Resolution):
    """Find manifests by a soft binding."""

    parser_classes = (StrictJSONParser,)

    @extend_schema(
        operation_id="matches_by_binding",
        auth=[],
        parameters=[
            OpenApiParameter("alg", OpenApiTypes.STR, required=True, description=f"`{ALGORITHM}`."),
            OpenApiParameter("value", OpenApiTypes.STR, required=True, description="Base64 of a code of 256 bits."),
            LIMIT,
        ],
        responses=SoftBindingMatches,
    )
    def get(self, request: Request) -> Response:
        """Answer with the manifests of videos that have a window like this one."""
        return _by_binding(request, request.query_params)

    @extend_schema(
        operation_id="matches_by_large_binding",
        auth=[],
        parameters=[LIMIT],
        request=SoftBindingQuery,
        responses=SoftBindingMatches,
    )
    def post(self, request: Request) -> Response:
        """Answer the same for a binding in the body."""
        if not isinstance(request.data, Mapping):
            raise MatchQueryInvalid("The body is not an object.", remedy='Send {"alg": …, "value": …}.')
        return _by_binding(request, request.data)


class ManifestDetail(Resolution):
    """A manifest store, as it is in the file that was published."""

    content_negotiation_class = AnyType

    @extend_schema(
        operation_id="manifests_read",
        auth=[],
        parameters=[
            OpenApiParameter("returnActiveManifest", OpenApiTypes.BOOL, description="Leave out those of its parents.")
        ],
        responses={(200, "application/c2pa"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, manifest_id: str) -> HttpResponse:
        """Send the manifest store while everybody depicted permits the video."""
        store = _store(manifest_id)
        if _boolean(request, "returnActiveManifest"):
            store = jumbf.alone(store, manifest_id)
        headers = NO_STORE | {"X-Content-Type-Options": "nosniff"}
        return HttpResponse(store, content_type="application/c2pa", headers=headers)


class Algorithms(Resolution):
    """What can be asked about."""

    @extend_schema(operation_id="supported_algorithms", auth=[], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """List the algorithms of soft bindings, by the names of C2PA's list."""
        del request
        return Response({"watermarks": [], "fingerprints": [{"alg": ALGORITHM}]})


def _by_binding(request: Request, query: Mapping[str, Any]) -> Response:
    _supported(query.get("alg"))
    code, most = _code(query.get("value")), _most(request)
    with a_turn():
        found = recovery.matches([Print(Kind.PICTURE, 0, WINDOW_MS, code)], most=MOST)
    return _answer(found, most)


def _answer(found: Iterable[Match], most: int) -> Response:
    shown = [
        {"manifestId": each.manifest_label, "similarityScore": each.similarity}
        for each in found
        if each.standing in SHOWN
    ]
    return Response({"matches": shown[:most]}, headers=NO_STORE)


def _supported(alg: object) -> None:
    if alg != ALGORITHM:
        raise MatchQueryInvalid(
            "This algorithm is not known here.", pointer="/alg", remedy=f"Ask with {ALGORITHM}, and see /v1/services."
        )


def _code(value: object) -> bytes:
    """Read a code: 32 bytes, or ISCC's own unit, which has two bytes of header before them."""
    remedy = "Send the base64 of a 256-bit ISCC video code: 32 bytes, or 34 with its header."
    if not isinstance(value, str) or len(value) > LONGEST_VALUE:
        raise MatchQueryInvalid("There is no such value.", pointer="/value", remedy=remedy)
    try:
        code = base64.b64decode(
            value.encode("ascii"), altchars=b"-_" if {"-", "_"} & set(value) else None, validate=True
        )
    except (ValueError, binascii.Error) as error:
        raise MatchQueryInvalid("The value is not base64.", pointer="/value", remedy=remedy) from error
    code = code.removeprefix(ISCC_HEADER) if len(code) == CODE_BYTES + len(ISCC_HEADER) else code
    if len(code) != CODE_BYTES:
        raise MatchQueryInvalid("The value is no code of 256 bits.", pointer="/value", remedy=remedy)
    return code


def _most(request: Request) -> int:
    text = request.query_params.get("maxResults", str(USUAL))
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST)) and 1 <= int(text) <= MOST):
        raise MatchQueryInvalid("This is no number of results.", pointer="/maxResults", remedy=f"Ask for 1 to {MOST}.")
    return int(text)


def _boolean(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "false")
    if text not in {"true", "false"}:
        raise MatchQueryInvalid("This is neither true nor false.", pointer=f"/{name}", remedy="Say true or false.")
    return text == "true"


def _store(label: str) -> bytes:
    """Return the manifest store of a published video; raise `ManifestMissing` for every other."""
    missing = ManifestMissing("There is no such manifest here.", remedy="Check the identifier.")
    video = video_of(label)  # no other text can be a label of ours, and not every text can be asked of a database
    stamp = Stamp.objects.filter(manifest_label=label).first() if video else None
    if stamp is None:
        raise missing
    try:
        return stamp_evidence.manifest_store(stamp.video_id)
    except (VideoNotFound, ConsentWithdrawn, ContentUnavailable) as error:
        raise missing from error
