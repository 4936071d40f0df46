"""One's apps (OAuth clients): register, list, give another secret, end one, remove. A secret is shown once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import scopes
from consent.api import pages
from consent.api.authentication import held_by, party_of
from consent.api.body import Body, Flag, StrictJSONParser
from consent.api.tokens import NO_STORE, ScopesField
from consent.models import ClientSecret, OAuthClient
from consent.oauth import clients, redirection

GOOD = Prefetch("secrets", ClientSecret.objects.filter(ended_at=None).order_by("created_at"), to_attr="good")


class AppBody(Body):
    """An app. `redirect_uris`: where people are sent back to; left out, it acts for its own party only."""

    name = serializers.CharField(max_length=clients.MAX_NAME, trim_whitespace=False)
    scopes = ScopesField(min_length=1, max_length=len(scopes.ORDER))
    redirect_uris = serializers.ListField(
        child=serializers.CharField(max_length=redirection.MAX_URL), required=False, max_length=clients.MAX_REDIRECTS
    )
    dpop_required = Flag(required=False)


class SecretAnswer(serializers.Serializer[Any]):
    """A secret that is good, without the secret."""

    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()


class AppAnswer(serializers.Serializer[Any]):
    """An app of one's own; its id is the `client_id`."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    scopes = serializers.SerializerMethodField()
    redirect_uris = serializers.ListField(child=serializers.CharField())
    dpop_required = serializers.BooleanField()
    secrets = SecretAnswer(source="good", many=True)
    created_at = serializers.DateTimeField()
    entry = serializers.UUIDField(source="entry_id")

    def get_scopes(self, row: OAuthClient) -> list[str]:
        """Split them."""
        return row.scope.split()


class NewSecretAnswer(SecretAnswer):
    """A secret, shown this once."""

    secret = serializers.CharField()


class NewAppAnswer(serializers.Serializer[Any]):
    """The app, and its first secret."""

    app = AppAnswer()
    secret = NewSecretAnswer()


class AppListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = AppAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class AppsView(APIView):
    """One's apps."""

    scope = "tokens"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="app_register", request=AppBody, responses={201: NewAppAnswer})
    def post(self, request: Request) -> Response:
        """Register one. The answer holds its secret, which is not shown again."""
        body = AppBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        app, secret, shown = clients.register(
            sent["name"],
            frozenset(sent["scopes"]),
            actor=party_of(request),
            redirect_uris=sent.get("redirect_uris", ()),
            dpop_required=sent.get("dpop_required", False),
            held=held_by(request),
        )
        answer = {"app": AppAnswer(_shown(app)).data, "secret": _new(secret, shown)}
        return Response(answer, status=201, headers=NO_STORE)

    @extend_schema(operation_id="app_list", parameters=pages.PARAMETERS, responses=AppListAnswer)
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        rows = clients.owned_by(party_of(request)).prefetch_related(GOOD)
        items, following = pages.page(request, rows, "created_at")
        return Response(AppListAnswer({"items": items, "next": following}).data)


class AppView(APIView):
    """One app; for everybody else it does not exist."""

    scope = "tokens"

    @extend_schema(operation_id="app_show", responses=AppAnswer)
    def get(self, request: Request, app: UUID) -> Response:
        """Show it, without its secrets."""
        return Response(AppAnswer(_shown(clients.owned(app, party_of(request)))).data)

    @extend_schema(operation_id="app_remove", responses={204: None})
    def delete(self, request: Request, app: UUID) -> Response:
        """Remove it: its tokens, and all that people let it do, end at once."""
        clients.remove(app, actor=party_of(request))
        return Response(status=204)


class SecretsView(APIView):
    """The secrets of an app."""

    scope = "tokens"

    @extend_schema(operation_id="app_secret_add", request=None, responses={201: NewSecretAnswer})
    def post(self, request: Request, app: UUID) -> Response:
        """Add a second one. Both are good until one is ended."""
        _, secret, shown = clients.add_secret(app, actor=party_of(request), held=held_by(request))
        return Response(_new(secret, shown), status=201, headers=NO_STORE)


class SecretView(APIView):
    """One secret of an app."""

    scope = "tokens"

    @extend_schema(operation_id="app_secret_end", responses={204: None})
    def delete(self, request: Request, app: UUID, secret: UUID) -> Response:
        """End it at once."""
        clients.end_secret(app, secret, actor=party_of(request))
        return Response(status=204)


def _shown(app: OAuthClient) -> OAuthClient:
    app.good = list(app.secrets.filter(ended_at=None).order_by("created_at"))  # type: ignore[attr-defined]  # as GOOD does
    return app


def _new(secret: ClientSecret, shown: str) -> dict[str, Any]:
    return {**SecretAnswer(secret).data, "secret": shown}
