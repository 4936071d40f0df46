"""The floors of the video API: an authenticated view that inserts a row, an empty one with a query, a plain file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection
from django.http import FileResponse, HttpRequest
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView

from consent.api.authentication import TokenAuthentication, party_of

if TYPE_CHECKING:
    from rest_framework.request import Request

TABLE = "CREATE TABLE bench_floor (id bigserial PRIMARY KEY, party uuid NOT NULL, body jsonb NOT NULL)"
FILE: list[Path] = []  # the one file that is sent, put here by the benchmark


class Insert(APIView):
    """What no API can do without: who calls, the body, one row on disk."""

    authentication_classes = (TokenAuthentication,)
    scope = "videos:write"

    def post(self, request: Request) -> Response:
        """Insert one row, committing itself."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO bench_floor (party, body) VALUES (%s, %s::jsonb) RETURNING id",
                [party_of(request).pk, '{"prompt": "x"}' if "prompt" in request.data else "{}"],
            )
            (number,) = cursor.fetchone()
        return Response({"id": number})


class LookUp(APIView):
    """A poll that knows nobody."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request, video: UUID) -> Response:
        """Read one row."""
        del request
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, state FROM provenance_video WHERE id = %s", [video])
            _, state = cursor.fetchone()
        return Response({"id": video, "status": state})


def plain(request: HttpRequest) -> FileResponse:
    """Send the file as Django does."""
    del request
    return FileResponse(FILE[0].open("rb"), content_type="video/mp4")


urlpatterns = [
    path("floor/insert", Insert.as_view()),
    path("floor/<uuid:video>", LookUp.as_view()),
    path("floor/file", plain),
    path("", include("config.urls")),
]
