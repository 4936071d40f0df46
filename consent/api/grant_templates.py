"""Terms to begin from: list the templates, and fill one."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import clock, grant_templates
from consent.api.body import Body, StrictJSONParser, Uuid
from consent.vocabulary import MAX_AUDIENCE


class TemplateAnswer(serializers.Serializer[Any]):
    """One template, with its words by language."""

    name = serializers.CharField()
    title = serializers.DictField(child=serializers.CharField())
    sentence = serializers.DictField(child=serializers.CharField())
    parties = serializers.ChoiceField(choices=("none", "named", "left_out"), help_text="What the parties given are.")
    days = serializers.IntegerField(help_text="How long, unless another length is given.")


class TemplateListAnswer(serializers.Serializer[Any]):
    """All of them; there are few."""

    items = TemplateAnswer(many=True)


class TemplateBody(Body):
    """Whom it names or leaves out, and for how many days."""

    parties = serializers.ListField(child=Uuid(), max_length=MAX_AUDIENCE, required=False, default=list)
    days = serializers.IntegerField(min_value=1, max_value=grant_templates.MAX_DAYS, required=False, default=None)


class FilledAnswer(serializers.Serializer[Any]):
    """Terms, version 2, to change or to draft a grant with. Nothing is recorded."""

    terms = serializers.DictField()


class TemplatesView(APIView):
    """Templates."""

    scope = "grants:read"

    @extend_schema(operation_id="grant_template_list", responses=TemplateListAnswer)
    def get(self, request: Request) -> Response:
        """List them."""
        del request
        items = [
            {
                "name": name,
                "title": dict(one.title),
                "sentence": dict(one.sentence),
                "parties": one.parties,
                "days": one.days,
            }
            for name, one in grant_templates.TEMPLATES.items()
        ]
        return Response(TemplateListAnswer({"items": items}).data)


class TemplateView(APIView):
    """One template."""

    scope = "grants"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="grant_template_fill", request=TemplateBody, responses=FilledAnswer)
    def post(self, request: Request, name: str) -> Response:
        """Fill it for these parties, from now on. Whether they exist is asked when the grant is drafted."""
        body = TemplateBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        parties: list[object] = [str(party) for party in sent["parties"]]
        return Response(FilledAnswer({"terms": grant_templates.fill(name, parties, sent["days"], clock.now())}).data)
