"""Ask before paying: one use, or a hundred at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from drf_spectacular.utils import extend_schema
from msgspec import Meta, Struct
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.views import APIView

from consent import decisions, disclosure
from consent.api import plain
from consent.api.body import Body
from consent.api.use_body import UseBody, UseSent
from consent.models import Decision, Party
from consent.policy import Duty, Reason
from ledger.problem import Problem

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from consent.decisions import Answer
    from consent.use import Use

MAX_BATCH: Final = 100
MAX_BATCH_BODY: Final = 262_144  # bytes


class ReasonAnswer(serializers.Serializer[Any]):
    """One reason. `clause` and `grant` are told only to those whom the grant names, and to its holder."""

    likeness = serializers.CharField(allow_blank=True)
    reason = serializers.ChoiceField(choices=[str(reason) for reason in Reason])
    clause = serializers.CharField(allow_null=True)
    grant = serializers.CharField(allow_null=True)


class ObligationAnswer(serializers.Serializer[Any]):
    """What an allowed use owes in return. `likeness` "": the use as a whole; `clause`, `grant` null: every video."""

    likeness = serializers.CharField(allow_blank=True)
    duty = serializers.ChoiceField(choices=[str(duty) for duty in Duty])
    clause = serializers.CharField(allow_null=True)
    grant = serializers.CharField(allow_null=True)


class DecisionAnswer(serializers.Serializer[Any]):
    """The answer as of now. An allowance is no permit and has no id: it may be over in a second."""

    decision = serializers.UUIDField(allow_null=True)
    outcome = serializers.ChoiceField(choices=Decision.Outcome.choices)
    reasons = ReasonAnswer(many=True)
    obligations = ObligationAnswer(many=True)
    decided_at = serializers.DateTimeField()


class BatchBody(Body):
    """Up to 100 uses."""

    uses = serializers.ListField(child=UseBody(), min_length=1, max_length=MAX_BATCH)


class RefusalAnswer(serializers.Serializer[Any]):
    """Why one of them could not be asked about."""

    code = serializers.CharField()
    detail = serializers.CharField()
    remedy = serializers.CharField()
    pointer = serializers.CharField()


class OneOfBatchAnswer(serializers.Serializer[Any]):
    """One of the two is null."""

    answer = DecisionAnswer(allow_null=True)
    error = RefusalAnswer(allow_null=True)


class BatchAnswer(serializers.Serializer[Any]):
    """One for each use, in their order."""

    answers = OneOfBatchAnswer(many=True)


class BatchSent(Struct, forbid_unknown_fields=True, frozen=True):
    """Uses, each read on its own."""

    uses: Annotated[list[Any], Meta(min_length=1, max_length=MAX_BATCH)]


class DecisionsView(APIView):
    """Preflight, described."""

    scope = "decisions"

    @extend_schema(operation_id="decision_preflight", request=UseBody, responses=DecisionAnswer)
    def post(self) -> None:
        """Say whether a use would be covered now. Holders see the attempt if it is denied."""


class BatchView(APIView):
    """Several preflights, described."""

    scope = "decisions"

    @extend_schema(operation_id="decision_preflight_batch", request=BatchBody, responses=BatchAnswer)
    def post(self) -> None:
        """Say it of up to 100 uses, each as if it were asked alone; one that is wrong spoils no other."""


@plain.door(DecisionsView)
def preflight(request: HttpRequest, caller: UUID) -> object:
    """Answer one use."""
    use = plain.shaped(plain.body(request), UseSent).by(caller)
    (answer,) = decisions.ask([use], client=caller)
    return told(answer, caller)


@plain.door(BatchView)
def batch(request: HttpRequest, caller: UUID) -> object:
    """Answer each use on its own."""
    sent = plain.shaped(plain.body(request, MAX_BATCH_BODY), BatchSent)
    read = [_read(n, one, caller) for n, one in enumerate(sent.uses)]
    asked = [one for one in read if not isinstance(one, dict)]
    answers = iter(decisions.ask(asked, client=caller) if asked else [])
    return {
        "answers": [
            {"answer": None, "error": one}
            if isinstance(one, dict)
            else {"answer": told(next(answers), caller), "error": None}
            for one in read
        ]
    }


def _read(number: int, document: object, caller: UUID) -> Use | dict[str, Any]:
    """Return the use, or the refusal that stands in its place."""
    at = f"/uses/{number}"
    try:
        use = plain.shaped(document, UseSent).by(caller)
        decisions.check(use, caller)
    except ValidationError as error:
        pointer, detail = plain.first_wrong(error)
        return {"code": "invalid", "detail": detail, "remedy": "Correct this field.", "pointer": f"{at}{pointer}"}
    except Problem as problem:
        pointer = problem.pointer or ""
        return {"code": problem.code, "detail": problem.detail, "remedy": problem.remedy, "pointer": f"{at}{pointer}"}
    return use


def told(answer: Answer, caller: UUID) -> dict[str, Any]:
    """Return what the asker may hear. Whatever an allowed use rests on covers the asker, so they hear all it owes."""
    denial = answer.denial
    return {
        "decision": None if denial is None else denial.pk,
        "outcome": "deny" if denial else "allow",
        "reasons": [] if denial is None else disclosure.reasons_for(denial, Party(pk=caller)),
        "obligations": decisions.obligations_of(answer.outcome),
        "decided_at": answer.decided_at,
    }
