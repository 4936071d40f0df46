"""Take consent back, and learn when that is effective."""

from __future__ import annotations

import logging
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import exclusions, grants, likenesses, revocations
from consent.api.authentication import party_of
from consent.api.body import Body, StrictJSONParser, Uuid
from consent.models import Grant, Likeness, Party, Withdrawal
from ledger.problem import Problem

log = logging.getLogger(__name__)


class WithdrawalBody(Body):
    """What to withdraw: a grant, a likeness, or whatever covers a party (of one likeness, or of all of one's own)."""

    likeness = Uuid(required=False)
    grant = Uuid(required=False)
    party = Uuid(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse everything but one of the three; a party may stand beside a likeness."""
        if set(attrs) not in ({"grant"}, {"likeness"}, {"party"}, {"party", "likeness"}):
            raise serializers.ValidationError({"grant": ["Send either a grant, a likeness or a party."]})
        return attrs


class WithdrawalAnswer(serializers.Serializer[Any]):
    """`effective`: nothing covered by it leaves our servers. `accepted`: no gate opens any more, not yet effective."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["accepted", "effective"])
    likeness = serializers.UUIDField(source="likeness_id")
    grant = serializers.UUIDField(source="grant_id", allow_null=True)
    party = serializers.UUIDField(source="party_id", allow_null=True)
    scope = serializers.CharField()
    reason = serializers.CharField(help_text="Empty: the person's own; otherwise why somebody else ended it.")
    epoch = serializers.IntegerField()
    accepted_at = serializers.DateTimeField()
    effective_at = serializers.DateTimeField(allow_null=True)
    detail = serializers.CharField()
    entry = serializers.UUIDField(source="entry_id")
    drained_entry = serializers.UUIDField(source="drained_entry_id", allow_null=True)


class ShutOutAnswer(serializers.Serializer[Any]):
    """One withdrawal for each likeness."""

    items = WithdrawalAnswer(many=True)


class WithdrawalMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "withdrawal-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such withdrawal"


ANSWER = PolymorphicProxySerializer("Withdrawn", [WithdrawalAnswer, ShutOutAnswer], resource_type_field_name=None)


class WithdrawalsView(APIView):
    """One's withdrawals."""

    scope = "withdrawals"
    parser_classes = (StrictJSONParser,)

    @extend_schema(
        operation_id="withdrawal_make",
        request=WithdrawalBody,
        responses={200: ANSWER, 202: ANSWER},
    )
    def post(self, request: Request) -> Response:
        """Withdraw, wait until it is effective, and say so; 202 if it cannot be confirmed yet."""
        body = WithdrawalBody(data=request.data)
        body.is_valid(raise_exception=True)
        if "party" in body.validated_data:
            return _shut_out(body.validated_data, party_of(request))
        withdrawal = _withdraw(body.validated_data, party_of(request))
        # The withdrawal is committed: whatever happens to this process now, every gate says no.
        try:
            withdrawal = revocations.drain(withdrawal)
        except Exception:
            log.exception("withdrawal %s is accepted and could not be confirmed", withdrawal.pk)
            return Response(_shown(withdrawal), status=202)
        return Response(_shown(withdrawal))


class WithdrawalView(APIView):
    """One withdrawal, for who made it; for everybody else it does not exist."""

    scope = "withdrawals"

    @extend_schema(operation_id="withdrawal_show", responses=WithdrawalAnswer)
    def get(self, request: Request, withdrawal: UUID) -> Response:
        """Show how far it is."""
        found = Withdrawal.objects.filter(_seen_by(party_of(request)), pk=withdrawal).first()
        if found is None:
            raise WithdrawalMissing("There is no such withdrawal of yours.", remedy="Use the id that you were given.")
        return Response(_shown(found))


def _withdraw(sent: dict[str, UUID], me: Party) -> Withdrawal:
    if "likeness" in sent:
        found = Likeness.objects.filter(pk=sent["likeness"]).first()
        if found is None:
            raise likenesses.missing("/likeness")
        return revocations.withdraw_likeness(found, actor=me)  # says the same of one that is not theirs
    grant = Grant.objects.filter(pk=sent["grant"]).first()
    if grant is None:
        raise grants.missing("/grant")
    return revocations.withdraw_grant(grant, actor=me)


def _seen_by(party: Party) -> Q:
    return Q(likeness__holder=party) | Q(actor=party.actor)


def _shut_out(sent: dict[str, UUID], me: Party) -> Response:
    """Shut a party out, as far as is asked, and wait as for any withdrawal."""
    likeness = likenesses.owned(sent["likeness"], holder=me, pointer="/likeness") if "likeness" in sent else None
    party = Party.objects.filter(pk=sent["party"]).first()
    if party is None:
        raise exclusions.invalid()
    made = exclusions.withdraw_party(party, likeness=likeness, actor=me)
    try:
        revocations.drain_all(made)
    except Exception:
        log.exception("withdrawals %s are accepted and could not be confirmed", [each.pk for each in made])
    fresh = list(Withdrawal.objects.filter(pk__in=[each.pk for each in made]).order_by("likeness_id"))
    effective = all(each.effective_at is not None for each in fresh)
    return Response(ShutOutAnswer({"items": [_row(each) for each in fresh]}).data, status=200 if effective else 202)


def _shown(withdrawal: Withdrawal) -> dict[str, Any]:
    return WithdrawalAnswer(_row(withdrawal)).data


def _row(withdrawal: Withdrawal) -> dict[str, Any]:
    effective = withdrawal.effective_at is not None
    detail = "Nothing that it covers leaves our servers." if effective else "Accepted, not yet effective."
    state = "effective" if effective else "accepted"
    row = {name: getattr(withdrawal, name) for name in _FIELDS}
    return {**row, "id": withdrawal.pk, "state": state, "detail": detail}


_FIELDS = (
    *("likeness_id", "grant_id", "party_id", "scope", "reason", "epoch"),
    *("accepted_at", "effective_at", "entry_id", "drained_entry_id"),
)
