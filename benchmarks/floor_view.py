"""The floor of an endpoint: an empty REST framework view and one query by primary key; our own routes beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from django.db import connections
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView

if TYPE_CHECKING:
    from rest_framework.request import Request

LOOK_UP = "SELECT id, holder_id, state, epoch FROM consent_likeness WHERE id = %s"


class FloorView(APIView):
    """Empty, but for the query."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request, alias: str, likeness: UUID) -> Response:
        """Look one row up by a prepared statement."""
        del request
        session = connections[alias]
        session.close_if_health_check_failed()  # as Django's own cursor does, and ours
        session.ensure_connection()
        row = psycopg.Cursor(session.connection).execute(LOOK_UP, [likeness], prepare=True).fetchone()
        return Response({"found": row is not None})


urlpatterns = [
    path("floor/<str:alias>/<uuid:likeness>", FloorView.as_view()),
    path("v1/", include("consent.api.urls")),
]
