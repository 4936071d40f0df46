"""What one was told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import messages
from consent.api import pages
from consent.api.authentication import party_of
from consent.models import Message


class MessageAnswer(serializers.Serializer[Any]):
    """One message."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Message.Kind.choices)
    subject = serializers.CharField()
    text = serializers.CharField(trim_whitespace=False)
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)
    entry = serializers.UUIDField(source="entry_id")


class MessageListAnswer(serializers.Serializer[Any]):
    """One page, and how many are unread in all."""

    items = MessageAnswer(many=True)
    unread = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)


class MessagesView(APIView):
    """One's messages."""

    scope = "messages"

    @extend_schema(operation_id="message_list", parameters=pages.PARAMETERS, responses=MessageListAnswer)
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        mine = Message.objects.filter(party=party_of(request))
        items, following = pages.page(request, mine, "created_at")
        unread = mine.filter(read_at=None).count()
        return Response(MessageListAnswer({"items": items, "unread": unread, "next": following}).data)


class ReadView(APIView):
    """That a message was read."""

    scope = "messages"

    @extend_schema(operation_id="message_read", request=None, responses=MessageAnswer)
    def post(self, request: Request, message: UUID) -> Response:
        """Mark it read."""
        return Response(MessageAnswer(messages.mark_read(message, actor=party_of(request))).data)
