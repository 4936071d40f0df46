"""What uses brought in and cost: balances by currency, and a statement of each month, on pages and as files.

A month is read by sums and by one page of lines. The files hold every line, as those of `/v1/statements` do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from consent import account, clock, statement_pdf, statements_of_account
from consent.account import ACCOUNTS, Period
from consent.models import Party, Posting
from consent.money import Money
from consent.portal import door
from provenance.portal import earned, words

LINES: Final = 50
TYPES: Final = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}
MEANING: Final[dict[str, str | Promise]] = {
    "payable": _("Earned"),
    "hold": _("On hold during a dispute"),
    "receivable": _("Charged to you"),
    "reversed": _("Taken back"),
}
KINDS: Final[dict[str, str | Promise]] = {
    "accrued": _("A use"),
    "held": _("Put on hold"),
    "released": _("Hold ended"),
    "reversed": _("Reversed"),
}


@dataclass(frozen=True, slots=True)
class Balance:
    """What one account holds of one currency: before a month, after it, and in between."""

    account: str
    opening: Money
    moved: Money

    @property
    def closing(self) -> Money:
        """Return what it holds at the end."""
        return self.opening + self.moved


@dataclass(frozen=True, slots=True)
class Line:
    """One posting as its party reads it: positive is owed to it."""

    at: datetime
    what: str
    account: str
    who: str
    units: int
    basis: str
    amount: Money
    video: UUID


@require_safe
@door.holder
def overview(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Show what each currency holds now, the last twelve months, and the way to each month's statement."""
    months = earned.last_months(clock.now())
    sums = _sums(Posting.objects.filter(party=party))
    context = {
        "currencies": _by_currency({}, sums),
        "years": earned.year(party),
        "months": [(f"{each:%Y-%m}", date_format(each, "F Y")) for each in reversed(months)],
    }
    return render(request, "provenance/portal/earnings.html", context)


@require_safe
@door.holder
def month(request: HttpRequest, party: Party, month: str) -> HttpResponseBase:
    """Show the balances of a month and one page of its lines. Raises `PeriodInvalid`."""
    period = _period(month)
    rows = Posting.objects.filter(party=party)
    within = rows.filter(posting_set__at__gte=period.start, posting_set__at__lt=period.end)
    found = _page(within, request.GET.get("after"))
    context = {
        "month": month,
        "name": date_format(period.start, "F Y"),
        "provisional": clock.now() < period.end + statements_of_account.SETTLES,
        "currencies": _by_currency(_sums(rows.filter(posting_set__at__lt=period.start)), _sums(within)),
        "lines": [_line(row) for row in found[:LINES]],
        "older": f"?{urlencode({'after': found[LINES - 1].pk})}" if len(found) > LINES else "",
        "newer": request.path if request.GET.get("after") else "",
    }
    return render(request, "provenance/portal/statement.html", context)


@require_safe
@door.holder
def file(request: HttpRequest, party: Party, month: str, form: str) -> HttpResponseBase:
    """Hand out the statement of a month as CSV, with every line, or as PDF."""
    del request
    if form not in TYPES:
        raise Http404
    found = statements_of_account.statements(party, month)
    data = account.to_csv(found).encode()
    if form == "pdf":
        data = statement_pdf.to_pdf(str(party.pk), party.name, month, found)
    answer = HttpResponse(data, content_type=TYPES[form])
    answer["Content-Disposition"] = f'attachment; filename="statement-{month}.{form}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _period(month: str) -> Period:
    """Return the month, which has begun."""
    period = account.period(month)
    if period.start > clock.now():
        remedy = "Use a month that has."
        raise account.PeriodInvalid("This month has not begun.", pointer="period", remedy=remedy)
    return period


def _sums(rows: QuerySet[Posting]) -> dict[tuple[str, str], Decimal]:
    """Return sums by currency and account, as the party reads them."""
    found = rows.order_by().values_list("currency", "account").annotate(sum=Sum("amount"))
    return {(currency, name): -amount for currency, name, amount in found}


def _by_currency(
    opening: dict[tuple[str, str], Decimal], moved: dict[tuple[str, str], Decimal]
) -> list[dict[str, Any]]:
    currencies = sorted({currency for currency, _account in (*opening, *moved)})
    return [_of_currency(each, opening, moved) for each in currencies]


def _of_currency(
    currency: str, opening: dict[tuple[str, str], Decimal], moved: dict[tuple[str, str], Decimal]
) -> dict[str, Any]:
    nothing = Decimal(0)
    rows = [
        Balance(
            str(MEANING[name]),
            Money(opening.get((currency, name), nothing), currency),
            Money(moved.get((currency, name), nothing), currency),
        )
        for name in ACCOUNTS
        if (currency, name) in opening or (currency, name) in moved
    ]
    due = sum((row.closing for row in rows if row.account != str(MEANING["hold"])), Money(nothing, currency))
    return {"currency": currency, "rows": rows, "due": due, "owing": due.amount < 0}


def _page(rows: QuerySet[Posting], after: str | None) -> list[Posting]:
    """Return a page of lines, the oldest first, and one more if there is another page."""
    if after and after.isascii() and after.isdigit() and len(after) < 19:  # noqa: PLR2004 - digits of a 64-bit number
        mark = rows.filter(pk=int(after)).values_list("posting_set__at", "pk").first()
        if mark is not None:
            rows = rows.filter(TupleGreaterThan(Tuple("posting_set__at", "pk"), mark))
    related = "posting_set__permit__decision__client", "posting_set__grant__grantor"
    return list(rows.select_related(*related).order_by("posting_set__at", "pk")[: LINES + 1])


def _line(row: Posting) -> Line:
    made = row.posting_set
    other = made.grant.grantor if row.account in statements_of_account.CLIENTS else made.permit.decision.client
    return Line(
        at=made.at,
        what=str(KINDS.get(made.kind, made.kind)),
        account=str(MEANING[row.account]),
        who=words.somebody(other.name),
        units=made.units,
        basis=made.basis,
        amount=Money(-row.amount, row.currency),
        video=made.permit.video,
    )
