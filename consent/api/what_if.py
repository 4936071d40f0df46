"""Try terms out before signing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

from drf_spectacular.utils import extend_schema
from msgspec import Meta, Struct
from rest_framework import serializers
from rest_framework.views import APIView

from consent import decisions, what_if
from consent.api import plain
from consent.api.body import Body, Uuid
from consent.api.decisions import ObligationAnswer, ReasonAnswer
from consent.api.use_body import UseBody, UseSent
from consent.models import Decision, Party

if TYPE_CHECKING:
    from django.http import HttpRequest

    from consent.policy import Allow, Deny


class ExampleSent(Struct, forbid_unknown_fields=True, frozen=True):
    """A use, and who would ask; nobody named: somebody made up."""

    use: UseSent
    client: UUID | None = None


class WhatIfSent(Struct, forbid_unknown_fields=True, frozen=True):
    """A draft, and examples."""

    likeness: UUID
    terms: dict[str, Any]
    examples: Annotated[list[ExampleSent], Meta(min_length=1, max_length=what_if.MAX_EXAMPLES)]
    supersedes: UUID | None = None


class ExampleBody(Body):
    """A use, and who would ask; nobody named: somebody made up."""

    use = UseBody()
    client = Uuid(required=False, allow_null=True)


class WhatIfBody(Body):
    """A draft, and examples."""

    likeness = Uuid()
    terms = serializers.JSONField()
    examples = serializers.ListField(child=ExampleBody(), min_length=1, max_length=what_if.MAX_EXAMPLES)
    supersedes = Uuid(required=False, allow_null=True)


class JudgedAnswer(serializers.Serializer[Any]):
    """One judgement, about this likeness alone. The grant `draft` is the draft."""

    outcome = serializers.ChoiceField(choices=Decision.Outcome.choices)
    reasons = ReasonAnswer(many=True)
    obligations = ObligationAnswer(many=True)


class ImaginedAnswer(serializers.Serializer[Any]):
    """By the grants that exist, by the draft alone, and by both."""

    without = JudgedAnswer()
    alone = JudgedAnswer()
    beside = JudgedAnswer()


class WhatIfAnswer(serializers.Serializer[Any]):
    """One for each example, in their order. `is_permit` is always false."""

    is_permit = serializers.BooleanField()
    examples = ImaginedAnswer(many=True)


class WhatIfView(APIView):
    """What a draft would allow, described."""

    scope = "decisions"

    @extend_schema(operation_id="decision_what_if", request=WhatIfBody, responses=WhatIfAnswer)
    def post(self) -> None:
        """Say what unsigned terms would allow. Records nothing, and is never a permit."""


@plain.door(WhatIfView)
def imagine(request: HttpRequest, caller: UUID) -> object:
    """Judge the examples."""
    sent = plain.shaped(plain.body(request), WhatIfSent)
    uses = [example.use.by(example.client or uuid4()) for example in sent.examples]
    found = what_if.imagine(
        sent.likeness, sent.terms, uses, supersedes=sent.supersedes, actor=Party.objects.get(pk=caller)
    )
    return {
        "is_permit": False,
        "examples": [{name: _judged(getattr(one, name)) for name in ("without", "alone", "beside")} for one in found],
    }


def _judged(outcome: Allow | Deny) -> dict[str, Any]:
    return {
        "outcome": "allow" if outcome else "deny",
        "reasons": decisions.reasons_of(outcome),
        "obligations": decisions.obligations_of(outcome),
    }
