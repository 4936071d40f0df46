"""Webhooks: where one's own programs are told of what concerns one, and what was told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent.api import pages
from consent.api.authentication import party_of
from consent.api.body import Body, Flag, StrictJSONParser
from consent.models import WebhookDelivery, WebhookEndpoint
from consent.webhooks import deliveries, endpoints, targets
from consent.webhooks.events import ALL, EVENTS

WANTED = sorted([ALL, *EVENTS])


class EventsField(serializers.ListField):
    """Names of events, or `["*"]`."""

    child = serializers.ChoiceField(choices=WANTED)


class WebhookBody(Body):
    """Where to send, and what. `events` left out: everything."""

    url = serializers.CharField(max_length=targets.MAX_URL, help_text="https, on port 443 or 8443.")
    events = EventsField(required=False, min_length=1, max_length=len(WANTED))


class WebhookChangeBody(Body):
    """What to change; the rest stays."""

    url = serializers.CharField(required=False, max_length=targets.MAX_URL)
    events = EventsField(required=False, min_length=1, max_length=len(WANTED))
    enabled = Flag(required=False)


class SecretRotationBody(Body):
    """`overlap` false: the old secret signs nothing more, at once. Left out, both sign for a day."""

    overlap = Flag(required=False)


class WebhookAnswer(serializers.Serializer[Any]):
    """A webhook of one's own. `failures`: attempts since the last that was taken."""

    id = serializers.UUIDField()
    url = serializers.SerializerMethodField()
    events = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=WebhookEndpoint.State.choices)
    failures = serializers.IntegerField()
    answered_at = serializers.DateTimeField(allow_null=True)
    old_secret_until = serializers.DateTimeField(source="old_until", allow_null=True)
    created_at = serializers.DateTimeField()
    entry = serializers.UUIDField(source="last_entry_id")

    def get_url(self, row: WebhookEndpoint) -> str:
        """Unseal it."""
        return endpoints.url_of(row)


class NewWebhookAnswer(WebhookAnswer):
    """A webhook with a secret that is shown this once."""

    secret = serializers.CharField()

    def to_representation(self, instance: tuple[WebhookEndpoint, str]) -> dict[str, Any]:
        """Join the two."""
        row, secret = instance
        return {**WebhookAnswer(row).data, "secret": secret}


class WebhookListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = WebhookAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class DeliveryAnswer(serializers.Serializer[Any]):
    """A message; its id is the `webhook-id`. `status` is the last answer's; `problem` says why none came."""

    id = serializers.UUIDField()
    event = serializers.CharField()
    body = serializers.DictField()
    state = serializers.ChoiceField(choices=WebhookDelivery.State.choices)
    attempts = serializers.IntegerField()
    tried_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    status = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField()
    created_at = serializers.DateTimeField()


class DeliveryListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = DeliveryAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class WebhooksView(APIView):
    """One's webhooks."""

    scope = "webhooks"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="webhook_register", request=WebhookBody, responses={201: NewWebhookAnswer})
    def post(self, request: Request) -> Response:
        """Name an address. The answer holds its secret, which is not shown again."""
        body = WebhookBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        made = endpoints.register(sent["url"], sent.get("events", [ALL]), actor=party_of(request))
        return Response(NewWebhookAnswer(made).data, status=201)

    @extend_schema(operation_id="webhook_list", parameters=pages.PARAMETERS, responses=WebhookListAnswer)
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        mine = WebhookEndpoint.objects.filter(party=party_of(request)).exclude(state=WebhookEndpoint.State.REMOVED)
        items, following = pages.page(request, mine.select_related("url__subject_key"), "created_at")
        return Response(WebhookListAnswer({"items": items, "next": following}).data)


class WebhookView(APIView):
    """One webhook; for everybody else it does not exist."""

    scope = "webhooks"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="webhook_show", responses=WebhookAnswer)
    def get(self, request: Request, webhook: UUID) -> Response:
        """Show it, without its secret."""
        return Response(WebhookAnswer(endpoints.owned(webhook, party_of(request))).data)

    @extend_schema(operation_id="webhook_change", request=WebhookChangeBody, responses=WebhookAnswer)
    def patch(self, request: Request, webhook: UUID) -> Response:
        """Change address or events; switch it on or off."""
        body = WebhookChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        changed = endpoints.change(webhook, actor=party_of(request), **body.validated_data)
        return Response(WebhookAnswer(changed).data)

    @extend_schema(operation_id="webhook_remove", responses={204: None})
    def delete(self, request: Request, webhook: UUID) -> Response:
        """Take it back: nothing more is sent there."""
        endpoints.remove(webhook, actor=party_of(request))
        return Response(status=204)


class SecretView(APIView):
    """A webhook's secret."""

    scope = "webhooks"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="webhook_rotate", request=SecretRotationBody, responses={201: NewWebhookAnswer})
    def post(self, request: Request, webhook: UUID) -> Response:
        """Replace it. For a day both sign, unless `overlap` is false."""
        body = SecretRotationBody(data=request.data)
        body.is_valid(raise_exception=True)
        overlap: bool = body.validated_data.get("overlap", True)
        return Response(
            NewWebhookAnswer(endpoints.rotate(webhook, actor=party_of(request), overlap=overlap)).data, status=201
        )


class TestView(APIView):
    """A test call."""

    scope = "webhooks"

    @extend_schema(operation_id="webhook_test", request=None, responses={202: DeliveryAnswer})
    def post(self, request: Request, webhook: UUID) -> Response:
        """Send `webhook.test` there, about nothing; the log of deliveries says what came of it."""
        return Response(DeliveryAnswer(deliveries.test(webhook, actor=party_of(request))).data, status=202)


class DeliveriesView(APIView):
    """The log of one webhook."""

    scope = "webhooks"

    @extend_schema(operation_id="webhook_delivery_list", parameters=pages.PARAMETERS, responses=DeliveryListAnswer)
    def get(self, request: Request, webhook: UUID) -> Response:
        """List what was and is to be told there within the last month, newest first."""
        rows = WebhookDelivery.objects.filter(endpoint=endpoints.owned(webhook, party_of(request)))
        items, following = pages.page(request, rows, "created_at")
        return Response(DeliveryListAnswer({"items": items, "next": following}).data)


class ReplayView(APIView):
    """One message again."""

    scope = "webhooks"

    @extend_schema(operation_id="webhook_delivery_replay", request=None, responses={202: DeliveryAnswer})
    def post(self, request: Request, webhook: UUID, delivery: UUID) -> Response:
        """Send it again, under the same `webhook-id`."""
        return Response(DeliveryAnswer(deliveries.replay(webhook, delivery, actor=party_of(request))).data, status=202)
