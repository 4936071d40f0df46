"""Ask what the answer would have been at a point in the log."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from msgspec import Meta, Struct
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.views import APIView

from consent import as_of, decisions, points
from consent.api import plain
from consent.api.body import Body, Uuid
from consent.api.decisions import ObligationAnswer, ReasonAnswer
from consent.api.use_body import UseBody, UseSent
from consent.models import Decision, Party
from ledger import base64url

if TYPE_CHECKING:
    from django.http import HttpRequest

    from consent.points import Point


class PointSent(Struct, forbid_unknown_fields=True, frozen=True):
    """Exactly one of the three."""

    size: Annotated[int, Meta(ge=1, le=points.LARGEST)] | None = None
    entry: UUID | None = None
    time: Annotated[datetime, Meta(tz=True)] | None = None

    def point(self) -> Point:
        """Return the point. Raises `PointUnknown`."""
        if sum(one is not None for one in (self.size, self.entry, self.time)) != 1:
            raise ValidationError({"as_of": ["Name exactly one of size, entry and time."]})
        if self.size is not None:
            return points.after(self.size)
        return points.just_after(self.entry) if self.entry is not None else points.at(self._moment())

    def _moment(self) -> datetime:
        if self.time is None:
            raise TypeError("exactly one is named")
        return self.time


class AsOfSent(Struct, forbid_unknown_fields=True, frozen=True):
    """A use, when, and who would have asked; nobody named: the caller."""

    use: UseSent
    as_of: PointSent
    client: UUID | None = None


class PointBody(Body):
    """Exactly one of the three: so many entries, just after an entry, or what was integrated by a time."""

    size = serializers.IntegerField(min_value=1, max_value=points.LARGEST, required=False, allow_null=True)
    entry = Uuid(required=False, allow_null=True)
    time = serializers.DateTimeField(required=False, allow_null=True)


class AsOfBody(Body):
    """A use, when, and who would have asked; nobody named: the caller."""

    use = UseBody()
    as_of = PointBody()
    client = Uuid(required=False, allow_null=True)


class CheckpointAnswer(serializers.Serializer[Any]):
    """What the log's key signed, and was published."""

    size = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not the serializer above


class PointAnswer(serializers.Serializer[Any]):
    """The point: entries 0 to `size` - 1 had happened, and clocks are taken to show `at`.

    `consistency` proves (RFC 9162, 2.1.4) that `checkpoint` extends the tree of this size and root.
    """

    size = serializers.IntegerField()
    index = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not the serializer above
    integrated_at = serializers.DateTimeField()
    at = serializers.DateTimeField()
    checkpoint = CheckpointAnswer()
    consistency = serializers.ListField(child=serializers.CharField())


class AsOfAnswer(serializers.Serializer[Any]):
    """The answer as of then, about the `judged` of the cast. `is_permit` is always false."""

    is_permit = serializers.BooleanField()
    outcome = serializers.ChoiceField(choices=Decision.Outcome.choices)
    reasons = ReasonAnswer(many=True)
    obligations = ObligationAnswer(many=True)
    judged = serializers.ListField(child=serializers.CharField())
    as_of = PointAnswer()


class AsOfView(APIView):
    """The past, described."""

    scope = "decisions"

    @extend_schema(operation_id="decision_as_of", request=AsOfBody, responses=AsOfAnswer)
    def post(self) -> None:
        """Say what would have been answered at a point of the log. Records nothing, and is never a permit.

        A client asks about itself. Who may see a likeness of the cast may name any client, and hears about that
        likeness. What nothing that is kept can tell is denied as `unknown_at_that_point`.
        """


@plain.door(AsOfView)
def remember(request: HttpRequest, caller: UUID) -> object:
    """Answer one use as of then."""
    sent = plain.shaped(plain.body(request), AsOfSent)
    use = sent.use.by(sent.client or caller)
    found = as_of.ask(use, sent.as_of.point(), actor=Party.objects.get(pk=caller))
    return {
        "is_permit": False,
        "outcome": "allow" if found.outcome else "deny",
        "reasons": decisions.reasons_of(found.outcome),
        "obligations": decisions.obligations_of(found.outcome),
        "judged": found.judged,
        "as_of": _told(found.point),
    }


def _told(point: Point) -> dict[str, Any]:
    return {
        "size": point.size,
        "index": point.size - 1,
        "root": base64url.encode(point.root),
        "integrated_at": point.integrated_at,
        "at": point.at,
        "checkpoint": {"size": point.checkpoint.size, "root": base64url.encode(point.checkpoint.root)},
        "consistency": [base64url.encode(one) for one in point.consistency],
    }
