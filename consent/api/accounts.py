"""Statements of account: JSON, CSV or PDF, by the suffix of the address or by Accept."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import account, money, statement_pdf, statements_of_account
from consent.account import Statement
from consent.api.authentication import party_of
from consent.api.negotiation import AnyType

PERIOD: Final = [OpenApiParameter("period", OpenApiTypes.STR, required=True, description="A month: 2026-11.")]
TYPES: Final = {"csv": "text/csv", "pdf": "application/pdf"}


class BalanceAnswer(serializers.Serializer[Any]):
    """What the accounts hold. Positive: owed to you; negative: owed by you."""

    receivable = serializers.CharField()
    reversed = serializers.CharField()
    payable = serializers.CharField()
    hold = serializers.CharField()


class StatementAnswer(serializers.Serializer[Any]):
    """The balances of one currency; the postings are in the CSV."""

    currency = serializers.CharField()
    period = serializers.CharField()
    provisional = serializers.BooleanField()
    postings = serializers.IntegerField()
    opening = BalanceAnswer()
    closing = BalanceAnswer()
    due = serializers.CharField()


class StatementListAnswer(serializers.Serializer[Any]):
    """One statement for each currency."""

    items = StatementAnswer(many=True)


class StatementsView(APIView):
    """What one is owed, and owes, in a month."""

    scope = "statements:read"
    content_negotiation_class = AnyType

    @extend_schema(
        operation_id="statements_of_account",
        parameters=PERIOD,
        responses={
            (200, "application/json"): StatementListAnswer,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/pdf"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request) -> HttpResponse | Response:
        """Return the statements of the calling party, in the form that `Accept` asks for."""
        return _answer(request, _accepted(request.headers.get("Accept", "")))


class StatementsCsvView(APIView):
    """The same as a file for a spreadsheet."""

    scope = "statements:read"
    content_negotiation_class = AnyType

    @extend_schema(
        operation_id="statements_of_account_csv", parameters=PERIOD, responses={(200, "text/csv"): OpenApiTypes.STR}
    )
    def get(self, request: Request) -> HttpResponse | Response:
        """Return the statements of the calling party as CSV (RFC 4180)."""
        return _answer(request, "csv")


class StatementsPdfView(APIView):
    """The same as a file to read and to keep."""

    scope = "statements:read"
    content_negotiation_class = AnyType

    @extend_schema(
        operation_id="statements_of_account_pdf",
        parameters=PERIOD,
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponse | Response:
        """Return the statements of the calling party as PDF."""
        return _answer(request, "pdf")


def _answer(request: Request, form: str | None) -> HttpResponse | Response:
    me, month = party_of(request), request.query_params.get("period")
    found = statements_of_account.statements(me, month)
    if form == "csv":
        return _file(account.to_csv(found).encode(), form, str(month))
    if form == "pdf":
        return _file(statement_pdf.to_pdf(str(me.pk), me.name, str(month), found), form, str(month))
    return Response({"items": [_shown(one) for one in found]}, headers={"Cache-Control": "no-store"})


def _accepted(accept: str) -> str | None:
    """Return the first form that `Accept` names; None: JSON. A weight of 0 is not looked for: nobody sends one."""
    named = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return next((form for one in named for form, media in TYPES.items() if one == media), None)


def _file(data: bytes, form: str, month: str) -> HttpResponse:
    """Return a file for the caller alone. `month` was read already: it is digits and a hyphen."""
    answer = HttpResponse(data, content_type=TYPES[form] + ("; charset=utf-8" if form == "csv" else ""))
    answer["Content-Disposition"] = f'attachment; filename="statement-{month}.{form}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _shown(statement: Statement) -> dict[str, Any]:
    return {
        "currency": statement.currency,
        "period": statement.period.name,
        "provisional": statement.provisional,
        "postings": len(statement.lines),
        "opening": {name: money.write(amount) for name, amount in statement.opening.items()},
        "closing": {name: money.write(amount) for name, amount in statement.closing.items()},
        "due": money.write(statement.due),
    }
